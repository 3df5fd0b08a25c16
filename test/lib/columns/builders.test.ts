import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builderFor } from '../../../lib/columns/builders.ts'
import { encodeParquet } from '../../../lib/parquet/encode.ts'
import { readBack } from '../parquet/read-back.ts'

const build = (type: string, cells: (string | Buffer | null)[]) => {
  const builder = builderFor({ name: 'c', type, nullable: true })
  for (const cell of cells) builder.put(typeof cell === 'string' ? Buffer.from(cell) : cell)
  builder.check()
  return builder
}

const roundTrip = async (type: string, cells: (string | Buffer | null)[]) => {
  const builder = build(type, cells)
  assert.equal(builder.refused, 0, 'nothing is refused')
  const { rows } = await readBack(encodeParquet(['c'], [builder]))
  return rows.map((row) => row.c)
}

/** Both ends of each type, as the server writes them. */
const SAME: [string, string[]][] = [
  ['tinyint', ['-128', '0', '127']],
  ['tinyint unsigned', ['0', '255']],
  ['smallint', ['-32768', '32767']],
  ['mediumint unsigned', ['0', '16777215']],
  ['int', ['-2147483648', '0', '2147483647']],
  ['int unsigned', ['0', '2147483648', '4294967295']],
  ['bigint', ['-9223372036854775808', '-9007199254740993', '0', '9007199254740993', '9223372036854775807']],
  ['bigint unsigned', ['0', '9223372036854775807', '9223372036854775808', '18446744073709551615']],
  ['year', ['0', '1901', '2155']],
  ['decimal(1,0)', ['-9', '0', '9']],
  ['decimal(10,2)', ['-99999999.99', '-0.01', '0.00', '0.01', '99999999.99']],
  ['decimal(17,14)', ['-23.54562128115268', '-46.63929204800168', '999.99999999999999']],
  ['decimal(18,0)', ['-999999999999999999', '999999999999999999']],
  ['decimal(20,20)', ['-0.99999999999999999999', '0.00000000000000000001']],
  ['decimal(38,0)', ['-99999999999999999999999999999999999999', '99999999999999999999999999999999999999']],
  ['decimal(38,10)', ['-1234567890123456789012345678.0123456789', '4294967296.4294967296']],
  ['date', ['0001-01-01', '1600-02-29', '1969-12-31', '1970-01-01', '2000-02-29', '2024-02-29', '9999-12-31']],
  [
    'datetime(6)',
    [
      '0001-01-01 00:00:00.000000',
      '0001-01-01 00:00:00.000001',
      '1969-12-31 23:59:59.999999',
      '1970-01-01 00:00:00.000000',
      '2016-02-29 12:34:56.789012',
      '9999-12-31 23:59:59.999999',
    ],
  ],
]

for (const [type, cells] of SAME)
  test(`${type} comes back to the last digit`, async () =>
    assert.deepEqual(
      (await roundTrip(type, [...cells, null])).map((value) => value?.toString() ?? null),
      [...cells, null],
    ))

test('fractions of any length, and none, are microseconds', async () =>
  assert.deepEqual(
    await roundTrip('datetime(3)', ['2017-01-01 00:00:00', '2017-01-01 00:00:00.5', '2017-01-01 00:00:00.123']),
    ['2017-01-01 00:00:00.000000', '2017-01-01 00:00:00.500000', '2017-01-01 00:00:00.123000'],
  ))

test('a negative zero is zero', async () => {
  assert.deepEqual(await roundTrip('decimal(5,2)', ['-0.00']), ['0.00'])
  assert.deepEqual((await roundTrip('bigint', ['-0'])).map(String), ['0'])
  assert.ok(Object.is((await roundTrip('double', ['-0']))[0], -0), 'a double has one of its own')
})

test('ZEROFILL is padding, not digits', async () => {
  assert.deepEqual((await roundTrip('int(60) zerofill', [`${'0'.repeat(59)}7`])).map(String), ['7'])
  assert.deepEqual(await roundTrip('decimal(30,2) unsigned zerofill', [`${'0'.repeat(27)}1.50`]), ['1.50'])
  assert.deepEqual((await roundTrip('bigint(40) unsigned zerofill', [`${'0'.repeat(39)}9`])).map(String), ['9'])
})

test('doubles come back as the same double', async () => {
  const values = [0.1, -0.3333333333333333, 1.7976931348623157e308, 5e-324, 16777215, 3.4028234663852886e38]
  assert.deepEqual(await roundTrip('double', values.map(String)), values)
})

test('text is kept byte for byte, and NULL, nothing and "NULL" are three things', async () => {
  const texts = ['', 'NULL', 'ação 🚀', 'it\'s\n\t"\\\0', 'x'.repeat(100_000), '0']
  assert.deepEqual(await roundTrip('text', [null, ...texts]), [null, ...texts])
})

test('bytes are bytes', async () => {
  const bytes = Buffer.from([0, 255, 128, 10, 39])
  const [found, empty, none] = await roundTrip('varbinary(9)', [bytes, Buffer.alloc(0), null])
  assert.deepEqual(Buffer.from(found as Uint8Array), bytes)
  assert.equal((empty as Uint8Array).length, 0)
  assert.equal(none, null)
})

test('BIT(1) is true or false by value', async () =>
  assert.deepEqual(await roundTrip('bit(1)', [Buffer.from([0]), Buffer.from([1]), null]), [false, true, null]))

/** What has no exact meaning is counted and never guessed. */
const REFUSED: [string, (string | Buffer)[]][] = [
  ['date', ['0000-00-00', '2025-00-15', '2025-02-30', '2025-13-01', '0000-12-19', '1900-02-29', '', '2025-01-1']],
  ['datetime', ['0000-00-00 00:00:00', '2025-01-00 00:00:00', '2025-01-01 24:00:00', '2025-01-01 00:00', '12:00:00']],
  ['int', ['2147483648', '-2147483649', '1.5', '', '-', 'abc']],
  ['bigint', ['9223372036854775808', '-9223372036854775809', '99999999999999999999', '1e3']],
  ['decimal(5,2)', ['1234.56', '1.5', '1', 'x.yz', '.50', '']],
  ['bigint unsigned', ['100000000000000000000', '1.0']],
  ['double', ['', 'nan', 'inf']],
  ['bit(1)', [Buffer.from([2]), Buffer.from([0, 1])]],
  ['text', [Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xa9])]],
]
for (const [type, cells] of REFUSED)
  test(`${type}: ${cells.length} values without an exact meaning are counted`, () =>
    assert.equal(build(type, [...cells, null]).refused, cells.length))

test('two invalid halves that make a valid whole are still invalid', () =>
  assert.equal(build('text', [Buffer.from([0x61, 0xc3]), Buffer.from([0xa9, 0x61])]).refused, 2))

test('cleared builders start again in the same memory, past any growth', async () => {
  for (const [type, text] of [
    ['int', '7'],
    ['bigint', '7'],
    ['decimal(5,2)', '7.00'],
    ['date', '2017-01-02'],
    ['datetime', '2017-01-02 00:00:00'],
    ['text', 'sete'],
    ['double', '7'],
    ['bit(1)', '\x01'],
  ] as const) {
    const builder = build(type, Array(10_000).fill(null))
    builder.clear()
    for (const cell of [text, null, text]) builder.put(cell === null ? null : Buffer.from(cell))
    const { rows } = await readBack(encodeParquet(['c'], [builder]))
    assert.equal(rows.length, 3)
    assert.deepEqual(
      rows.map((row) => row.c === null),
      [false, true, false],
      type,
    )
    assert.deepEqual(rows[0], rows[2])
    const again = build(type, Array(10_000).fill(text))
    assert.equal(again.nulls, 0)
    again.clear()
    again.put(null)
    assert.equal((await readBack(encodeParquet(['c'], [again]))).rows[0]!.c, null, type)
  }
})
