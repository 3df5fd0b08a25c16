/** Transform: starts the dbt build inside the warehouse and looks after it; no Lambda waits for a warehouse. */
import { TransformFailedError, UnavailableError, WarehouseError } from '../lib/errors.ts'
import type { Names, Plan, TransformResult, WarehouseUse } from '../lib/model.ts'
import { type RunFolder, runFolder } from '../lib/run-folder.ts'
import { openWith, snowflakeSettings } from '../lib/settings.ts'
import { type Call, stage } from '../lib/stage.ts'
import { connectSnowflake, ofJob, type Warehouse } from '../lib/warehouses/snowflake/connect.ts'
import { type DbtOutcome, parseDbtLog } from '../lib/warehouses/snowflake/dbt-log.ts'
import {
  buildArgs,
  dbtLogSql,
  dbtVars,
  executeDbtSql,
  isAlreadyRunning,
} from '../lib/warehouses/snowflake/dbt-project.ts'
import { maskValues } from '../lib/warehouses/snowflake/mask.ts'

/** How long Snowflake may have no word of a statement it has taken. */
const FORGOTTEN_SECONDS = 120

const MAX_MESSAGE = 2000

const NONE = { passed: 0, failed: 0, skipped: 0 }

const resultOf = (changes: Partial<TransformResult>): TransformResult => ({
  status: 'running',
  queryId: null,
  startedAt: new Date().toISOString(),
  seconds: 0,
  models: NONE,
  tests: { ...NONE, warned: 0 },
  failed: [],
  leftOut: [],
  neverLoaded: [],
  message: null,
  ...changes,
})

const secondsSince = (moment: string) => Math.round(Date.now() - Date.parse(moment)) / 1000

/** Tables of the plan that this run has not published: what depends on them would be built from old rows. */
const unpublished = async (folder: RunFolder, plan: Plan): Promise<string[]> => {
  const loads = await Promise.all(plan.tables.map(({ table }) => folder.load(table)))
  return plan.tables.map(({ table }) => table).filter((_, i) => loads[i] === null)
}

const submit = async (folder: RunFolder, plan: Plan, remaining: Call['remaining']): Promise<TransformResult> => {
  if (!plan.transform) return resultOf({ status: 'skipped', message: `Job ${plan.job} asks for none` })
  const leftOut = await unpublished(folder, plan)
  // where every table rests there is nothing new, and dbt's own models and tests may be
  if (leftOut.length && leftOut.length === plan.tables.length)
    return resultOf({ status: 'skipped', leftOut, message: 'No table was published' })
  const warehouse = await open(plan, remaining)
  const sql = executeDbtSql({
    database: warehouse.database,
    args: buildArgs({
      vars: dbtVars(plan, warehouse.schema),
      leftOut: [...leftOut, ...plan.neverLoaded],
      fullRefresh: plan.request.fullRefresh === true,
    }),
  })
  const queryId = await warehouse.submit(sql)
  return resultOf({ queryId, leftOut, neverLoaded: plan.neverLoaded, used: warehouse.used() })
}

const open = ({ job, runId, plannedAt, warehouse }: Plan, remaining: Call['remaining']): Promise<Warehouse> =>
  openWith(snowflakeSettings, { since: plannedAt }, (settings) =>
    connectSnowflake(ofJob(settings, warehouse), { names: { job, run: runId, stage: 'transform' }, remaining }),
  )

/** Our own statements, and the whole time that dbt had the warehouse for. */
const usedBy = ({ used, startedAt }: TransformResult, seconds: number, warehouse: Warehouse): WarehouseUse => ({
  statements: (used?.statements ?? 0) + warehouse.used().statements,
  seconds,
  from: startedAt,
  to: new Date(Date.parse(startedAt) + seconds * 1000).toISOString(),
})

/** dbt counts as passed only when its log says so: a log without an end may hide anything. */
const ended = (
  running: TransformResult,
  warehouse: Warehouse,
  outcome: DbtOutcome,
  failure: string | null,
): TransformResult => {
  const { models, tests, failed, errors, complete, errored } = outcome
  const passed = failure === null && failed.length === 0 && complete && !errored
  const message = passed
    ? null
    : errors || (failure && maskValues(failure).slice(0, MAX_MESSAGE)) || 'its log has no end'
  const status = passed ? 'passed' : 'failed'
  const seconds = secondsSince(running.startedAt)
  return { ...running, status, models, tests, failed, seconds, message, used: usedBy(running, seconds, warehouse) }
}

/** A failure's own words hold dbt's log or they do not; where they do not, Snowflake keeps it for a while. */
const outcomeOfFailure = async (warehouse: Warehouse, queryId: string, message: string): Promise<DbtOutcome> => {
  const outcome = parseDbtLog(message)
  if (outcome.complete || outcome.errors) return outcome
  try {
    const [row] = await warehouse.query(dbtLogSql(queryId))
    return parseDbtLog(String(row?.LOG ?? ''))
  } catch (error) {
    // there is no log of an execution that was refused: then the refusal says it all
    if (error instanceof WarehouseError) return outcome
    throw error
  }
}

/** Asks once. A build refused because another is under way is forgotten, so that the next try starts it again. */
const look = async (folder: RunFolder, warehouse: Warehouse, running: TransformResult): Promise<TransformResult> => {
  const queryId = running.queryId!
  const progress = await warehouse.poll(queryId)
  switch (progress.state) {
    case 'running':
      return running
    case 'unknown':
      if (secondsSince(running.startedAt) < FORGOTTEN_SECONDS) return running
      return ended(running, warehouse, parseDbtLog(''), `Snowflake knows nothing of query ${queryId}`)
    case 'done':
      return ended(running, warehouse, parseDbtLog(String(progress.rows[0]?.STDOUT ?? '')), null)
    case 'failed':
      if (isAlreadyRunning(progress.message)) {
        await folder.putTransform({ ...running, queryId: null })
        throw new UnavailableError('dbt is being run by another execution, and Snowflake runs a project once at a time')
      }
      return ended(running, warehouse, await outcomeOfFailure(warehouse, queryId, progress.message), progress.message)
  }
}

const failedError = ({ failed, message }: TransformResult): TransformFailedError =>
  new TransformFailedError(
    failed.length ? `dbt: ${failed.join(', ')} failed` : `dbt did not come to its end: ${message}`,
  )

export const handler = stage('transform', async (names: Names, { remaining }): Promise<{ done: boolean }> => {
  const folder = runFolder(names)
  const found = await folder.transform()
  const before = found?.status === 'running' && found.queryId === null ? null : found
  if (before?.status === 'failed') throw failedError(before)
  if (before && before.status !== 'running') return { done: true }
  const plan = await folder.plan()
  const now = before ? await look(folder, await open(plan, remaining), before) : await submit(folder, plan, remaining)
  if (now !== before) await folder.putTransform(now)
  if (now.status === 'failed') throw failedError(now)
  return { done: now.status !== 'running' }
})
