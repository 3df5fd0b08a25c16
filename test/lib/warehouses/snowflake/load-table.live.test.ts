import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LeaseLostError } from '../../../../lib/errors.ts'
import type { ChunkResult } from '../../../../lib/model.ts'
import { connectSnowflake } from '../../../../lib/warehouses/snowflake/connect.ts'
import { readCursors } from '../../../../lib/warehouses/snowflake/standing.ts'
import {
  type Lab,
  later,
  loadOrders,
  moment,
  type Order,
  openLab,
  orders,
  rowsIn,
  stageChunk,
  stagesLeft,
} from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('LOAD_TESTS')
})
after(() => lab.warehouse.close())

/** Where a table's cursor stands; how long ago it was swept is a matter of the clock. */
const cursorOf = async (table: string) => {
  const found = (await readCursors(lab.warehouse, { suffix: '', tables: [table] })).get(table)
  return found ? { high: found.high, column: found.column, epoch: found.epoch } : null
}

const FIRST: Order[] = [
  ['o1', 'às pressas', '10.10', 10],
  ['o2', null, null, 20],
  ['o3', "it's 100% \\ok\\ 🎁\n", '99999999.99', 30],
]

test('a first load makes the table, publishes every row once and writes the ledger', async () => {
  const result = await loadOrders(lab, orders(lab, 'first'), FIRST, { runId: 'r1' })
  const { bytes, seconds, ...counts } = result
  assert.deepEqual(counts, {
    table: 'first',
    status: 'published',
    kind: 'window',
    publish: 'replace',
    attempt: 'a1',
    epoch: 1,
    rowsRead: 3,
    rowsStaged: 3,
    duplicates: 0,
    inserted: 3,
    updated: 0,
    kept: 0,
    removed: 0,
    boundaryRows: 0,
    rowsInTarget: 3,
    low: null,
    high: moment(59),
    route: 'external',
    routeReason: 'Snowflake reads the staging bucket itself',
  })
  assert.ok(bytes > 0 && seconds >= 0)
  assert.deepEqual(await rowsIn(lab, 'FIRST'), [
    'o1 às pressas 10.10 10 r1',
    'o2   20 r1',
    "o3 it's 100% \\ok\\ 🎁\n 99999999.99 30 r1",
  ])
  assert.deepEqual(await stagesLeft(lab), [])
  assert.deepEqual(await cursorOf('FIRST'), { high: moment(59), column: 'updated_at', epoch: 1 })
  assert.equal(await cursorOf('NEVER_LOADED'), null)
})

test('C39: the same run again changes nothing, whichever attempt it is', async () => {
  const first = await loadOrders(lab, orders(lab, 'again'), FIRST, { runId: 'r1', attempt: 'a1' })
  const again = await loadOrders(lab, orders(lab, 'again'), [['o9', 'other', '1.00', 40]], {
    runId: 'r1',
    attempt: 'a2',
  })
  const nothingBrought = { route: null, routeReason: 'an earlier attempt of this run had published it' }
  const measured = { seconds: 0, bytes: 0 }
  assert.deepEqual({ ...again, ...measured }, { ...first, ...nothingBrought, ...measured })
  assert.equal((await rowsIn(lab, 'AGAIN')).length, 3)
})

test('a merge inserts and updates by key, and counts the boundary apart', async () => {
  await loadOrders(lab, orders(lab, 'merged'), FIRST, { runId: 'r1' })
  const changed: Order[] = [
    ['o3', 'at the boundary, read again', '3.00', 30],
    ['o1', 'changed', '1.00', 40],
    ['o4', 'new', '4.00', 50],
  ]
  const result = await loadOrders(lab, later(lab, 'merged', 30), changed, { runId: 'r2' })
  const { rowsStaged, inserted, updated, boundaryRows, rowsInTarget } = result
  assert.deepEqual([rowsStaged, inserted, updated, boundaryRows, rowsInTarget], [3, 1, 2, 1, 4])
  assert.deepEqual(await rowsIn(lab, 'MERGED'), [
    'o1 changed 1.00 40 r2',
    'o2   20 r1',
    'o3 at the boundary, read again 3.00 30 r2',
    'o4 new 4.00 50 r2',
  ])
})

test('a row older than the one in the target does not overwrite it, and is counted as kept', async () => {
  await loadOrders(lab, orders(lab, 'older'), FIRST, { runId: 'r1' })
  const stale: Order[] = [
    ['o3', 'older than what is there', '0.00', 5],
    ['o2', 'as old', '2.00', 20],
  ]
  const { rowsStaged, inserted, updated, kept, rowsInTarget } = await loadOrders(lab, later(lab, 'older', 0), stale, {
    runId: 'r2',
  })
  assert.deepEqual([rowsStaged, inserted, updated, kept, rowsInTarget], [2, 0, 1, 1, 3])
  assert.match((await rowsIn(lab, 'OLDER'))[2]!, /99999999\.99 30 r1$/)
})

test('a row that was loaded without a cursor follows when it has one, also where MySQL’s column is NOT NULL by then', async () => {
  const first = orders(lab, 'filled')
  const columns = first.columns.map((column) => ({ ...column, nullable: column.name !== 'order_id' }))
  const nullable = { ...first, columns, window: { ...first.window!, nullCursor: 'include' as const } }
  const chunks = [await stageChunk('filled-r1', nullable, [['o1', 'no cursor', '1.00', null]])]
  await loadOrders(lab, nullable, [], { runId: 'r1', chunks })
  const filled: Order[] = [['o1', 'filled', '1.00', 10]]
  const { updated, kept } = await loadOrders(lab, later(lab, 'filled', 0), filled, { runId: 'r2' })
  assert.deepEqual([updated, kept], [1, 0])
  assert.deepEqual(await rowsIn(lab, 'FILLED'), ['o1 filled 1.00 10 r2'])
})

test('a window is not merged into a target that is gone', async () => {
  await loadOrders(lab, orders(lab, 'gone'), FIRST, { runId: 'r1' })
  await lab.warehouse.query('DROP TABLE RAW.GONE')
  await assert.rejects(loadOrders(lab, later(lab, 'gone', 30), FIRST, { runId: 'r2' }), {
    name: 'DriftError',
    message: /--full-refresh --tables gone/,
  })
})

test('a table without a key is held against what its chunks were walked along', async () => {
  const plan = orders(lab, 'walked', { kind: 'full', window: null, key: [], chunkColumns: ['order_id'] })
  await assert.rejects(loadOrders(lab, plan, [...FIRST, FIRST[0]!], { runId: 'r1' }), {
    name: 'AuditError',
    message: /1 of 4 staged rows repeat the key \(order_id\).*keys were changed while they were read/,
  })
})

test('rows without a key are appended: what the target has of the window goes, and what was read of it comes', async () => {
  const keyless = { key: [], chunkColumns: [] }
  const twins: Order[] = [...FIRST, FIRST[2]!]
  await loadOrders(lab, orders(lab, 'appended', keyless), twins, { runId: 'r1' })
  const plan = later(lab, 'appended', 30, { ...keyless, publish: 'append' })
  const overlap: Order[] = [FIRST[2]!, FIRST[2]!, ['o5', 'late', '5.00', 30], ['o6', 'new', '6.00', 40]]
  const result = await loadOrders(lab, plan, overlap, { runId: 'r2' })
  const { rowsStaged, inserted, updated, kept, removed, rowsInTarget } = result
  assert.deepEqual([rowsStaged, inserted, updated, kept, removed, rowsInTarget], [4, 4, 0, 0, 2, 6])
  const again = await loadOrders(lab, { ...plan, epoch: 3 }, overlap, { runId: 'r3' })
  assert.deepEqual([again.inserted, again.removed, again.rowsInTarget], [4, 4, 6])
  const { high } = (await readCursors(lab.warehouse, { suffix: '', tables: ['APPENDED'] })).get('APPENDED')!
  assert.equal(high, moment(59))
})

test('a window without rows moves the cursor and needs no stage table', async () => {
  await loadOrders(lab, orders(lab, 'quiet'), FIRST, { runId: 'r1' })
  const plan = later(lab, 'quiet', 30)
  const result = await loadOrders(lab, { ...plan, window: { ...plan.window!, high: moment(58) } }, [], { runId: 'r2' })
  assert.deepEqual([result.rowsRead, result.inserted, result.updated, result.rowsInTarget], [0, 0, 0, 3])
  assert.deepEqual(await cursorOf('QUIET'), { high: moment(58), column: 'updated_at', epoch: 2 })
})

test('a whole table is replaced, rows that are gone included; emptied when the source is empty', async () => {
  const full = (epoch: number) => orders(lab, 'whole', { kind: 'full', window: null, key: [], epoch })
  await loadOrders(lab, full(1), [...FIRST, FIRST[0]!], { runId: 'r1' })
  assert.equal((await rowsIn(lab, 'WHOLE')).length, 4, 'without a key, rows may be alike')
  const second = await loadOrders(lab, full(2), FIRST.slice(0, 1), { runId: 'r2' })
  assert.deepEqual([second.inserted, second.rowsInTarget], [1, 1])
  const empty = await loadOrders(lab, full(3), [], { runId: 'r3' })
  assert.deepEqual([empty.inserted, empty.rowsInTarget], [0, 0])
  assert.deepEqual(await rowsIn(lab, 'WHOLE'), [])
  assert.deepEqual(await cursorOf('WHOLE'), { high: null, column: null, epoch: 3 })
})

test('a later run fences an earlier one: nothing of it is published', async () => {
  await loadOrders(lab, orders(lab, 'fenced', { epoch: 7 }), FIRST, { runId: 'r7' })
  await assert.rejects(loadOrders(lab, orders(lab, 'fenced', { epoch: 6 }), [], { runId: 'r6' }), {
    name: 'LeaseLostError',
    message: /RAW\.FENCED has been taken over.*run r6 published nothing/,
  })
  await assert.rejects(
    loadOrders(lab, later(lab, 'fenced', 0, { epoch: 6 }), [['o1', 'late', '0.00', 59]], { runId: 'r6' }),
    {
      name: 'LeaseLostError',
    },
  )
  assert.equal((await rowsIn(lab, 'FENCED'))[0], 'o1 às pressas 10.10 10 r7')
  assert.deepEqual(await stagesLeft(lab), [])
})

test('a lease that is lost before the load ends it before anything is staged', async () => {
  const renew = async () => {
    throw new LeaseLostError('lost')
  }
  await assert.rejects(loadOrders(lab, orders(lab, 'lost'), FIRST, { runId: 'r1', renew }), { name: 'LeaseLostError' })
  assert.deepEqual([...(await readCursors(lab.warehouse, { suffix: '', tables: ['LOST'] })).keys()], [])
})

test('C40: files that do not hold what was read publish nothing', async () => {
  const plan = orders(lab, 'short')
  const chunk = await stageChunk('r1', plan, [['o1', null, null, moment(1)]])
  const lies: [ChunkResult, RegExp][] = [
    [{ ...chunk, rows: 2 }, /short: chunk 0 read 2 rows and its files hold 1/],
    [{ ...chunk, rows: 2, parts: [{ ...chunk.parts[0]!, rows: 2 }] }, /holds 2 rows and 1 were loaded/],
  ]
  for (const [lie, message] of lies)
    await assert.rejects(loadOrders(lab, plan, [], { runId: 'r1', chunks: [lie] }), { name: 'AuditError', message })
  assert.deepEqual([...(await readCursors(lab.warehouse, { suffix: '', tables: ['SHORT'] })).values()], [])
  assert.deepEqual(await stagesLeft(lab), [])
})

test('a key that a whole table holds twice is refused', async () => {
  const plan = orders(lab, 'unkeyed', { kind: 'full', window: null })
  await assert.rejects(loadOrders(lab, plan, [...FIRST, FIRST[0]!], { runId: 'r1' }), {
    name: 'AuditError',
    message: /1 of 4 staged rows repeat the key \(order_id\)/,
  })
})

test('a target that holds a key twice fails the count inside the transaction, and stays as it was', async () => {
  await loadOrders(lab, orders(lab, 'broken'), FIRST, { runId: 'r1' })
  await lab.warehouse.query("INSERT INTO RAW.BROKEN SELECT * FROM RAW.BROKEN WHERE ORDER_ID = 'o1'")
  const before = await rowsIn(lab, 'BROKEN')
  await assert.rejects(loadOrders(lab, later(lab, 'broken', 0), [['o1', 'changed', '0.00', 59]], { runId: 'r2' }), {
    name: 'AuditError',
    message: /RAW\.BROKEN: publishing 1 rows.*1 keys \(order_id\) are in RAW\.BROKEN more than once.*--full-refresh/,
  })
  assert.deepEqual(await rowsIn(lab, 'BROKEN'), before)
})

test('rows that were not written must be seen to be kept: a key that the target holds twice is refused for an older row as well', async () => {
  await loadOrders(lab, orders(lab, 'doubled'), FIRST, { runId: 'r1' })
  await lab.warehouse.query("INSERT INTO RAW.DOUBLED SELECT * FROM RAW.DOUBLED WHERE ORDER_ID = 'o1'")
  const before = await rowsIn(lab, 'DOUBLED')
  const stale: Order[] = [['o1', 'older', '0.00', 5]]
  await assert.rejects(loadOrders(lab, later(lab, 'doubled', 0), stale, { runId: 'r2' }), {
    name: 'AuditError',
    message: /RAW\.DOUBLED: publishing 1 rows.*1 keys \(order_id\) are in RAW\.DOUBLED more than once/,
  })
  assert.deepEqual(await rowsIn(lab, 'DOUBLED'), before)
})

test('a new column is added, with NULL in the rows before', async () => {
  await loadOrders(lab, orders(lab, 'grown'), FIRST, { runId: 'r1' })
  const plan = later(lab, 'grown', 30)
  const columns = [...plan.columns, { name: 'gift wrap', type: 'tinyint(1)', nullable: true }]
  const chunks = [await stageChunk('r2', { table: 'grown', columns }, [['o4', null, null, moment(40), '1']])]
  await loadOrders(lab, { ...plan, columns }, [], { runId: 'r2', chunks })
  const rows = await lab.warehouse.query('SELECT ORDER_ID, GIFT_WRAP FROM RAW.GROWN ORDER BY 1')
  assert.deepEqual(
    rows.map((row) => row.GIFT_WRAP),
    [null, null, null, '1'],
  )
})

test('two attempts of one run at once publish once', async () => {
  await loadOrders(lab, orders(lab, 'raced'), [['o0', null, null, 1]], { runId: 'r0' })
  // two workers have a session each: a session has one transaction
  const other: Lab = { ...lab, warehouse: await connectSnowflake({ ...lab.settings, role: 'SYSADMIN' }) }
  const results = await Promise.all(
    [lab, other].map((own, i) =>
      loadOrders(own, orders(lab, 'raced', { epoch: 2 }), FIRST, { runId: 'r1', attempt: `a${i}` }),
    ),
  )
  await other.warehouse.close()
  assert.equal(results[0]!.attempt, results[1]!.attempt)
  assert.equal((await rowsIn(lab, 'RACED')).length, 3)
  const [row] = await lab.warehouse.query("SELECT COUNT(*) AS N FROM _FIRN.LOADS WHERE TARGET = 'RAW.RACED'")
  assert.equal(row!.N, '2')
})
