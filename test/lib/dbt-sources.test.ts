import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { DBT_SOURCES_FILE, dbtSourcesYaml } from '../../lib/dbt-sources.ts'
import { readMetadata } from '../../lib/metadata.ts'
import type { Metadata } from '../../lib/model.ts'

const ROOT = join(import.meta.dirname, '../..')

const metadata: Metadata = {
  folder: 'metadata',
  tables: [
    { table: 'orders', load_strategy: 'incremental', incremental_column: 'updated_at', description: 'Orders: "all"' },
    { table: 'sellers', load_strategy: 'full', description: "Who sells\nand what isn't" },
  ],
  jobs: [],
  defaultJob: 'daily',
  schemas: {
    orders: {
      title: 'orders',
      properties: { order_id: { type: 'string', description: 'The key' }, n: { type: 'integer' } },
    },
  },
  digest: '',
}
type Table = {
  name: string
  description: string
  config: { freshness: { warn_after: { count: number; period: string } }; loaded_at_query: string }
  columns: unknown[]
}
type Sources = { sources: { name: string; database: string; schema: string; tables: Table[] }[] }
const read = (text: string) => (parse(text) as Sources).sources

test('one source, raw, in the database and schema that the variables say', () => {
  const sources = read(dbtSourcesYaml(metadata))
  assert.equal(sources.length, 1)
  assert.equal(sources[0]!.name, 'raw')
  assert.equal(sources[0]!.database, "{{ var('raw_database', target.database) }}")
  assert.equal(sources[0]!.schema, "{{ var('raw_schema', 'RAW') ~ var('schema_suffix', '') }}")
})

test('every table with its description, its columns where a schema names them, and the audit columns', () => {
  const audit = [
    { name: '_firn_run_id', description: 'The run that loaded the row.' },
    { name: '_firn_loaded_at', description: 'When that run published it, UTC.' },
    {
      name: '_firn_deleted_at',
      description: 'When the row was found gone from MySQL, UTC; null for one that is there.',
    },
  ]
  const [orders, sellers] = read(dbtSourcesYaml(metadata))[0]!.tables
  assert.equal(orders!.description, 'Orders: "all"')
  assert.deepEqual(orders!.columns, [{ name: 'order_id', description: 'The key' }, { name: 'n' }, ...audit])
  assert.equal(sellers!.description, "Who sells\nand what isn't")
  assert.deepEqual(sellers!.columns, audit)
})

test('how old a table is, the ledger tells: every run that reads it is there, whether anything changed or not', () => {
  const { freshness, loaded_at_query } = read(dbtSourcesYaml(metadata))[0]!.tables[0]!.config
  assert.deepEqual(freshness, { warn_after: { count: 36, period: 'hour' } })
  const [first, ...others] = metadata.tables
  const resting = { ...metadata, tables: [{ ...first!, refresh_hours: 48 }, ...others] }
  assert.deepEqual(read(dbtSourcesYaml(resting))[0]!.tables[0]!.config.freshness.warn_after.count, 60)
  assert.match(loaded_at_query, /_FIRN\{\{ var\('schema_suffix', ''\) \}\}\.LOADS where target = '.+\.ORDERS'/)
})

test('a name that Snowflake or a selector would read otherwise is folded, named and quoted', () => {
  const named = (table: string, column: string) => {
    const odd = { ...metadata, tables: [{ table, load_strategy: 'full' as const, description: 'x' }] }
    const schemas = { [table]: { title: table, properties: { [column]: { type: 'string' } } } }
    const found = read(dbtSourcesYaml({ ...odd, schemas }))[0]!.tables[0] as Table & {
      identifier?: string
      quoting?: object
    }
    return [found.name, found.identifier ?? null, found.quoting ?? null, found.columns[0]]
  }
  const quoted = { identifier: true }
  assert.deepEqual(named('sellers', 'id'), ['sellers', null, null, { name: 'id' }])
  assert.deepEqual(named('order', 'group'), ['order', 'ORDER', quoted, { name: 'GROUP', quote: true }])
  assert.deepEqual(named('2024 "sales"', 'größe'), ['_2024__sales_', '_2024__SALES_', quoted, { name: 'grosse' }])
})

test('written for people: every column in full, no anchors', () => {
  assert.ok(!/[&*]a\d/.test(dbtSourcesYaml(metadata)))
})

test('the committed file is what metadata/ says: npm run sources', () => {
  const written = readFileSync(join(ROOT, DBT_SOURCES_FILE), 'utf8')
  assert.equal(written, dbtSourcesYaml(readMetadata(join(ROOT, 'metadata'))))
})
