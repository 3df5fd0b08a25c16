/** How many statements a run costs in Snowflake, exactly, so that the number cannot creep: each is a round trip, and may wake a warehouse. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { LoadResult, RunReport, TablePlan } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import type { Costs } from '../../lib/warehouses/snowflake/cost.ts'
import { firn } from '../command-line.ts'
import { deployForTests, warehouse } from './deployed.ts'

/** Since when the ledger's rows matter, those rows, the catalogue; the rows again once the leases are held. */
const PLAN = 4
/** Stage table, its rows, their audit; BEGIN, fence, attempt, …, ledger, COMMIT; found published; the stage table dropped. */
const AROUND = 3 + 5 + 2
/** Old rows deleted, new ones inserted. */
const REPLACE = AROUND + 2
const MERGE = AROUND + 1
/** BEGIN, fence, attempt, ledger, COMMIT; found published. */
const UNCHANGED = 6
/** `tablesAtOnce` workers, and Plan's. */
const WORKERS = 5

const run = async (job: string, ...args: string[]): Promise<RunReport> => {
  const { status, document, said } = await firn<RunReport>(['run', job, '--lag', '0', ...args])
  assert.equal(status, 0, said)
  return document
}

/** A target, and its fence, are made once. */
const expected = ({ found }: TablePlan, { publish }: LoadResult) =>
  publish === 'unchanged'
    ? UNCHANGED
    : (publish === 'merge' ? MERGE : REPLACE) + (found.columns ? 0 : 1) + (found.fence ? 0 : 1)

/** A worker without a session costs one statement more; every other statement is counted. Gives how many workers were. */
const checkCounts = async (report: RunReport): Promise<number> => {
  const plan = await runFolder(report).plan()
  const loads = new Map(report.tables.map(({ table, load }) => [table, load!]))
  const needed = (each: TablePlan) => expected(each, loads.get(each.table)!)
  const over: [name: string, statements: number][] = [
    ['plan', plan.used!.statements - PLAN],
    ...plan.tables.map((each): [string, number] => [
      each.table,
      loads.get(each.table)!.used!.statements - needed(each),
    ]),
  ]
  for (const [name, more] of over) assert.ok(more === 0 || more === 1, `${name}: ${more} statements more than it needs`)
  const sessions = over.filter(([, more]) => more === 1).length
  assert.ok(sessions <= WORKERS, `${sessions} sessions for ${WORKERS} workers`)
  const dbt = report.transform?.used?.statements ?? 0
  const total = dbt + PLAN + plan.tables.reduce((sum, each) => sum + needed(each), 0) + sessions
  assert.equal(report.warehouse!.statements, total, 'the report adds them up')
  return sessions
}

before(async () => {
  await deployForTests()
})

test('C41, C42: a full line of nine tables: four statements to plan, twelve a table', async () => {
  const report = await run('load', '--full-refresh')
  assert.equal(report.tables.length, 9)
  await checkCounts(report)
})

test('a run with nothing new: four to plan, eleven for a table that is merged, six for a copy that is unchanged, and no session that is there already', async () => {
  const report = await run('load')
  const { tables } = await runFolder(report).plan()
  const loads = report.tables.map(({ load }) => load!)
  const replaced = loads.filter(({ publish }) => publish === 'replace')
  // what a copy was held against, and how many statements it took, tell why it was loaded all the same
  const lastCopies = tables.map(({ table, lastCopy }) => ({ table, ...lastCopy }))
  assert.deepEqual(replaced, [], JSON.stringify({ replaced, lastCopies }))
  assert.equal(loads.filter(({ publish }) => publish === 'unchanged').length, 5)
  assert.equal(loads.filter(({ publish }) => publish === 'merge').length, 4)
  assert.ok((await checkCounts(report)) < WORKERS, 'workers that have a session keep it')
})

test('a first load makes the target and its fence, and no more', async () => {
  await warehouse('DROP TABLE IF EXISTS RAW_TEST.SELLERS')
  await warehouse('DROP TABLE IF EXISTS _FIRN_TEST."FENCE_RAW_TEST/SELLERS"')
  const report = await run('load', '--test-mode', '--tables', 'sellers')
  assert.deepEqual((await runFolder(report).plan()).tables[0]!.found, { columns: null, fence: false })
  await checkCounts(report)
})

test('every statement of a run, those that dbt runs among them, is found by its tag; cost adds them up', async () => {
  const begun = new Date().toISOString()
  const report = await run('daily')
  await checkCounts(report)
  assert.ok(report.transform!.used!.statements <= 2, 'dbt is submitted by one statement, and polled by none')
  const since = `TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(END_TIME_RANGE_START => '${begun}'::TIMESTAMP_LTZ, RESULT_LIMIT => 10000))`
  const untagged = await warehouse(
    `SELECT LEFT(QUERY_TEXT, 60) AS SQL, QUERY_TAG FROM ${since} WHERE NOT STARTSWITH(QUERY_TAG, '{"app":"firn","')`,
  )
  assert.deepEqual(untagged, [])
  const { document } = await firn<Costs>(['cost', report.runId])
  const lines = new Map(document.lines.map((line) => [line.what, line]))
  const tables = report.tables.map(({ table }) => table)
  assert.deepEqual([...lines.keys()].sort(), [...tables, 'plan', 'transform', 'dbt'].sort())
  for (const { table, load } of report.tables) assert.equal(lines.get(table)!.statements, load!.used!.statements, table)
  assert.ok(lines.get('dbt')!.statements > 20 && lines.get('dbt')!.seconds > 0)
  assert.ok(document.lines.every(({ job, run: of }) => job === 'daily' && of === report.runId))
})
