/** JSON from the staged file to VARIANT: typed values, every digit, and nothing published that Snowflake would not keep. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Column, TablePlan } from '../../../../lib/model.ts'
import { type Lab, loadOrders, moment, openLab, orders, stageChunk, stagesLeft } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('JSON_TESTS')
})
after(() => lab.warehouse.close())

const COLUMNS: Column[] = [
  { name: 'id', type: 'int', nullable: false },
  { name: 'doc', type: 'json', nullable: true },
  { name: 'updated_at', type: 'timestamp(6)', nullable: false },
]
type Document = [id: string, doc: string | null, second: number]

const planOf = (table: string, changes: Partial<TablePlan> = {}) =>
  orders(lab, table, { columns: COLUMNS, key: ['id'], ...changes })

const merging = (table: string, low: number) => {
  const window = { columns: ['updated_at'], low: moment(low), from: moment(low), high: moment(59), nullCursor: null }
  return planOf(table, { publish: 'merge', epoch: 2, window })
}

const load = async (plan: TablePlan, runId: string, documents: Document[]) => {
  const rows = documents.map(([id, doc, second]) => [id, doc, moment(second)])
  const chunks = [await stageChunk(runId, plan, rows)]
  return loadOrders(lab, plan, [], { runId, chunks })
}

const documents = async (table: string) =>
  (await lab.warehouse.query(`SELECT DOC FROM RAW.${table} ORDER BY ID`)).map(({ DOC }) => DOC)

test('documents become typed values, numbers to the last digit, null of JSON apart from NULL', async () => {
  const numbers = `{"a":9223372036854775807,"b":18446744073709551615,"c":-123456789012345678.901234567890,"d":1e3}`
  await load(planOf('typed'), 'r1', [
    ['1', numbers, 1],
    ['2', null, 2],
    ['3', 'null', 3],
    ['4', '{"a": {"b": [1, {"c": "é \\" 🎁"}]}, "A": true}', 4],
    ['5', '"only a text"', 5],
  ])
  assert.deepEqual(await documents('TYPED'), [
    numbers,
    null,
    'null',
    '{"a":{"b":[1,{"c":"é \\" 🎁"}]},"A":true}',
    '"only a text"',
  ])
  const rows = await lab.warehouse.query(
    `SELECT DOC:a::NUMBER(38,0) AS A, DOC:b::NUMBER AS B, DOC:c::NUMBER(30,12) AS C, TYPEOF(DOC) AS T, DOC IS NULL AS N,
      DOC:a:b[1]:c::VARCHAR AS X FROM RAW.TYPED WHERE ID IN (1, 2, 3) ORDER BY ID`,
  )
  const none = { A: null, B: null, C: null, X: null }
  assert.deepEqual(rows, [
    {
      A: '9223372036854775807',
      B: '18446744073709551615',
      C: '-123456789012345678.901234567890',
      T: 'OBJECT',
      N: false,
      X: null,
    },
    { ...none, T: null, N: true },
    { ...none, T: 'NULL_VALUE', N: false },
  ])
  const [nested] = await lab.warehouse.query(
    'SELECT DOC:a:b[1]:c::VARCHAR AS X, DOC:A::BOOLEAN AS B FROM RAW.TYPED WHERE ID = 4',
  )
  assert.deepEqual(nested, { X: 'é " 🎁', B: true })
})

test('a merge changes documents as it does other values', async () => {
  await load(planOf('merged'), 'r1', [
    ['1', '{"n": 1}', 1],
    ['2', '{"n": 2}', 2],
  ])
  const result = await load(merging('merged', 2), 'r2', [
    ['2', '{"n": 20}', 3],
    ['3', '[]', 4],
  ])
  assert.deepEqual([result.inserted, result.updated, result.kept], [1, 1, 0])
  assert.deepEqual(await documents('MERGED'), ['{"n":1}', '{"n":20}', '[]'])
})

test('an array of fifty thousand arrives whole', async () => {
  const list = `[${Array.from({ length: 50_000 }, (_, at) => at).join(',')}]`
  await load(planOf('long'), 'r1', [['1', list, 1]])
  assert.deepEqual(await documents('LONG'), [list])
})

test('a document that Snowflake would refuse or round fails its table by column and count, nothing published', async () => {
  await load(planOf('unfit'), 'r1', [['1', '{"n": 1}', 1]])
  const nines = '9'.repeat(39)
  const cases: [Document[], RegExp][] = [
    [
      [
        ['1', '{"key": "secret", "key": "secret"}', 2],
        ['2', '[{"a": {"b": 1, "b": 2}}]', 3],
        ['3', '{"a": 1}', 4],
      ],
      /^unfit: .*column "doc" has 2 that cannot be parsed/,
    ],
    [[['1', '', 2]], /column "doc" has 1 that cannot be parsed/],
    [
      [['1', `{"text": "it's \\" ${nines}", "n": [0.${nines}]}`, 2]],
      /column "doc" has 1 with a number of more than 38/,
    ],
  ]
  for (const [at, [rows, message]] of cases.entries())
    await assert.rejects(load(merging('unfit', 1), `r2-${at}`, rows), (error: Error) => {
      assert.equal(error.name, 'ValueError')
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  assert.deepEqual(await documents('UNFIT'), ['{"n":1}'])
  assert.deepEqual(await stagesLeft(lab), [])
})

test('digits within a text are no number', async () => {
  const nines = '9'.repeat(60)
  const doc = `{"a \\\\":"\\\\\\" ${nines}","${nines}":"\\\\","n":${'9'.repeat(38)},"x":1}`
  await load(planOf('texts'), 'r1', [['1', doc, 1]])
  assert.deepEqual(await documents('TEXTS'), [doc])
})
