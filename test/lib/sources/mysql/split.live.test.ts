import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TablePlan } from '../../../../lib/model.ts'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'
import { quoteMysql, quoteText } from '../../../../lib/sources/mysql/quote.ts'
import { chunkSelectSql } from '../../../../lib/sources/mysql/select.ts'
import { splitTable } from '../../../../lib/sources/mysql/split.ts'
import { makeDatabase } from './database.ts'

const { reader, run, table } = await makeDatabase('split')

/** Splits a live table and reads every chunk as extract would: the rows of each, their first columns as the server has them. */
const readChunks = async (name: string, chunkRows: number) => {
  const found = await table(name)
  const { columns, chunks } = await splitTable(reader, found, chunkRows)
  const plan = { ...found, chunkColumns: columns, window: null, sampleSql: null } as unknown as TablePlan
  const rows = await Promise.all(chunks.map((chunk) => textRows(reader, chunkSelectSql(plan, chunk))))
  return { column: columns[0] ?? null, chunks, rows }
}

const covers = async (name: string, rows: (string | null)[][][]) => {
  const all = await textRows(reader, `SELECT * FROM ${quoteMysql(name)}`)
  const sorted = (each: (string | null)[][]) => each.map((row) => JSON.stringify(row)).sort()
  assert.deepEqual(sorted(rows.flat()), sorted(all), 'every row comes once')
}

/** Keys whose order is easily got wrong: by case, accent, padding, character set, bytes, sign, size and fraction. */
const KEYS: [string, string, string[]][] = [
  [
    'bigint',
    'BIGINT',
    ['-9223372036854775808', '-1', '0', '9007199254740993', '9007199254740992', '9223372036854775807'],
  ],
  ['unsigned', 'BIGINT UNSIGNED', ['0', '9223372036854775807', '9223372036854775808', '18446744073709551615']],
  ['decimal', 'DECIMAL(20,4)', ['-1.5000', '0.0001', '9999999999999999.9999', '1.4999']],
  ['date', 'DATE', ['1000-01-01', '2016-02-29', '9999-12-31']],
  [
    'datetime6',
    'DATETIME(6)',
    ['2017-01-01 00:00:00.000001', '2017-01-01 00:00:00.000002', '2017-01-01 00:00:00', '1969-12-31 23:59:59.999999'],
  ],
  ['timestamp6', 'TIMESTAMP(6)', ['2017-03-26 02:30:00.5', '2017-03-26 02:30:00.4', '2018-01-01 00:00:00']],
  [
    'caseless',
    'VARCHAR(20) COLLATE utf8mb4_general_ci',
    ['a', 'B', 'c', 'ação', 'AÇAO2', '🚀', 'z', "it's", 'back\\slash', ''],
  ],
  ['binary_text', 'VARCHAR(20) COLLATE utf8mb4_bin', ['a', 'B', 'A', 'ß', 'ss', '🚀', 'a b', '%_']],
  ['latin1', 'CHAR(8) CHARACTER SET latin1', ['ação', 'zebra', 'Über', 'a', 'b']],
  ['bytes', 'VARBINARY(4)', ['\\0', '\\0\\0', '~', "'", 'a']],
]

for (const [name, type, values] of KEYS)
  test(`chunks of a ${type} key cover every row once`, async () => {
    await run(
      `CREATE TABLE \`${name}\` (k ${type} NOT NULL PRIMARY KEY, v INT); INSERT INTO \`${name}\` VALUES ${values
        .map((value, i) => `(${name === 'bytes' ? `'${value.replace("'", "''")}'` : quoteText(value)}, ${i})`)
        .join(', ')}`,
    )
    for (const chunkRows of [1, 2]) {
      const { column, chunks, rows } = await readChunks(name, chunkRows)
      assert.equal(column, 'k')
      assert.deepEqual(
        rows.map((each) => each.length),
        chunks.map((_, i) => (i < chunks.length - 1 ? chunkRows : values.length - chunkRows * i)),
      )
      await covers(name, rows)
    }
  })

test('random 32-hex keys in composite keys with many rows of one value, over the real server', async () => {
  await run('CREATE TABLE hex (k CHAR(32) NOT NULL, n INT NOT NULL, PRIMARY KEY (k, n))')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'ff', '0'), fc.integer({ min: 1, max: 6 })), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.integer({ min: 1, max: 12 }),
      async (keys, chunkRows) => {
        const values = keys.flatMap(([seed, copies], i) =>
          Array.from({ length: copies }, (_, n) => `(MD5('${seed}${i % 15}'), ${i * 10 + n})`),
        )
        await run(`DELETE FROM hex; INSERT INTO hex VALUES ${values.join(', ')}`)
        await covers('hex', (await readChunks('hex', chunkRows)).rows)
      },
    ),
    { numRuns: 25 },
  )
})

test('a key that cannot be walked gives one open chunk', async () => {
  await run(`
    CREATE TABLE keyless (x INT); CREATE TABLE labelled (k ENUM('b','a') NOT NULL PRIMARY KEY);
    CREATE TABLE floating (k DOUBLE NOT NULL PRIMARY KEY); CREATE TABLE prefixed (k VARCHAR(99) NOT NULL, PRIMARY KEY (k(3)));
    INSERT INTO keyless VALUES (1), (2), (3); INSERT INTO labelled VALUES ('a'), ('b');
    INSERT INTO floating VALUES (1), (2), (3); INSERT INTO prefixed VALUES ('aaa'), ('bbb'), ('ccc')`)
  for (const name of ['keyless', 'labelled', 'floating', 'prefixed'])
    assert.deepEqual(await splitTable(reader, await table(name), 1), {
      column: null,
      chunks: [{ id: '0', from: null, to: null, rows: null }],
    })
})
