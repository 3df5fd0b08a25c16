import assert from 'node:assert/strict'
import { test } from 'node:test'
import { looksPersonal } from '../../../../lib/plan/propose/columns.ts'
import { type Proposal, propose } from '../../../../lib/plan/propose/tables.ts'
import { column, index, type Shape, surveyed, surveyOf } from './surveyed.ts'

const id = column('id', 'int(11)')
const updated = column('updated_at', 'timestamp(6)')
const one = (shape: Shape, table = 't'): Proposal => propose(surveyOf(surveyed(table, shape)))[0]!
const byUpdate = index(['updated_at'])
const KEPT = { updated_at: { onUpdate: true } }

test('a cursor that the server keeps, indexed and never null, with a primary key: incremental, and why', () => {
  const { entry, key, reason, advice } = one({
    columns: [id, updated],
    key: ['id'],
    indexes: [byUpdate],
    columnFacts: KEPT,
  })
  assert.deepEqual([entry!.load_strategy, entry!.incremental_column], ['incremental', 'updated_at'])
  assert.deepEqual(key, ['id'])
  assert.match(reason, /the server sets "updated_at" whenever a row changes.*primary key is "id"/)
  assert.match(entry!.description, /ON UPDATE/)
  assert.deepEqual(advice, [])
})

test('the one the server keeps goes before one that is only called so', () => {
  const columns = [id, column('modified', 'datetime'), updated]
  const indexes = [index(['modified']), byUpdate]
  assert.equal(one({ columns, key: ['id'], indexes, columnFacts: KEPT }).entry!.incremental_column, 'updated_at')
  const named = one({ columns: columns.slice(0, 2), key: ['id'], indexes: indexes.slice(0, 1) })
  assert.equal(named.entry!.incremental_column, 'modified')
  assert.match(named.reason, /by its name.*It is the application that keeps it/)
})

test('a cursor without an index is none, and the ALTER that mends it is told', () => {
  const { entry, advice } = one({ columns: [id, updated], key: ['id'], columnFacts: KEPT }, 'order `s')
  assert.equal(entry!.load_strategy, 'full')
  assert.match(advice.join('\n'), /ALTER TABLE `order ``s` ADD INDEX \(`updated_at`\)/)
  const second = one({ columns: [id, updated], key: ['id'], indexes: [index(['id', 'updated_at'])], columnFacts: KEPT })
  assert.equal(second.entry!.load_strategy, 'full', 'an index that only contains it')
})

test('a nullable cursor, and one with zero dates, are none until someone decides', () => {
  const nullable = { columns: [id, { ...updated, nullable: true }], key: ['id'], indexes: [byUpdate] }
  const { entry, advice } = one(nullable)
  assert.equal(entry!.load_strategy, 'full')
  assert.match(advice.join('\n'), /"null_cursor": "include", "exclude" or "error"/)
  const zero = one({
    columns: [id, updated],
    key: ['id'],
    indexes: [byUpdate],
    zeroDates: new Map([['updated_at', 3]]),
  })
  assert.equal(zero.entry!.load_strategy, 'full')
  assert.match(zero.advice.join('\n'), /3 rows have a zero date in it/)
})

test('a cursor that is NULL until the first change is offered as a list with when the row was made, if that is of its type', () => {
  const advised = (made: ReturnType<typeof column>) => {
    const columns = [id, made, { ...updated, nullable: true }]
    return one({ columns, key: ['id'], indexes: [byUpdate] }).advice.join('\n')
  }
  const list = /NULL until a row's first change, "incremental_column": \["updated_at", "created_at"\]/
  assert.match(advised(column('created_at', 'timestamp')), list)
  assert.doesNotMatch(advised(column('created_at', 'datetime')), list)
  assert.doesNotMatch(advised(column('created_at', 'timestamp', true)), list)
})

test('when rows were made, and a number that grows, are no cursors and said to be none', () => {
  const { entry, advice, reason } = one({
    columns: [id, column('created_at', 'datetime')],
    key: ['id'],
    indexes: [index(['created_at'])],
    columnFacts: { id: { autoIncrement: true } },
  })
  assert.equal(entry!.load_strategy, 'full')
  assert.match(reason, /no column tells which rows changed/)
  assert.match(
    advice.join('\n'),
    /"created_at" tells when a row was made, not when it changed.*only ever added, "load_strategy": "append"/,
  )
  assert.match(advice.join('\n'), /"id" grows with every new row: if rows are only ever added.*"overlap"/)
})

test('a generated column is not taken for a cursor', () =>
  assert.equal(
    one({
      columns: [id, updated],
      key: ['id'],
      indexes: [byUpdate],
      columnFacts: { updated_at: { generated: true } },
    }).entry!.load_strategy,
    'full',
  ))

test('without a primary key the narrowest unique index that is never null stands in', () => {
  const columns = [column('a', 'int'), column('b', 'int'), column('c', 'int', true), updated]
  const indexes = [index(['c'], true), index(['a', 'b'], true), index(['a', 'b', 'updated_at'], true), byUpdate]
  const { entry, key } = one({ columns, indexes, columnFacts: KEPT })
  assert.deepEqual([entry!.load_strategy, entry!.unique_key, key], ['incremental', ['a', 'b'], ['a', 'b']])
})

test('no key at all: full, with what to do', () => {
  const { entry, key, advice, reason } = one({ columns: [id, updated], indexes: [byUpdate], columnFacts: KEPT })
  assert.deepEqual([entry!.load_strategy, entry!.unique_key, key], ['full', undefined, []])
  assert.match(reason, /nothing tells rows apart, so changes cannot be merged/)
  assert.match(advice.join('\n'), /"unique_key".*ALTER TABLE `t` ADD COLUMN/)
})

test('a key of floating numbers is not trusted', () => {
  const { entry, advice } = one({
    columns: [column('x', 'double'), updated],
    key: ['x'],
    indexes: [byUpdate],
    columnFacts: KEPT,
  })
  assert.equal(entry!.load_strategy, 'full')
  assert.match(advice.join('\n'), /floating numbers \("x"\)/)
})

test('what cannot move is left out by name; more than 38 digits move as text', () => {
  const columns = [id, column('v', 'vector(3)', true), column('n', 'decimal(65,30)', true)]
  const { entry, schema, advice } = one({ columns, key: ['id'] })
  assert.deepEqual(entry!.exclude, ['v'])
  assert.deepEqual(entry!.column_policies, { n: { decimal_overflow: 'string' } })
  assert.deepEqual(Object.keys(schema!.properties), ['id', 'n'])
  assert.match(advice.join('\n'), /"v" is vector\(3\).*exclude/)
  assert.match(advice.join('\n'), /"n" is decimal\(65,30\).*38 digits/)
})

test('a table whose key cannot move, or of which nothing can, is left out', () => {
  const key = one({ columns: [column('v', 'vector(3)'), id], key: ['v'] })
  assert.deepEqual([key.entry, key.schema], [null, null])
  assert.match(key.reason, /"v" of its primary key cannot move/)
  assert.match(one({ columns: [column('v', 'vector(3)')] }).reason, /none of its columns/)
})

test('names that fold to one, in a table and among tables: the first moves, the key before others', () => {
  const columns = [column('a b', 'int'), column('A_B', 'int'), column('_firn_x', 'int')]
  const { entry, advice } = one({ columns, key: ['A_B'] })
  assert.deepEqual(entry!.exclude?.sort(), ['_firn_x', 'a b'])
  assert.match(advice.join('\n'), /"a b" would be A_B in Snowflake, as "A_B" is/)
  const tables = propose(surveyOf(surveyed('Été', { columns: [id] }), surveyed('ete', { columns: [id] })))
  assert.deepEqual(
    tables.map(({ table, entry }) => [table, entry !== null]),
    [
      ['Été', true],
      ['ete', false],
    ],
  )
  assert.match(tables[1]!.reason, /would be ETE in Snowflake, as "Été" is/)
})

test('hints: TINYINT(1), long text, personal names, reserved words, no statistics, an empty table', () => {
  const columns = [
    id,
    column('active', 'tinyint(1)'),
    column('body', 'longtext'),
    column('email', 'varchar(9)'),
    column('group', 'int'),
  ]
  const said = one({ columns, key: ['id'], rows: 0 }, 'order').advice.join('\n')
  for (const hint of [
    /"active": TINYINT\(1\).*"tinyint1": "boolean"/,
    /"body": may hold more.*"oversize"/,
    /"email": looks personal; "mask"/,
    /"group": a reserved word/,
    /no statistics.*ANALYZE TABLE `order`/,
    /table's name is a reserved word.*"ORDER"/,
  ])
    assert.match(said, hint)
  assert.match(one({ columns: [id], hasRows: false, rows: 0 }).advice.join(), /it is empty now/)
})

test('zero dates: counted where an index does, else a hint where the server takes them', () => {
  const table = surveyed('t', {
    columns: [id, column('day', 'date'), column('at', 'datetime')],
    key: ['id'],
    zeroDates: new Map([['day', 1]]),
  })
  const strict = propose({ ...surveyOf(table), zeroDatesAllowed: false })[0]!.advice.join('\n')
  assert.match(strict, /"day": 1 row has a zero date, which arrives as NULL/)
  assert.doesNotMatch(strict, /"at"/)
  assert.match(
    propose({ ...surveyOf(table), zeroDatesAllowed: true })[0]!.advice.join('\n'),
    /"at": the server takes zero dates/,
  )
})

test('personal by name, and not by a part of a word', () => {
  const personal = (table: string, name: string, type = 'varchar(10)') => looksPersonal(table, column(name, type))
  for (const name of [
    'email',
    'E-Mail'.replace('-', '_'),
    'customerEmail',
    'phone_number',
    'first_name',
    'birth_date',
    'dob',
    'street',
  ])
    assert.ok(personal('t', name), name)
  assert.ok(personal('customers', 'name'))
  for (const name of ['product_name', 'headphones', 'filename', 'adobe']) assert.ok(!personal('products', name), name)
  assert.ok(!personal('t', 'email_verified', 'tinyint(1)'))
})

test("a schema file has the source's own comments, and what is never null is required", () => {
  const { schema, entry } = one({
    columns: [id, column('note', 'varchar(20)', true)],
    key: ['id'],
    comment: 'Notes',
    columnFacts: { note: { comment: 'In words' } },
  })
  assert.deepEqual(schema!.properties.note, { description: 'In words', type: ['string', 'null'], maxLength: 20 })
  assert.deepEqual(schema!.required, ['id'])
  assert.match(entry!.description, /^Notes\. Full: /)
})
