/** The pipeline as deployed for the tests: its settings, its state machine, its source. */
import { setTimeout as sleep } from 'node:timers/promises'
import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import mysql from 'mysql2/promise'
import type { Deployment } from '../../bin/deployment.ts'
import { newRunId } from '../../bin/executions.ts'
import type { RunReport, RunRequest } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { stackEnvironment } from '../../local/stack.ts'
import { firn } from '../command-line.ts'
import { stackForTests } from '../stack.ts'

export const SCALE = 0.02

let deployed: Promise<Deployment> | undefined

/** Deploys and seeds once for all files of one process; again is quick. */
export const deployForTests = (): Promise<Deployment> =>
  (deployed ??= (async () => {
    Object.assign(process.env, stackEnvironment(stackForTests()))
    const seeded = await firn(['seed', 'olist', '--scale', String(SCALE)])
    if (seeded.status !== 0) throw new Error(`seeding failed: ${seeded.said}`)
    const { status, document, said } = await firn<Deployment>(['deploy'])
    if (status !== 0) throw new Error(`deploy failed: ${said}`)
    process.env.FIRN_BUCKET = document.bucket
    return document
  })())

/** A connection to the source, for faults and for counting. */
export const source = (): Promise<mysql.Connection> => {
  const { host, port, user, password, database } = stackForTests().mysql
  return mysql.createConnection({
    host,
    port,
    user,
    password,
    database,
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  })
}

/** One statement on the source. */
export const onSource = async <T = Record<string, unknown>>(...statements: string[]): Promise<T[]> => {
  const connection = await source()
  try {
    let rows: unknown = []
    for (const statement of statements) [rows] = await connection.query(statement)
    return rows as T[]
  } finally {
    await connection.end()
  }
}

const sfn = () => new SFNClient({})

/** Starts an execution as the console would, and waits for nothing. */
export const startAsConsole = async (request: RunRequest): Promise<{ arn: string; runId: string }> => {
  const { stateMachineArn } = await deployForTests()
  const name = newRunId()
  const { executionArn } = await sfn().send(
    new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(request) }),
  )
  return { arn: executionArn!, runId: name }
}

/** What an execution went through. */
export const history = async (arn: string): Promise<HistoryEvent[]> =>
  (await sfn().send(new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000 }))).events ?? []

/** Waits for something to come true; a deadline, not a pause, decides. */
export const until = async <T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  deadlineSeconds = 60,
): Promise<T> => {
  const end = Date.now() + deadlineSeconds * 1000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`${what} did not come within ${deadlineSeconds} s`)
    await sleep(50)
  }
}

/** The report of a run, once it is there. */
export const reportOf = (runId: string, job = 'daily'): Promise<RunReport> =>
  until(`the report of run ${runId}`, () => runFolder({ job, runId }).report(), 120)

/** A query on the warehouse. */
export const warehouse = async (sql: string): Promise<Record<string, string>[]> => {
  const { status, document, said } = await firn<Record<string, string>[]>(['sql', sql])
  if (status !== 0) throw new Error(said)
  return document
}
