/** Connections that write the Olist tables, with every setting pinned that decides what a row becomes. */
import mysql from 'mysql2/promise'
import type { MysqlSettings } from '../../lib/settings.ts'
import { translateMysql } from '../../lib/sources/mysql/errors.ts'

export type { MysqlSettings }
export type Connection = mysql.Connection

const CONNECT_MILLISECONDS = 10_000
/** A reader of the tables holds them against renaming for as long as its transaction lasts. */
const LOCK_WAIT_SECONDS = 120

/** NO_UNSIGNED_SUBTRACTION: hashes are unsigned, and what is made of them may be below zero. */
const SESSION = `SET SESSION time_zone = '+00:00',
  sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_UNSIGNED_SUBTRACTION,NO_ENGINE_SUBSTITUTION',
  lock_wait_timeout = ${LOCK_WAIT_SECONDS}`

/**
 * Opens a connection, gives it to `work`, closes it. Throws UnavailableError or RefusedError, naming the server, when it
 * cannot be reached or refuses the user; a server's other errors as they are.
 */
export const withConnection = async <T>(settings: MysqlSettings, work: (connection: Connection) => Promise<T>) => {
  const { host, port, user, password, database } = settings
  let connection: Connection | undefined
  try {
    connection = await mysql.createConnection({
      ...{ host, port, user, password, database },
      charset: 'utf8mb4_unicode_ci',
      timezone: 'Z',
      ...{ dateStrings: true, supportBigNumbers: true, bigNumberStrings: true },
      connectTimeout: CONNECT_MILLISECONDS,
      flags: ['-LOCAL_FILES'],
    })
    // a lost connection is told to whoever is waiting on it; without a listener the process would end
    connection.on('error', () => {})
    await connection.query(SESSION)
    const result = await work(connection)
    await connection.end()
    return result
  } catch (error) {
    connection?.destroy()
    throw translateMysql(error, settings)
  }
}

/** The rows of a query. Whole numbers come as numbers, or as text where a number would not hold them. */
export const rowsOf = async <T>(connection: Connection, sql: string, values: unknown[] = []): Promise<T[]> => {
  const [rows] = await connection.query(sql, values)
  return rows as T[]
}
