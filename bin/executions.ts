/** Executions of the state machine: started, looked at, stopped. */
import { randomBytes } from 'node:crypto'
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { RunRequest } from '../lib/model.ts'

export type Execution = {
  arn: string
  runId: string
  status: string
  startedAt: Date
  endedAt: Date | null
  input: RunRequest
  error: string | null
  cause: string | null
}

let client: SFNClient | undefined
const sfn = () => (client ??= new SFNClient({}))

/** `20260101T020000-1f9c`: sorts by time, fits an execution's name and a folder's. */
export const newRunId = (now = new Date()): string =>
  `${now.toISOString().replace(/[-:]|\.\d+Z/g, '')}-${randomBytes(2).toString('hex')}`

/** Starts an execution whose name is the run's id. */
export const startExecution = async (
  stateMachineArn: string,
  request: RunRequest,
): Promise<{ arn: string; runId: string }> => {
  const runId = newRunId()
  const { executionArn } = await sfn().send(
    new StartExecutionCommand({ stateMachineArn, name: runId, input: JSON.stringify(request) }),
  )
  return { arn: executionArn!, runId }
}

/** How an execution stands. `error` and `cause` only count once it has failed. */
export const describeExecution = async (arn: string): Promise<Execution> => {
  const found = await sfn().send(new DescribeExecutionCommand({ executionArn: arn }))
  return {
    arn,
    runId: found.name!,
    status: found.status!,
    startedAt: found.startDate!,
    endedAt: found.stopDate ?? null,
    input: JSON.parse(found.input || '{}') as RunRequest,
    error: found.error ?? null,
    cause: found.cause ?? null,
  }
}

/** The latest executions, newest first. */
export const listExecutions = async (stateMachineArn: string, most: number, running = false) => {
  const { executions } = await sfn().send(
    new ListExecutionsCommand({
      stateMachineArn,
      maxResults: most,
      ...(running ? { statusFilter: 'RUNNING' as const } : {}),
    }),
  )
  return (executions ?? []).map((each) => ({
    arn: each.executionArn!,
    runId: each.name!,
    status: each.status!,
    startedAt: each.startDate!,
    endedAt: each.stopDate ?? null,
  }))
}

/** Ends an execution from outside; the rule on its status then runs Report, which gives its leases back. */
export const stopExecution = async (arn: string, reason: string): Promise<void> => {
  await sfn().send(new StopExecutionCommand({ executionArn: arn, error: 'Stopped', cause: reason }))
}
