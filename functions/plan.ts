/** Plan: which tables, windows and chunks; everything that could be refused is refused here, before anything moves. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RefusedError } from '../lib/errors.ts'
import { jobNamed, readMetadata, tablesOf } from '../lib/metadata.ts'
import type { Metadata, Names, Plan, RunRequest } from '../lib/model.ts'
import { planRun } from '../lib/plan/plan-run.ts'
import { claimSchedule, type RunFolder, runFolder } from '../lib/run-folder.ts'
import { codeVersion, metadataFolder, mysqlSettings, openWith, snowflakeSettings } from '../lib/settings.ts'
import { openMysql } from '../lib/sources/mysql/connect.ts'
import { type Call, stage } from '../lib/stage.ts'
import { connectSnowflake, ofJob } from '../lib/warehouses/snowflake/connect.ts'

type PlanStageInput = Names & { request: RunRequest; executionArn?: string }
/** `bucket`, `items`: where Step Functions finds the Map's items; no bucket when skipped. */
type PlanStageOutput = Names & { bucket: string; items: string; status: 'planned' | 'skipped' }

/** Deployed, the folder lies beside the bundle; in the checkout, beside functions/. */
const metadata = (): Metadata => {
  const beside = join(import.meta.dirname, 'metadata')
  return readMetadata(metadataFolder() ?? (existsSync(beside) ? beside : join(import.meta.dirname, '..', 'metadata')))
}

const FIELDS = new Set(['job', 'tables', 'fullRefresh', 'testMode', 'lagSeconds', 'retryOf', 'scheduledAt'])

const checkRequest = (request: RunRequest): RunRequest => {
  const unknown = Object.keys(request).filter((name) => !FIELDS.has(name))
  if (unknown.length)
    throw new RefusedError(
      `The execution's input has the unknown key "${unknown[0]}". Known are ${[...FIELDS].join(', ')}`,
    )
  for (const name of ['fullRefresh', 'testMode'] as const)
    if (request[name] !== undefined && typeof request[name] !== 'boolean')
      throw new RefusedError(
        `The execution's input has "${name}": ${JSON.stringify(request[name])}, and true or false is needed`,
      )
  if (request.tables !== undefined && (!Array.isArray(request.tables) || request.tables.length === 0))
    throw new RefusedError(
      `The execution's input has "tables": ${JSON.stringify(request.tables)}, and a list of names is needed`,
    )
  return request
}

/** The plan of the run that is tried again, and which of its tables failed. */
const retried = async (job: string, request: RunRequest): Promise<{ plan: Plan; failed: string[] } | null> => {
  if (!request.retryOf) return null
  const folder = runFolder({ job, runId: request.retryOf })
  const plan = await folder.planIfAny()
  if (!plan)
    throw new RefusedError(
      `Run ${request.retryOf} of job ${job} has no plan, so nothing of it can be retried. Start a new run: npm run -s firn -- run ${job}`,
    )
  const loads = await Promise.all(plan.tables.map(({ table }) => folder.load(table)))
  const failed = plan.tables.filter((_, i) => loads[i] === null).map(({ table }) => table)
  if (failed.length === 0)
    throw new RefusedError(`Every table of run ${request.retryOf} was published: there is nothing to retry`)
  return { plan, failed }
}

const makePlan = async ({ job: name, runId, request }: PlanStageInput, remaining: Call['remaining']): Promise<Plan> => {
  const found = metadata()
  const job = jobNamed(found, name)
  const before = await retried(name, request)
  const tables = tablesOf(found, job, before?.failed ?? request.tables)
  // every run begins with the settings as they are now
  const now = { since: new Date().toISOString() }
  const asking = { names: { job: name, run: runId, stage: 'plan' }, remaining }
  const [source, { settings, warehouse }] = await Promise.all([
    openWith(mysqlSettings, now, openMysql),
    openWith(snowflakeSettings, now, async (settings) => ({
      settings,
      warehouse: await connectSnowflake(ofJob(settings, job.warehouse), asking),
    })),
  ])
  try {
    const asked = before ? { ...before.plan.request, ...request } : request
    const plan = await planRun(
      { names: { job: name, runId }, request: asked, metadata: found, job, tables, retried: before?.plan ?? null },
      { source, warehouse, settings },
    )
    return { ...plan, warehouse: job.warehouse ?? null, used: warehouse.used() }
  } finally {
    await source.end()
  }
}

const keep = async (folder: RunFolder, plan: Plan): Promise<string> => {
  const kept = await folder.putPlan(plan)
  return folder.putTables(kept.tables.map(({ table, chunks }) => ({ table, chunks: chunks.map(({ id }) => id) })))
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
  const bucket = await keep(folder, planned ?? (await makePlan({ ...input, request }, remaining)))
  return { ...output, bucket, status: 'planned' }
})
