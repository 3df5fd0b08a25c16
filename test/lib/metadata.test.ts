import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { jobNamed, readMetadata, tablesOf } from '../../lib/metadata.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const folderWith = (files: Record<string, unknown>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'metadata-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}
const full = { load_strategy: 'full', description: 'x' }
const refused = (files: Record<string, unknown>, ...said: RegExp[]) => {
  const folder = folderWith(files)
  assert.throws(
    () => readMetadata(folder),
    (error: Error) => {
      assert.equal(error.name, 'RefusedError')
      for (const pattern of said) assert.match(error.message, pattern)
      return true
    },
  )
}

test('the plain form is valid as it stands', () => {
  const orders = { load_strategy: 'incremental', incremental_column: 'order_purchase_timestamp', description: 'Orders' }
  const metadata = readMetadata(folderWith({ 'table_metadata.json': { orders } }))
  assert.deepEqual(metadata.tables, [{ table: 'orders', ...orders }])
  assert.equal(metadata.defaultJob, 'daily')
  assert.deepEqual(tablesOf(metadata, jobNamed(metadata, 'daily')), metadata.tables)
})

test('a cursor may be of several columns, and not of none', () => {
  const orders = { load_strategy: 'incremental', incremental_column: ['changed', 'made'], description: 'Orders' }
  assert.deepEqual(readMetadata(folderWith({ 'table_metadata.json': { orders } })).tables, [
    { table: 'orders', ...orders },
  ])
  for (const incremental_column of [[], ['made', 'made'], '', 7])
    refused({ 'table_metadata.json': { orders: { ...orders, incremental_column } } }, /orders\.incremental_column must/)
})

test("the project's own metadata is valid: nine tables, four of them incremental by updated_at", () => {
  const metadata = readMetadata(join(import.meta.dirname, '..', '..', 'metadata'))
  assert.equal(metadata.tables.length, 9)
  const incremental = metadata.tables.filter((table) => table.load_strategy === 'incremental')
  assert.deepEqual(
    incremental.map(({ table, incremental_column }) => [table, incremental_column]).sort(),
    ['order_items', 'order_payments', 'order_reviews', 'orders'].map((table) => [table, 'updated_at']),
  )
  assert.deepEqual(Object.keys(metadata.schemas).sort(), metadata.tables.map(({ table }) => table).sort())
})

test('a misspelt key is refused with what was meant', () =>
  refused(
    { 'table_metadata.json': { orders: { load_strateg: 'full', description: 'x' } } },
    /orders has the unknown key "load_strateg": did you mean "load_strategy"\?/,
    /table_metadata\.json/,
  ))

test('a misspelt value is refused with what was meant', () =>
  refused(
    { 'table_metadata.json': { orders: { ...full, load_strategy: 'incrementl' } } },
    /orders\.load_strategy is "incrementl": did you mean "incremental"\?/,
  ))

test('every finding of a file is said at once', () =>
  refused(
    { 'table_metadata.json': { a: { ...full, x: 1 }, b: { load_strategy: 'full' } } },
    /a has the unknown key "x"/,
    /b lacks "description"/,
  ))

test('an incremental table needs its cursor, and a full one has none', () => {
  refused(
    { 'table_metadata.json': { a: { load_strategy: 'incremental', description: 'x' } } },
    /a: load_strategy "incremental" needs "incremental_column"/,
  )
  refused(
    { 'table_metadata.json': { a: { ...full, incremental_column: 'c' } } },
    /a\.incremental_column has no meaning with load_strategy "full"/,
  )
  refused({ 'table_metadata.json': { a: { ...full, cursor_time_zone: 'UTC' } } }, /a\.cursor_time_zone has no meaning/)
})

test('an append has a cursor, and no key to say', () => {
  const a = { load_strategy: 'append', incremental_column: 'c', description: 'x' }
  assert.deepEqual(readMetadata(folderWith({ 'table_metadata.json': { a } })).tables, [{ table: 'a', ...a }])
  refused(
    { 'table_metadata.json': { a: { load_strategy: 'append', description: 'x' } } },
    /a: load_strategy "append" needs "incremental_column"/,
  )
  refused(
    { 'table_metadata.json': { a: { ...a, unique_key: ['id'] } } },
    /a\.unique_key has no meaning with load_strategy "append": leave it out, or make the table incremental/,
  )
})

test('deletes have a cadence and a cap, of a table that is merged', () => {
  const a = { load_strategy: 'incremental', incremental_column: 'c', description: 'x' }
  const swept = { ...a, deletes: 'soft', sweep_hours: 0, sweep_cap: 0.5 }
  assert.deepEqual(readMetadata(folderWith({ 'table_metadata.json': { swept } })).tables, [
    { table: 'swept', ...swept },
  ])
  const table = (changes: object, ...said: RegExp[]) =>
    refused({ 'table_metadata.json': { a: { ...a, ...changes } } }, ...said)
  table({ deletes: 'sofd' }, /a\.deletes is "sofd": did you mean "soft"\?/)
  table({ delete: 'soft' }, /a has the unknown key "delete": did you mean "deletes"\?/)
  table({ deletes: 'hard', sweep_hours: -1 }, /a\.sweep_hours must be >= 0/)
  table({ deletes: 'hard', sweep_cap: 101 }, /a\.sweep_cap must be <= 100/)
  refused(
    { 'table_metadata.json': { a: { ...full, deletes: 'hard' } } },
    /a\.deletes has no meaning with load_strategy/,
  )
  const append = { ...a, load_strategy: 'append' }
  for (const more of [{ deletes: 'soft' }, { sweep_hours: 1 }, { sweep_cap: 1 }])
    refused(
      { 'table_metadata.json': { a: { ...append, ...more } } },
      new RegExp(`a\\.${Object.keys(more)[0]} has no meaning with load_strategy "append"`),
    )
})

test('whole copies have a cadence, and nothing else has', () => {
  const rare = { load_strategy: 'full', refresh_hours: 24, description: 'x' }
  assert.deepEqual(readMetadata(folderWith({ 'table_metadata.json': { rare } })).tables, [{ table: 'rare', ...rare }])
  refused({ 'table_metadata.json': { a: { ...rare, refresh_hours: -1 } } }, /a\.refresh_hours must be >= 0/)
  for (const load_strategy of ['incremental', 'append'])
    refused(
      { 'table_metadata.json': { a: { ...rare, load_strategy, incremental_column: 'c' } } },
      new RegExp(
        `a\\.refresh_hours has no meaning with load_strategy "${load_strategy}": leave it out, or copy all of the table`,
      ),
    )
})

const POLICIES = {
  ...{ zero_date: 'sentinel', tinyint1: 'boolean', oversize: 'truncate', invalid_utf8: 'replace' },
  ...{ decimal_overflow: 'string' },
}

test('choice, condition, size and policies are kept as they are written', () => {
  const orders = {
    ...{ ...full, ...POLICIES, columns: ['id', 'mail'], where: 'id > 7', target_file_mb: 0.5 },
    column_policies: { mail: { mask: 'sha256' }, born: { ...POLICIES, mask: 'null' } },
  }
  assert.deepEqual(readMetadata(folderWith({ 'table_metadata.json': { orders } })).tables, [
    { table: 'orders', ...orders },
  ])
})

test('policies that are misspelt, misplaced or contradict each other are refused', () => {
  const table = (changes: object, ...said: RegExp[]) =>
    refused({ 'table_metadata.json': { orders: { ...full, ...changes } } }, ...said)
  table({ zero_dates: 'null' }, /orders has the unknown key "zero_dates": did you mean "zero_date"\?/)
  table({ zero_date: 'nul' }, /orders\.zero_date is "nul": did you mean "null"\?/)
  table({ zero_date: null }, /orders\.zero_date must be one of null, error, sentinel/)
  table({ mask: 'sha256' }, /orders has the unknown key "mask"/)
  table(
    { column_policies: { mail: { msak: 'null' } } },
    /orders\.column_policies\.mail has the unknown key "msak": did/,
  )
  table({ column_policies: { mail: { mask: 'sha' } } }, /orders\.column_policies\.mail\.mask is "sha"/)
  table({ column_policies: { mail: {} } }, /orders\.column_policies\.mail must NOT have fewer/)
  table({ columns: ['a'], exclude: ['b'] }, /orders has both "columns" and "exclude"/)
  table({ columns: [] }, /orders\.columns must NOT have fewer/)
  table({ exclude: ['a', 'a'] }, /orders\.exclude must NOT have duplicate/)
  table({ where: ' ' }, /orders\.where is empty/)
  table({ target_file_mb: 0 }, /orders\.target_file_mb must be > 0/)
})

test('what is no JSON, or not there, is named', () => {
  refused({ 'table_metadata.json': '{' }, /table_metadata\.json is not JSON/)
  refused({}, /table_metadata\.json is not there: FIRN_METADATA/)
  refused({ 'table_metadata.json': {} }, /names no table|must NOT have fewer/)
})

test('jobs name tables and a default that exist', () => {
  const tables = { 'table_metadata.json': { orders: full } }
  const job = { description: 'x', tables: ['ordesr'] }
  refused(
    { ...tables, 'jobs.json': { default: 'daily', jobs: { daily: job } } },
    /jobs\.daily\.tables has "ordesr": did you mean "orders"\?/,
  )
  refused(
    { ...tables, 'jobs.json': { default: 'dayly', jobs: { daily: { ...job, tables: '*' } } } },
    /default is "dayly": did you mean "daily"\?/,
  )
  refused(
    { ...tables, 'jobs.json': { default: 'daily', jobs: { daily: { ...job, tables: '*', lag: 1 } } } },
    /jobs\.daily has the unknown key "lag"/,
  )
  refused(
    { ...tables, 'jobs.json': { default: 'daily', jobs: { daily: { ...job, tables: '*', warehouse: 'my wh' } } } },
    /jobs\.daily\.warehouse is "my wh", and must match \^\[A-Z_\]/,
  )
})

test('a schema file of no table is refused', () =>
  refused(
    { 'table_metadata.json': { orders: full }, 'schema/order.json': { properties: {} } },
    /order\.json: no such table.*did you mean "orders"/,
  ))

test('a job or table that is asked for and not there is refused by name', () => {
  const metadata = readMetadata(folderWith({ 'table_metadata.json': { orders: full, items: full } }))
  assert.throws(() => jobNamed(metadata, 'daly'), /There is no job "daly": did you mean "daily"\?/)
  assert.throws(
    () => tablesOf(metadata, jobNamed(metadata, 'daily'), ['item']),
    /no table "item": did you mean "items"\?/,
  )
  assert.deepEqual(
    tablesOf(metadata, jobNamed(metadata, 'daily'), ['items']).map(({ table }) => table),
    ['items'],
  )
})

test('the digest changes with any file that decides what moves', () => {
  const digest = (files: Record<string, unknown>) => readMetadata(folderWith(files)).digest
  const plain = { 'table_metadata.json': { orders: full } }
  assert.equal(digest(plain), digest(plain))
  assert.notEqual(digest(plain), digest({ 'table_metadata.json': { orders: { ...full, chunk_rows: 5 } } }))
  assert.notEqual(digest(plain), digest({ ...plain, 'schema/orders.json': { properties: {} } }))
})
