/** The twins together: MySQL, AWS and Snowflake on this machine, started in parallel, each on a port of its own. */

import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RefusedError, UnavailableError } from '../lib/errors.ts'
import { awsAnswers, awsTwin } from './aws.ts'
import { findProgram, searchFolders } from './database-server.ts'
import { refuseFullDisk } from './disk.ts'
import { greets, MYSQL_DATABASE, MYSQL_PASSWORD, MYSQL_USER, mysqlTwin, wipeMysql } from './mysql.ts'
import { choosePort } from './ports.ts'
import { prepare } from './prepare.ts'
import { logFile, logTail, running, start, stop } from './processes.ts'
import { SNOWFLAKE_PASSWORD, SNOWFLAKE_USER, snowflakeAnswers, snowflakeTwin } from './snowflake.ts'
import { readStack, type Stack, stackFile, TWIN_BUCKET, TWIN_REGION, writeStack } from './stack.ts'
import type { Twin, TwinName } from './twin.ts'

/** `home` holds what the twins write; `root` is the checkout they are started from. */
export type Up = { home: string; root: string; log: (line: string) => void }
type Down = { home: string; log: (line: string) => void; wipe?: boolean }

/** `up`: runs and answers; `silent`: runs, does not answer; `down`: does not run. */
type TwinStatus = {
  name: TwinName
  state: 'up' | 'silent' | 'down'
  pid: number | null
  address: string | null
  startedAt: string | null
  log: string
}

const NAMES: readonly TwinName[] = ['mysql', 'aws', 'snowflake']
const ANSWERS: Record<TwinName, (port: number) => Promise<boolean>> = {
  mysql: greets,
  aws: awsAnswers,
  snowflake: snowflakeAnswers,
}

/**
 * Makes all three twins run and answer, and keeps their addresses in `<home>/stack.json`. What runs and answers stays;
 * what died is started again, on its old port when that is free. Two at once in one home are the caller's to prevent
 * (`takeLock`). Throws RefusedError for what a person must mend, UnavailableError with the end of the log when a server
 * does not come up; the other servers stay up then.
 */
export async function up({ home: folder, root, log }: Up): Promise<Stack> {
  const home = resolve(folder)
  try {
    mkdirSync(home, { recursive: true })
    const before = readStack(home)
    const tools = await prepare({ root: resolve(root), log })
    const ports = await choosePorts(home, before)
    const place = { home, root: resolve(root), tools, ports, log }
    // MySQL last: making its data folder takes a second, in which the other two are starting already.
    const twins = [awsTwin(place), snowflakeTwin(place), mysqlTwin(place)]
    const outcomes = await Promise.allSettled(twins.map((twin) => bringUp(twin, { home, root: place.root, log })))
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason)
    if (failed.length > 0) throw failed.length === 1 ? failed[0] : together(failed)
    const stack = describe(ports)
    writeStack(home, stack)
    return stack
  } catch (error) {
    refuseFullDisk(error, home)
    throw error
  }
}

/** One error for several twins that failed, of the kind that asks most of the reader. */
function together(errors: Error[]): Error {
  const text = errors.map((error) => error.message).join('\n\n')
  return errors.some((error) => error instanceof RefusedError) ? new RefusedError(text) : new UnavailableError(text)
}

/** The port each twin runs on, else the one it had, else a free one. */
async function choosePorts(home: string, before: Stack | null): Promise<Record<TwinName, number>> {
  const had: Partial<Record<TwinName, number>> = before ? portsOf(before) : {}
  const ports: Partial<Record<TwinName, number>> = {}
  for (const name of NAMES) {
    const taken = new Set(Object.values(ports))
    ports[name] = running(home, name)?.port ?? (await choosePort(had[name], taken))
  }
  return ports as Record<TwinName, number>
}

function portsOf(stack: Stack): Record<TwinName, number> {
  const port = (url: string) => Number(new URL(url).port)
  return { mysql: stack.mysql.port, aws: port(stack.aws.endpoint), snowflake: port(stack.snowflake.accessUrl) }
}

function describe(ports: Record<TwinName, number>): Stack {
  const aws = `http://127.0.0.1:${ports.aws}`
  return {
    mysql: {
      host: '127.0.0.1',
      port: ports.mysql,
      user: MYSQL_USER,
      password: MYSQL_PASSWORD,
      database: MYSQL_DATABASE,
    },
    aws: { endpoint: aws, region: TWIN_REGION },
    s3: { endpoint: aws, bucket: TWIN_BUCKET },
    snowflake: {
      accessUrl: `http://127.0.0.1:${ports.snowflake}`,
      account: 'firn',
      user: SNOWFLAKE_USER,
      password: SNOWFLAKE_PASSWORD,
      database: 'FIRN',
      schema: 'RAW',
    },
  }
}

/** Starts a twin unless one with the very same command runs and answers, and waits until it answers. */
async function bringUp(twin: Twin, { home, root, log }: Up): Promise<void> {
  const record = running(home, twin.name)
  if (record) {
    const answers = await twin.answers()
    if (answers && sameCommand(record.command, twin.command)) return log(`running: ${twin.title}`)
    log(`stopping ${twin.name} (process ${record.pid}): it ${answers ? 'was started otherwise' : 'does not answer'}`)
    await stop(home, twin.name, answers ? 10 : 2)
  }
  twin.makeReady()
  log(`starting ${twin.title}`)
  start({ home, name: twin.name, port: twin.port, command: twin.command, environment: twin.environment, folder: root })
  const deadline = Date.now() + twin.patienceSeconds * 1000
  while (!(await twin.answers())) {
    if (!running(home, twin.name)) throw failure(twin, home, 'ended while starting')
    if (Date.now() > deadline) {
      await stop(home, twin.name)
      throw failure(twin, home, `did not answer within ${twin.patienceSeconds} seconds`)
    }
    await pause(50)
  }
  // Something else may have taken the port a moment earlier, and have answered in the twin's place.
  if (!running(home, twin.name)) throw failure(twin, home, 'ended while starting')
}

const sameCommand = (a: string[], b: string[]) => a.length === b.length && a.every((word, index) => word === b[index])

function failure(twin: Twin, home: string, what: string): Error {
  const tail = logTail(home, twin.name)
  refuseFullDisk(tail, home)
  if (/address already in use|EADDRINUSE|is already in use/i.test(tail)) {
    return new RefusedError(
      `${twin.title}: another program took port ${twin.port} meanwhile; npm run -s firn -- up chooses another one`,
    )
  }
  return new UnavailableError(`${twin.title} ${what}; the end of ${logFile(home, twin.name)}:\n${tail}`)
}

/**
 * Stops the twins that `<home>/pids` names and no other process. MySQL's and Snowflake's tables stay unless `wipe`;
 * what was in AWS is gone with it.
 */
export async function down({ home: folder, log, wipe = false }: Down): Promise<void> {
  const home = resolve(folder)
  await Promise.all(
    NAMES.map(async (name) => {
      log((await stop(home, name)) ? `stopped ${name}` : `${name} was not running`)
    }),
  )
  rmSync(stackFile(home), { force: true })
  if (!wipe) return
  log(`removing what the twins kept in ${home}`)
  wipeMysql(home, findProgram('docker', searchFolders()))
  for (const name of ['aws', 'snowflake', 'logs', 'pids']) rmSync(join(home, name), { recursive: true, force: true })
}

/** How each twin is, by its process and by asking it. */
export async function status({ home: folder }: { home: string }): Promise<TwinStatus[]> {
  const home = resolve(folder)
  return Promise.all(
    NAMES.map(async (name): Promise<TwinStatus> => {
      const log = logFile(home, name)
      const record = running(home, name)
      if (!record) return { name, state: 'down', pid: null, address: null, startedAt: null, log }
      const { pid, port, startedAt } = record
      const address = name === 'mysql' ? `127.0.0.1:${port}` : `http://127.0.0.1:${port}`
      return { name, state: (await ANSWERS[name](port)) ? 'up' : 'silent', pid, address, startedAt, log }
    }),
  )
}
