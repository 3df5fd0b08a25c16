/** The bench's own servers, in `.firn/bench`: a MariaDB or MySQL that holds all tables in memory, and an S3 twin. */
import { mkdirSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { UnavailableError } from '../lib/errors.ts'
import type { MysqlSettings } from '../lib/settings.ts'
import { awsTwin } from '../local/aws.ts'
import { takeLock } from '../local/lock.ts'
import { MYSQL_DATABASE, MYSQL_PASSWORD, MYSQL_USER, mysqlTwin } from '../local/mysql.ts'
import { rowsOf, withConnection } from '../local/olist/connection.ts'
import { choosePort } from '../local/ports.ts'
import { prepare } from '../local/prepare.ts'
import { logTail, running, start, stop } from '../local/processes.ts'
import { TWIN_BUCKET, TWIN_REGION } from '../local/stack.ts'
import type { Twin } from '../local/twin.ts'

/** All tables at scale 1 are 3.1 GB of pages: what is measured is reading, not the disk. */
const POOL_BYTES = 5 * 1024 ** 3

export type Servers = {
  mysql: MysqlSettings
  /** What the server says it is: `10.11.6-MariaDB …`. */
  version: string
  /** Starts the S3 twin unless it runs, and makes its bucket. Gives the environment under which lib/store finds it. */
  storage: () => Promise<Record<string, string>>
  /** Ends both, by process id. */
  stop: () => Promise<void>
}

const begin = async (twin: Twin, home: string, root: string): Promise<void> => {
  twin.makeReady()
  start({ home, name: twin.name, port: twin.port, command: twin.command, environment: twin.environment, folder: root })
  const deadline = Date.now() + twin.patienceSeconds * 1000
  while (!(await twin.answers())) {
    if (!running(home, twin.name) || Date.now() > deadline)
      throw new UnavailableError(`${twin.title} did not come up; the end of its log:\n${logTail(home, twin.name)}`)
    await pause(50)
  }
}

const poolBytes = (): number => Math.min(POOL_BYTES, Math.floor(Math.max(totalmem() / 2, freemem() / 2)))

const makeBucket = async (endpoint: string): Promise<Record<string, string>> => {
  const answer = await fetch(`${endpoint}/${TWIN_BUCKET}`, { method: 'PUT' })
  if (!answer.ok && answer.status !== 409) throw new UnavailableError(`The S3 twin made no bucket: ${answer.status}`)
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: TWIN_REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    FIRN_BUCKET: TWIN_BUCKET,
  }
}

/**
 * Starts the database server on a free port of 127.0.0.1; one that an earlier, killed command left is ended first.
 * Throws RefusedError when another bench runs in this checkout, UnavailableError with the end of the log.
 */
export const startServers = async (root: string, log: (line: string) => void): Promise<Servers> => {
  const home = join(root, '.firn', 'bench')
  mkdirSync(home, { recursive: true })
  const release = takeLock(home, 'bench')
  const end = async () => {
    await Promise.all([stop(home, 'mysql'), stop(home, 'aws')])
    release()
  }
  try {
    await Promise.all([stop(home, 'mysql'), stop(home, 'aws')])
    const tools = await prepare({ root, log })
    const port = await choosePort(undefined, new Set())
    const aws = await choosePort(undefined, new Set([port]))
    const place = { home, root, tools, ports: { mysql: port, aws, snowflake: 0 }, log }
    const twin = mysqlTwin(place)
    // in UTC, since not every peer asks for it
    twin.command.push(`--innodb-buffer-pool-size=${poolBytes()}`, '--default-time-zone=+00:00')
    log(`starting ${twin.title}`)
    await begin(twin, home, root)
    const mysql = { host: '127.0.0.1', port, user: MYSQL_USER, password: MYSQL_PASSWORD, database: MYSQL_DATABASE }
    const [answer] = await withConnection(mysql, (c) => rowsOf<{ version: string }>(c, 'SELECT VERSION() AS version'))
    const storage = async () => {
      if (!running(home, 'aws')) await begin(awsTwin(place), home, root)
      return makeBucket(`http://127.0.0.1:${aws}`)
    }
    return { mysql, version: answer!.version, storage, stop: end }
  } catch (error) {
    await end()
    throw error
  }
}
