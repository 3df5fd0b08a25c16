/** run, retry: starts an execution of the state machine, follows it, prints its report. */

import { type Command, InvalidArgumentError } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import { jobNamed, tablesOf } from '../../lib/metadata.ts'
import type { RunRequest } from '../../lib/model.ts'
import { listRuns } from '../../lib/run-folder.ts'
import { type Deployment, readDeployment } from '../deployment.ts'
import { askedMetadata, loadEnvironment } from '../environment.ts'
import { startExecution } from '../executions.ts'
import { type Followed, follow } from '../follow.ts'
import { reportText } from '../report-text.ts'
import { answer, endWith, say } from '../terminal.ts'

export type RunOptions = {
  tables?: string[]
  fullRefresh?: boolean
  testMode?: boolean
  lag?: number
  sweep?: boolean
  sweepCap?: number
}

/** Names with commas between, as an option's value. Throws commander's error for none. */
export const namesOption = (text: string): string[] => {
  const found = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  if (found.length === 0) throw new InvalidArgumentError('names of tables with commas between are needed')
  return found
}

const wholeSeconds = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('a whole number of seconds is needed')
  return number
}

const percent = (text: string): number => {
  const number = Number(text)
  if (!(number >= 0 && number <= 100)) throw new InvalidArgumentError('a number from 0 to 100 is needed')
  return number
}

/** What is deployed decides what moves: a run on other metadata than asked for would be green and wrong. */
const checkedMetadata = (deployment: Deployment) => {
  const metadata = askedMetadata()
  if (metadata.digest !== deployment.metadataDigest)
    throw new RefusedError(
      `${metadata.folder} is not what is deployed. Deploy it first: npm run -s firn -- deploy (with the same FIRN_METADATA)`,
    )
  return metadata
}

/** Starts a run and follows it to its end. Throws RefusedError before anything is started when the request makes no sense. */
export const startAndFollow = async (request: RunRequest): Promise<Followed> => {
  const deployment = await readDeployment()
  const metadata = checkedMetadata(deployment)
  const job = jobNamed(metadata, request.job ?? metadata.defaultJob)
  tablesOf(metadata, job, request.tables)
  const { arn, runId } = await startExecution(deployment.stateMachineArn, { ...request, job: job.job })
  say(`run ${runId} of job ${job.job}`)
  return follow({ job: job.job, runId }, arn)
}

/** Prints what came of a run and sets the exit status. */
export const tellOutcome = ({ report, execution, status }: Followed): void => {
  const instead = `run ${execution.runId}: ${execution.status}${execution.error ? `: ${execution.error}: ${execution.cause}` : ''}`
  answer(
    report ?? {
      runId: execution.runId,
      status: execution.status.toLowerCase(),
      error: execution.error,
      cause: execution.cause,
    },
    report ? reportText(report) : instead,
  )
  endWith(status)
}

/** What the options ask for. */
export const requestOf = (job: string | undefined, options: RunOptions): RunRequest => ({
  ...(job ? { job } : {}),
  ...(options.tables ? { tables: options.tables } : {}),
  ...(options.fullRefresh ? { fullRefresh: true } : {}),
  ...(options.testMode ? { testMode: true } : {}),
  ...(options.lag === undefined ? {} : { lagSeconds: options.lag }),
  ...(options.sweep === undefined ? {} : { sweep: options.sweep }),
  ...(options.sweepCap === undefined ? {} : { sweepCap: options.sweepCap }),
})

/** The job of a run. Throws RefusedError when there is no such run. */
export const jobOfRun = async (runId: string): Promise<string> => {
  const found = (await listRuns()).find((run) => run.runId === runId)
  if (!found) throw new RefusedError(`There is no run "${runId}". See them: npm run -s firn -- runs`)
  return found.job
}

/** The options that say what a run moves. */
export const addRequestOptions = (command: Command): Command =>
  command
    .option('--tables <a,b>', 'only these tables of the job', namesOption)
    .option('--full-refresh', 'read everything again and replace the targets')
    .option('--test-mode', 'at most 1,000 rows a table, into schemas ending in _TEST')
    .option('--lag <seconds>', "leave out rows younger than this, instead of the job's lag_seconds", wholeSeconds)
    .option('--sweep', 'look for deleted rows now, whatever the cadence, in tables whose "deletes" is set')
    .option('--no-sweep', 'do not look for deleted rows in this run')
    .option('--sweep-cap <percent>', "of a table's rows that a sweep may take away, instead of its sweep_cap", percent)

/** Adds the commands. */
export const addRun = (program: Command): void => {
  const run = program
    .command('run')
    .argument('[job]', 'a job of metadata/jobs.json; its default when left out')
    .description('start an execution, follow it, print the report')
  addRequestOptions(run).action(async (job: string | undefined, options: RunOptions) => {
    loadEnvironment()
    tellOutcome(await startAndFollow(requestOf(job, options)))
  })
  program
    .command('retry')
    .argument('<run>', 'the id of a run')
    .description('try the failed tables of a run again, over the same windows')
    .action(async (runId: string) => {
      loadEnvironment()
      await readDeployment()
      tellOutcome(await startAndFollow({ job: await jobOfRun(runId), retryOf: runId }))
    })
}
