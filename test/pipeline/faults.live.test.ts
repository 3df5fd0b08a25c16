/** What goes wrong stays where it went wrong, is told, and is mended by the next run. Every fault comes from outside the code. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import mysql from 'mysql2/promise'
import { stopExecution } from '../../bin/executions.ts'
import { listLeases } from '../../lib/lease.ts'
import type { RunReport } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { firn as runFirn, startFirn as spawnFirn } from '../command-line.ts'
import { ROOT, stackForTests } from '../stack.ts'
import { deployForTests, history, onSource, reportOf, source, startAsConsole, until, warehouse } from './deployed.ts'

/** The shop's own metadata, but a date that is none fails its table here, as a value that nothing covers does. */
const folder = mkdtempSync(join(tmpdir(), 'firn-metadata-'))
after(() => rmSync(folder, { recursive: true }))
const firn = <T>(args: string[]) => runFirn<T>(args, { FIRN_METADATA: folder })
const startFirn = <T>(args: string[]) => spawnFirn<T>(args, { FIRN_METADATA: folder })

before(async () => {
  await deployForTests()
  cpSync(join(ROOT, 'metadata'), folder, { recursive: true })
  const file = join(folder, 'table_metadata.json')
  const tables = JSON.parse(readFileSync(file, 'utf8'))
  tables.orders.zero_date = 'error'
  writeFileSync(file, JSON.stringify(tables))
  const deployed = await firn(['deploy'])
  assert.equal(deployed.status, 0, deployed.said)
  const { status, said } = await firn(['run', 'load', '--full-refresh', '--lag', '0'])
  assert.equal(status, 0, said)
})

const rowsOf = async (table: string) =>
  (await warehouse(`SELECT COUNT(*) AS N, MAX(_FIRN_LOADED_AT) AS AT FROM RAW.${table}`))[0]!

test('an execution started with {} runs the default job', async () => {
  const { runId } = await startAsConsole({})
  const report = await reportOf(runId)
  assert.equal(report.status, 'succeeded')
  assert.equal(report.job, 'daily')
})

test('a schedule delivered twice: the second execution ends skipped, not failed', async () => {
  const request = { job: 'load', scheduledAt: '2026-01-01T02:00:00Z', tables: ['sellers'] }
  const first = await startAsConsole(request)
  await until('run.json of the first', () => runFolder({ job: 'load', runId: first.runId }).run())
  await reportOf(first.runId, 'load')
  const second = await startAsConsole(request)
  const ended = await until('the end of the second', async () =>
    (await history(second.arn)).find(({ type }) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type!)),
  )
  assert.equal(ended.type, 'ExecutionSucceeded')
  const states = (await history(second.arn)).map((event) => event.stateEnteredEventDetails?.name)
  assert.ok(states.includes('Skipped') && !states.includes('Tables'))
})

test('a failed table stops no other, is named, leaves its models out, and is retried over its window', async () => {
  await onSource(
    "SET SESSION sql_mode = ''",
    "UPDATE orders SET order_approved_at = '0000-00-00 00:00:00' WHERE order_approved_at IS NOT NULL LIMIT 1",
  )
  const untouched = await rowsOf('ORDERS')
  const { status, document: report } = await firn<RunReport>(['run', '--lag', '0'])
  assert.equal(status, 1)
  assert.equal(report.status, 'failed')
  const failed = report.tables.filter((each) => each.status !== 'published')
  assert.deepEqual(
    failed.map(({ table, failure }) => [table, failure!.name]),
    [['orders', 'ValueError']],
  )
  assert.match(failed[0]!.failure!.message, /order_approved_at/)
  assert.deepEqual(report.transform!.leftOut, ['orders'])
  assert.equal(report.transform!.status, 'passed', 'what does not depend on orders was built')
  assert.deepEqual(await rowsOf('ORDERS'), untouched)

  await onSource(
    "SET SESSION sql_mode = ''",
    "UPDATE orders SET order_approved_at = order_purchase_timestamp WHERE order_approved_at = '0000-00-00 00:00:00'",
  )
  // a mended row has a later cursor than the failed window's end: it comes with the next run
  const retried = await firn<RunReport>(['retry', report.runId])
  assert.equal(retried.status, 0, retried.said)
  assert.deepEqual(
    retried.document.tables.map(({ table, status: state }) => [table, state]),
    [['orders', 'published']],
  )
  const next = await firn<RunReport>(['run', 'load', '--lag', '0'])
  assert.equal(next.status, 0, next.said)
  const again = await firn(['retry', report.runId])
  assert.equal(again.status, 2, 'what has been loaded past that window is not retried')
})

test('a failed plan moves nothing, ends with status 2, and names file and table', async () => {
  await onSource('RENAME TABLE sellers TO vendors')
  const untouched = [await rowsOf('SELLERS'), await rowsOf('ORDERS')]
  try {
    const { status, document: report } = await firn<RunReport>(['run', 'load', '--lag', '0'])
    assert.equal(status, 2)
    assert.match(report.reason!, /table_metadata\.json: sellers: there is no such table in the MySQL database/)
    assert.deepEqual([await rowsOf('SELLERS'), await rowsOf('ORDERS')], untouched)
    assert.ok(
      (await listLeases()).every(({ holder }) => holder === null),
      'a refused run holds nothing',
    )
  } finally {
    await onSource('RENAME TABLE vendors TO sellers')
  }
})

test('a failed dbt test makes the run red and is named; the tables stay published', async () => {
  const [row] = await onSource<{ id: string; order_id: string; score: string }>(
    'SELECT review_id AS id, order_id, review_score AS score FROM order_reviews LIMIT 1',
  )
  const where = `WHERE review_id = '${row!.id}' AND order_id = '${row!.order_id}'`
  await onSource(`UPDATE order_reviews SET review_score = 9 ${where}`)
  const { status, document: report } = await firn<RunReport>(['run', '--lag', '0', '--tables', 'order_reviews'])
  await onSource(`UPDATE order_reviews SET review_score = ${row!.score} ${where}`)
  assert.equal(status, 1)
  assert.deepEqual(
    report.tables.map(({ status: state }) => state),
    ['published'],
  )
  assert.equal(report.transform!.status, 'failed')
  assert.ok(
    report.transform!.failed.some((node) => /review_score/.test(node)),
    report.transform!.failed.join(),
  )
  const next = await firn<RunReport>(['run', '--lag', '0', '--tables', 'order_reviews'])
  assert.equal(next.status, 0, next.said)
})

test('a source that does not answer for a while is retried and heals', async () => {
  const { host, port, user, password, database } = stackForTests().mysql
  const [limit] = await onSource<{ Value: string }>("SHOW GLOBAL VARIABLES LIKE 'max_connections'")
  const admin = await source()
  const holders: mysql.Connection[] = []
  try {
    await admin.query('SET GLOBAL max_connections = 10')
    // the last one is refused: then the server is full
    for (;;) holders.push(await mysql.createConnection({ host, port, user, password, database }))
  } catch {
    assert.ok(holders.length > 0, 'connections were held')
  }
  const { arn, runId } = await startAsConsole({ job: 'load', tables: ['sellers'], lagSeconds: 0 })
  await until('a refused connection', async () =>
    (await history(arn)).some(
      ({ type, taskFailedEventDetails: failed, lambdaFunctionFailedEventDetails: other }) =>
        /Failed$/.test(type!) && (failed?.error ?? other?.error) === 'UnavailableError',
    ),
  )
  for (const holder of holders) await holder.end()
  await admin.query(`SET GLOBAL max_connections = ${limit!.Value}`)
  await admin.end()
  const report = await reportOf(runId, 'load')
  assert.equal(report.status, 'succeeded', report.reason ?? '')
})

test('an aborted execution is reported, gives its leases back, and the next run is good', async () => {
  const { arn, runId } = await startAsConsole({ job: 'load', fullRefresh: true, lagSeconds: 0 })
  await until('the plan', () => runFolder({ job: 'load', runId }).planIfAny())
  await stopExecution(arn, 'a person stopped it')
  const report = await reportOf(runId, 'load')
  assert.equal(report.status, 'aborted')
  await until('leases given back', async () => (await listLeases()).every(({ holder }) => holder !== runId))
  const next = await firn<RunReport>(['run', 'load', '--lag', '0'])
  assert.equal(next.status, 0, next.said)
})

test('C50: a job that is running is refused by name, with how to break its lease', async () => {
  const { runId } = await startAsConsole({ job: 'load', fullRefresh: true, lagSeconds: 0 })
  await until('its leases', async () => (await listLeases()).some(({ holder }) => holder === runId))
  const second = await firn<RunReport>(['run', 'load', '--lag', '0'])
  assert.equal(second.status, 2, second.said)
  assert.match(second.document.reason!, new RegExp(`is being loaded by run ${runId}.*leases break FIRN\\.RAW\\.`, 's'))
  assert.equal((await reportOf(runId, 'load')).status, 'succeeded')
})

test('a run whose workers are killed is finished by the next', async () => {
  const workers = () =>
    execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => /ministack-lambda-firn-dev-(extract|load)/.test(line))
  const ours = (line: string) => line.trim().split(/\s+/)[1] === String(awsPid())
  const { child, ended } = startFirn<RunReport>(['run', 'load', '--full-refresh', '--lag', '0'])
  const runId = await until('a first published table', async () => {
    const held = (await listLeases()).find(({ holder }) => holder !== null)?.holder
    if (!held) return null
    return (await runFolder({ job: 'load', runId: held }).keys()).some((key) => key.endsWith('.parquet')) ? held : null
  })
  for (const line of workers().filter(ours)) process.kill(Number(line.trim().split(/\s+/)[0]), 'SIGKILL')
  const { status, document } = await ended
  assert.equal(child.exitCode, status)
  assert.equal(document.runId, runId)
  assert.equal(status, 1, 'a killed worker is a failed table')
  const next = await firn<RunReport>(['run', 'load', '--full-refresh', '--lag', '0'])
  assert.equal(next.status, 0, next.said)
  for (const { table, load } of next.document.tables) {
    const [{ n }] = (await onSource<{ n: string }>(`SELECT COUNT(*) AS n FROM ${table}`)) as [{ n: string }]
    assert.equal(String(load!.rowsInTarget), n, table)
  }
})

const awsPid = (): number => {
  const line = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .find(
      (each) =>
        each.includes('local/aws/twin.py') && each.includes(`--port ${new URL(stackForTests().aws.endpoint).port}`),
    )
  return Number(line!.trim().split(/\s+/)[0])
}
