/** The main job, end to end, on the twins: everything, then what changed, then nothing. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { RunReport } from '../../lib/model.ts'
import { mysqlSettings } from '../../lib/settings.ts'
import { changeOlist } from '../../local/olist/change.ts'
import { firn } from '../command-line.ts'
import { dbt } from '../dbt/dbt.ts'
import { deployForTests, onSource, warehouse } from './deployed.ts'

const TABLES = [
  'customers',
  'geolocation',
  'order_items',
  'order_payments',
  'order_reviews',
  'orders',
  'product_category_name_translation',
  'products',
  'sellers',
]

before(deployForTests)

const counts = async (): Promise<Record<string, number>> => {
  const found: Record<string, number> = {}
  for (const table of TABLES)
    found[table] = Number((await onSource<{ n: string }>(`SELECT COUNT(*) AS n FROM ${table}`))[0]!.n)
  return found
}

const byTable = (report: RunReport) => new Map(report.tables.map((each) => [each.table, each]))

test('the first run: rows in MySQL = read = staged = in the warehouse, dbt passed', async () => {
  const { status, document: report, said } = await firn<RunReport>(['run', '--full-refresh', '--lag', '0'])
  assert.equal(status, 0, said)
  assert.equal(report.status, 'succeeded')
  const tables = byTable(report)
  for (const [table, rows] of Object.entries(await counts())) {
    const load = tables.get(table)!.load!
    assert.deepEqual([load.rowsRead, load.rowsStaged, load.rowsInTarget], [rows, rows, rows], table)
    assert.equal((await warehouse(`SELECT COUNT(*) AS N FROM RAW.${table}`))[0]!.N, String(rows))
  }
  assert.equal(report.transform!.status, 'passed')
  assert.ok(report.transform!.models.passed >= 15 && report.transform!.tests.passed >= 40)
})

test('sums agree to the last digit', async () => {
  const [here] = await onSource(
    'SELECT CAST(SUM(geolocation_lat) AS CHAR) AS lat, CAST(SUM(geolocation_lng) AS CHAR) AS lng FROM geolocation',
  )
  const [there] = await warehouse(
    'SELECT SUM(GEOLOCATION_LAT) AS "lat", SUM(GEOLOCATION_LNG) AS "lng" FROM RAW.GEOLOCATION',
  )
  assert.deepEqual(there, { ...here })
  const [paid] = await onSource('SELECT CAST(SUM(payment_value) AS CHAR) AS paid FROM order_payments')
  assert.deepEqual((await warehouse('SELECT SUM(PAYMENT_VALUE) AS "paid" FROM RAW.ORDER_PAYMENTS'))[0], { ...paid })
})

test('text arrives byte for byte: accents, emoji, quotes, line breaks, NULL apart from nothing', async () => {
  const digest = `SELECT SHA2(review_comment_message, 256) AS d, COUNT(*) AS n FROM order_reviews GROUP BY 1 ORDER BY 1`
  const here = await onSource<{ d: string | null; n: string }>(digest)
  const there = await warehouse(
    'SELECT SHA2(REVIEW_COMMENT_MESSAGE, 256) AS "d", COUNT(*) AS "n" FROM RAW.ORDER_REVIEWS GROUP BY 1 ORDER BY 1',
  )
  const sorted = (rows: { d?: string | null; n?: unknown }[]) => rows.map(({ d, n }) => `${d} ${n}`).sort()
  assert.ok(here.length > 10)
  assert.deepEqual(sorted(there), sorted(here))
})

test('the second run moves what changed and nothing else, boundary rows apart', async () => {
  const changes = await changeOlist(await mysqlSettings(), { fraction: 0.05, seed: 7 })
  const { status, document: report, said } = await firn<RunReport>(['run', '--lag', '0'])
  assert.equal(status, 0, said)
  const tables = byTable(report)
  for (const table of ['orders', 'order_items', 'order_payments', 'order_reviews']) {
    const { load } = tables.get(table)!
    assert.equal(load!.publish, 'merge')
    assert.deepEqual(
      { inserted: load!.inserted, updated: load!.updated - load!.boundaryRows },
      { ...changes[table as keyof typeof changes] },
      table,
    )
  }
  assert.ok(changes.orders!.inserted > 0 && changes.orders!.updated > 0)
  for (const [table, rows] of Object.entries(await counts()))
    assert.equal((await warehouse(`SELECT COUNT(*) AS N FROM RAW.${table}`))[0]!.N, String(rows), table)
})

test('a third run finds nothing new: only boundary rows are read again', async () => {
  const { status, document: report } = await firn<RunReport>(['run', 'load', '--lag', '0'])
  assert.equal(status, 0)
  for (const { load } of report.tables.filter((each) => each.load?.publish === 'merge'))
    assert.deepEqual([load!.inserted, load!.updated - load!.boundaryRows], [0, 0], load!.table)
})

test('the same run id again changes nothing', async () => {
  const { handler } = await import('../../functions/load.ts')
  const { document: runs } = await firn<{ runId: string }[]>(['runs'])
  const ledger = () => warehouse('SELECT COUNT(*) AS N, MAX(PUBLISHED_AT) AS LAST FROM _FIRN.LOADS')
  const before = await ledger()
  const names = { job: 'load', runId: runs[0]!.runId, table: 'orders' }
  assert.deepEqual(await handler(names, {} as never), { done: true })
  assert.deepEqual(await ledger(), before)
})

test('a table that is copied whole is not loaded again while it is the same, and dbt does not take it for stale', async () => {
  const { document: report } = await firn<RunReport>(['run', 'load', '--lag', '0', '--tables', 'geolocation,sellers'])
  assert.deepEqual(
    report.tables.map(({ load }) => [load!.publish, load!.kept === load!.rowsInTarget, load!.rowsRead > 0]),
    [
      ['unchanged', true, true],
      ['unchanged', true, true],
    ],
  )
  const home = mkdtempSync(join(tmpdir(), 'firn-freshness-'))
  const { code, log, artifact } = await dbt(home, 'FIRN', ['source', 'freshness', '--select', 'source:raw.geolocation'])
  assert.equal(code, 0, log)
  const { results } = artifact('sources.json') as { results: { unique_id: string; max_loaded_at: string }[] }
  const [last] = await warehouse(
    `SELECT TO_VARCHAR(PUBLISHED_AT, 'YYYY-MM-DD"T"HH24:MI:SS.FF6') AS "at" FROM _FIRN.LOADS WHERE RUN_ID = '${report.runId}' AND TARGET = 'RAW.GEOLOCATION'`,
  )
  assert.deepEqual(
    results.map(({ unique_id, max_loaded_at }) => [unique_id, max_loaded_at]),
    [['source.firn.raw.geolocation', `${last!.at}+00:00`]],
  )
  rmSync(home, { recursive: true })
  const { document: asked } = await firn<RunReport>(['run', 'load', '--full-refresh', '--tables', 'sellers'])
  assert.equal(asked.tables[0]!.load!.publish, 'replace', 'who asks for all of it gets all of it')
})

test('of some tables only, dbt builds what it can: what was never loaded is left out and no failure', async () => {
  const {
    status,
    document: report,
    said,
  } = await firn<RunReport>(['run', '--test-mode', '--tables', 'sellers,geolocation'])
  assert.equal(status, 0, said)
  assert.deepEqual(report.transform!.leftOut, [])
  assert.ok(report.transform!.neverLoaded.includes('orders') && !report.transform!.neverLoaded.includes('sellers'))
  assert.deepEqual(
    await warehouse(
      "SELECT COUNT(*) AS N FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'MARTS_TEST' AND TABLE_NAME = 'DIM_SELLERS'",
    ),
    [{ N: '1' }],
  )
})

test('test mode moves at most 1,000 rows a table, foreign keys followed, into schemas of its own', async () => {
  const before = await warehouse('SELECT COUNT(*) AS N FROM RAW.GEOLOCATION')
  const { status, document: report, said } = await firn<RunReport>(['run', '--test-mode'])
  assert.equal(status, 0, said)
  for (const { table, load } of report.tables) assert.ok(load!.rowsInTarget > 0 && load!.rowsInTarget <= 1000, table)
  assert.deepEqual(await warehouse('SELECT COUNT(*) AS N FROM RAW.GEOLOCATION'), before)
  assert.equal(
    (await warehouse('SELECT COUNT(*) AS N FROM RAW_TEST.ORDERS'))[0]!.N,
    String(byTable(report).get('orders')!.load!.rowsInTarget),
  )
})
