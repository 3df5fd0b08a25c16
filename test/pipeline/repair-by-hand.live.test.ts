/** What people do when rows were missed or lost: replays, backfills, corrections of the cursor. Each is a row of the ledger. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { listLeases } from '../../lib/lease.ts'
import type { RunReport } from '../../lib/model.ts'
import type { Costs } from '../../lib/warehouses/snowflake/cost.ts'
import type { LedgerRow } from '../../lib/warehouses/snowflake/ledger-history.ts'
import { firn } from '../command-line.ts'
import { deployForTests, onSource, reportOf, startAsConsole, warehouse } from './deployed.ts'

const run = async (...args: string[]): Promise<RunReport> => {
  const { status, document, said } = await firn<RunReport>(args)
  assert.equal(status, 0, said)
  return document
}
const loadOf = (report: RunReport, table: string) => report.tables.find((each) => each.table === table)!.load!

const last = async (table: string): Promise<LedgerRow> =>
  (await firn<LedgerRow[]>(['state', 'show', table, '--most', '1'])).document[0]!

const runOrders = async () => loadOf(await run('run', 'load', '--lag', '0', '--tables', 'orders'), 'orders')
/** Where the cursor stands: where a run's window begins. */
const cursorOf = async () => (await runOrders()).low

let first: RunReport
before(async () => {
  await deployForTests()
  first = await run('run', 'load', '--full-refresh', '--lag', '0', '--tables', 'orders,sellers')
})

const connections = async () =>
  Number((await onSource<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Connections'"))[0]!.Value)

test('a replay brings back what is gone, overwrites nothing newer, leaves the cursor, and asks MySQL nothing', async () => {
  const [row] = await onSource<{ id: string; status: string }>(
    'SELECT order_id AS id, order_status AS status FROM orders ORDER BY order_id LIMIT 1',
  )
  const { id, status } = row!
  await onSource(`UPDATE orders SET order_status = 'unavailable', updated_at = NOW(6) WHERE order_id = '${id}'`)
  const second = await run('run', 'load', '--lag', '0', '--tables', 'orders')
  const { high } = loadOf(second, 'orders')
  const [before] = await warehouse('SELECT COUNT(*) AS N FROM RAW.ORDERS')
  await warehouse(`DELETE FROM RAW.ORDERS WHERE ORDER_ID <> '${id}' AND ORDER_ID < 'a'`)
  const asked = await connections()
  const replay = await run('replay', first.runId, '--tables', 'orders')
  assert.equal(await connections(), asked + 1, 'but for the connection that counts')
  const load = loadOf(replay, 'orders')
  assert.deepEqual([load.kind, load.publish, load.updated], ['replay', 'merge', 0])
  assert.ok(load.inserted > 0)
  assert.equal(load.rowsRead, load.inserted + load.kept)
  const [after] = await warehouse('SELECT COUNT(*) AS N FROM RAW.ORDERS')
  assert.equal(after!.N, before!.N)
  const [kept] = await warehouse(`SELECT ORDER_STATUS AS S FROM RAW.ORDERS WHERE ORDER_ID = '${id}'`)
  assert.equal(kept!.S, 'unavailable')
  assert.equal(await cursorOf(), high)
  await onSource(`UPDATE orders SET order_status = '${status}' WHERE order_id = '${id}'`)
})

test('a whole copy older than what is published is refused by both runs; the newest may be loaded again', async () => {
  const second = await run('run', 'load', '--lag', '0', '--tables', 'sellers')
  const old = await firn<RunReport>(['replay', first.runId, '--tables', 'sellers'])
  assert.equal(old.status, 2)
  assert.match(
    old.document.reason!,
    new RegExp(`sellers: run ${second.runId} has loaded RAW\\.SELLERS since.*older than`),
  )
  await warehouse("DELETE FROM RAW.SELLERS WHERE SELLER_STATE = 'SP'")
  const load = loadOf(await run('replay', second.runId), 'sellers')
  assert.deepEqual([load.kind, load.publish, load.rowsInTarget], ['replay', 'replace', load.rowsRead])
  const again = await run('replay', second.runId)
  assert.equal(loadOf(again, 'sellers').rowsInTarget, load.rowsInTarget)
})

test('a run of another job, a run that never was, and a table that it has not are refused', async () => {
  const { runId } = await startAsConsole({ job: 'daily', replayOf: first.runId })
  const report = await reportOf(runId, 'daily')
  assert.equal(report.failures[0]!.failure.name, 'RefusedError')
  assert.match(report.reason!, new RegExp(`Run ${first.runId} of job daily has no plan.*another job's`))
  const retry = await reportOf((await startAsConsole({ job: 'daily', retryOf: first.runId })).runId, 'daily')
  assert.equal(retry.failures[0]!.failure.name, 'RefusedError')
  assert.match(retry.reason!, new RegExp(`Run ${first.runId} of job daily has no plan.*another job's`))
  for (const command of ['replay', 'retry', 'report']) {
    const { status, said } = await firn([command, 'never'])
    assert.equal(status, 2, said)
    assert.match(said, /There is no run "never"/)
  }
  const other = await firn<RunReport>(['replay', first.runId, '--tables', 'products'])
  assert.equal(other.status, 2)
  assert.match(other.document.reason!, /has no table "products"\. It has: orders, sellers|It has: sellers, orders/)
  assert.ok((await listLeases()).every(({ holder }) => holder === null))
})

test('a backfill reads the rows between two cursors again, and the cursor stays', async () => {
  const [row] = await onSource<{ id: string; at: string }>(
    'SELECT order_id AS id, updated_at AS at FROM orders ORDER BY updated_at LIMIT 1 OFFSET 20',
  )
  const { id, at } = row!
  // a change that the cursor does not tell: as a restored backup, or a trigger that was off, makes it
  await onSource(`UPDATE orders SET order_status = 'invoiced', updated_at = updated_at WHERE order_id = '${id}'`)
  const cursor = (await runOrders()).high
  const [missed] = await warehouse(`SELECT ORDER_STATUS AS S FROM RAW.ORDERS WHERE ORDER_ID = '${id}'`)
  assert.notEqual(missed!.S, 'invoiced')
  const load = loadOf(await run('backfill', 'orders', '--job', 'load', '--from', at, '--to', at), 'orders')
  assert.deepEqual([load.kind, load.low, load.high, load.inserted], ['backfill', at, at, 0])
  assert.ok(load.updated >= 1)
  const [found] = await warehouse(`SELECT ORDER_STATUS AS S FROM RAW.ORDERS WHERE ORDER_ID = '${id}'`)
  assert.equal(found!.S, 'invoiced')
  assert.equal(await cursorOf(), cursor)
})

test('a backfill of no cursor, from no moment, or from end to beginning is refused', async () => {
  const refused = async (table: string, from: string, to: string) => {
    const { status, document } = await firn<RunReport>(['backfill', table, '--job', 'load', '--from', from, '--to', to])
    assert.equal(status, 2)
    return document.reason!
  }
  assert.match(await refused('sellers', '1', '2'), /sellers has no incremental_column/)
  assert.match(await refused('orders', 'yesterday', '2018-01-01'), /"yesterday" is no value of orders\.updated_at/)
  assert.match(await refused('orders', '2018-02-01', '2018-01-01'), /wrong way round/)
})

test('a cursor is rewound by a row of the ledger, and the next run reads from there; forward it does not go', async () => {
  const before = (await runOrders()).high
  const [row] = await onSource<{ at: string; n: string }>(
    'SELECT updated_at AS at, (SELECT COUNT(*) FROM orders) AS n FROM orders ORDER BY updated_at DESC LIMIT 1 OFFSET 50',
  )
  const untouched = await warehouse('SELECT MAX(_FIRN_LOADED_AT) AS AT FROM RAW.ORDERS')
  const rewound = await firn<{ from: string; to: string }>(['state', 'rewind', 'orders', '--to', row!.at])
  assert.equal(rewound.status, 0, rewound.said)
  assert.deepEqual([rewound.document.from, rewound.document.to], [before, row!.at])
  const { kind, high, mode, rowsInTarget, runId } = await last('orders')
  assert.deepEqual([kind, high, mode, String(rowsInTarget)], ['rewind', row!.at, 'none', row!.n])
  const { lines } = (await firn<Costs>(['cost', runId])).document
  assert.deepEqual(
    lines.map(({ job, what }) => [job, what]),
    [['state', 'orders']],
    'its run is in the ledger, so its statements are found by it',
  )
  assert.deepEqual(await warehouse('SELECT MAX(_FIRN_LOADED_AT) AS AT FROM RAW.ORDERS'), untouched)
  const load = loadOf(await run('run', 'load', '--lag', '0', '--tables', 'orders'), 'orders')
  assert.deepEqual([load.low, load.publish], [row!.at, 'merge'])
  assert.ok(load.rowsRead >= 51)
  const forward = await firn(['state', 'rewind', 'orders', '--to', '2999-01-01'])
  assert.equal(forward.status, 2)
  assert.match(forward.said, /never forward/)
})

test('a cursor is reset by a row of the ledger, and the next run loads everything', async () => {
  const { status, said } = await firn(['state', 'reset', 'orders'])
  assert.equal(status, 0, said)
  assert.deepEqual([(await last('orders')).kind, (await last('orders')).high], ['reset', null])
  assert.equal((await firn(['state', 'reset', 'orders'])).status, 2, 'there is nothing left to reset')
  const load = loadOf(await run('run', 'load', '--lag', '0', '--tables', 'orders'), 'orders')
  assert.deepEqual([load.low, load.publish], [null, 'replace'])
})

test('state shows the last load of every target, or the loads of one', async () => {
  const all = await firn<LedgerRow[]>(['state'])
  assert.equal(all.status, 0, all.said)
  assert.ok(all.document.some(({ target }) => target === 'RAW.SELLERS'))
  assert.equal(new Set(all.document.map(({ target }) => target)).size, all.document.length)
  const one = await firn<LedgerRow[]>(['state', 'show', 'orders'])
  assert.deepEqual(
    ['reset', 'rewind', 'backfill', 'replay', 'window'].filter(
      (kind) => !one.document.some((row) => row.kind === kind),
    ),
    [],
  )
  assert.equal((await firn(['state', 'show', 'no_such'])).status, 2)
})
