import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TablePlan, Window } from '../../../../lib/model.ts'
import { chunkSelectSql } from '../../../../lib/sources/mysql/select.ts'

const plan = (changes: Partial<TablePlan> = {}): TablePlan => ({
  table: 'order `x`',
  columns: [
    { name: 'id', type: 'bigint unsigned', nullable: false },
    { name: 'weight', type: 'float', nullable: true },
    { name: 'updated_at', type: 'timestamp(6)', nullable: false },
  ],
  key: ['id'],
  kind: 'full',
  publish: 'replace',
  window: null,
  chunks: [],
  chunkColumns: [],
  where: null,
  targetFileBytes: 4 << 20,
  found: { columns: null, fence: false },
  sampleSql: null,
  estimatedRows: 0,
  estimatedBytes: 0,
  target: { database: 'D', schema: 'RAW', table: 'X' },
  epoch: 1,
  drift: [],
  warnings: [],
  ...changes,
})
const whole = { id: '0', from: null, to: null, rows: null }
const window = (changes: Partial<Window>): Window => ({
  columns: ['updated_at'],
  low: null,
  from: null,
  high: '2018-01-01 00:00:00.123456',
  nullCursor: null,
  ...changes,
})
const HEAD = 'SELECT `id`, CAST(`weight` AS DOUBLE) AS `weight`, `updated_at` FROM `order ``x```'
const READ = HEAD.replace(' FROM', ', UTC_TIMESTAMP(6) AS `_FIRN_READ_AT` FROM')
const ORDER = ' ORDER BY `order ``x```.`id`'
const HIGH = "`updated_at` <= CAST('2018-01-01 00:00:00.123456' AS DATETIME(6))"

test('a whole table', () => assert.equal(chunkSelectSql(plan(), whole), HEAD))

test('a span of keys: above its start, up to its end, numbers bare', () =>
  assert.equal(
    chunkSelectSql(plan({ chunkColumns: ['id'] }), {
      id: '1',
      from: ['9223372036854775808'],
      to: ['18446744073709551615'],
      rows: null,
    }),
    `${HEAD} WHERE \`id\` > 9223372036854775808 AND \`id\` <= 18446744073709551615${ORDER}`,
  ))

test('open ends of a span have no condition', () => {
  assert.equal(
    chunkSelectSql(plan({ chunkColumns: ['id'] }), { id: '0', from: null, to: ['7'], rows: null }),
    `${HEAD} WHERE \`id\` <= 7${ORDER}`,
  )
  assert.equal(chunkSelectSql(plan({ chunkColumns: ['id'] }), whole), HEAD + ORDER)
})

test('a window beside a span, and when it was read', () =>
  assert.equal(
    chunkSelectSql(plan({ chunkColumns: ['id'], publish: 'merge', window: window({ from: '2017-01-01 00:00:00' }) }), {
      id: '0',
      from: ['7'],
      to: null,
      rows: null,
    }),
    `${READ} WHERE \`id\` > 7 AND \`updated_at\` >= CAST('2017-01-01 00:00:00' AS DATETIME(6)) AND ${HIGH}${ORDER}`,
  ))

test('rows without a cursor come only where that is the policy', () => {
  assert.equal(chunkSelectSql(plan({ publish: 'merge', window: window({}) }), whole), `${READ} WHERE ${HIGH}`)
  assert.equal(
    chunkSelectSql(plan({ publish: 'merge', window: window({ nullCursor: 'include' }) }), whole),
    `${READ} WHERE (${HIGH} OR \`updated_at\` IS NULL)`,
  )
  assert.equal(
    chunkSelectSql(plan({ publish: 'merge', window: window({ nullCursor: 'include', high: null }) }), whole),
    `${READ} WHERE (FALSE OR \`updated_at\` IS NULL)`,
  )
})

test('a cursor of several columns is the first that is not NULL', () => {
  const columns = [
    { name: 'id', type: 'int', nullable: false },
    { name: 'changed', type: 'datetime', nullable: true },
    { name: 'made', type: 'datetime', nullable: true },
  ]
  const merge = plan({ columns, publish: 'merge', window: window({ columns: ['changed', 'made'] }) })
  const where = (changes: Partial<TablePlan>) => chunkSelectSql({ ...merge, ...changes }, whole).split(' WHERE ')[1]
  const high = "COALESCE(`changed`, `made`) <= CAST('2018-01-01 00:00:00.123456' AS DATETIME(6))"
  assert.equal(where({}), high)
  const include = window({ columns: ['changed', 'made'], nullCursor: 'include' })
  assert.equal(where({ window: include }), `(${high} OR COALESCE(\`changed\`, \`made\`) IS NULL)`)
  assert.equal(where({ publish: 'replace' }), 'COALESCE(`changed`, `made`) IS NOT NULL')
  const made = columns.map((column) => ({ ...column, nullable: column.name === 'changed' }))
  assert.equal(where({ publish: 'replace', columns: made }), undefined)
})

test('a window without an end reads nothing: what comes since belongs to the next run', () =>
  assert.equal(
    chunkSelectSql(plan({ publish: 'merge', window: window({ high: null }) }), whole),
    `${READ} WHERE FALSE`,
  ))

test('a sample is read in the place of the table', () =>
  assert.match(
    chunkSelectSql(plan({ sampleSql: 'SELECT 1', publish: 'merge', window: window({}) }), whole),
    /FROM \(SELECT 1\) AS sampled WHERE `updated_at` <= /,
  ))

test('bounds without a column, or a column that is not there, are an error', () => {
  assert.throws(() => chunkSelectSql(plan(), { id: '1', from: ['7'], to: null, rows: null }), /names no column/)
  assert.throws(() => chunkSelectSql(plan({ chunkColumns: ['gone'] }), whole), /column gone/)
})

test('a replacement leaves out no row for being young; without a cursor only where that is the policy', () => {
  const nullable = plan().columns.map((column) => ({ ...column, nullable: true }))
  assert.equal(chunkSelectSql(plan({ window: window({}) }), whole), HEAD)
  assert.equal(chunkSelectSql(plan({ window: window({ high: null }) }), whole), HEAD)
  const exclude = plan({ columns: nullable, window: window({ nullCursor: 'exclude' }) })
  assert.equal(chunkSelectSql(exclude, whole), `${HEAD} WHERE \`updated_at\` IS NOT NULL`)
  assert.equal(chunkSelectSql({ ...exclude, window: window({ nullCursor: 'include' }) }, whole), HEAD)
})

test('bounds of several columns: ranges that the optimizer knows, what they share compared by =', () => {
  const composite = plan({ chunkColumns: ['updated_at', 'id'], chunkIndex: 'by`at' })
  const day = (text: string) => `CAST('${text}' AS DATETIME(6))`
  const where = (from: string[] | null, to: string[] | null) =>
    chunkSelectSql(composite, { id: '0', from, to, rows: null }).split(' WHERE ')[1]!.split(' ORDER BY ')[0]
  assert.equal(
    where(['2017-01-01', '7'], ['2017-01-03']),
    `(\`updated_at\` > ${day('2017-01-01')} OR (\`updated_at\` = ${day('2017-01-01')} AND \`id\` > 7)) AND \`updated_at\` <= ${day('2017-01-03')}`,
  )
  assert.equal(
    where(null, ['2017-01-03', '9']),
    `(\`updated_at\` < ${day('2017-01-03')} OR (\`updated_at\` = ${day('2017-01-03')} AND \`id\` <= 9))`,
  )
  assert.equal(
    where(['2017-01-01', '7'], ['2017-01-01', '9']),
    `\`updated_at\` = ${day('2017-01-01')} AND \`id\` > 7 AND \`id\` <= 9`,
  )
  assert.equal(where(['2017-01-01', '7'], ['2017-01-01']), `\`updated_at\` = ${day('2017-01-01')} AND \`id\` > 7`)
  assert.match(
    chunkSelectSql(composite, whole),
    /FROM `order ``x``` FORCE INDEX \(`by``at`\) ORDER BY `order ``x```\.`updated_at`, `order ``x```\.`id`$/,
  )
})

test('the metadata’s condition stands alone on its lines, and inside a sample only', () => {
  assert.equal(
    chunkSelectSql(plan({ where: "kind = 'a' OR kind = 'b'" }), whole),
    `${HEAD} WHERE (\nkind = 'a' OR kind = 'b'\n)`,
  )
  assert.equal(
    chunkSelectSql(plan({ where: 'x', chunkColumns: ['id'] }), { id: '0', from: ['7'], to: null, rows: null }),
    `${HEAD} WHERE \`id\` > 7 AND (\nx\n)${ORDER}`,
  )
  assert.doesNotMatch(chunkSelectSql(plan({ where: 'x', sampleSql: 'SELECT 1' }), whole), /WHERE/)
})
