/** Rows that are deleted in MySQL go from the warehouse, or are marked there: C22, through the deployed line. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { LoadResult, RunReport } from '../../lib/model.ts'
import { firn } from '../command-line.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { deployForTests } from './deployed.ts'
import { ownLine } from './own-line.ts'

const settings = { load_strategy: 'incremental', incremental_column: 'at', sweep_hours: 0, sweep_cap: 60 } as const
const database = await makeDatabase('deletes')
const line = ownLine(
  database.settings,
  {
    hard_rows: { ...settings, deletes: 'hard', where: 'id <= 1000', chunk_rows: 2 },
    soft_rows: { ...settings, deletes: 'soft' },
    capped: { ...settings, deletes: 'hard', sweep_cap: 10 },
    daily: { ...settings, deletes: 'hard', sweep_hours: 24 },
  },
  { all: '*' },
)

const upTo = (last: number, row: (id: number) => string) =>
  Array.from({ length: last }, (_, i) => row(i + 1)).join(', ')

/** The run that copied everything. */
let firstRun: string

before(async () => {
  await deployForTests()
  const columns = 'at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (at)'
  await database.run(`
    CREATE TABLE hard_rows (id INT NOT NULL, part INT NOT NULL, word VARCHAR(10), ${columns}, PRIMARY KEY (id, part));
    CREATE TABLE soft_rows (name VARCHAR(20) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, word VARCHAR(10), ${columns});
    CREATE TABLE capped (id INT NOT NULL PRIMARY KEY, ${columns});
    CREATE TABLE daily (id INT NOT NULL PRIMARY KEY, ${columns});
    INSERT INTO hard_rows (id, part, word) VALUES ${upTo(20, (id) => `(${id}, ${id % 3}, 'w')`)};
    INSERT INTO soft_rows (name, word) VALUES ('anna', 'a'), ('Bea', 'b'), ('émile', 'c'), ('d''or', 'd'), ('eve', 'e');
    INSERT INTO capped (id) VALUES ${upTo(10, (id) => `(${id})`)};
    INSERT INTO daily (id) VALUES ${upTo(10, (id) => `(${id})`)}`)
  const deployed = await line.own('deploy')
  assert.equal(deployed.status, 0, deployed.said)
  const first = await line.own<RunReport>('run', 'all')
  assert.equal(first.status, 0, first.said)
  assert.ok(
    first.document.tables.every(({ load }) => load!.swept === undefined),
    'a whole copy leaves nothing to sweep',
  )
  firstRun = first.document.runId
})

const run = async (...args: string[]): Promise<LoadResult> => {
  const { status, document, said } = await line.own<RunReport>('run', 'all', ...args)
  assert.equal(status, 0, said)
  return document.tables[0]!.load!
}
const warehouse = async (sql: string) =>
  (await firn<Record<string, string>[]>(['sql', sql], line.environment)).document.map((row) =>
    Object.values(row).join(' '),
  )

const hardRows = () => warehouse('SELECT ID, PART FROM RAW.HARD_ROWS ORDER BY 1')
const softRows = () =>
  warehouse("SELECT NAME, IFF(_FIRN_DELETED_AT IS NULL, 'there', 'gone') FROM RAW.SOFT_ROWS ORDER BY NAME")

test('hard: rows that are gone, and rows that no longer meet the condition, are deleted; those of this very run stay', async () => {
  await database.run(`DELETE FROM hard_rows WHERE id IN (3, 4); UPDATE hard_rows SET id = 2000 WHERE id = 5;
    INSERT INTO hard_rows (id, part) VALUES (3, 0), (21, 0)`)
  const { swept, inserted, removed, rowsInTarget } = await run('--tables', 'hard_rows')
  assert.equal(inserted, 1, 'the key that came back was there already')
  assert.deepEqual(swept, { how: 'hard', keys: 19, removed: 2, returned: 0 })
  assert.deepEqual([removed, rowsInTarget], [2, 19])
  const ids = (await hardRows()).map((row) => Number(row.split(' ')[0]))
  assert.deepEqual(ids, [1, 2, 3, ...Array.from({ length: 16 }, (_, i) => i + 6)])
  const again = await run('--tables', 'hard_rows')
  assert.deepEqual([again.swept!.removed, again.swept!.keys], [0, 19])
})

test('soft: rows that are gone are marked once, and lose the mark when they are there again', async () => {
  await database.run(
    "DELETE FROM soft_rows WHERE name IN ('anna', 'émile'); UPDATE soft_rows SET name = 'BEA' WHERE name = 'bea'",
  )
  const marked = await run('--tables', 'soft_rows')
  assert.deepEqual([marked.swept!.removed, marked.swept!.returned, marked.rowsInTarget], [3, 0, 6])
  // names are told apart by their bytes, as a merge does
  assert.deepEqual(await softRows(), ['BEA there', 'Bea gone', 'anna gone', "d'or there", 'eve there', 'émile gone'])
  const stamps = () => warehouse("SELECT NAME, _FIRN_RUN_ID, _FIRN_DELETED_AT FROM RAW.SOFT_ROWS WHERE NAME = 'anna'")
  const before = await stamps()
  assert.equal((await run('--tables', 'soft_rows')).swept!.removed, 0)
  assert.deepEqual(await stamps(), before, 'a row that is marked stays as it was')
  // one comes back with a cursor that the window has passed, one with a new one
  await database.run(
    "INSERT INTO soft_rows (name, at) VALUES ('anna', '2001-01-01'); INSERT INTO soft_rows (name) VALUES ('émile')",
  )
  const back = await run('--tables', 'soft_rows')
  assert.deepEqual([back.swept!.removed, back.swept!.returned, back.updated - back.boundaryRows], [0, 2, 1])
  assert.deepEqual(await softRows(), ['BEA there', 'Bea gone', 'anna there', "d'or there", 'eve there', 'émile there'])
})

test('C22: more than the cap: the table stops and asks; a person may allow it, or go on without', async () => {
  await database.run('DELETE FROM capped WHERE id > 8; INSERT INTO capped (id) VALUES (11)')
  const asked = await line.own<RunReport>('run', 'all', '--tables', 'capped')
  assert.equal(asked.status, 1, 'a table that is refused is a failed job: wrong use is what nothing comes of')
  const { name, message } = asked.document.tables[0]!.failure!
  assert.equal(name, 'RefusedError')
  assert.match(
    message,
    /capped: 2 of the 10 rows in RAW\.CAPPED are no longer in MySQL: 20\.0 per cent, and no more than 10 are deleted without asking.*run all --tables capped --sweep --sweep-cap 20\. /,
  )
  assert.deepEqual(await warehouse('SELECT COUNT(*), MAX(ID) FROM RAW.CAPPED'), ['10 10'])
  const { runId } = asked.document
  const retried = await line.own<RunReport>('retry', runId)
  assert.deepEqual([retried.status, retried.document.tables[0]!.failure!.message], [1, message], 'nothing has changed')
  assert.deepEqual(await warehouse('SELECT COUNT(*), MAX(ID) FROM RAW.CAPPED'), ['10 10'])
  const unswept = await run('--tables', 'capped', '--no-sweep')
  assert.deepEqual([unswept.swept, unswept.rowsInTarget], [undefined, 11])
  const late = await line.own<RunReport>('retry', runId)
  assert.equal(late.status, 2)
  assert.match(late.document.reason!, /capped has been loaded since that run, up to a later moment/)
  const allowed = await run('--tables', 'capped', '--sweep', '--sweep-cap', '20')
  assert.deepEqual([allowed.swept!.removed, allowed.rowsInTarget], [2, 9])
  await database.run('DELETE FROM capped')
  const emptied = await line.own<RunReport>('run', 'all', '--tables', 'capped')
  assert.match(emptied.document.tables[0]!.failure!.message, /9 of the 9 rows .*: 100\.0 per cent.*--sweep-cap 100\./)
  assert.equal((await run('--tables', 'capped', '--sweep-cap', '100')).rowsInTarget, 0)
})

test('a sweep has its own cadence, and comes at once when it is asked for, and after a replay', async () => {
  await database.run('DELETE FROM daily WHERE id = 1')
  const { swept } = await run('--tables', 'daily')
  assert.equal(swept, undefined, 'the first run was a whole copy, less than a day ago')
  const skipped = await run('--tables', 'hard_rows', '--no-sweep')
  assert.equal(skipped.swept, undefined)
  const { document } = await line.own<RunReport>('run', 'all', '--tables', 'daily', '--sweep')
  assert.equal(document.tables[0]!.load!.swept!.removed, 1)
  const replayed = await line.own<RunReport>('replay', firstRun, '--tables', 'daily')
  assert.equal(replayed.document.tables[0]!.load!.rowsInTarget, 10, 'a replay brings back what was deleted since')
  assert.equal((await run('--tables', 'daily')).swept!.removed, 1)
})
