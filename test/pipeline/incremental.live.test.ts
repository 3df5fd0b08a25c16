/**
 * What is read by a cursor, through the deployed line: everything, then what changed, then what changed again. Every run is
 * of all tables; each test tells the story of one of them.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import mysql from 'mysql2/promise'
import type { LoadResult, RunReport, TableReport } from '../../lib/model.ts'
import { ownServer } from '../lib/sources/mysql/own-server.ts'
import { deployForTests, warehouse } from './deployed.ts'
import { STEPS, type Step, TABLES } from './incremental-steps.ts'
import { ownLine } from './own-line.ts'

const server = await ownServer()
const { own } = ownLine(
  server.settings,
  { ...Object.fromEntries(TABLES.map(({ name, meta }) => [name, meta])), keyless: TABLES[0]!.meta },
  { all: TABLES.map(({ name }) => name), keyless: ['keyless'] },
)

/** The reports of the three runs, by table. */
const runs: Map<string, TableReport>[] = []

const run = async (lag: number, status = 0): Promise<void> => {
  const ended = await own<RunReport>('run', 'all', '--lag', String(lag))
  assert.equal(ended.status, status, ended.said)
  runs.push(new Map(ended.document.tables.map((each) => [each.table, each])))
}

/** Rows of `paged` change, and leave the window, for as long as a run reads them. */
const whileChanging = async (work: Promise<void>): Promise<void> => {
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  for (let id = 1; !isOver; id = (id % 60) + 1)
    await server.run(`UPDATE paged SET note = CONCAT('changed ', UUID()), at = UTC_TIMESTAMP(6) WHERE id = ${id}`)
  await over
}

before(async () => {
  await deployForTests()
  const step = async (of: Step) =>
    server.run("SET time_zone = '+00:00'", ...TABLES.flatMap(({ name }) => STEPS[name]![of]))
  await server.run(
    ...TABLES.map(({ name, ddl }) => `CREATE TABLE ${name} (${ddl})`),
    'CREATE TABLE keyless (at DATETIME NOT NULL)',
  )
  const { status, said } = await own('deploy')
  if (status !== 0) throw new Error(said)
  await step('first')
  await run(120)
  const { host, port, user, password, database } = server.settings
  const open = await mysql.createConnection({ host, port, user, password, database, timezone: 'Z' })
  await open.query("SET time_zone = '+00:00'")
  await open.query('START TRANSACTION')
  await open.query("INSERT INTO late VALUES (2, 'open', UTC_TIMESTAMP(6) - INTERVAL 100 SECOND)")
  await step('second')
  await whileChanging(run(120, 1))
  await open.query('COMMIT')
  await open.end()
  await step('third')
  await run(0)
})

const loads = (table: string): LoadResult[] => runs.map((tables) => tables.get(table)!.load!)
const counts = ({ rowsRead, boundaryRows, inserted, updated, kept }: LoadResult) => ({
  ...{ rowsRead, boundaryRows, inserted, updated, kept },
})

/** Both sides' rows as text in one order, moments with all their digits; `where`: on both. */
const assertSame = async (table: string, where = 'TRUE') => {
  const columns = TABLES.find(({ name }) => name === table)!.ddl.matchAll(/(?:^|, )([a-z]\w*) ([A-Z]+)/g)
  const sides = [...columns].map(([, name, type]) => {
    const isMoment = type === 'DATETIME' || type === 'TIMESTAMP'
    return isMoment
      ? [`CAST(${name} AS DATETIME(6))`, `TO_VARCHAR(${name}, 'YYYY-MM-DD HH24:MI:SS.FF6')`]
      : [name, name]
  })
  const line = (side: number, type: string) =>
    `CONCAT(${sides.map((each) => `COALESCE(CAST(${each[side]} AS ${type}), 'NULL')`).join(", '|', ")}) AS R`
  const source = await server.run(`SELECT ${line(0, 'CHAR(99)')} FROM ${table} WHERE ${where}`)
  const target = await warehouse(`SELECT ${line(1, 'VARCHAR(99)')} FROM RAW.${table} WHERE ${where}`)
  const sorted = (rows: Record<string, unknown>[]) => rows.map(({ R }) => String(R)).sort()
  assert.ok(source.length > 0)
  assert.deepEqual(sorted(target), sorted(source))
}

test('C17: a row that was not committed yet comes with the lag, one that came late with the overlap, a later one not', async () => {
  const [, second, third] = loads('late')
  assert.deepEqual([second!.inserted, third!.inserted], [1, 3], 'the lag keeps the window away from what is open')
  await assertSame('late', 'id <> 6 AND id <> 4')
  const missing = await warehouse('SELECT ID FROM RAW.LATE WHERE ID = 6')
  assert.deepEqual(missing, [], 'later than lag and overlap: reconcile finds it, a backfill brings it')
})

test('C17: a clock that stepped back: the older cursor does not overwrite the newer one, and is counted', async () => {
  const [, , third] = loads('late')
  assert.equal(third!.kept, 1)
  assert.deepEqual(await warehouse('SELECT NOTE FROM RAW.LATE WHERE ID = 4'), [{ NOTE: 'newer' }])
})

test('C17: a date of the year 2999 does not take the cursor with it, and is told of', async () => {
  const [first, second, third] = loads('ahead')
  assert.ok(first!.high! < '2019' && second!.high! < '2900' && third!.high! < '2900')
  assert.match(runs[1]!.get('ahead')!.warnings.join(), /rows whose cursor \(at\) is more than a day ahead/)
  await assertSame('ahead', 'id <> 2')
  assert.equal((await warehouse('SELECT ID FROM RAW.AHEAD WHERE ID = 2')).length, 0)
})

test('C17: another cursor says nothing of what the first one read, and is refused with what mends it', async () => {
  const other = { load_strategy: 'incremental', incremental_column: 'id', overlap: 1 } as const
  const { status, said } = await ownLine(server.settings, { late: other }, { late: ['late'] }).own('plan', 'late')
  assert.equal(status, 2)
  assert.match(said, /late: incremental_column is "id", and the table was loaded by "at".*--full-refresh --tables late/)
})

test('C17: another "where" and another mask are refused with what mends them, before anything moves', async () => {
  const { meta } = TABLES.find(({ name }) => name === 'late')!
  for (const [change, says] of [
    [{ where: 'id > 0' }, /late: "where" is not what it was.*--full-refresh --tables late; or .*state rewind late/],
    [
      { column_policies: { note: { mask: 'null' } } },
      /late: "note" is masked by null and was not masked.*--full-refresh/,
    ],
  ] as const) {
    const { status, said } = await ownLine(server.settings, { late: { ...meta, ...change } }, { late: ['late'] }).own(
      ...['plan', 'late'],
    )
    assert.equal(status, 2)
    assert.match(said, says)
  }
})

test('C18: rows that share the boundary’s moment come, however late, and are counted as read again', async () => {
  const [, second, third] = loads('same_moment')
  assert.deepEqual(counts(second!), { rowsRead: 401, boundaryRows: 401, inserted: 1, updated: 400, kept: 0 })
  assert.deepEqual(counts(third!), { rowsRead: 401, boundaryRows: 401, inserted: 0, updated: 401, kept: 0 })
  await assertSame('same_moment')
})

for (const [table, high] of [
  ['whole_seconds', '2018-01-01 00:00:01.000000'],
  ['thousandths', '2018-01-01 00:00:01.123000'],
  ['millionths', '2018-01-01 00:00:01.123456'],
] as const)
  test(`C19: ${table} of a cursor are exact: the one row of the last moment is read again, and none before it`, async () => {
    const [first, second, third] = loads(table)
    assert.deepEqual([first!.high, second!.low, second!.high], [high, high, high])
    assert.deepEqual(counts(second!), { rowsRead: 2, boundaryRows: 2, inserted: 1, updated: 1, kept: 0 })
    assert.deepEqual(counts(third!), { rowsRead: 3, boundaryRows: 2, inserted: 1, updated: 2, kept: 0 })
    await assertSame(table)
  })

test('C20: rows that leave the window while it is read are not lost: the next run has them', async () => {
  assert.ok(runs[1]!.get('paged')!.chunks > 1, 'read in several chunks, along the cursor')
  const [{ N }] = (await server.run("SELECT COUNT(*) AS N FROM paged WHERE note LIKE 'changed%'")) as [{ N: string }]
  assert.ok(Number(N) > 0)
  await assertSame('paged')
})

test('C21: rows without a cursor are read every time and merged', async () => {
  const [, second, third] = loads('included')
  assert.deepEqual([second!.rowsRead, second!.updated, third!.rowsRead], [3, 2, 3])
  await assertSame('included')
})

test('C21: or they are left out, and their number is told; with a cursor they come', async () => {
  assert.match(runs[0]!.get('excluded')!.warnings.join(), /^2 rows without a cursor \(at is NULL\) left out/)
  assert.match(runs[1]!.get('excluded')!.warnings.join(), /^1 row without a cursor \(at is NULL\) left out/)
  await assertSame('excluded', 'at IS NOT NULL')
  assert.equal((await warehouse('SELECT COUNT(*) AS N FROM RAW.EXCLUDED WHERE AT IS NULL'))[0]!.N, '0')
})

test('C21: or they fail their table alone, with their number and what mends it', async () => {
  const { status, failure } = runs[1]!.get('refused')!
  assert.equal(status, 'failed')
  assert.deepEqual([failure!.name, failure!.stage], ['ValueError', 'extract'])
  assert.match(
    failure!.message,
    /^refused: 2 rows have no cursor \(at is NULL\).*Fill the column, or set "null_cursor"/,
  )
  assert.equal([...runs[1]!.values()].filter((each) => each.status === 'failed').length, 1)
  await assertSame('refused')
})

test('C21: of several columns the first that is not NULL is the cursor', async () => {
  const [, second] = loads('either')
  assert.equal(second!.high, '2018-01-03 00:00:00.500000')
  assert.deepEqual([second!.inserted, second!.updated, second!.kept], [1, 2, 0])
  await assertSame('either')
  const [row] = await warehouse("SELECT CURSOR_COLUMN AS C FROM _FIRN.LOADS WHERE TARGET = 'RAW.EITHER' LIMIT 1")
  assert.equal(row!.C, 'changed,made')
})

test('C22: an emptied source empties nothing, and the cursor stays where it was', async () => {
  const [first, second, third] = loads('emptied')
  assert.deepEqual(counts(second!), { rowsRead: 0, boundaryRows: 0, inserted: 0, updated: 0, kept: 0 })
  assert.deepEqual([second!.high, second!.rowsInTarget], [first!.high, 2])
  assert.deepEqual([third!.inserted, third!.rowsInTarget], [1, 3])
})

test('C23: what is remembered does not grow with the rows of a moment: one ledger row a run, two bounds', async () => {
  const rows = await warehouse("SELECT LOW, HIGH FROM _FIRN.LOADS WHERE TARGET = 'RAW.SAME_MOMENT' ORDER BY EPOCH")
  assert.equal(rows.length, 3)
  const moment = '2018-01-01 00:00:00.000000'
  assert.deepEqual(rows.at(-1), { LOW: moment, HIGH: moment })
})

test('C19: a whole number near 2^64, a DECIMAL of 30 digits and a day are exact, and their overlap is in units, or in days', async () => {
  const highs = ['numbers', 'versions', 'days'].map((table) => loads(table).map(({ high }) => high))
  assert.deepEqual(highs, [
    ['18446744073709551613', '18446744073709551615', '18446744073709551615'],
    ['999999999999999999999999999.500', '999999999999999999999999999.999', '999999999999999999999999999.999'],
    ['2018-01-02', '2018-01-02', '2018-01-02'],
  ])
  for (const table of ['numbers', 'versions', 'days']) await assertSame(table)
})

test('C25: without a key rows are appended: equal moments, late rows and deleted ones of the overlap, and run again', async () => {
  const [first, second, third] = loads('events')
  assert.deepEqual([first!.publish, second!.publish, first!.inserted], ['replace', 'append', 4])
  assert.deepEqual([second!.rowsRead, second!.inserted, second!.removed, second!.rowsInTarget], [6, 6, 3, 7])
  assert.deepEqual([third!.inserted, third!.removed, third!.rowsInTarget], [6, 6, 7])
  await assertSame('events')
})

test('C25: a merge without a key is refused before anything moves', async () => {
  const { status, document } = await own<RunReport>('run', 'keyless')
  assert.equal(status, 2)
  assert.match(
    document.reason!,
    /keyless: an incremental load merges by key, and the table has no primary key.*"append"/,
  )
})
