/** The last leg of the equation: rows that nobody read are in the stage table, and nothing of it is published. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Target } from '../../../../lib/model.ts'
import { sweepPlan } from '../../../../lib/sweep.ts'
import { stageTable } from '../../../../lib/warehouses/snowflake/ddl.ts'
import { loadTable } from '../../../../lib/warehouses/snowflake/load-table.ts'
import { quoteTarget } from '../../../../lib/warehouses/snowflake/quote.ts'
import {
  type Lab,
  later,
  loadOrders,
  lookedAt,
  type Order,
  openLab,
  orders,
  rowsIn,
  stageChunk,
  stagesLeft,
} from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('STAGED_TESTS')
})
after(() => lab.warehouse.close())

const FIRST: Order[] = [
  ['o1', 'one', '1.00', 10],
  ['o2', 'two', '2.00', 20],
  ['o3', 'three', '3.00', 30],
]

/** The lab as a load sees it when somebody else writes a row into its stage table, after COPY and before the audit. */
const withMore = (stage: Target, columns: string, values: string): Lab => ({
  ...lab,
  warehouse: {
    ...lab.warehouse,
    start: async (sql, deadline) => {
      if (typeof sql === 'string' && sql.includes(' AS STAGED'))
        await lab.warehouse.query(`INSERT INTO ${quoteTarget(stage)} (${columns}) VALUES (${values})`)
      return lab.warehouse.start(sql, deadline)
    },
  },
})

const loadsOf = async (table: string): Promise<unknown[]> =>
  (await lab.warehouse.query(`SELECT RUN_ID FROM _FIRN.LOADS WHERE TARGET = 'RAW.${table}'`)).map(
    ({ RUN_ID }) => RUN_ID,
  )

test('a row in the stage table that was not read is no row of the target', async () => {
  const plan = orders(lab, 'staged_more')
  const more = withMore(
    stageTable(plan.target, '', 'a1'),
    '"order_id", "price", "updated_at"',
    "'o4', 4.00, '2018-01-01 00:00:40'",
  )
  await assert.rejects(loadOrders(more, plan, FIRST, { runId: 'r1' }), {
    name: 'AuditError',
    message: /^staged_more: 3 rows read, 3 copied, 4 staged\. Nothing was published; retry the run/,
  })
  assert.deepEqual(await rowsIn(lab, 'STAGED_MORE'), [])
  assert.deepEqual(await loadsOf('STAGED_MORE'), [])
  assert.deepEqual(await stagesLeft(lab), [])
})

test('a key among those of a sweep that was not read keeps no row from being looked for', async () => {
  await loadOrders(lab, orders(lab, 'swept_more'), FIRST, { runId: 'r1' })
  const before = await rowsIn(lab, 'SWEPT_MORE')
  const sweep = {
    ...{ how: 'hard' as const, cap: 100, chunkColumns: ['order_id'] },
    chunks: [{ id: 's0', from: null, to: null, rows: null }],
  }
  const plan = sweepPlan(await lookedAt(lab, later(lab, 'swept_more', 30, { sweep })))
  const chunks = [{ ...(await stageChunk('r2', plan, [['o2'], ['o3']])), chunk: 's0' }]
  const { warehouse } = withMore(stageTable(plan.target, '', 'a1'), '"order_id"', "'o1'")
  const load = { job: 'daily', runId: 'r2', attempt: 'a1', suffix: '', plan, chunks, renew: async () => {} }
  await assert.rejects(loadTable(warehouse, load), {
    name: 'AuditError',
    message: /^swept_more: 2 keys read, 2 copied, 3 staged\. Nothing of the table was published; start a new run/,
  })
  assert.deepEqual(await rowsIn(lab, 'SWEPT_MORE'), before)
  assert.deepEqual(await loadsOf('SWEPT_MORE'), ['r1'])
  assert.deepEqual(await stagesLeft(lab), [])
})
