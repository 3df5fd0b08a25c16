/** runs, report: what ran, and what came of it. */
import { type Command, InvalidArgumentError } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import type { RunReport } from '../../lib/model.ts'
import { listRuns, runFolder } from '../../lib/run-folder.ts'
import { readDeployment } from '../deployment.ts'
import { loadEnvironment } from '../environment.ts'
import { listExecutions } from '../executions.ts'
import { reportText } from '../report-text.ts'
import { answer, count, endWith, table } from '../terminal.ts'

const MOST_RUNS = 20

const many = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 1000)
    throw new InvalidArgumentError('a whole number from 1 to 1000 is needed')
  return number
}

/** Executions newest first, each with its report where it has one. */
const latestRuns = async (most: number) => {
  const { stateMachineArn } = await readDeployment()
  const [executions, folders] = await Promise.all([listExecutions(stateMachineArn, most), listRuns()])
  const jobs = new Map(folders.map(({ job, runId }) => [runId, job]))
  return Promise.all(
    executions.map(async ({ runId, status, startedAt, endedAt }) => {
      const job = jobs.get(runId) ?? null
      const report = job ? await runFolder({ job, runId }).report() : null
      return {
        runId,
        job,
        status: report?.status ?? (status === 'SUCCEEDED' && job ? 'skipped' : status.toLowerCase()),
        startedAt: startedAt.toISOString(),
        seconds: endedAt ? (endedAt.getTime() - startedAt.getTime()) / 1000 : null,
        rows: report?.rowsPublished ?? null,
        failed: report?.tables.filter((each) => each.status !== 'published').map((each) => each.table) ?? [],
      }
    }),
  )
}

const reportOf = async (asked: string | undefined): Promise<RunReport> => {
  const { stateMachineArn } = await readDeployment()
  // run ids of schedules and of the console are not in order of time: executions are
  const runId = asked ?? (await listExecutions(stateMachineArn, 1))[0]?.runId
  const run = (await listRuns()).find((each) => each.runId === runId)
  if (!run)
    throw new RefusedError(
      asked
        ? `There is no run "${runId}". See them: npm run -s firn -- runs`
        : 'Nothing has run yet: npm run -s firn -- run',
    )
  const report = await runFolder(run).report()
  if (!report) throw new RefusedError(`Run ${run.runId} has no report: it is still running, or was skipped`)
  return report
}

/** Adds the commands. */
export const addRuns = (program: Command): void => {
  program
    .command('runs')
    .description('past runs, newest first')
    .option('--most <n>', 'how many', many, MOST_RUNS)
    .action(async ({ most }: { most: number }) => {
      loadEnvironment()
      const runs = await latestRuns(most)
      const line = (run: (typeof runs)[number]) => [
        run.runId,
        run.job ?? '',
        run.status,
        run.startedAt,
        run.seconds?.toFixed(1) ?? '',
        run.rows === null ? '' : count(run.rows),
        run.failed.join(', '),
      ]
      answer(runs, table(['run', 'job', 'status', 'started', '>seconds', '>rows', 'failed'], runs.map(line)))
    })
  program
    .command('report')
    .argument('[run]', 'the id of a run; the last one when left out')
    .description("one run's report")
    .action(async (runId: string | undefined) => {
      loadEnvironment()
      const report = await reportOf(runId)
      answer(report, reportText(report))
      endWith(report.status === 'succeeded' ? 0 : 1)
    })
}
