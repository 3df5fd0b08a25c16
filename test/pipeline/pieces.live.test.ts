/** Chunks that take longer than a Lambda may run, through the deployed state machine: read in pieces, each row once. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { cdkDeploy } from '../../bin/cdk.ts'
import type { RunReport } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { ownServer } from '../lib/sources/mysql/own-server.ts'
import { deployForTests, reportOf, startAsConsole, until, warehouse } from './deployed.ts'
import { ownLine } from './own-line.ts'

const SECONDS = 5
const ROWS = 180
const server = await ownServer()
// each row is sent when it is read, and reading all of them takes longer than a Lambda has
const slow = { where: 'SLEEP(0.04) = 0' }
const { own, environment } = ownLine(
  server.settings,
  { wide: slow, moving: { ...slow, unique_key: ['code'] }, heap: slow, fine: {} },
  { all: ['wide', 'heap', 'fine'], moved: ['moving'] },
)

const numbers = `WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT`

before(async () => {
  await deployForTests()
  await server.run(
    'CREATE TABLE wide (shop CHAR(5) NOT NULL, id BIGINT UNSIGNED NOT NULL, amount DECIMAL(12,4), pad TEXT, PRIMARY KEY (shop, id))',
    `INSERT INTO wide ${numbers} IF(i % 3, 'one', 'TWO'), 18446744073709551615 - i, i / 7, REPEAT('x', 20000) FROM n`,
    'CREATE TABLE moving (id INT PRIMARY KEY, code INT NOT NULL, pad TEXT)',
    `INSERT INTO moving ${numbers} i, i, REPEAT('x', 20000) FROM n`,
    'CREATE TABLE heap (id INT, pad TEXT)',
    `INSERT INTO heap ${numbers} i, REPEAT('x', 20000) FROM n`,
    'CREATE TABLE fine (id INT PRIMARY KEY)',
    'INSERT INTO fine VALUES (1), (2)',
  )
  const { status, said } = await own('deploy')
  if (status !== 0) throw new Error(said)
  Object.assign(process.env, environment)
  await cdkDeploy(['-c', `extractSeconds=${SECONDS}`], true)
})

test('a chunk longer than a Lambda is read in pieces and published whole; one that cannot be fails by name, alone', async () => {
  const { status, document: report } = await own<RunReport>('run', 'all')
  assert.equal(status, 1)
  const tables = new Map(report.tables.map((each) => [each.table, each]))
  const { load } = tables.get('wide')!
  assert.deepEqual([load!.rowsRead, load!.rowsStaged, load!.rowsInTarget], [ROWS, ROWS, ROWS])
  const [result] = await runFolder({ job: 'all', runId: report.runId }).chunks('wide', ['0'])
  assert.ok(result!.pieces >= 2 && result!.parts.length >= result!.pieces, `${result!.pieces} pieces`)
  const [there] = await warehouse(
    'SELECT COUNT(*) AS N, COUNT(DISTINCT SHOP, ID) AS KEYS, SUM(ID) AS IDS, SUM(AMOUNT) AS AMOUNTS, SUM(LENGTH(PAD)) AS PADS FROM RAW.WIDE',
  )
  const [here] = await server.run(
    'SELECT COUNT(*) AS N, COUNT(DISTINCT shop, id) AS `KEYS`, SUM(id) AS IDS, SUM(amount) AS AMOUNTS, SUM(LENGTH(pad)) AS PADS FROM wide',
  )
  assert.deepEqual(there, Object.fromEntries(Object.entries(here!).map(([name, value]) => [name, String(value)])))
  const { failure } = tables.get('heap')!
  assert.equal(failure!.name, 'AuditError')
  assert.match(failure!.message, /^heap: the time of one Lambda is not enough.*primary key/)
  assert.equal(tables.get('fine')!.status, 'published')
})

test('a key changed while it is read: the row comes twice, which fails the table by name; a rerun is right', async () => {
  const { runId } = await startAsConsole({ job: 'moved' })
  const folder = runFolder({ job: 'moved', runId })
  await until('a first piece', async () => (await folder.pieces('moving', '0')).length > 0)
  await server.run('UPDATE moving SET id = 100000 WHERE id = 1')
  const report = await reportOf(runId, 'moved')
  const { failure } = report.tables[0]!
  assert.equal(failure!.name, 'AuditError')
  assert.match(
    failure!.message,
    /^moving: 1 of 181 staged rows repeat the key \(code\).*keys were changed while they were read/,
  )
  const again = await own<RunReport>('retry', runId)
  assert.equal(again.status, 0, again.said)
  const [there] = await warehouse(
    'SELECT COUNT(*) AS N, COUNT(DISTINCT CODE) AS CODES, MAX(ID) AS LAST FROM RAW.MOVING',
  )
  assert.deepEqual(there, { N: String(ROWS), CODES: String(ROWS), LAST: '100000' })
})
