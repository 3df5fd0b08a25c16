/** The whole line on twins of the bench's own, in `.firn/bench-line`: deployed, and executions of it timed. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient } from '@aws-sdk/client-sfn'
import { deploy } from '../../bin/commands/deploy.ts'
import type { Deployment } from '../../bin/deployment.ts'
import { describeExecution, startExecution } from '../../bin/executions.ts'
import type { RunReport, RunRequest } from '../../lib/model.ts'
import type { MysqlSettings } from '../../lib/mysql-settings.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { takeLock } from '../../local/lock.ts'
import { type Stack, stackEnvironment } from '../../local/stack.ts'
import { down, up } from '../../local/twins.ts'

/** Times are the execution's own: who asks more often only keeps the twin from its work. */
const POLL_MS = 200

/** One execution. `stages`: seconds each state of the top level took, by name; `between`: what the machine itself took. */
export type Ran = { seconds: number; stages: Record<string, number>; between: number; report: RunReport; arn: string }

export type Line = {
  stack: Stack
  mysql: MysqlSettings
  /** Deploys the checkout, with the metadata folder if one is given. */
  deploy: (metadata?: string) => Promise<Deployment>
  /** Starts an execution and waits for its end. Throws when it did not succeed. */
  run: (request: RunRequest & { job: string }) => Promise<Ran>
  stop: () => Promise<void>
}

/** Seconds of each state of the top level, from when it was entered to when it was left. */
export const stagesOf = (
  events: Pick<HistoryEvent, 'type' | 'timestamp' | 'stateEnteredEventDetails' | 'stateExitedEventDetails'>[],
): Record<string, number> => {
  const entered = new Map<string, number>()
  const seconds: Record<string, number> = {}
  for (const { type, timestamp, stateEnteredEventDetails: into, stateExitedEventDetails: out } of events) {
    const at = timestamp?.getTime() ?? 0
    if (type?.endsWith('StateEntered') && into?.name) entered.set(into.name, at)
    const since = out?.name === undefined ? undefined : entered.get(out.name)
    if (type?.endsWith('StateExited') && since !== undefined)
      seconds[out!.name!] = (seconds[out!.name!] ?? 0) + (at - since) / 1000
  }
  return seconds
}

/** Every event of an execution. */
export const historyOf = async (arn: string): Promise<HistoryEvent[]> => {
  const client = new SFNClient({})
  const events: HistoryEvent[] = []
  let nextToken: string | undefined
  do {
    const page = await client.send(new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000, nextToken }))
    events.push(...(page.events ?? []))
    nextToken = page.nextToken
  } while (nextToken)
  return events
}

/** States that do work; the others pass something on. */
const WORK = ['Plan', 'Tables', 'Transform', 'Report']

const ran = async (stateMachineArn: string, request: RunRequest & { job: string }): Promise<Ran> => {
  const { arn, runId } = await startExecution(stateMachineArn, request)
  let execution = await describeExecution(arn)
  for (; execution.status === 'RUNNING'; execution = await describeExecution(arn)) await pause(POLL_MS)
  const report = await runFolder({ job: request.job, runId }).report()
  if (execution.status !== 'SUCCEEDED' || !report)
    throw new Error(`run ${runId} ended ${execution.status}: ${execution.error}: ${execution.cause}`)
  const seconds = (execution.endedAt!.getTime() - execution.startedAt.getTime()) / 1000
  const all = stagesOf(await historyOf(arn))
  const stages = Object.fromEntries(WORK.filter((name) => name in all).map((name) => [name, all[name]!]))
  const between = seconds - Object.values(stages).reduce((sum, each) => sum + each, 0)
  return { seconds, stages, between, report, arn }
}

/** Starts the twins, empty of what an earlier bench left. Throws RefusedError when another bench runs in this checkout. */
export const openLine = async (root: string, log: (line: string) => void): Promise<Line> => {
  const home = join(root, '.firn', 'bench-line')
  const stack = await up({ home, root, log })
  const release = takeLock(home, 'bench')
  // nobody's own settings are for the bench
  for (const name of Object.keys(process.env))
    if (/^(MYSQL_|SNOWFLAKE_|MINIO_|FIRN_)/.test(name)) delete process.env[name]
  Object.assign(process.env, stackEnvironment(stack), { FIRN_HOME: home })
  let deployment: Deployment | undefined
  const { host, port, user, password, database } = stack.mysql
  return {
    stack,
    mysql: { host, port, user, password, database },
    deploy: async (metadata) => {
      if (metadata) process.env.FIRN_METADATA = metadata
      else delete process.env.FIRN_METADATA
      deployment = (await deploy(true)).deployment
      return deployment
    },
    run: (request) => {
      if (!deployment) throw new Error('nothing is deployed yet')
      return ran(deployment.stateMachineArn, request)
    },
    stop: async () => {
      await down({ home, log, wipe: true })
      release()
    },
  }
}
