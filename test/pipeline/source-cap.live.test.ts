/** Extract's reserved concurrency is the cap on connections over all runs together: told by the server's own counters. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import mysql from 'mysql2/promise'
import { cdkDeploy } from '../../bin/cdk.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { ownServer } from '../lib/sources/mysql/own-server.ts'
import { deployForTests, reportOf, startAsConsole, until } from './deployed.ts'
import { ownLine } from './own-line.ts'

// a run alone would hold two, one for each table at once, and two runs four
const CAP = 2
const TABLES = ['a1', 'a2', 'b1', 'b2']
const ROWS = 800
const server = await ownServer()
const chunked = Object.fromEntries(TABLES.map((name) => [name, { chunk_rows: 100 }]))
const { own, environment } = ownLine(server.settings, chunked, { a: ['a1', 'a2'], b: ['b1', 'b2'] })

before(async () => {
  await deployForTests()
  for (const name of TABLES)
    await server.run(
      `CREATE TABLE ${name} (id INT PRIMARY KEY)`,
      `INSERT INTO ${name} VALUES ${Array.from({ length: ROWS }, (_, i) => `(${i})`).join(', ')}`,
    )
  const { status, said } = await own('deploy')
  if (status !== 0) throw new Error(said)
  Object.assign(process.env, environment)
  await cdkDeploy(['-c', `extractConcurrency=${CAP}`], true)
})

test('two runs at once hold no more connections together than the cap, and both are whole', async () => {
  const { host, port, user, password, database } = server.settings
  const admin = await mysql.createConnection({ host, port, user, password, database })
  const ask = async (sql: string) => (await admin.query(sql))[0] as Record<string, string>[]
  const started = [await startAsConsole({ job: 'a' }), await startAsConsole({ job: 'b' })] as const
  const runs = (['a', 'b'] as const).map((job, i) => ({ job, runId: started[i]!.runId }))
  for (const names of runs) await until(`the plan of ${names.runId}`, () => runFolder(names).planIfAny())
  // from here on only Extract connects; what it finds locked it waits for, so that whoever may connect is connected at once
  await ask('FLUSH STATUS')
  await ask(`LOCK TABLES ${TABLES.map((name) => `${name} WRITE`).join(', ')}`)
  const waiting =
    "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata%'"
  await until('as many waiting as may', async () => Number((await ask(waiting))[0]!.n) >= CAP)
  await ask('UNLOCK TABLES')
  for (const { job, runId } of runs) {
    const report = await reportOf(runId, job)
    assert.equal(report.status, 'succeeded', report.reason ?? '')
    assert.deepEqual(
      report.tables.map(({ load, chunks }) => [load!.rowsInTarget, chunks >= 8]),
      report.tables.map(() => [ROWS, true]),
    )
  }
  const [most] = await ask("SHOW GLOBAL STATUS LIKE 'Max_used_connections'")
  await admin.end()
  // the test's own connection is one of them
  assert.equal(Number(most!.Value) - 1, CAP)
})
