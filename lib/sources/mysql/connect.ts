/** The one way to MySQL: a single read-only connection in UTC, whose settings no server default can change. */
import mysql from 'mysql2'
import type { Connection } from 'mysql2/promise'
import type { MysqlSettings } from '../../settings.ts'
import { type Place, translateMysql } from './errors.ts'

const CONNECT_MILLISECONDS = 10_000
/** Reading stands still while a part is put away; the server must not take that for a dead client (its default: 60). */
const WRITE_SECONDS = 3600
/** A table being altered holds its metadata lock: better tried again than waited for. */
const LOCK_WAIT_SECONDS = 30

/** Every setting that would change what a SELECT gives or how a literal is read. */
const SESSION = [
  `SET SESSION time_zone = '+00:00', sql_mode = '', sql_select_limit = 18446744073709551615,
    net_write_timeout = ${WRITE_SECONDS}, lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
]

const placeOf = (connection: Connection): Place => {
  const { host = '', port = 0, user = '', database = '' } = connection.config
  return { host, port, user, database }
}

/** The error to throw for one that came of this connection. */
export const translated = (error: unknown, connection: Connection): Error => translateMysql(error, placeOf(connection))

/**
 * Opens a connection. Close it with `end()`. Throws UnavailableError (cannot be reached, too many connections) or
 * RefusedError (user, password, database), each naming the server and what to check.
 */
export const openMysql = async (settings: MysqlSettings): Promise<Connection> => {
  const { host, port, user, password, database } = settings
  const core = mysql.createConnection({
    ...{ host, port, user, password, database },
    charset: 'utf8mb4',
    timezone: 'Z',
    // what queries outside this folder get: text, never a rounded number or a Date in some zone
    ...{ dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, jsonStrings: true },
    connectTimeout: CONNECT_MILLISECONDS,
    flags: ['-LOCAL_FILES'],
  })
  // a lost connection is told to whoever is waiting on it; without a listener the process would end
  core.on('error', () => {})
  const connection = core.promise()
  try {
    await connection.connect()
    for (const sql of SESSION) await connection.query(sql)
    return connection as unknown as Connection
  } catch (error) {
    core.destroy()
    throw translateMysql(error, settings)
  }
}

/** Runs work on a connection of its own. It is closed politely when the work is done and cut when it failed. */
export const withMysql = async <T>(settings: MysqlSettings, work: (connection: Connection) => Promise<T>) => {
  const connection = await openMysql(settings)
  try {
    const result = await work(connection)
    await connection.end()
    return result
  } catch (error) {
    connection.destroy()
    throw error
  }
}

/** A query's rows, every cell as the exact text the server gave, or null. Throws as translateMysql says. */
export const textRows = async (connection: Connection, sql: string): Promise<(string | null)[][]> => {
  try {
    const [rows] = await connection.query({
      sql,
      rowsAsArray: true,
      typeCast: (field) => field.buffer()?.toString('utf8') ?? null,
    })
    return rows as (string | null)[][]
  } catch (error) {
    throw translated(error, connection)
  }
}
