import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnSchema } from '../../../lib/columns/types.ts'
import type { Column, SourceTable, TableMetadata } from '../../../lib/model.ts'
import { checkTable } from '../../../lib/plan/check-table.ts'

const id: Column = { name: 'id', type: 'int(11)', nullable: false }
const updated: Column = { name: 'updated_at', type: 'timestamp(6)', nullable: false }
const source = (columns: Column[], key: string[] = ['id']): SourceTable => ({
  table: 't',
  columns,
  key,
  foreignKeys: [],
  indexes: [],
  rows: 1,
  bytes: 1,
})
const incremental: TableMetadata = {
  table: 't',
  load_strategy: 'incremental',
  incremental_column: 'updated_at',
  description: 'x',
}
const full: TableMetadata = { table: 't', load_strategy: 'full', description: 'x' }
const schemaOf = (columns: Column[]) => ({
  title: 't',
  properties: Object.fromEntries(
    columns.map((column) => [column.name, { ...columnSchema(column), description: 'words' }]),
  ),
})
const problems = (meta: TableMetadata, live: SourceTable | undefined, schema?: ReturnType<typeof schemaOf>) =>
  checkTable(meta, live, schema).problems

test('a table that is as its metadata says has no finding', () =>
  assert.deepEqual(checkTable(incremental, source([id, updated]), schemaOf([id, updated])), {
    problems: [],
    drift: [],
  }))

test('a table that is not there is named', () =>
  assert.match(problems(full, undefined)[0]!, /table_metadata\.json: t: there is no such table/))

test('a table of which nothing would move is refused', () =>
  assert.deepEqual(problems({ ...full, exclude: ['id', 'updated_at'] }, source([id, updated], [])), [
    'table_metadata.json: t: "exclude" has every column, so nothing would move: leave one of them out of it, or the table',
  ]))

test('a cursor that is missing, of the wrong type, or NULL without a policy', () => {
  assert.match(
    problems({ ...incremental, incremental_column: 'updated_att' }, source([id, updated]))[0]!,
    /"updated_att" is not a column.*did you mean "updated_at"/,
  )
  assert.match(
    problems(incremental, source([id, { ...updated, type: 'varchar(20)' }]))[0]!,
    /varchar\(20\): a date, time or whole number is needed/,
  )
  const nullable = source([id, { ...updated, nullable: true }])
  assert.match(problems(incremental, nullable)[0]!, /may be NULL.*"null_cursor"/)
  assert.deepEqual(problems({ ...incremental, null_cursor: 'exclude' }, nullable), [])
})

test('an incremental load without a key is refused; a declared one serves', () => {
  assert.match(problems(incremental, source([id, updated], []))[0]!, /no primary key.*"unique_key"/)
  assert.deepEqual(problems({ ...incremental, unique_key: ['id'] }, source([id, updated], [])), [])
  assert.match(
    problems({ ...incremental, unique_key: ['idd'] }, source([id, updated], []))[0]!,
    /unique_key has "idd".*did you mean "id"/,
  )
})

test('an unsupported type is named with its column', () =>
  assert.match(
    problems(full, source([id, { name: 'shape', type: 'vector(3)', nullable: true }])).join('\n'),
    /"shape" is vector\(3\)/,
  ))

test('the schema file: a column that went, changed its type, or is new, is told and is no problem of the metadata', () => {
  const wide: Column = { name: 'id', type: 'bigint(20)', nullable: true }
  const found = checkTable(full, source([wide, { ...updated, name: 'made_at' }]), schemaOf([id, updated]))
  assert.deepEqual(found.problems, [])
  assert.deepEqual(
    found.drift.map(({ column, change }) => [column, change]),
    [
      ['id', 'retyped'],
      ['updated_at', 'removed'],
      ['made_at', 'added'],
    ],
  )
  assert.match(found.drift[0]!.detail, /^bigint\(20\), that is .* and metadata\/schema\/t\.json says /)
  assert.match(found.drift[1]!.detail, /^in metadata\/schema\/t\.json and not among MySQL's that move/)
  const misspelt = checkTable(full, source([id, updated]), schemaOf([id, { ...updated, name: 'updatd_at' }]))
  assert.match(misspelt.drift[0]!.detail, /did you mean "updated_at"/)
})

test('a zone is one that there is, of a cursor that has none of its own', () => {
  const local = { ...updated, type: 'datetime' }
  const zoned = (cursor_time_zone: string) => ({ ...incremental, cursor_time_zone })
  assert.deepEqual(problems(zoned('Europe/Berlin'), source([id, local])), [])
  assert.match(
    problems(zoned('Europe/Berln'), source([id, local])).join(),
    /cursor_time_zone "Europe\/Berln" is no time zone: did you mean "Europe\/Berlin"\?/,
  )
  assert.match(problems(zoned('X/Y/Z'), source([id, local])).join(), /is no time zone: a name such as "Europe\/Berlin"/)
  assert.match(
    problems(zoned('UTC'), source([id, updated])).join(),
    /cursor_time_zone can never act: "updated_at" is timestamp\(6\)/,
  )
})

test('a merge needs a key (C25); an append has none, and its key need not move', () => {
  const keyless = source([id, updated], [])
  assert.match(problems(incremental, keyless).join(), /merges by key, and the table has no primary key.*"append"/)
  const append: TableMetadata = { ...incremental, load_strategy: 'append' }
  assert.deepEqual(problems(append, keyless), [])
  assert.deepEqual(problems({ ...append, exclude: ['id'] }, source([id, updated])), [])
  assert.match(problems({ ...append, exclude: ['updated_at'] }, keyless).join(), /"updated_at", which is the increm/)
})

test('rows cannot be deleted by a key that is masked', () => {
  const mail: Column = { name: 'mail', type: 'varchar(50)', nullable: false }
  const live = source([id, mail, updated], ['id', 'mail'])
  const masked = { ...incremental, column_policies: { mail: { mask: 'sha256' as const } } }
  for (const deletes of ['soft', 'hard'] as const)
    assert.deepEqual(problems({ ...masked, deletes }, live), [
      `table_metadata.json: t: "deletes" is "${deletes}", and column "mail" of the key is masked, so that no rows can be deleted by it: leave out one of the two`,
    ])
  assert.deepEqual(problems({ ...masked, deletes: 'ignore' }, live), [])
  assert.deepEqual(
    problems({ ...masked, deletes: 'hard' }, source([id, mail, updated])),
    [],
    'a masked column beside the key',
  )
})

test('a cursor that no lag protects needs an overlap', () => {
  const byId = { ...incremental, incremental_column: 'id' }
  assert.match(
    problems(byId, source([id, updated])).join(),
    /"id" is int\(11\), which lag_seconds does not protect.*"overlap"/,
  )
  assert.deepEqual(problems({ ...byId, overlap: 1000 }, source([id, updated])), [])
  const byDay = { ...updated, name: 'day', type: 'date' }
  assert.match(problems({ ...incremental, incremental_column: 'day' }, source([id, byDay])).join(), /"overlap"/)
  assert.deepEqual(problems(incremental, source([id, { ...updated, type: 'datetime(6)' }])), [])
})

test('a cursor of several columns: all of one order, NULL only where all may be', () => {
  const maybe = (name: string, type = 'datetime(3)'): Column => ({ name, type, nullable: true })
  const listed = { ...incremental, incremental_column: ['changed', 'made'] }
  const made = { ...maybe('made', 'datetime'), nullable: false }
  assert.deepEqual(problems(listed, source([id, maybe('changed'), made])), [])
  assert.match(
    problems(listed, source([id, maybe('changed'), maybe('made')])).join(),
    /"changed", "made" may be NULL: .*"null_cursor"/,
  )
  for (const type of ['timestamp', 'date', 'bigint(20)'])
    assert.match(
      problems(
        { ...listed, null_cursor: 'include', overlap: 0 },
        source([id, maybe('changed'), maybe('made', type)]),
      ).join(),
      /has "made", which is .*, and "changed", which is datetime\(3\): their values have no order among each other/,
    )
  const whole = [maybe('changed', 'int'), { ...maybe('made', 'decimal(12,2)'), nullable: false }]
  assert.deepEqual(problems({ ...listed, overlap: 0 }, source([id, ...whole])), [])
  assert.match(problems(listed, source([id, made])).join(), /"changed" is not a column of the table/)
  assert.match(
    problems({ ...listed, exclude: ['made'] }, source([id, maybe('changed'), made])).join(),
    /"exclude" has "made", which is the incremental_column/,
  )
})

test('columns that would be one in the warehouse, or ours, are refused before anything moves', () => {
  const both = source([id, { ...updated, name: 'a b' }, { ...updated, name: 'A-B' }])
  assert.match(
    problems(full, both).join(),
    /table_metadata\.json: t: The columns "a b" and "A-B" of t would both be A_B/,
  )
  assert.deepEqual(problems({ ...full, exclude: ['A-B'] }, both), [])
  assert.match(problems(full, source([id, { ...updated, name: '_firn_run_id' }])).join(), /kept for the pipeline/)
})
