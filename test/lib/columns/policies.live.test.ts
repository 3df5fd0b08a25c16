/** Each policy on the real server: what it does to the values, that it is counted where it acts, and what is refused without it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TableMetadata } from '../../../lib/model.ts'
import { checkTable } from '../../../lib/plan/check-table.ts'
import { textRows } from '../../../lib/sources/mysql/connect.ts'
import { memoryStore } from '../parquet/memory-store.ts'
import { makeDatabase } from '../sources/mysql/database.ts'
import { duckdbRows, extract } from './truth.ts'

const database = await makeDatabase('policies')
const { reader, run, ask, table } = database
const [[version]] = (await textRows(reader, 'SELECT VERSION()')) as [[string]]

type Changes = Partial<TableMetadata> & { table: string }

/** Rows by the first column, and what policies did. */
const moved = async (changes: Changes) => {
  const { store, policies, rows, plan } = await extract(database, changes)
  const found = duckdbRows(store.bodies)
  const values = found.rows.toSorted((a, b) => Number(a[0]) - Number(b[0]))
  return { rows, names: plan.columns.map(({ name }) => name), values, policies, types: found.types }
}

const refused = async (changes: Changes, message: RegExp) => {
  const store = memoryStore()
  await assert.rejects(extract(database, changes, store), { name: 'ValueError', message })
  assert.equal(store.bodies.length, 0, 'no file counts')
  return store.rejects
}

const problems = async (changes: Changes) => {
  const meta = { load_strategy: 'full' as const, description: 'x', ...changes }
  return checkTable(meta, await table(changes.table), undefined).problems
}

const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase()
/** Of 0001-01-01. */
const SENTINEL_DAYS = '-719162'
const SENTINEL_MICROS = `${-719_162n * 86_400_000_000n}`

await run(`SET sql_mode = 'ALLOW_INVALID_DATES';
  CREATE TABLE days (id INT PRIMARY KEY, d DATE NOT NULL, t DATETIME(3), s TIMESTAMP NULL);
  INSERT INTO days VALUES (1, '0000-00-00', '2025-00-15 01:02:03', '0000-00-00'), (2, '1970-01-02', '1970-01-01 00:00:00.001', NULL),
    (3, '0000-12-19', '2025-02-30', '1970-01-01 00:00:01')`)
const DAYS = [
  { column: 'd', policy: 'zero_date', rows: 2 },
  { column: 't', policy: 'zero_date', rows: 2 },
  { column: 's', policy: 'zero_date', rows: 1 },
]

test('zero_date: NULL by default, the sentinel where that is said', async () => {
  for (const zero of [undefined, 'null'] as const) {
    const { values, policies } = await moved({ table: 'days', ...(zero ? { zero_date: zero } : {}) })
    assert.deepEqual(values, [
      ['1', null, null, null],
      ['2', '1', '1000', null],
      ['3', null, null, '1000000'],
    ])
    assert.deepEqual(policies, DAYS)
  }
  const { values, policies } = await moved({ table: 'days', zero_date: 'sentinel' })
  assert.deepEqual(values, [
    ['1', SENTINEL_DAYS, SENTINEL_MICROS, SENTINEL_MICROS],
    ['2', '1', '1000', null],
    ['3', SENTINEL_DAYS, SENTINEL_MICROS, '1000000'],
  ])
  assert.deepEqual(policies, DAYS)
})

test('zero_date: an error where that is said, for one column of a table too, and always for a key', async () => {
  const rejects = await refused(
    { table: 'days', zero_date: 'error' },
    /days\.d: 2 values.*days\.t: 2 values.*days\.s: 1 value /,
  )
  assert.deepEqual(
    rejects.map(({ key }) => key),
    ['["1"]', '["3"]'],
  )
  await refused({ table: 'days', column_policies: { s: { zero_date: 'error' } } }, /^days\.s: 1 value no date/)
  await refused({ table: 'days', unique_key: ['d'] }, /^days\.d: 2 values no date/)
  await refused({ table: 'days', unique_key: ['d'], zero_date: 'null' }, /^days\.d: 2 values no date/)
})

test('tinyint1: a number by default; as boolean it takes 0 and 1, and fails by count at anything else', async () => {
  await run(`CREATE TABLE flags (id INT PRIMARY KEY, a TINYINT(1), b TINYINT(1), c TINYINT(4));
    INSERT INTO flags VALUES (1, 0, 0, 0), (2, 1, 2, 1), (3, NULL, -1, 2)`)
  const numbers = await moved({ table: 'flags' })
  assert.deepEqual([numbers.values[1], numbers.types.a], [['2', '1', '2', '1'], 'INTEGER'])
  const { values, types, policies } = await moved({ table: 'flags', column_policies: { a: { tinyint1: 'boolean' } } })
  assert.deepEqual(
    values.map(([, a]) => a),
    ['0', '1', null],
  )
  assert.deepEqual([types.a, types.b, policies], ['BOOLEAN', 'INTEGER', []])
  const rejects = await refused(
    { table: 'flags', tinyint1: 'boolean' },
    /^flags\.b: 2 values neither 0 nor 1\..*"tinyint1": "number"/,
  )
  assert.deepEqual(
    rejects.map(({ row }) => row.b),
    ['2', '-1'],
  )
})

test('oversize: bytes that Snowflake has no room for are an error, or cut there and counted', async (t) => {
  const limit = 67_108_864
  const [[packet]] = (await ask('SELECT @@max_allowed_packet')) as [[number]]
  // a server sends no value longer than this, and a view needs no room for one
  if (Number(packet) <= limit) await run(`SET GLOBAL max_allowed_packet = ${2 * limit}`)
  t.after(() => run(`SET GLOBAL max_allowed_packet = ${packet}`))
  const wide = await openAnew()
  await wide.run(
    `CREATE VIEW large AS SELECT 1 AS id, REPEAT(x'00ff', ${limit / 2 + 1}) AS b UNION ALL SELECT 2, REPEAT('x', ${limit})`,
  )
  assert.equal((await wide.table('large')).columns[1]!.type, 'longblob')
  await assert.rejects(extract(wide, { table: 'large' }), {
    name: 'ValueError',
    message: /^large\.b: 1 value longer than/,
  })
  const { store, policies } = await extract(wide, { table: 'large', oversize: 'truncate' })
  const found = duckdbRows(store.bodies).rows.map(([, b]) => b)
  const [[cut, whole]] = (await wide.ask(
    `SELECT SHA2(REPEAT(x'00ff', ${limit / 2}), 256), SHA2(REPEAT('x', ${limit}), 256)`,
  )) as [[string, string]]
  assert.deepEqual(found, [`sha256:${cut}`, `sha256:${whole}`])
  assert.deepEqual(policies, [{ column: 'b', policy: 'oversize', rows: 1 }])
})

const openAnew = () => makeDatabase('policies_large')

test('invalid_utf8: half of a surrogate pair, which the server keeps, is an error, or replaced and counted', async (t) => {
  if (!/mariadb/i.test(version)) return t.skip(`${version} takes no invalid UTF-8 in`)
  await run(`CREATE TABLE broken (id INT PRIMARY KEY, a VARCHAR(20), b TEXT);
    INSERT INTO broken VALUES (1, _utf8mb4 x'61EDA0BD62', 'ok'), (2, 'é', NULL)`)
  const rejects = await refused({ table: 'broken' }, /^broken\.a: 1 value no valid UTF-8.*"invalid_utf8": "replace"/)
  assert.equal(rejects[0]!.column, 'a')
  const { values, policies } = await moved({ table: 'broken', invalid_utf8: 'replace' })
  assert.deepEqual(values, [
    ['1', hex('a\ufffd\ufffd\ufffdb'), hex('ok')],
    ['2', hex('é'), null],
  ])
  assert.deepEqual(policies, [{ column: 'a', policy: 'invalid_utf8', rows: 1 }])
})

test('decimal_overflow: refused before anything is read, or text to the last digit', async () => {
  const digits = `-${'1234567890'.repeat(3)}12345.${'0123456789'.repeat(3)}`
  await run(
    `CREATE TABLE wide (id INT PRIMARY KEY, a DECIMAL(65,30), b DECIMAL(38,0)); INSERT INTO wide VALUES (1, ${digits}, 1)`,
  )
  for (const changes of [{}, { decimal_overflow: 'error' as const }])
    assert.match(
      (await problems({ table: 'wide', ...changes })).join('\n'),
      /^table_metadata\.json: wide: column "a" is decimal\(65,30\).*"string"/,
    )
  await assert.rejects(extract(database, { table: 'wide' }), { name: 'RefusedError' })
  for (const changes of [
    { decimal_overflow: 'string' as const },
    { column_policies: { a: { decimal_overflow: 'string' as const } } },
  ]) {
    assert.deepEqual(await problems({ table: 'wide', ...changes }), [])
    const { values, types } = await moved({ table: 'wide', ...changes })
    assert.deepEqual(values, [['1', hex(digits), '1']])
    assert.deepEqual([types.a, types.b], ['VARCHAR', 'DECIMAL(38,0)'])
  }
})

await run(`CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20), mail VARCHAR(40) INVISIBLE, age INT);
  INSERT INTO people (id, name, mail, age) VALUES (1, 'ana', 'a@x', 30), (2, 'bia', 'b@x', NULL), (3, 'caio', 'c@x', 50)`)

test('columns and exclude: what does not move is not read', async () => {
  const chosen = await moved({ table: 'people', columns: ['age', 'id'] })
  assert.deepEqual(
    [chosen.names, chosen.values[0]],
    [
      ['id', 'age'],
      ['1', '30'],
    ],
  )
  const rest = await moved({ table: 'people', exclude: ['name', 'age'] })
  assert.deepEqual(
    [rest.names, rest.values[1]],
    [
      ['id', 'mail'],
      ['2', hex('b@x')],
    ],
  )
})
test('where: rows that do not meet it are not there; columns that do not move may be asked of', async () => {
  const { rows, values } = await moved({ table: 'people', where: "age > 40 OR name = 'ana'", exclude: ['age', 'name'] })
  assert.equal(rows, 2)
  assert.deepEqual(
    values.map(([id]) => id),
    ['1', '3'],
  )
})
