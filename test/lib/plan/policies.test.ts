import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column, SourceTable, TableMetadata } from '../../../lib/model.ts'
import { checkTable } from '../../../lib/plan/check-table.ts'
import { plannedTable } from '../../../lib/plan/policies.ts'

const column = (name: string, type: string, nullable = false): Column => ({ name, type, nullable })
const LIVE: SourceTable = {
  table: 't',
  columns: [
    column('id', 'int(11)'),
    column('day', 'date'),
    column('at', 'timestamp(6)'),
    column('born', 'date', true),
    column('flag', 'tinyint(1)'),
    column('mail', 'varchar(99)'),
    column('body', 'longtext', true),
    column('wide', 'decimal(65,30)'),
  ],
  key: ['id', 'day'],
  foreignKeys: [
    { columns: ['mail'], parent: 'people', parentColumns: ['mail'] },
    { columns: ['id'], parent: 'others', parentColumns: ['id'] },
  ],
  indexes: [
    { name: 'PRIMARY', columns: ['id', 'day'], unique: true },
    { name: 'by_mail', columns: ['mail', 'at'], unique: false },
    { name: 'by_time', columns: ['at'], unique: false },
  ],
  rows: 1,
  bytes: 1,
}
const meta = (changes: Partial<TableMetadata> = {}): TableMetadata => ({
  ...{ table: 't', load_strategy: 'incremental', incremental_column: 'at', description: 'x' },
  ...changes,
})
const policiesOf = (changes: Partial<TableMetadata>) =>
  Object.fromEntries(
    plannedTable(meta(changes), LIVE).columns.flatMap(({ name, policies }) => (policies ? [[name, policies]] : [])),
  )
const KEY_AND_CURSOR = { day: { zero_date: 'error' }, at: { zero_date: 'error' } }

test('without a word on them only key and cursor have a policy: their zero dates are errors', () =>
  assert.deepEqual(policiesOf({}), KEY_AND_CURSOR))

test("the table's policies reach the columns they can act on, and a column's own wins", () => {
  assert.deepEqual(
    policiesOf({
      ...{ zero_date: 'null', tinyint1: 'boolean', oversize: 'truncate', invalid_utf8: 'replace' },
      ...{ decimal_overflow: 'string' },
      column_policies: { body: { invalid_utf8: 'error' }, mail: { mask: 'sha256' } },
    }),
    {
      ...KEY_AND_CURSOR,
      born: { zero_date: 'null' },
      flag: { tinyint1: 'boolean' },
      mail: { mask: 'sha256' },
      body: { invalid_utf8: 'error', oversize: 'truncate' },
      wide: { decimal_overflow: 'string' },
    },
  )
  assert.deepEqual(policiesOf({ zero_date: 'sentinel', column_policies: { day: { zero_date: 'error' } } }), {
    day: { zero_date: 'error' },
    at: { zero_date: 'sentinel' },
    born: { zero_date: 'sentinel' },
  })
})

const names = (changes: Partial<TableMetadata>) => plannedTable(meta(changes), LIVE).columns.map(({ name }) => name)

test("columns are chosen by name, in the table's order", () => {
  assert.deepEqual(names({ columns: ['at', 'id', 'day'] }), ['id', 'day', 'at'])
  assert.deepEqual(names({ exclude: ['wide', 'body', 'flag'] }), ['id', 'day', 'at', 'born', 'mail'])
})

test('a masked or absent column takes its indexes along, since bounds are values; an absent one its foreign keys', () => {
  const indexes = (changes: Partial<TableMetadata>) => plannedTable(meta(changes), LIVE).indexes.map(({ name }) => name)
  assert.deepEqual(indexes({ column_policies: { mail: { mask: 'sha256' } } }), ['PRIMARY', 'by_time'])
  assert.deepEqual(indexes({ column_policies: { id: { mask: 'sha256' } } }), ['by_mail', 'by_time'])
  const left = plannedTable(meta({ exclude: ['mail'] }), LIVE)
  assert.deepEqual([left.indexes.length, left.foreignKeys.map(({ parent }) => parent)], [2, ['others']])
})

test('a column masked as NULL may be NULL', () => {
  const planned = plannedTable(meta({ column_policies: { mail: { mask: 'null' } } }), LIVE)
  assert.deepEqual(planned.columns.find(({ name }) => name === 'mail')!.nullable, true)
})

const problems = (changes: Partial<TableMetadata>) =>
  checkTable(meta({ decimal_overflow: 'string', ...changes }), LIVE, undefined).problems

test('what is declared without fault is not refused', () => {
  assert.deepEqual(problems({}), [])
  assert.deepEqual(
    problems({
      exclude: ['body'],
      column_policies: { id: { mask: 'sha256' }, day: { zero_date: 'sentinel' }, flag: { tinyint1: 'boolean' } },
    }),
    [],
  )
})

const REFUSED: [string, Partial<TableMetadata>, RegExp][] = [
  ['an unknown column in columns', { columns: ['id', 'day', 'at', 'mial'] }, /columns has "mial".*did you mean "mail"/],
  ['an unknown column in exclude', { exclude: ['bodi'] }, /exclude has "bodi".*did you mean "body"/],
  [
    'an unknown column in column_policies',
    { column_policies: { mial: { mask: 'null' } } },
    /column_policies has "mial".*did you mean "mail"/,
  ],
  [
    'a policy of a column that does not move',
    { exclude: ['mail'], column_policies: { mail: { mask: 'null' } } },
    /"mail", which does not move/,
  ],
  ['a key that is excluded', { exclude: ['day'] }, /"exclude" has "day", which is of the key/],
  ['a key that is not chosen', { columns: ['id', 'at'] }, /"columns" leaves out "day", which is of the key/],
  ['a cursor that is excluded', { exclude: ['at'] }, /"exclude" has "at", which is the incremental_column/],
  ['a masked cursor', { column_policies: { at: { mask: 'sha256' } } }, /"at" is the incremental_column.*"mask"/],
  [
    'a key masked as NULL',
    { column_policies: { id: { mask: 'null' } } },
    /"id" is of the key.*"sha256" keeps them apart/,
  ],
  [
    'a key whose zero dates would be NULL',
    { column_policies: { day: { zero_date: 'null' } } },
    /"day" is of the key, and "zero_date": "null".*"sentinel"/,
  ],
  [
    'a cursor whose zero dates would be NULL',
    { column_policies: { at: { zero_date: 'null' } } },
    /"at" is the incremental_column, and "zero_date": "null"/,
  ],
  [
    'a policy that cannot act on the type',
    { column_policies: { mail: { tinyint1: 'boolean' } } },
    /"tinyint1" on column "mail" can never act: it is varchar\(99\)/,
  ],
  [
    'a policy that cannot act on a mask',
    { column_policies: { born: { mask: 'null', zero_date: 'error' } } },
    /"zero_date" on column "born" can never act: it is masked as "null"/,
  ],
  [
    'a cursor that its policy makes a boolean',
    { incremental_column: 'flag', overlap: 0, column_policies: { flag: { tinyint1: 'boolean' } } },
    /"flag" is the incremental_column, and its policies make it flag/,
  ],
  [
    'a cursor that is text',
    { incremental_column: 'wide', overlap: 0, column_policies: { wide: { decimal_overflow: 'string' } } },
    /"wide" is the incremental_column, and its policies make it text/,
  ],
  ['too many digits without a policy', { decimal_overflow: 'error' }, /"wide" is decimal\(65,30\).*"decimal_overflow"/],
]
for (const [what, changes, said] of REFUSED)
  test(`${what} is refused by name`, () => {
    const found = problems(changes)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, said)
    assert.match(found[0]!, /^table_metadata\.json: t: /)
  })

test('a type that does not move is no matter once it is excluded', () => {
  const odd = { ...LIVE, columns: [...LIVE.columns, column('v', 'vector(3)')] }
  assert.match(checkTable(meta({ exclude: ['wide'] }), odd, undefined).problems.join(), /"v" is vector\(3\).*"exclude"/)
  assert.deepEqual(checkTable(meta({ exclude: ['wide', 'v'] }), odd, undefined).problems, [])
})

test('a schema file is held against the columns as they move', () => {
  const changes = { exclude: ['wide', 'body'], tinyint1: 'boolean' as const }
  const schemaOf = (properties: Record<string, Record<string, unknown>>) =>
    checkTable(meta(changes), LIVE, { title: 't', properties })
  const changed = (properties: Record<string, Record<string, unknown>>) =>
    schemaOf(properties)
      .drift.filter(({ change }) => change !== 'added')
      .map(({ column, change }) => `${column} ${change}`)
  assert.deepEqual(changed({ flag: { type: 'boolean' } }), [])
  assert.deepEqual(changed({ flag: { type: 'integer' } }), ['flag retyped'])
  assert.deepEqual(changed({ body: { type: 'string' } }), ['body removed'])
})
