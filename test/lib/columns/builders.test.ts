import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Builder, builderFor } from '../../../lib/columns/builders.ts'
import { BytesBuilder, TextBuilder } from '../../../lib/columns/texts.ts'
import type { Column, ColumnPolicies } from '../../../lib/model.ts'
import { type Cell, roundTrip as columnRoundTrip, writerPlan, written } from '../parquet/memory-store.ts'

const roundTrip = (type: string, cells: Cell[]) => columnRoundTrip({ name: 'c', type, nullable: true }, cells)

/** Why each cell is not taken; null for those that are. */
const reasons = (column: Column, cells: Cell[]) => {
  const builder = builderFor(column)
  return cells.map((cell) => {
    if (cell === null) return builder.putNull(0)
    const bytes = Buffer.from(cell)
    return builder.put(bytes, 0, bytes.length)
  })
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

/** What has no exact meaning is told apart and never guessed. */
const NO_VALUE: [string, Cell[]][] = [
  ['date', ['', '2025-01-1', 'abc', '2025/01/01']],
  [
    'datetime',
    ['2025-01-01 24:00:00', '2025-01-01 00:00', '12:00:00', '2025-01-01 00:00:00.', '2025-01-01 00:00:00.1x'],
  ],
  ['int', ['2147483648', '-2147483649', '1.5', '', '-', 'abc']],
  ['bigint', ['9223372036854775808', '-9223372036854775809', '99999999999999999999', '1e3']],
  ['decimal(5,2)', ['1234.56', '1.5', '1', 'x.yz', '.50', '']],
  ['decimal(30,2)', ['1.5', '', `${'9'.repeat(29)}.00`]],
  ['bigint unsigned', ['100000000000000000000', '1.0']],
  ['double', ['', 'nan', 'inf']],
  ['bit(1)', [Buffer.from([2]), Buffer.from([0, 1])]],
]
for (const [type, cells] of NO_VALUE)
  test(`${type}: ${cells.length} texts that are none of it are not taken`, () =>
    assert.deepEqual(
      reasons({ name: 'c', type, nullable: true }, cells),
      cells.map(() => 'type'),
    ))

const NO_DAYS = ['0000-00-00', '2025-00-15', '2025-02-30', '2025-13-01', '0000-12-19', '1900-02-29', '2025-01-00']

test('a day that no calendar has: NULL, the sentinel, or not taken, as declared, and counted', async () => {
  const cells = [...NO_DAYS, null, '2017-01-01']
  const under = async (type: string, values: Cell[], policies: ColumnPolicies) => {
    const column = { name: 'c', type, nullable: true, policies }
    const { rows, policies: acted } = await written(
      writerPlan([column]),
      values.map((cell) => [cell]),
    )
    assert.deepEqual(acted, [{ column: 'c', policy: 'zero_date', rows: NO_DAYS.length }])
    return rows.map((row) => row.c)
  }
  const moments = cells.map((cell) => cell && `${cell} 00:00:00`)
  const all = (value: unknown) => NO_DAYS.map(() => value)
  assert.deepEqual(await under('date', cells, {}), [...all(null), null, '2017-01-01'])
  assert.deepEqual(await under('date', cells, { zero_date: 'sentinel' }), [...all('0001-01-01'), null, '2017-01-01'])
  const at = '2017-01-01 00:00:00.000000'
  assert.deepEqual(await under('datetime', moments, { zero_date: 'null' }), [...all(null), null, at])
  assert.deepEqual(await under('timestamp(6)', moments, { zero_date: 'sentinel' }), [
    ...all('0001-01-01 00:00:00.000000'),
    ...[null, at],
  ])
  const policies = { zero_date: 'error' } as const
  assert.deepEqual(reasons({ name: 'c', type: 'date', nullable: true, policies }, cells), [
    ...all('zero_date'),
    ...[undefined, null],
  ])
})

test('text that is no UTF-8: not taken, or replaced and counted; also two halves of a character that come apart', async () => {
  const long = Buffer.concat([Buffer.from('x'.repeat(100)), Buffer.from([0xc3])])
  const cells = [Buffer.from([0xff]), Buffer.from([0x61, 0xc3]), Buffer.from([0xa9, 0x61]), long, Buffer.from('é')]
  const column = { name: 'c', type: 'text', nullable: true }
  assert.deepEqual(reasons(column, cells), [...Array(4).fill('invalid_utf8'), null])
  const { rows, policies } = await written(
    writerPlan([{ ...column, policies: { invalid_utf8: 'replace' } }]),
    cells.map((cell) => [cell]),
  )
  assert.deepEqual(
    rows.map((row) => row.c),
    ['\ufffd', 'a\ufffd', '\ufffda', `${'x'.repeat(100)}\ufffd`, 'é'],
  )
  assert.deepEqual(policies, [{ column: 'c', policy: 'invalid_utf8', rows: 4 }])
})

test('what is longer than the warehouse takes: not taken, or cut between characters and counted', () => {
  const cells = [Buffer.from('abcdefgh'), Buffer.from('abcdefg€'), Buffer.from('abcdefghi')]
  const bytes = new BytesBuilder(8, 'truncate')
  for (const cell of cells) assert.equal(bytes.put(cell, 0, cell.length), null)
  assert.deepEqual([...bytes.acted], [['oversize', 2]])
  const text = new TextBuilder(8, 'truncate', 'error')
  for (const cell of cells) assert.equal(text.put(cell, 0, cell.length), null)
  assert.deepEqual([...text.acted], [['oversize', 2]])
  const body = (builder: Builder) => builder.body(3, Buffer.alloc(0)).toString('latin1')
  assert.ok(body(text).endsWith('abcdefgh\x07\0\0\0abcdefg\x08\0\0\0abcdefgh'))
  assert.equal(new TextBuilder(8, 'error', 'error').put(cells[2]!, 0, 9), 'oversize')
  assert.equal(new BytesBuilder(8, 'error').put(cells[2]!, 0, 9), 'oversize')
})

test('BIT of many bits is an unsigned number', async () =>
  assert.deepEqual(
    await roundTrip('bit(64)', [
      Buffer.alloc(8, 255),
      Buffer.alloc(8),
      Buffer.from([1]),
      Buffer.from([1, 0, 0, 0, 0]),
      null,
    ]),
    ['18446744073709551615', '0', '1', '4294967296', null],
  ))

test('TINYINT(1) as boolean takes 0 and 1 and nothing else', () =>
  assert.deepEqual(
    reasons({ name: 'c', type: 'tinyint(1)', nullable: true, policies: { tinyint1: 'boolean' } }, [
      '0',
      '1',
      '2',
      '-1',
    ]),
    [null, null, 'tinyint1', 'tinyint1'],
  ))

test('geometry is WKB, and EWKB where it has an SRID', async () => {
  const wkb = Buffer.from('0101000000000000000000f03f0000000000000040', 'hex')
  const srid = (value: number) => Buffer.from(new Uint32Array([value]).buffer)
  const [plain, placed] = await roundTrip('point', [Buffer.concat([srid(0), wkb]), Buffer.concat([srid(4326), wkb])])
  assert.equal(Buffer.from(plain as Uint8Array).toString('hex'), wkb.toString('hex'))
  assert.equal(Buffer.from(placed as Uint8Array).toString('hex'), '0101000020e6100000000000000000f03f0000000000000040')
  assert.deepEqual(reasons({ name: 'c', type: 'point', nullable: true }, [Buffer.alloc(8)]), ['type'])
})

test('cleared builders start again in the same memory, past any growth', async () => {
  const rowGroup = 10_000
  for (const [type, text, bytes] of [
    ['int', '7', 5],
    ['bigint', '7', 5],
    ['decimal(5,2)', '7.00', 8],
    ['decimal(30,2)', '7.00', 8],
    ['date', '2017-01-02', 14],
    ['datetime', '2017-01-02 00:00:00', 23],
    ['text', 'sete', 8],
    ['double', '7', 5],
    ['bit(1)', '\x01', 5],
    ['bit(9)', '\x01', 5],
  ] as const) {
    const cells = [...Array(rowGroup).fill(text), text, null, text]
    const { rows } = await written(
      writerPlan([{ name: 'c', type, nullable: true }]),
      cells.map((cell) => [cell]),
      rowGroup * bytes,
    )
    assert.equal(rows.length, rowGroup + 3, type)
    const [first] = rows
    assert.notEqual(first!.c, null)
    rows.forEach((row, i) => {
      assert.deepEqual(row.c, i === rowGroup + 1 ? null : first!.c, `${type} ${i}`)
    })
  }
})
