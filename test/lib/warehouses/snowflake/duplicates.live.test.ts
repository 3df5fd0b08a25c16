/** A key that is staged more than once: refused where it tells nothing apart, else one row of it is published. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { stagedColumns } from '../../../../lib/columns/staged.ts'
import { type Lab, later, loadOrders, moment, type Order, openLab, orders, rowsIn, stageChunk } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('DUPLICATES')
})
after(() => lab.warehouse.close())

const FIRST: Order[] = [
  ['o1', 'one', '10.10', 10],
  ['o2', null, null, 20],
  ['o3', 'three', '3.00', 30],
]

const TWO_CHUNKS = { chunks: ['0', '1'].map((id) => ({ id, from: null, to: null, rows: null })) }

test('a key twice in one snapshot is no key: nothing is published', async () => {
  const twice: Order[] = [...FIRST, ['o1', 'newest', '7.00', 50]]
  await assert.rejects(loadOrders(lab, orders(lab, 'nokey'), twice, { runId: 'r1' }), {
    name: 'AuditError',
    message: /1 of 4 staged rows repeat the key/,
  })
})

test('of a key staged twice by two chunks the newest row is published, and the rest counted', async () => {
  const twice: Order[] = [...FIRST, ['o1', 'newest', '7.00', 50], ['o1', 'between', '6.00', 40]]
  const first = await loadOrders(lab, { ...orders(lab, 'twice'), ...TWO_CHUNKS }, twice, { runId: 'r1' })
  assert.deepEqual([first.rowsStaged, first.duplicates, first.inserted, first.rowsInTarget], [5, 2, 3, 3])
  const merged = await loadOrders(lab, { ...later(lab, 'twice', 30), ...TWO_CHUNKS }, twice, { runId: 'r2' })
  assert.deepEqual([merged.duplicates, merged.inserted, merged.updated], [2, 0, 3])
  assert.equal((await rowsIn(lab, 'TWICE'))[0], 'o1 newest 7.00 50 r2')
})

test('of a key staged twice, both times older than the target, one row is counted as kept', async () => {
  await loadOrders(lab, orders(lab, 'stale'), FIRST, { runId: 'r1' })
  const stale: Order[] = [
    ['o3', 'oldest', '0.00', 4],
    ['o3', 'older', '0.00', 5],
    ['o1', 'newer', '1.00', 40],
  ]
  const merged = await loadOrders(lab, { ...later(lab, 'stale', 0), ...TWO_CHUNKS }, stale, { runId: 'r2' })
  assert.deepEqual([merged.duplicates, merged.inserted, merged.updated, merged.kept], [1, 0, 1, 1])
})

test('two rows that MySQL tells apart share a declared key, or its NULL, in different chunks: it is no key, and neither is lost', async () => {
  const declared = { key: ['note'], chunkColumns: ['order_id'], ...TWO_CHUNKS }
  const shared = { name: 'AuditError', message: /1 of 4 staged rows repeat the key \(note\).*it is no unique_key/ }
  for (const note of ['one', null]) {
    const rows: Order[] = [...FIRST, ['o4', note, '4.00', 40]]
    await assert.rejects(loadOrders(lab, { ...orders(lab, 'shared'), ...declared }, rows, { runId: 'r1' }), shared)
  }
  const changed: Order[] = [...FIRST, ['o1', 'one', '7.00', 50]]
  const read = await loadOrders(lab, { ...orders(lab, 'shared'), ...declared }, changed, { runId: 'r2' })
  assert.deepEqual([read.duplicates, read.rowsInTarget], [1, 3], 'one row, read twice, is one')
  const along = { ...declared, chunkColumns: ['updated_at', 'order_id'], epoch: 3 }
  const moved: Order[] = [...FIRST, ['o1', 'one', '8.00', 59]]
  const merged = await loadOrders(lab, { ...later(lab, 'shared', 0), ...along }, moved, { runId: 'r3' })
  assert.deepEqual([merged.duplicates, merged.rowsInTarget], [1, 3], 'along the cursor it moved')
})

test('so it is with a key staged twice by two pieces of one chunk', async () => {
  const plan = orders(lab, 'pieced')
  const chunk = await stageChunk('r1', plan, [
    ['o1', 'before', '1.00', moment(10)],
    ['o1', 'since', '2.00', moment(50)],
  ])
  const inPieces = await loadOrders(lab, plan, [], { runId: 'r1', chunks: [{ ...chunk, pieces: 2 }] })
  assert.deepEqual([inPieces.duplicates, inPieces.rowsInTarget], [1, 1])
  assert.match((await rowsIn(lab, 'PIECED')).join(), /^o1 since/)
})

test('of rows with equal cursors the one that was read later counts, whichever file comes first (C24)', async () => {
  const plan = later(lab, 'equal', 30)
  const read = { table: plan.table, columns: stagedColumns(plan) }
  const versions = (note: string, second: number) => [note, '1.00', moment(30), moment(second)]
  await loadOrders(lab, orders(lab, 'equal'), FIRST, { runId: 'r1' })
  for (const [epoch, [first, second]] of [[2, [50, 51]] as const, [3, [53, 52]] as const]) {
    const rows = [first, second].map((at) => ['o1', ...versions(`read at ${at}`, at)])
    const runId = `r${epoch}`
    const chunk = { ...(await stageChunk(runId, read, rows, 1)), pieces: 2 }
    const merged = await loadOrders(lab, { ...plan, epoch }, [], { runId, chunks: [chunk] })
    assert.deepEqual([merged.duplicates, merged.updated, merged.rowsInTarget], [1, 1, 3])
    assert.match((await rowsIn(lab, 'EQUAL'))[0]!, new RegExp(`^o1 read at ${Math.max(first, second)} `))
  }
})
