/**
 * The pipeline as deployed, in an environment of its own, with every way of its workers leading through a proxy. Its
 * machine moves one table after the other, so that every run does the same in the same order, and waits little between tries.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Deployment } from '../../bin/deployment.ts'
import { describeExecution, startExecution, stopExecution } from '../../bin/executions.ts'
import type { RunRequest } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { snowflakeSettings } from '../../lib/settings.ts'
import { NEEDS, STAGES, type StageName } from '../../lib/stacks/stages.ts'
import { connectSnowflake, type Warehouse } from '../../lib/warehouses/snowflake/connect.ts'
import { type Stack, stackEnvironment } from '../../local/stack.ts'
import { firn } from '../command-line.ts'
import { awsAt } from './aws-twin.ts'
import { Board } from './board.ts'
import { aws, snowflake } from './dialects.ts'
import { httpWay } from './http-way.ts'
import { mysqlWay } from './mysql-way.ts'
import type { Shop } from './shop.ts'

const JOB = 'shop'
const DATABASE = 'FIRN_FAULTS'
const ENVIRONMENT = 'staging'
/** Instead of a second: a fault is met a thousand times here. */
const RETRY_SECONDS = 0.05
const POLL_MILLISECONDS = 25

export type Run = { runId: string; arn: string; startedAt: number }
export type Ended = { runId: string; status: string; error: string | null; cause: string | null }

const functionName = (stage: string) => `firn-${ENVIRONMENT}-${stage}`

/** One after the other, and tried again at once. */
const inOrder = (definition: string): string =>
  JSON.stringify(JSON.parse(definition), (name, value) =>
    name === 'MaxConcurrency' ? 1 : name === 'IntervalSeconds' ? RETRY_SECONDS : value,
  )

/** Waits until something is so; a deadline, not a pause, decides. */
const until = async <T>(what: string, look: () => Promise<T | null>, seconds: number): Promise<T> => {
  for (const end = Date.now() + seconds * 1000; ; await pause(POLL_MILLISECONDS)) {
    const found = await look()
    if (found !== null) return found
    if (Date.now() > end) throw new Error(`${what} did not come within ${seconds} s`)
  }
}

type Change = Parameters<ReturnType<typeof awsAt>['configure']>[1]

export type Line = Awaited<ReturnType<typeof openLine>>

/** Deploys, and makes this process see what was deployed, by straight ways. `home` is the twins'. */
export const openLine = async (stack: Stack, home: string, shop: Shop) => {
  const board = new Board()
  const portOf = (url: string) => Number(new URL(url).port)
  const ways = [
    await httpWay(portOf(stack.aws.endpoint), aws, board),
    await httpWay(portOf(stack.snowflake.accessUrl), snowflake, board),
    await mysqlWay(stack.mysql.port, board),
  ] as const
  const [awsWay, snowflakeWay, mysqlProxy] = ways
  const straight = {
    ...stackEnvironment(stack),
    FIRN_HOME: home,
    FIRN_ENV: ENVIRONMENT,
    FIRN_METADATA: shop.metadataFolder,
    MYSQL_DATABASE: shop.settings.database,
    SNOWFLAKE_DATABASE: DATABASE,
  }
  const through = {
    ...straight,
    MYSQL_PORT: String(mysqlProxy.port),
    SNOWFLAKE_ACCESS_URL: `http://127.0.0.1:${snowflakeWay.port}`,
  }
  const command = async <T>(...args: string[]): Promise<T> => {
    const { status, document, said } = await firn<T>(args, through)
    if (status !== 0) throw new Error(`firn ${args.join(' ')} ended with status ${status}: ${said}`)
    return document
  }
  const { stateMachineArn, bucket } = await command<Deployment>('deploy')
  Object.assign(process.env, straight, { FIRN_BUCKET: bucket })
  const twin = awsAt(stack.aws.endpoint)
  const configureAll = async (change: (stage: StageName) => Change | Promise<Change>) => {
    for (const stage of STAGES) await twin.configure(functionName(stage), await change(stage))
  }
  await configureAll(async (stage) => {
    const { Variables } = (await twin.configuration(functionName(stage))).Environment
    return { Environment: { Variables: { ...Variables, AWS_ENDPOINT_URL: `http://127.0.0.1:${awsWay.port}` } } }
  })
  await twin.redefine(stateMachineArn, inOrder(await twin.definition(stateMachineArn)))
  const warehouse: Warehouse = await connectSnowflake(await snowflakeSettings())
  const ending = ({ arn, runId }: Run): Promise<Ended> =>
    until(
      `the end of run ${runId}`,
      async () => {
        const { status, error, cause } = await describeExecution(arn)
        return status === 'RUNNING' ? null : { runId, status, error, cause }
      },
      120,
    )
  const reported = ({ runId }: { runId: string }) =>
    until(`the report of run ${runId}`, () => runFolder({ job: JOB, runId }).report(), 30)
  /** The rule on an execution's status tells Report of one that ended badly a little later. */
  const ended = async (run: Run): Promise<Ended> => {
    const found = await ending(run)
    await reported(run)
    return found
  }
  return {
    board,
    warehouse,
    twin,
    job: JOB,
    functionName,
    schema: stack.snowflake.schema,
    folder: (runId: string) => runFolder({ job: JOB, runId }),
    start: async (request: RunRequest = {}): Promise<Run> => ({
      startedAt: Date.now(),
      ...(await startExecution(stateMachineArn, { job: JOB, ...request })),
    }),
    ended,
    /** As a person would; gives the report that is written of it. */
    abort: async (run: Run) => {
      await stopExecution(run.arn, 'a person stopped it')
      return reported(run)
    },
    /** Waits until one more invocation of a stage has ended than had. */
    invocationEnds: (stage: string, since: number, before: number) =>
      until(
        `the end of ${stage}`,
        async () => ((await twin.endings(functionName(stage), since)) > before ? true : null),
        60,
      ),
    /** The time a stage's function has; its own when it is left out. Its workers start anew. */
    limitSeconds: (stage: StageName, seconds = NEEDS[stage].minutes * 60) =>
      twin.configure(functionName(stage), { Timeout: seconds }),
    endSession: (session: string) =>
      fetch(`${stack.snowflake.accessUrl}/session?delete=true`, {
        method: 'POST',
        headers: { authorization: session },
      }),
    breakLease: (target: string) => command('leases', 'break', target),
    close: async () => {
      await warehouse.close()
      await command('destroy', '--force')
      for (const way of ways) await way.close()
    },
  }
}
