/** Builds the report of a run from what its stages left in the run folder. */
import { REFUSALS } from './errors.ts'
import type { Chunk, FailureRecord, Plan, RunReport, RunStatus, TableReport, TransformResult } from './model.ts'
import { type RunFolder, type RunRecord, runFolder } from './run-folder.ts'
import { type TableFacts, tableReport } from './table-report.ts'
import { estimateWarehouse } from './warehouse-estimate.ts'

/** Everything a run folder holds when a run ends, read at once. */
export type RunFacts = {
  run: RunRecord | null
  plan: Plan | null
  tables: TableFacts[]
  transform: TransformResult | null
  failure: FailureRecord | null
}

/** Reads a run folder whole. Missing objects are null: a run may have ended anywhere. */
export const readFacts = async (folder: RunFolder): Promise<RunFacts> => {
  const [run, plan, transform, failure] = await Promise.all([
    folder.run(),
    folder.planIfAny(),
    folder.transform(),
    folder.failure(null),
  ])
  const files = plan?.filesOf ? runFolder(plan.filesOf) : folder
  const tables = await Promise.all(
    (plan?.tables ?? []).map(async (table) => {
      const read = async (chunks: Chunk[]) =>
        (await Promise.all(chunks.map(({ id }) => files.chunk(table.table, id)))).filter((chunk) => chunk !== null)
      const [chunks, keys, load, failed] = await Promise.all([
        read(table.chunks),
        read(table.sweep?.chunks ?? []),
        folder.load(table.table),
        folder.failure(table.table),
      ])
      return { plan: table, chunks, keys, load, failure: failed }
    }),
  )
  return { run, plan, tables, transform, failure }
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)
const max = (numbers: number[]) => Math.max(0, ...numbers)

const statusOf = (facts: RunFacts, tables: TableReport[], ended: RunStatus | null): RunStatus => {
  if (ended) return ended
  const good = facts.plan !== null && !facts.failure && tables.every(({ status }) => status === 'published')
  const { transform } = facts
  // what was left out was not built, even if its table came after all
  const built = facts.plan?.transform
    ? transform?.status === 'passed' && transform.leftOut.length === 0
    : transform?.status === 'skipped'
  return good && built === true ? 'succeeded' : 'failed'
}

const reasonOf = (facts: RunFacts, tables: TableReport[]): string | null => {
  if (facts.failure) return facts.failure.failure.message
  const failed = tables.filter(({ status }) => status !== 'published').map(({ table }) => table)
  const dbt =
    facts.transform?.status === 'failed' || (failed.length === 0 && facts.transform?.leftOut.length) ? ['dbt'] : []
  const said = [...failed, ...dbt]
  return said.length ? `${said.join(', ')} failed` : null
}

/**
 * The report of a run. `ended` is given when the execution ended from outside (aborted, timed out) rather than by
 * reaching Report; then what was not reached is said to be so.
 */
export const buildReport = (
  names: { job: string; runId: string },
  facts: RunFacts,
  endedAt: string,
  ended: RunStatus | null = null,
): RunReport => {
  const tables = facts.tables.map(tableReport)
  const loads = tables.map(({ load }) => load).filter((load) => load !== null)
  const startedAt = facts.run?.startedAt ?? endedAt
  const since = (end: string) => Math.round(Date.parse(end) - Date.parse(startedAt)) / 1000
  return {
    ...names,
    status: statusOf(facts, tables, ended),
    reason: reasonOf(facts, tables),
    request: facts.run?.request ?? {},
    startedAt,
    endedAt,
    loadSeconds: facts.transform ? since(facts.transform.startedAt) : since(endedAt),
    seconds: since(endedAt),
    rowsRead: sum(facts.tables.flatMap(({ chunks }) => chunks.map(({ rows }) => rows))),
    rowsStaged: sum(loads.map(({ rowsStaged }) => rowsStaged)),
    rowsPublished: sum(loads.map(({ inserted, updated }) => inserted + updated)),
    boundaryRows: sum(loads.map(({ boundaryRows }) => boundaryRows)),
    bytes: sum(loads.map(({ bytes }) => bytes)),
    peakMemoryMb: max(tables.map(({ peakMemoryMb }) => peakMemoryMb)),
    tables,
    ...(facts.plan?.resting ? { resting: facts.plan.resting } : {}),
    transform: facts.transform,
    warehouse: estimateWarehouse(
      [facts.plan?.used, ...loads.map(({ used }) => used), facts.transform?.used].filter((used) => used !== undefined),
    ),
    failures: [facts.failure, ...facts.tables.map(({ failure }) => failure)].filter((record) => record !== null),
  }
}

/** One sentence for the execution's error and for alarms: which tables failed, and why the first did. */
export const failureSentence = (report: RunReport): string => {
  const tables = report.tables.filter(({ status }) => status !== 'published')
  const parts = tables.map(({ table, failure, status }) => `${table} (${failure?.name ?? status})`)
  if (report.transform?.status === 'failed') parts.push(`dbt (${report.transform.failed.join(', ') || 'see its log'})`)
  const first = report.failures[0]
  const what = parts.length ? `${parts.join(', ')} failed` : 'the run failed'
  return `Run ${report.runId} of job ${report.job}: ${what}${first ? `. ${first.failure.stage}: ${first.failure.name}: ${first.failure.message}` : ''}`
}

/**
 * The name of the execution's error: by it the command line tells wrong use (status 2) from a failed job (1). It is that of
 * the refusal where the run itself was refused, or could not reach what it reads from, before anything was done. A table
 * that is refused, while others may have moved, is a failed job.
 */
export const failureName = ({ failures }: RunReport): string => {
  const first = failures[0]
  const isOfRun = first?.table === null && first.failure.stage === 'plan'
  return isOfRun && [...REFUSALS, 'UnavailableError'].includes(first.failure.name)
    ? first.failure.name
    : 'RunFailedError'
}
