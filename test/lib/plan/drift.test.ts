import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column, Drift, FoundTarget, SourceTable, TableMetadata, TargetColumn } from '../../../lib/model.ts'
import { settleDrift } from '../../../lib/plan/drift.ts'

const id: Column = { name: 'id', type: 'int', nullable: false }
const at: Column = { name: 'at', type: 'timestamp', nullable: false }
const column = (name: string, type: string): Column => ({ name, type, nullable: true })
const sourceOf = (columns: Column[]): SourceTable => ({
  ...{ table: 't', columns, key: ['id'], foreignKeys: [], rows: 1, bytes: 1 },
  indexes: [{ name: 'by_price', columns: ['price'], unique: false }],
})
const full: TableMetadata = { table: 't', load_strategy: 'full', description: 'x' }
const incremental: TableMetadata = { ...full, load_strategy: 'incremental', incremental_column: 'at' }
const target = { database: 'FIRN', schema: 'RAW', table: 'T' }
const audit: TargetColumn[] = [
  { name: '_FIRN_RUN_ID', type: 'VARCHAR(255)' },
  { name: '_FIRN_LOADED_AT', type: 'TIMESTAMP_NTZ(6)' },
]
const there = (...more: TargetColumn[]): FoundTarget => ({
  columns: [{ name: 'ID', type: 'NUMBER(10,0)' }, { name: 'AT', type: 'TIMESTAMP_NTZ(0)' }, ...more, ...audit],
  fence: true,
})
type Changes = { meta?: Partial<TableMetadata>; fromFile?: Drift[]; accept?: boolean }
const settle = (columns: Column[], found: FoundTarget, { meta, fromFile = [], accept = false }: Changes = {}) =>
  settleDrift({ meta: { ...full, ...meta }, live: sourceOf([id, at, ...columns]), fromFile, target, found, accept })
const changes = (drift: Drift[]) => drift.map((each) => `${each.column} ${each.change}`)
const moves = ({ source }: { source: SourceTable }) => source.columns.map(({ name }) => name)
const price = (type: string): TargetColumn => ({ name: 'PRICE', type })

test('evolve: added, widened, removed are told and followed; a rename is both, with a hint', () => {
  const settled = settle(
    [column('price', 'decimal(12,2)'), column('fresh', 'date')],
    there(price('NUMBER(10,2)'), { name: 'STALE', type: 'DATE' }),
    { meta: incremental },
  )
  assert.equal(settled.refused, undefined)
  assert.deepEqual(changes(settled.drift), ['fresh added', 'price widened', 'STALE removed'])
  const [added, widened, removed] = settled.drift.map(({ detail }) => detail)
  assert.match(added!, /DATE, not yet in RAW\.T: rows .* NULL .*default.*--full-refresh --tables t$/)
  assert.equal(widened, 'NUMBER(10,2) in RAW.T becomes NUMBER(12,2)')
  assert.match(removed!, /kept in RAW\.T, NULL in every row that is written from now on\. Renamed to fresh\?/)
  assert.deepEqual(moves(settled), ['id', 'at', 'price', 'fresh'])
})

test('a column that has not been sent for a while says since when', () => {
  const old = { name: 'OLD', type: 'DATE', comment: 'firn: not sent since run r1' }
  assert.match(settle([], there(old)).drift[0]!.detail, /^not sent since run r1: kept in RAW\.T/)
})

test('evolve: a type that cannot be widened refuses the table, with the command that accepts it', () => {
  const { refused, drift } = settle([column('price', 'varchar(20)')], there(price('NUMBER(10,2)')))
  assert.match(
    refused!,
    /^t: RAW\.T and MySQL no longer agree.*PRICE is NUMBER\(10,2\), and price is VARCHAR\(20\).*firn -- accept t$/,
  )
  assert.deepEqual(changes(drift), ['price retyped'])
})

test('narrowed: every value fits, so the wider column is kept, and told; accepted, it is as MySQL has it', () => {
  const columns = [column('price', 'decimal(8,2)'), column('name', 'varchar(20)')]
  const found = there(price('NUMBER(10,2)'), { name: 'NAME', type: 'VARCHAR(50)' })
  const settled = settle(columns, found)
  assert.equal(settled.refused, undefined)
  assert.deepEqual(changes(settled.drift), ['price narrowed', 'name narrowed'])
  assert.equal(settled.drift[1]!.detail, 'VARCHAR(20) in MySQL, and kept wider in RAW.T, VARCHAR(50): every value fits')
  const accepted = settle(columns, found, { accept: true })
  assert.match(accepted.drift[1]!.detail, /^VARCHAR\(50\) becomes VARCHAR\(20\): RAW\.T is rebuilt/)
  const discard = settle([...columns, column('fresh', 'date')], found, { meta: { schema_changes: 'discard' } })
  assert.equal(discard.refused, undefined)
  assert.deepEqual(changes(discard.drift), ['fresh discarded', 'price narrowed', 'name narrowed'])
  assert.deepEqual(moves(discard), ['id', 'at', 'price', 'name'])
})

test('freeze: any difference refuses the table, each by name; narrower is one', () => {
  const frozen = { meta: { schema_changes: 'freeze' as const } }
  const { refused } = settle(
    [column('price', 'decimal(12,2)'), column('fresh', 'date')],
    there(price('NUMBER(10,2)'), { name: 'OLD', type: 'FLOAT' }),
    frozen,
  )
  for (const finding of [/column fresh is added/, /column price is widened/, /column OLD is removed/])
    assert.match(refused!, finding)
  assert.match(
    settle([column('price', 'decimal(8,2)')], there(price('NUMBER(10,2)')), frozen).refused!,
    /column price is narrowed, and "schema_changes" is "freeze" \(NUMBER\(8,2\) in MySQL.*firn -- accept t$/,
  )
  assert.equal(settle([column('price', 'decimal(10,2)')], there(price('NUMBER(10,2)')), frozen).refused, undefined)
  const fromFile: Drift[] = [{ column: 'price', change: 'retyped', detail: 'x' }]
  assert.match(
    settle([column('price', 'decimal(10,2)')], there(price('NUMBER(10,2)')), { ...frozen, fromFile }).refused!,
    /price is retyped/,
  )
})

test('discard: what the target cannot take is left out and named, indexes over it too', () => {
  const discard = { meta: { schema_changes: 'discard' as const } }
  const settled = settle(
    [column('price', 'varchar(20)'), column('fresh', 'date')],
    there(price('NUMBER(10,2)')),
    discard,
  )
  assert.equal(settled.refused, undefined)
  assert.deepEqual(moves(settled), ['id', 'at'])
  assert.deepEqual(settled.source.indexes, [])
  assert.deepEqual(changes(settled.drift), ['fresh discarded', 'price discarded'])
  const named = { meta: { ...discard.meta, columns: ['id', 'fresh'] } }
  assert.deepEqual(moves(settle([column('fresh', 'date')], there(), named)), ['id'])
})

test('discard: not the key, not the cursor', () => {
  const found = there()
  found.columns![0] = { name: 'ID', type: 'VARCHAR(10)' }
  found.columns![1] = { name: 'AT', type: 'DATE' }
  const { refused } = settle([], found, { meta: { ...incremental, schema_changes: 'discard' } })
  assert.match(refused!, /column "id", without which nothing can be loaded.*column "at", without which/)
})

test('a column that is new in the key refuses the table: rows that are there have NULL in it, and would come twice', () => {
  const found = there()
  found.columns![0] = { name: 'OLD_ID', type: 'NUMBER(10,0)' }
  const { refused, drift } = settle([], found, { meta: incremental })
  assert.match(refused!, /^t: RAW\.T and MySQL.*column "id" of its key is not in RAW\.T yet.*firn -- accept t$/)
  assert.match(
    drift.find(({ column: name }) => name === 'id')!.detail,
    /^NUMBER\(10,0\), not yet in RAW\.T, and of its key$/,
  )
  const declared = settle([column('price', 'int')], there(), { meta: { ...incremental, unique_key: ['id', 'price'] } })
  assert.match(declared.refused!, /column "price" of its key/)
  for (const changes of [{ meta: full }, { meta: incremental, accept: true }])
    assert.equal(settle([], found, changes).refused, undefined, 'all of its rows are written anew')
  const appended = { ...incremental, load_strategy: 'append' as const }
  assert.equal(settle([], found, { meta: appended }).refused, undefined, 'it has no key')
})

test('a table that was not made here, or is a view, is never written to', () => {
  const foreign: FoundTarget = {
    columns: [
      { name: 'ID', type: 'NUMBER(10,0)' },
      { name: 'AT', type: 'TIMESTAMP_NTZ(0)' },
    ],
    fence: false,
  }
  assert.match(
    settle([], foreign).refused!,
    /column _FIRN_RUN_ID, which every table has that was made here, is missing/,
  )
  assert.match(settle([], { ...there(), isView: true }, { accept: true }).refused!, /RAW\.T is a view/)
})

test('accepted: nothing is refused, and it is said what goes', () => {
  const { refused, drift } = settle(
    [column('price', 'varchar(20)')],
    there(price('NUMBER(10,2)'), { name: 'OLD', type: 'FLOAT' }),
    {
      accept: true,
      meta: { schema_changes: 'freeze' },
    },
  )
  assert.equal(refused, undefined)
  assert.match(drift.find(({ column: name }) => name === 'OLD')!.detail, /rebuilt without it, and its values go/)
  assert.match(
    drift.find(({ column: name }) => name === 'price')!.detail,
    /NUMBER\(10,2\) becomes VARCHAR\(20\): RAW\.T is rebuilt/,
  )
})

test('the schema file decides before the first load; afterwards what was loaded does', () => {
  const fromFile: Drift[] = [{ column: 'price', change: 'retyped', detail: 'the file says another type' }]
  const price2 = column('price', 'decimal(10,2)')
  const first = settle([price2], { columns: null, fence: false }, { fromFile })
  assert.match(first.refused!, /schema\/t\.json and MySQL do not agree.*"price": the file says another type.*deploy/)
  const later = settle([price2], there(price('NUMBER(10,2)')), { fromFile })
  assert.equal(later.refused, undefined)
  assert.deepEqual(changes(later.drift), ['price retyped'])
  const added: Drift[] = [{ column: 'price', change: 'added', detail: 'not yet in the file' }]
  assert.equal(settle([price2], { columns: null, fence: false }, { fromFile: added }).refused, undefined)
  const both = settle([price2], there(), { fromFile: added }).drift
  assert.deepEqual(
    both.map(({ detail }) => detail),
    ['NUMBER(10,2), not yet in RAW.T; not yet in the file'],
  )
})
