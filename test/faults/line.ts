/**
 * The pipeline as deployed, in an environment of its own, with every way of its workers leading through a proxy. Its
 * machine moves one table after the other, so that every run does the same in the same order, and waits little between tries.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Deployment } from '../../bin/deployment.ts'
import type { LoadMode } from '../../lib/model.ts'
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
import { type Run, runsOf } from './runs.ts'
import type { Shop } from './shop.ts'

const JOB = 'shop'
const DATABASE = 'FIRN_FAULTS'
const ENVIRONMENT = 'staging'
/** Instead of a second: a fault is met a thousand times here. */
const RETRY_SECONDS = 0.05

const functionName = (stage: string) => `firn-${ENVIRONMENT}-${stage}`

/** One after the other, and tried again at once. */
const inOrder = (definition: string): string =>
  JSON.stringify(JSON.parse(definition), (name, value) =>
    name === 'MaxConcurrency' ? 1 : name === 'IntervalSeconds' ? RETRY_SECONDS : value,
  )

/** Where the warehouse of a home looks for statements that are to be held up. */
export const holdsIn = (home: string): string => join(home, 'holds')

export type Line = Awaited<ReturnType<typeof openLine>>

/** Every way there is, and the settings that lead straight to the twins and through the ways. */
const openWays = async (stack: Stack, settings: Record<string, string>, board: Board) => {
  const portOf = (url: string) => Number(new URL(url).port)
  const toAws = await httpWay(portOf(stack.aws.endpoint), aws, board)
  const toSnowflake = await httpWay(portOf(stack.snowflake.accessUrl), snowflake, board)
  const toMysql = await mysqlWay(stack.mysql.port, board)
  const straight = { ...stackEnvironment(stack), ...settings }
  const broken = {
    ...straight,
    MYSQL_PORT: String(toMysql.port),
    SNOWFLAKE_ACCESS_URL: `http://127.0.0.1:${toSnowflake.port}`,
  }
  return {
    straight,
    broken,
    awsEndpoint: `http://127.0.0.1:${toAws.port}`,
    close: () => Promise.all([toAws, toSnowflake, toMysql].map((way) => way.close())),
  }
}

/** Makes what is deployed ask AWS through the way there, and the machine do one thing after the other. */
const rewire = async (twin: ReturnType<typeof awsAt>, stateMachineArn: string, AWS_ENDPOINT_URL: string) => {
  for (const stage of STAGES) {
    const { Variables } = (await twin.configuration(functionName(stage))).Environment
    await twin.configure(functionName(stage), { Environment: { Variables: { ...Variables, AWS_ENDPOINT_URL } } })
  }
  await twin.redefine(stateMachineArn, inOrder(await twin.definition(stateMachineArn)))
}

/** Deploys, and makes this process see what was deployed, by straight ways. `home` is the twins'. */
export const openLine = async (stack: Stack, home: string, shop: Shop) => {
  const board = new Board()
  const settings = {
    FIRN_HOME: home,
    FIRN_ENV: ENVIRONMENT,
    FIRN_METADATA: shop.metadataFolder,
    MYSQL_DATABASE: shop.settings.database,
    SNOWFLAKE_DATABASE: DATABASE,
  }
  const ways = await openWays(stack, settings, board)
  const command = async <T>(...args: string[]): Promise<T> => {
    const { status, document, said } = await firn<T>(args, ways.broken)
    if (status !== 0) throw new Error(`firn ${args.join(' ')} ended with status ${status}: ${said}`)
    return document
  }
  /** The route that Load goes by, from the next run on; without one, any. */
  const route = async (mode?: LoadMode): Promise<void> => {
    const { status, said } = await firn(['secrets', 'put'], {
      ...ways.broken,
      ...(mode ? { SNOWFLAKE_LOAD_MODE: mode } : {}),
    })
    if (status !== 0) throw new Error(said)
  }
  const holdFile = join(holdsIn(home), 'hold')
  const letGo = () => rmSync(holdFile, { force: true })
  const { stateMachineArn, bucket } = await command<Deployment>('deploy')
  Object.assign(process.env, ways.straight, { FIRN_BUCKET: bucket })
  const twin = awsAt(stack.aws.endpoint)
  await rewire(twin, stateMachineArn, ways.awsEndpoint)
  const warehouse: Warehouse = await connectSnowflake(await snowflakeSettings())
  return {
    ...runsOf(stateMachineArn, JOB),
    board,
    warehouse,
    route,
    /** Holds every statement that has a text until it is let go, which is what this gives. The warehouse must look for holds there. */
    hold: (text: string) => {
      mkdirSync(holdsIn(home), { recursive: true })
      writeFileSync(holdFile, `before\n${text}`)
      return letGo
    },
    letGo,
    schema: stack.snowflake.schema,
    /** Calls a stage's function beside its state machine, and waits for its answer, whatever it is. */
    invoke: (stage: string, payload: object) => twin.invoke(functionName(stage), payload),
    /** How many invocations of a stage have ended since. */
    endings: (stage: string, since: number) => twin.endings(functionName(stage), since),
    /** Turns every call of a stage away until it is given back. */
    turnAway: async (stage: string) => {
      const most = await twin.concurrency(functionName(stage))
      await twin.limit(functionName(stage), 0)
      return () => twin.limit(functionName(stage), most)
    },
    /** Whether a call of a run's was turned away. */
    throttles: (run: Run) => twin.isTold(run.arn, 'TooManyRequestsException'),
    /** The time a stage's function has; its own when it is left out. Its workers start anew. */
    limitSeconds: (stage: StageName, seconds = NEEDS[stage].minutes * 60) =>
      twin.configure(functionName(stage), { Timeout: seconds }),
    /** The time an execution has. Gives what it had. */
    limitRunSeconds: async (seconds: number): Promise<number> => {
      const definition = JSON.parse(await twin.definition(stateMachineArn)) as { TimeoutSeconds: number }
      await twin.redefine(stateMachineArn, JSON.stringify({ ...definition, TimeoutSeconds: seconds }))
      return definition.TimeoutSeconds
    },
    endSession: (session: string) =>
      fetch(`${stack.snowflake.accessUrl}/session?delete=true`, {
        method: 'POST',
        headers: { authorization: session },
      }),
    breakLease: (target: string) => command('leases', 'break', target),
    close: async () => {
      await warehouse.close()
      await command('destroy', '--force')
      await ways.close()
    },
  }
}
