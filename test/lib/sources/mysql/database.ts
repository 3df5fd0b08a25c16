/** A database of a test's own on the server that the live tests share. */
import { after } from 'node:test'
import mysql from 'mysql2/promise'
import type { SourceTable } from '../../../../lib/model.ts'
import type { MysqlSettings } from '../../../../lib/settings.ts'
import { openMysql } from '../../../../lib/sources/mysql/connect.ts'
import { discoverTables } from '../../../../lib/sources/mysql/discover.ts'
import { stackForTests } from '../../../stack.ts'

/** Where the shared server is, and who may do everything there: the twin, or the one that FIRN_TEST_MYSQL names as a URL. */
const serverForTests = (): MysqlSettings => {
  const { FIRN_TEST_MYSQL } = process.env
  if (!FIRN_TEST_MYSQL) return stackForTests().mysql
  const { hostname, port, username, password } = new URL(FIRN_TEST_MYSQL)
  return { host: hostname, port: Number(port || 3306), user: username, password, database: '' }
}

export type TestDatabase = {
  settings: MysqlSettings
  /** The product's own connection: read-only, in UTC. */
  reader: Awaited<ReturnType<typeof openMysql>>
  /** Runs statements as a user of the source would. */
  run: (sql: string) => Promise<void>
  ask: (sql: string) => Promise<unknown[][]>
  table: (name: string) => Promise<SourceTable>
}

/** Makes the database afresh, and drops it when the file's tests are over. */
export const makeDatabase = async (name: string): Promise<TestDatabase> => {
  const server = serverForTests()
  const settings = { ...server, database: `firn_test_${name}` }
  const { host, port, user, password } = server
  const writer = await mysql.createConnection({
    ...{ host, port, user, password, charset: 'utf8mb4', timezone: 'Z' },
    ...{ multipleStatements: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true },
  })
  await writer.query(
    `DROP DATABASE IF EXISTS ${settings.database}; CREATE DATABASE ${settings.database} CHARACTER SET utf8mb4; USE ${settings.database}; SET time_zone = '+00:00', sql_mode = ''`,
  )
  const reader = await openMysql(settings)
  after(async () => {
    await reader.end()
    await writer.query(`DROP DATABASE ${settings.database}`)
    await writer.end()
  })
  return {
    settings,
    reader,
    run: async (sql) => void (await writer.query(sql)),
    ask: async (sql) => (await writer.query({ sql, rowsAsArray: true }))[0] as unknown as unknown[][],
    table: async (table) => (await discoverTables(reader, [table])).get(table)!,
  }
}
