/** Report: what became of every table, for people and for metrics; gives the leases back; throws last if anything failed. */
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { RunFailedError } from '../lib/errors.ts'
import { listLeases, releaseLease, releaseLeases } from '../lib/lease.ts'
import type { Names, Plan, RunReport, RunStatus } from '../lib/model.ts'
import { runFolder } from '../lib/run-folder.ts'
import { buildReport, failureName, failureSentence, readFacts } from '../lib/run-report.ts'
import { defaultJob } from '../lib/settings.ts'
import { stage } from '../lib/stage.ts'

/** An EventBridge event: an execution ended, perhaps without reaching Report. `input` is the execution's, as text. */
type EndedEvent = { event: { name: string; status: string; input?: string } }

const ENDED: Record<string, RunStatus> = { ABORTED: 'aborted', TIMED_OUT: 'timed_out', FAILED: 'failed' }

const metrics = new Metrics({ namespace: 'Firn', serviceName: 'firn' })

const emit = (report: RunReport) => {
  metrics.addDimension('job', report.job)
  metrics.addMetric('RowsPublished', MetricUnit.Count, report.rowsPublished)
  metrics.addMetric('BytesStaged', MetricUnit.Bytes, report.bytes)
  metrics.addMetric('RunSeconds', MetricUnit.Seconds, report.seconds)
  metrics.addMetric(
    'TablesFailed',
    MetricUnit.Count,
    report.tables.filter(({ status }) => status !== 'published').length,
  )
  metrics.addMetric('RunsFailed', MetricUnit.Count, report.status === 'succeeded' ? 0 : 1)
  metrics.publishStoredMetrics()
}

/** Without a plan the leases themselves say which are the run's: Plan may have ended between taking and telling. */
const releaseAll = async (plan: Plan | null, runId: string) => {
  const targets = plan?.tables.map(({ target }) => target)
  if (targets) await releaseLeases(targets, runId)
  else for (const { target, holder } of await listLeases()) if (holder === runId) await releaseLease(target, runId)
}

const report = async (names: Names, ended: RunStatus | null): Promise<RunReport> => {
  const folder = runFolder(names)
  const facts = await readFacts(folder)
  const built = buildReport(names, facts, new Date().toISOString(), ended)
  await folder.putOver({ at: built.endedAt })
  await releaseAll(facts.plan, names.runId)
  // last: whoever sees the report may start the next run
  await folder.putReport(built)
  emit(built)
  return built
}

/** Which run an event speaks of. An execution started with `{}` ran the default job. */
const namesIn = ({ event }: EndedEvent): Names => {
  const input = JSON.parse(event.input || '{}') as { job?: string }
  return { job: input.job ?? defaultJob(), runId: event.name }
}

const ofEvent = async (ended: EndedEvent) => {
  const names = namesIn(ended)
  // a run that reached Report has said everything already
  const status = ENDED[ended.event.status]
  if (status === undefined || (await runFolder(names).report()) !== null) return { ...names, reported: false }
  await report(names, status)
  return { ...names, reported: true }
}

const failed = (built: RunReport): Error =>
  Object.assign(new RunFailedError(failureSentence(built)), { name: failureName(built) })

export const handler = stage('report', async (input: Names | EndedEvent) => {
  if ('event' in input) return ofEvent(input)
  const built = await report(input, null)
  if (built.status !== 'succeeded') throw failed(built)
  return {
    job: built.job,
    runId: built.runId,
    status: built.status,
    tables: built.tables.length,
    rows: built.rowsPublished,
  }
})
