/** Tables with `refresh_hours` rest between their whole copies, through the deployed line: said, and never when they must not. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { RunReport } from '../../lib/model.ts'
import { firn } from '../command-line.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { deployForTests } from './deployed.ts'
import { ownLine } from './own-line.ts'

const database = await makeDatabase('refresh')
const rare = { load_strategy: 'full', refresh_hours: 24 } as const
const line = ownLine(
  database.settings,
  { places: rare, words: { load_strategy: 'full' } },
  { both: '*', alone: ['places'] },
)

before(async () => {
  await deployForTests()
  await database.run(`CREATE TABLE places (id INT NOT NULL PRIMARY KEY, name VARCHAR(20));
    CREATE TABLE words (id INT NOT NULL PRIMARY KEY, name VARCHAR(20));
    INSERT INTO places VALUES (1, 'a'), (2, 'b'); INSERT INTO words VALUES (1, 'a')`)
  const deployed = await line.own('deploy')
  assert.equal(deployed.status, 0, deployed.said)
})

const run = async (...args: string[]): Promise<RunReport> => {
  const { status, document, said } = await line.own<RunReport>('run', ...args)
  assert.equal(status, 0, said)
  return document
}
const moved = ({ tables }: RunReport) => tables.map(({ table }) => table).sort()
const resting = ({ resting = [] }: RunReport) => resting.map(({ table }) => table)
const sql = async (text: string) =>
  (await firn<Record<string, string>[]>(['sql', text], line.environment)).document.map((row) =>
    Object.values(row).join(' '),
  )
const places = () => sql('SELECT ID, NAME FROM RAW.PLACES ORDER BY ID')
const later = (hours: number) =>
  sql(`UPDATE _FIRN.LOADS SET PUBLISHED_AT = DATEADD('hour', -${hours}, PUBLISHED_AT) WHERE TARGET = 'RAW.PLACES'`)

test('between two copies it rests: nothing of it is read, the report and the plan say so, by age', async () => {
  assert.deepEqual(moved(await run('both')), ['places', 'words'])
  await database.run("INSERT INTO places VALUES (3, 'c'); INSERT INTO words VALUES (2, 'b')")
  const preview = await line.own<{ tables: { table: string }[]; resting: { table: string }[] }>('plan', 'both')
  assert.deepEqual(
    [preview.document.tables, preview.document.resting].map((tables) => tables.map(({ table }) => table)),
    [['words'], ['places']],
  )
  const told = await line.own<RunReport>('run', 'both')
  assert.equal(told.status, 0, told.said)
  assert.match(told.said, /planned 1 tables, .*; at rest: places/)
  const second = told.document
  assert.deepEqual([moved(second), resting(second)], [['words'], ['places']])
  const { copiedSecondsAgo, refreshHours } = second.resting![0]!
  assert.ok(refreshHours === 24 && copiedSecondsAgo >= 0 && copiedSecondsAgo < 600, JSON.stringify(second.resting))
  assert.deepEqual(await places(), ['1 a', '2 b'], 'as it was copied')
})

test('a run whose tables all rest succeeds, and moves nothing', async () => {
  const report = await run('alone')
  assert.deepEqual([report.status, moved(report), resting(report)], ['succeeded', [], ['places']])
})

test('who names it copies it; so does time', async () => {
  assert.deepEqual(moved(await run('both', '--tables', 'places')), ['places'])
  assert.equal((await places()).length, 3)
  await database.run("INSERT INTO places VALUES (4, 'd')")
  await later(21)
  assert.deepEqual(resting(await run('alone')), ['places'])
  await later(1)
  assert.deepEqual(moved(await run('alone')), ['places'])
  assert.equal((await places()).length, 4)
})

test('a change of the table, and a replay, make it due at once', async () => {
  await run('alone', '--full-refresh')
  assert.deepEqual(resting(await run('alone')), ['places'])
  await database.run('ALTER TABLE places ADD note VARCHAR(5)')
  assert.deepEqual(moved(await run('alone')), ['places'])
  assert.deepEqual(resting(await run('alone')), ['places'])
  await database.run('ALTER TABLE places DROP note')
  assert.deepEqual(moved(await run('alone')), ['places'])
  await sql('DROP TABLE RAW.PLACES')
  const last = await run('alone')
  assert.deepEqual(moved(last), ['places'])
  const replayed = await line.own<RunReport>('replay', last.runId)
  assert.equal(replayed.status, 0, replayed.said)
  assert.deepEqual(moved(await run('alone')), ['places'])
})
