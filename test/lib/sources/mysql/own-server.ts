/** A database server of a test's own, to be started with other options, overfilled, killed and replicated from. */
import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import mysql from 'mysql2/promise'
import type { MysqlSettings } from '../../../../lib/mysql-settings.ts'
import { prepareServer } from '../../../../local/database-server.ts'
import { MYSQL_DATABASE, MYSQL_PASSWORD, MYSQL_USER, mysqlTwin } from '../../../../local/mysql.ts'
import { choosePort } from '../../../../local/ports.ts'
import type { Tools } from '../../../../local/prepare.ts'
import { logTail, running, start, stop } from '../../../../local/processes.ts'
import { ROOT } from '../../../stack.ts'

const quiet = () => {}

type OwnServer = {
  /** As its all-powerful user. */
  settings: MysqlSettings
  kind: 'mariadb' | 'mysql'
  /** Where files may be put that the server is to read. */
  folder: string
  /** Runs statements, one after the other, and gives the last one's rows. */
  run: (...statements: string[]) => Promise<Record<string, unknown>[]>
  /** Ends it at once, as a power cut would. */
  kill: () => Promise<void>
  /** Starts it again on its port, with these options instead of the first ones. */
  start: (options?: string[]) => Promise<void>
}

/** Starts a server with more options; it is gone, with its data, when the file's tests are over. */
export const ownServer = async (options: string[] = []): Promise<OwnServer> => {
  const home = mkdtempSync(join(tmpdir(), 'firn-server-'))
  const database = prepareServer(quiet)
  assert.equal(database.via, 'program', 'these tests need a MariaDB or MySQL server on this machine, not one in Docker')
  const port = await choosePort(undefined, new Set())
  const tools = { database, nodeFolder: '' } as Tools
  const twin = mysqlTwin({ home, root: ROOT, tools, ports: { mysql: port, aws: 0, snowflake: 0 }, log: quiet })
  const settings = { host: '127.0.0.1', port, user: MYSQL_USER, password: MYSQL_PASSWORD, database: MYSQL_DATABASE }

  const begin = async (more: string[] = options) => {
    const command = [...twin.command, ...more]
    start({ home, name: 'mysql', port, command, environment: twin.environment, folder: home })
    while (!(await twin.answers())) {
      if (!running(home, 'mysql')) throw new Error(`the server ended while starting:\n${logTail(home, 'mysql')}`)
      await pause(20)
    }
  }
  const run = async (...statements: string[]) => {
    const connection = await mysql.createConnection({ ...settings, multipleStatements: true, dateStrings: true })
    try {
      let rows: unknown = []
      for (const sql of statements) [rows] = await connection.query(sql)
      return rows as Record<string, unknown>[]
    } finally {
      await connection.end()
    }
  }
  const kill = async () => {
    const { pid } = running(home, 'mysql')!
    process.kill(pid, 'SIGKILL')
    while (running(home, 'mysql')) await pause(10)
  }
  after(async () => {
    await stop(home, 'mysql', 2)
    rmSync(home, { recursive: true, force: true, maxRetries: 10 })
  })
  twin.makeReady()
  appendFileSync(
    join(home, 'mysql', 'init.sql'),
    `GRANT ALL PRIVILEGES ON *.* TO '${MYSQL_USER}'@'%' WITH GRANT OPTION;\n`,
  )
  await begin()
  return { settings, kind: database.kind, folder: home, run, kill, start: begin }
}
