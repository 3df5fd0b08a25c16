/** Executions of a deployed state machine: started, waited for, stopped. */
import { setTimeout as pause } from 'node:timers/promises'
import { describeExecution, startExecution, stopExecution } from '../../bin/executions.ts'
import type { RunRequest } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'

const POLL_MILLISECONDS = 25
const RUN_SECONDS = 180
const REPORT_SECONDS = 60

export type Run = { runId: string; arn: string; startedAt: number }
export type Ended = { runId: string; status: string; error: string | null; cause: string | null }

/** Waits until something is so; a deadline, not a pause, decides. */
export const until = async <T>(what: string, look: () => Promise<T | null>, seconds: number): Promise<T> => {
  for (const end = Date.now() + seconds * 1000; ; await pause(POLL_MILLISECONDS)) {
    const found = await look()
    if (found !== null) return found
    if (Date.now() > end) throw new Error(`${what} did not come within ${seconds} s`)
  }
}

/** Runs of one job. */
export const runsOf = (stateMachineArn: string, job: string) => {
  const ending = ({ arn, runId }: Run): Promise<Ended> =>
    until(
      `the end of run ${runId}`,
      async () => {
        const { status, error, cause } = await describeExecution(arn)
        return status === 'RUNNING' ? null : { runId, status, error, cause }
      },
      RUN_SECONDS,
    )
  const reported = ({ runId }: Run) =>
    until(`the report of run ${runId}`, () => runFolder({ job, runId }).report(), REPORT_SECONDS)
  return {
    job,
    folder: (runId: string) => runFolder({ job, runId }),
    start: async (request: RunRequest = {}): Promise<Run> => ({
      startedAt: Date.now(),
      ...(await startExecution(stateMachineArn, { job, ...request })),
    }),
    /** With its report: the rule on an execution's status tells Report of one that ended badly a little later. */
    ended: async (run: Run): Promise<Ended> => {
      const found = await ending(run)
      await reported(run)
      return found
    },
    /** As a person would; waits until it is reported. */
    abort: async (run: Run) => {
      await stopExecution(run.arn, 'a person stopped it')
      await reported(run)
    },
  }
}
