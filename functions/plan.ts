/** Plan: which tables, windows and chunks; everything that could be refused is refused here, before anything moves. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LeaseLostError } from '../lib/errors.ts'
import { releaseLeases } from '../lib/lease.ts'
import { jobNamed, readMetadata, tablesOf } from '../lib/metadata.ts'
import type { Metadata, Names, Plan, RunRequest, TablePlan } from '../lib/model.ts'
import { planReplay, planRun } from '../lib/plan/plan-run.ts'
import { checkRequest, retriedRun } from '../lib/plan/request.ts'
import { claimSchedule, type RunFolder, runFolder } from '../lib/run-folder.ts'
import { codeVersion, metadataFolder, mysqlSettings, openWith, snowflakeSettings } from '../lib/settings.ts'
import { openMysql } from '../lib/sources/mysql/connect.ts'
import { type Call, stage } from '../lib/stage.ts'
import { chunkIds } from '../lib/sweep.ts'
import { connectSnowflake, ofJob, type Warehouse } from '../lib/warehouses/snowflake/connect.ts'

type PlanStageInput = Names & { request: RunRequest; executionArn?: string }
/**
 * `bucket`, `items`: where Step Functions finds the Map's items; no bucket when skipped. `idle`: no table moves; what AWS makes
 * of a Map over an empty list in a bucket is written nowhere.
 */
type PlanStageOutput = Names & { bucket: string; items: string; status: 'planned' | 'idle' | 'skipped' }

/** Deployed, the folder lies beside the bundle; in the checkout, beside functions/. */
const metadata = (): Metadata => {
  const beside = join(import.meta.dirname, 'metadata')
  return readMetadata(metadataFolder() ?? (existsSync(beside) ? beside : join(import.meta.dirname, '..', 'metadata')))
}

const makePlan = async ({ job: name, runId, request }: PlanStageInput, remaining: Call['remaining']): Promise<Plan> => {
  const found = metadata()
  const job = jobNamed(found, name)
  const before = await retriedRun(name, request)
  const asked = before ? { ...before.plan.request, ...request, tables: before.failed } : request
  const input = { names: { job: name, runId }, request: asked, metadata: found, job }
  // every run begins with the settings as they are now
  const now = { since: new Date().toISOString() }
  const asking = { names: { job: name, run: runId, stage: 'plan' }, remaining }
  const opening = openWith(snowflakeSettings, now, async (settings) => ({
    settings,
    warehouse: await connectSnowflake(ofJob(settings, job.warehouse), asking),
  }))
  const told = (plan: Plan, { used }: Warehouse): Plan => ({ ...plan, warehouse: job.warehouse ?? null, used: used() })
  if (asked.replayOf) {
    const { warehouse } = await opening
    return told(await planReplay(input, warehouse), warehouse)
  }
  const tables = tablesOf(found, job, asked.tables)
  const [source, { settings, warehouse }] = await Promise.all([openWith(mysqlSettings, now, openMysql), opening])
  try {
    const sides = { source, warehouse, settings }
    return told(await planRun({ ...input, tables, retried: before?.plan ?? null }, sides), warehouse)
  } finally {
    await source.end()
  }
}

/**
 * A Plan that wakes up when Report has given its run's leases back would hold them for nobody. Report says so first and
 * looks at the leases then, so one of the two gives them back.
 */
const refuseOver = async (folder: RunFolder, { runId, tables }: Plan): Promise<void> => {
  if ((await folder.over()) === null) return
  await releaseLeases(
    tables.map(({ target }) => target),
    runId,
  )
  throw new LeaseLostError(`Run ${runId} ended before it was planned. Start a new run: npm run -s firn -- run`)
}

const keep = async (folder: RunFolder, plan: Plan): Promise<Pick<PlanStageOutput, 'bucket' | 'status'>> => {
  const kept = await folder.putPlan(plan)
  for (const { table, refused } of kept.tables)
    if (refused !== undefined) {
      const failure = { name: 'DriftError', message: refused, stage: 'plan' }
      await folder.putFailure({ table, failure, at: kept.plannedAt })
    }
  const moving = kept.tables.filter(({ refused }) => refused === undefined)
  // the chunks of a replay have been read already
  const idsOf = (table: TablePlan) => (kept.filesOf ? [] : chunkIds(table))
  const bucket = await folder.putTables(moving.map((table) => ({ table: table.table, chunks: idsOf(table) })))
  return { bucket, status: moving.length ? 'planned' : 'idle' }
}

/** Whether another run has this time of the schedule: one that failed does not count, so a person may start it again. */
const isDelivered = async ({ job, runId }: Names, scheduledAt: string): Promise<boolean> => {
  const claim = await claimSchedule(job, scheduledAt, runId)
  if (claim.runId === runId) return false
  const report = await runFolder({ job, runId: claim.runId }).report()
  return report === null || report.status === 'succeeded'
}

export const handler = stage('plan', async (input: PlanStageInput, { remaining }): Promise<PlanStageOutput> => {
  const names = { job: input.job, runId: input.runId }
  const folder = runFolder(names)
  const output = { ...names, bucket: '', items: folder.tablesKey }
  const request = checkRequest(input.request ?? {})
  await folder.putRun({
    ...names,
    request,
    executionArn: input.executionArn ?? '',
    codeVersion: codeVersion(),
    startedAt: new Date().toISOString(),
  })
  // EventBridge Scheduler delivers at least once: the first delivery of a time is the one that runs
  if (request.scheduledAt && (await isDelivered(names, request.scheduledAt))) return { ...output, status: 'skipped' }
  const planned = await folder.planIfAny()
  const plan = planned ?? (await makePlan({ ...input, request }, remaining))
  if (!planned) await refuseOver(folder, plan)
  return { ...output, ...(await keep(folder, plan)) }
})
