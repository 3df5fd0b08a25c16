/** A publication whose worker dies between any two statements, or that meets another's locks: the old rows or the new ones, and once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deadlineIn, noDeadline } from '../../../../../lib/deadline.ts'
import type { TablePlan } from '../../../../../lib/model.ts'
import { connectSnowflake, type Warehouse } from '../../../../../lib/warehouses/snowflake/connect.ts'
import { contentOf } from '../../../../../lib/warehouses/snowflake/content.ts'
import { loadPiece, loadTable, type TableLoad } from '../../../../../lib/warehouses/snowflake/load-table.ts'
import { type HeldTwin, heldTwin } from '../held-twin.ts'
import {
  killedAfter,
  type Lab,
  later,
  loadOrders,
  lookedAt,
  moment,
  type Order,
  openLab,
  orders,
  rowsIn,
  stageChunk,
} from '../lab.ts'

/** A transaction that is idle for so long gives its locks up where another waits for them; Snowflake's are held for five minutes. */
const ABANDONED_SECONDS = 1

let twin: HeldTwin
let lab: Lab
before(async () => {
  twin = await heldTwin(['--idle-blocker-seconds', String(ABANDONED_SECONDS)])
  lab = await openLab('KILLED_TESTS', twin.stack)
})
after(async () => {
  await lab?.warehouse.close()
  await twin?.down()
})

const OLD: Order[] = [
  ['o1', 'old', '1.00', 10],
  ['o2', 'old', '2.00', 20],
]
const NEW: Order[] = [
  ['o2', 'new', '2.50', 20],
  ['o3', 'new', '3.00', 30],
]
const AS_IT_WAS = ['o1 old 1.00 10 r1', 'o2 old 2.00 20 r1']
const BROUGHT = ['o2 new 2.50 20 r2', 'o3 new 3.00 30 r2']

/** `statements`: of its transaction, with BEGIN and COMMIT. `plan`, `rows`: of the load after that of the old rows; `leaves`: what the target holds then. */
type Way = { statements: number; plan: (table: string) => TablePlan; rows: Order[]; leaves: string[] }

const WHOLE = { kind: 'full', window: null } as const
const WAYS: Record<string, Way> = {
  merge: {
    statements: 6,
    plan: (table) => later(lab, table, 20),
    rows: NEW,
    leaves: [AS_IT_WAS[0]!, ...BROUGHT],
  },
  replace: {
    statements: 7,
    plan: (table) => orders(lab, table, { ...WHOLE, epoch: 2 }),
    rows: NEW,
    leaves: BROUGHT,
  },
  append: {
    statements: 7,
    plan: (table) => later(lab, table, 20, { publish: 'append', key: [] }),
    rows: NEW,
    leaves: [AS_IT_WAS[0]!, ...BROUGHT],
  },
  unchanged: {
    statements: 5,
    plan: (table) => orders(lab, table, { ...WHOLE, epoch: 2 }),
    rows: OLD,
    leaves: AS_IT_WAS,
  },
}

/** The old rows are there; the load that is to come is staged. */
const staged = async (mode: string, table: string): Promise<TableLoad> => {
  const { plan: planOf, rows } = WAYS[mode]!
  const first = mode === 'unchanged' ? orders(lab, table, WHOLE) : orders(lab, table)
  await loadOrders(lab, first, OLD, { runId: 'r1' })
  const plan = await lookedAt(lab, planOf(table))
  const cells = rows.map(([id, note, price, second]) => [id, note, price, moment(second)])
  const chunks = [await stageChunk(`${table}-r2`, plan, cells)]
  const content = contentOf(plan, chunks)
  return {
    ...{ job: 'daily', runId: 'r2', attempt: 'a1', suffix: '', chunks, renew: async () => {} },
    plan: mode === 'unchanged' ? { ...plan, lastCopy: { job: 'daily', runId: 'r1', content: content! } } : plan,
  }
}

const ledger = async (table: string): Promise<string[]> =>
  (
    await lab.warehouse.query(
      `SELECT RUN_ID, MODE FROM _FIRN.LOADS WHERE TARGET = 'RAW.${table.toUpperCase()}' ORDER BY EPOCH`,
    )
  ).map(({ RUN_ID, MODE }) => `${RUN_ID} ${MODE}`)

const isOld = async (table: string) => {
  assert.deepEqual(await rowsIn(lab, table), AS_IT_WAS)
  assert.deepEqual(await ledger(table), ['r1 replace'])
}
const isPublishedOnce = async (mode: string, table: string) => {
  assert.deepEqual(await rowsIn(lab, table), WAYS[mode]!.leaves)
  assert.deepEqual(await ledger(table), ['r1 replace', `r2 ${mode}`])
}

let sessions = 0
/** A session of its own: settings that say something else of themselves have another. */
const anotherSession = (): Promise<Warehouse> =>
  connectSnowflake({ ...lab.settings, another: ++sessions } as typeof lab.settings)

for (const [mode, { statements }] of Object.entries(WAYS))
  test(`${mode}: killed between any two of its ${statements} statements, it is all or nothing, and the next attempt publishes once`, async () => {
    for (let killed = 0; killed <= statements; killed++) {
      const table = `${mode}_${killed}`
      const load = await staged(mode, table)
      const session = await anotherSession()
      await assert.rejects(loadTable(killedAfter(killed, session), load), {
        message: `killed after ${killed} of ${statements}`,
      })
      await session.close()
      await (killed < statements ? isOld(table) : isPublishedOnce(mode, table))
      const result = await loadTable(lab.warehouse, { ...load, attempt: 'a2' })
      assert.deepEqual([result.publish, result.attempt], [mode, killed < statements ? 'a2' : 'a1'])
      await isPublishedOnce(mode, table)
    }
  })

for (const [mode, { statements }] of Object.entries(WAYS))
  test(`${mode}: a transaction that is abandoned before its COMMIT holds up the next attempt, which publishes once`, async () => {
    const table = `${mode}_abandoned`
    const load = await staged(mode, table)
    const session = await anotherSession()
    await assert.rejects(loadTable(killedAfter(statements - 1, session), load), /killed/)
    const result = await loadTable(lab.warehouse, { ...load, attempt: 'a2' })
    assert.equal(result.attempt, 'a2')
    await isPublishedOnce(mode, table)
    await session.query('COMMIT').catch(() => {})
    await session.close()
    await isPublishedOnce(mode, table)
  })

/** Milliseconds of an invocation, a third of which is kept back: what holds the lock is held for longer than that. */
const SHORT = 900

for (const mode of Object.keys(WAYS))
  test(`${mode}: while another holds the fence it waits, beyond its invocation, and publishes once when that rolls back`, async () => {
    const table = `${mode}_waits`
    const load = await staged(mode, table)
    const other = await anotherSession()
    const fence = `_FIRN."FENCE_RAW/${table.toUpperCase()}"`
    await other.script(['BEGIN TRANSACTION', `UPDATE ${fence} SET ATTEMPT = 'other'`])
    let isOver = false
    // a transaction at which something is done is not idle, and keeps its locks
    const busy = (async () => {
      while (!isOver) await other.query('SELECT 1')
      await other.query('ROLLBACK')
    })()
    const session = await anotherSession()
    const deadline = deadlineIn(SHORT)
    const first = await loadPiece(session, load, { deadline, before: null })
    deadline.clear()
    assert.ok('place' in first, 'it did not wait for the fence')
    assert.equal(first.place.running?.doing, mode === 'unchanged' ? 'compare' : 'publish')
    await isOld(table)
    isOver = true
    await busy
    const next = await loadPiece(lab.warehouse, load, { deadline: noDeadline(), before: first.place })
    assert.ok('loaded' in next)
    assert.deepEqual([next.loaded.publish, next.loaded.attempt], [mode, 'a1'])
    await isPublishedOnce(mode, table)
    await Promise.all([other.close(), session.close()])
  })
