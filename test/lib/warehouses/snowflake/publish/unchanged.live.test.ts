import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LeaseLostError } from '../../../../../lib/errors.ts'
import type { LoadResult, TablePlan } from '../../../../../lib/model.ts'
import { readNewestLoads } from '../../../../../lib/warehouses/snowflake/ledger-history.ts'
import { readCursors } from '../../../../../lib/warehouses/snowflake/standing.ts'
import { type Lab, loadOrders, type Order, openLab, orders, rowsIn, stagesLeft } from '../lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('UNCHANGED_TESTS')
})
after(() => lab.warehouse.close())

const ROWS: Order[] = [
  ['o1', 'one', '10.10', 10],
  ['o2', null, null, 20],
  ['o3', 'three', '3.00', 30],
]

const NAME = 'COPIED'

/** A plan of a whole copy, as Plan makes it of what the ledger says now. */
const wholeCopy = async (table: string, epoch: number, changes: Partial<TablePlan> = {}): Promise<TablePlan> => {
  const cursor = (await readCursors(lab.warehouse, { suffix: '', tables: [table] })).get(table)
  const plan = orders(lab, table.toLowerCase(), { kind: 'full', window: null, epoch, ...changes })
  return cursor?.copy ? { ...plan, lastCopy: cursor.copy, ...changes } : plan
}

const copy = async (table: string, epoch: number, rows: Order[], changes: Partial<TablePlan> = {}) =>
  loadOrders(lab, await wholeCopy(table, epoch, changes), rows, { runId: `r${epoch}`, attempt: `a${epoch}` })

const said = ({
  publish,
  rowsRead,
  rowsStaged,
  inserted,
  kept,
  rowsInTarget,
  route,
}: Omit<LoadResult, 'peakMemoryMb'>) => ({
  ...{ publish, rowsRead, rowsStaged, inserted, kept, rowsInTarget, route },
})

const UNCHANGED = {
  ...{ publish: 'unchanged', rowsRead: 3, rowsStaged: 0, inserted: 0, kept: 3, rowsInTarget: 3, route: null },
}

test('a copy that the target holds already is not loaded again, and the ledger says that its run was there', async () => {
  assert.equal((await copy(NAME, 1, ROWS)).publish, 'replace')
  const before = lab.warehouse.used().statements
  assert.deepEqual(said(await copy(NAME, 2, ROWS)), UNCHANGED)
  // two to plan, here; was it published, BEGIN, the fence twice, the ledger, COMMIT, was it published
  assert.ok(lab.warehouse.used().statements - before <= 9)
  assert.deepEqual(said(await copy(NAME, 3, ROWS)), UNCHANGED, 'as often as it is read')
  const rows = await rowsIn(lab, NAME)
  assert.ok(rows.every((row) => row.endsWith(' r1')))
  assert.deepEqual(await stagesLeft(lab), [])
  const newest = (await readNewestLoads(lab.warehouse, '', [`RAW.${NAME}`])).get(`RAW.${NAME}`)
  assert.deepEqual([newest?.runId, newest?.epoch], ['r3', 3], 'an older copy is older than this one')
})

test('rows that changed, went or came are loaded', async () => {
  const table = 'CHANGING'
  await copy(table, 1, ROWS)
  const changed: Order[] = [['o1', 'changed', '10.10', 10], ...ROWS.slice(1)]
  assert.equal((await copy(table, 2, changed)).publish, 'replace')
  assert.equal((await copy(table, 3, changed.slice(1))).publish, 'replace')
  assert.equal((await copy(table, 4, ROWS)).publish, 'replace', 'as it was once, and not last')
  assert.deepEqual(said(await copy(table, 5, ROWS)), UNCHANGED)
})

test('what somebody changed in the target is replaced, whatever it was', async () => {
  const changes = [
    `UPDATE RAW.TOUCHED SET NOTE = 'by hand' WHERE ORDER_ID = 'o1'`,
    `DELETE FROM RAW.TOUCHED WHERE ORDER_ID = 'o1'`,
    `INSERT INTO RAW.TOUCHED SELECT * FROM RAW.TOUCHED WHERE ORDER_ID = 'o2'`,
    `UPDATE RAW.TOUCHED SET _FIRN_RUN_ID = 'r0' WHERE ORDER_ID = 'o2'`,
    `UPDATE RAW.TOUCHED SET _FIRN_DELETED_AT = '2026-01-01' WHERE ORDER_ID = 'o2'`,
  ]
  await copy('TOUCHED', 1, ROWS)
  for (const [i, change] of changes.entries()) {
    await lab.warehouse.query(change)
    assert.equal((await copy('TOUCHED', 2 + i, ROWS)).publish, 'replace', change)
    const rows = await rowsIn(lab, 'TOUCHED')
    assert.deepEqual(rows, [`o1 one 10.10 10 r${2 + i}`, `o2   20 r${2 + i}`, `o3 three 3.00 30 r${2 + i}`])
  }
  assert.deepEqual(said(await copy('TOUCHED', 9, ROWS)), UNCHANGED)
})

test('an empty copy is one as well', async () => {
  await copy('EMPTY', 1, [])
  const again = await copy('EMPTY', 2, [])
  assert.deepEqual(said(again), { ...UNCHANGED, rowsRead: 0, kept: 0, rowsInTarget: 0 })
  assert.equal((await copy('EMPTY', 3, ROWS)).publish, 'replace')
})

test('a column that somebody dropped is made and filled again', async () => {
  await copy('SHAPED', 1, ROWS)
  await lab.warehouse.query('ALTER TABLE RAW.SHAPED DROP COLUMN NOTE')
  assert.equal((await copy('SHAPED', 2, ROWS)).publish, 'replace')
  const notes = await lab.warehouse.query('SELECT NOTE FROM RAW.SHAPED ORDER BY ORDER_ID')
  assert.deepEqual(
    notes.map(({ NOTE }) => NOTE),
    ['one', null, 'three'],
  )
})

test('a run whose target was taken over says nothing of it, and one that has published does not do so again', async () => {
  await copy('TAKEN', 1, ROWS)
  const late = await wholeCopy('TAKEN', 2)
  assert.equal((await copy('TAKEN', 3, ROWS)).publish, 'unchanged')
  await assert.rejects(loadOrders(lab, late, ROWS, { runId: 'r2' }), LeaseLostError)
  const again = await loadOrders(lab, await wholeCopy('TAKEN', 3), ROWS, { runId: 'r3', attempt: 'late' })
  assert.deepEqual([again.publish, again.attempt], ['unchanged', 'a3'])
  const [row] = await lab.warehouse.query(`SELECT COUNT(*) AS N FROM _FIRN.LOADS WHERE TARGET = 'RAW.TAKEN'`)
  assert.equal(Number(row!.N), 2)
})

test('what was planned of another load than the last is loaded', async () => {
  await copy('OTHERWISE', 1, ROWS)
  const planned = await wholeCopy('OTHERWISE', 3)
  await copy('OTHERWISE', 2, [['o9', 'another', '1.00', 1]])
  const result = await loadOrders(lab, planned, ROWS, { runId: 'r3' })
  assert.deepEqual([result.publish, (await rowsIn(lab, 'OTHERWISE')).length], ['replace', 3])
})
