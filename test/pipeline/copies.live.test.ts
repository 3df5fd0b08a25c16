/** Whole copies through the deployed line: what did not change is put away once, and stays good for whatever needs its files. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { LoadResult, RunReport } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { putObject } from '../../lib/store/objects.ts'
import { firn } from '../command-line.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { deployForTests } from './deployed.ts'
import { ownLine } from './own-line.ts'

const database = await makeDatabase('copies')
const line = ownLine(database.settings, { towns: { load_strategy: 'full', zero_date: 'error' } }, { towns: '*' })

before(async () => {
  await deployForTests()
  await database.run(`CREATE TABLE towns (id INT NOT NULL PRIMARY KEY, name VARCHAR(20), day DATE);
    INSERT INTO towns VALUES (1, 'a', NULL), (2, 'b', NULL), (3, NULL, NULL)`)
  const deployed = await line.own('deploy')
  assert.equal(deployed.status, 0, deployed.said)
})

type Copied = { runId: string; load: LoadResult; files: string[]; runs: string[] }

/** A run: what came of its only table, the files that it put away, and the runs whose files it names. */
const copied = async (...args: string[]): Promise<Copied> => {
  const { status, document, said } = await line.own<RunReport>(...args)
  assert.equal(status, 0, said)
  const folder = runFolder(document)
  const chunk = await folder.chunk('towns', '0')
  return {
    runId: document.runId,
    load: document.tables[0]!.load!,
    files: (await folder.keys()).filter((key) => key.endsWith('.parquet')),
    runs: chunk?.parts.map(({ key }) => key.split('/')[2]!) ?? [],
  }
}

const sql = async (text: string) =>
  (await firn<Record<string, string>[]>(['sql', text], line.environment)).document.map((row) =>
    Object.values(row).join(' '),
  )
const towns = () => sql('SELECT ID, NAME FROM RAW.TOWNS ORDER BY ID')
const TOWNS = ['1 a', '2 b', '3 ']

let first: Copied

test('a table that did not change: the run names the files of the one that put them away, and reports no bytes', async () => {
  first = await copied('run')
  assert.deepEqual([first.load.publish, first.files.length, first.runs], ['replace', 1, [first.runId]])
  assert.ok(first.load.bytes > 0)
  const second = await copied('run')
  assert.deepEqual([second.load.publish, second.load.bytes], ['unchanged', 0])
  assert.deepEqual([second.files, second.runs], [[], [first.runId]])
})

test('a target that somebody wrote to is loaded from them', async () => {
  await sql("UPDATE RAW.TOWNS SET NAME = 'x' WHERE ID = 2")
  const run = await copied('run')
  assert.deepEqual([run.load.publish, run.load.rowsStaged, run.files], ['replace', 3, []])
  assert.deepEqual(await towns(), TOWNS)
})

test('a replay of a run that put none away loads them; after it nobody knows what was copied last', async () => {
  const unchanged = await copied('run')
  await sql('DELETE FROM RAW.TOWNS WHERE ID = 1')
  const { status, document, said } = await line.own<RunReport>('replay', unchanged.runId)
  assert.equal(status, 0, said)
  assert.equal(document.tables[0]!.load!.rowsInTarget, 3)
  assert.deepEqual(await towns(), TOWNS)
  const next = await copied('run')
  assert.deepEqual([next.load.publish, next.runs], ['replace', [next.runId]])
})

test('a file that somebody replaced is refused by the replay, by name, and the next run puts it away anew', async () => {
  const before = await copied('run')
  assert.deepEqual([before.load.publish, before.files], ['unchanged', []])
  const [part] = (await runFolder({ job: 'towns', runId: before.runId }).chunk('towns', '0'))!.parts
  await putObject(part!.key, 'x'.repeat(part!.bytes))
  const replay = await line.own<RunReport>('replay', before.runId)
  assert.equal(replay.status, 1)
  assert.match(replay.document.tables[0]!.failure!.message, /the file .* is not the one that was written/)
  assert.deepEqual(await towns(), TOWNS)
  const next = await copied('run')
  assert.deepEqual([next.runs, next.files.length], [[next.runId], 1])
  assert.equal(next.load.publish, 'unchanged', 'the same bytes again, which the target has')
})

test('a retry puts all of it away anew: it may be the last copy’s files that cannot be loaded', async () => {
  await database.run("SET sql_mode = ''; UPDATE towns SET day = '0000-00-00' WHERE id = 1")
  const failed = await line.own<RunReport>('run')
  assert.equal(failed.status, 1, failed.said)
  await database.run('UPDATE towns SET day = NULL WHERE id = 1')
  const retried = await copied('retry', failed.document.runId)
  assert.deepEqual([retried.load.publish, retried.runs], ['replace', [retried.runId]])
})

test('a change in MySQL, or who asks for all of it, puts files away', async () => {
  await database.run("UPDATE towns SET name = 'c' WHERE id = 3")
  const changed = await copied('run')
  assert.deepEqual([changed.load.publish, changed.runs], ['replace', [changed.runId]])
  assert.deepEqual(await towns(), ['1 a', '2 b', '3 c'])
  const full = await copied('run', '--full-refresh')
  assert.deepEqual([full.load.publish, full.runs], ['replace', [full.runId]])
})
