/** The one way to MySQL: a single read-only connection in UTC, whose settings no server default can change. */
import { isIP } from 'node:net'
import mysql, { type Connection as Core, type SslOptions } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import { type MysqlSettings, readFrom } from '../../mysql-settings.ts'
import { type Place, translateMysql } from './errors.ts'

const CONNECT_MILLISECONDS = 10_000
/** Reading stands still while a part is put away; the server must not take that for a dead client (its default: 60). */
const WRITE_SECONDS = 3600
/** Plan is silent while it asks the warehouse, at most for a Lambda's life; who is silent for longer is gone. */
const IDLE_SECONDS = 900
/** A table being altered holds its metadata lock: better tried again than waited for. */
const LOCK_WAIT_SECONDS = 30

/**
 * Every setting that would change what a SELECT gives, how a literal is read, or when it is cut off. A reading that takes
 * long is bounded by the Lambda and cut into chunks; the server's own limit would end it in the middle. MySQL and MariaDB
 * know that limit by two names: each takes the other's for a comment. MySQL tells sizes from a cache that may be a day old
 * ("information_schema_stats_expiry"); MariaDB has none.
 */
const SESSION = [
  "SET NAMES 'utf8mb4'",
  `SET SESSION time_zone = '+00:00', sql_mode = '', sql_select_limit = 18446744073709551615,
    net_write_timeout = ${WRITE_SECONDS}, net_read_timeout = ${IDLE_SECONDS}, wait_timeout = ${IDLE_SECONDS},
    lock_wait_timeout = ${LOCK_WAIT_SECONDS} /*!50708 , max_execution_time = 0 */
    /*!80003 , information_schema_stats_expiry = 0 */ /*M!100101 , max_statement_time = 0 */`,
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
]

/**
 * What later statements ask the session for: whether this is meant to be a replica, and the salt of masks, which is in no
 * other statement. In hex, so that it is not read by chance in a log of the server's.
 */
const ownVariables = ({ readerHost, maskSalt }: MysqlSettings): string => {
  const salt = maskSalt === undefined ? 'NULL' : `CONVERT(0x${Buffer.from(maskSalt).toString('hex')} USING utf8mb4)`
  return `SET @firn_reader = ${readerHost ? 1 : 0}, @firn_salt = ${salt}`
}

/** mysql2's options. A certificate names hosts, so an address is told by its CA alone. */
const sslOf = ({ ssl, sslCa }: MysqlSettings, host: string): SslOptions | undefined => {
  if (ssl === undefined || ssl === 'off') return undefined
  if (ssl === 'required') return { rejectUnauthorized: false }
  return { rejectUnauthorized: true, verifyIdentity: !isIP(host), ...(sslCa === undefined ? {} : { ca: sslCa }) }
}

const placeOf = (connection: Connection): Place => {
  const { host = '', port = 0, user = '', database = '' } = connection.config
  return { host, port, user, database }
}

/**
 * Cuts a connection at once. mysql2's own `destroy` only says good-bye: the server would send the rest of a result, and hold
 * its snapshot, for as long as somebody takes it, or nobody does.
 */
export const cutMysql = (core: Core): void => {
  core.destroy()
  ;(core as Core & { stream: { destroy(): void } }).stream.destroy()
}

/** The error to throw for one that came of this connection. */
export const translated = (error: unknown, connection: Connection): Error => translateMysql(error, placeOf(connection))

/**
 * Opens a connection, to the reader where there is one. Close it with `end()`. Throws UnavailableError (cannot be reached,
 * too many connections) or RefusedError (user, password, database, encryption), each naming the server and what to check.
 */
export const openMysql = async (settings: MysqlSettings): Promise<Connection> => {
  const { user, password, database } = settings
  const { host, port } = readFrom(settings)
  const ssl = sslOf(settings, host)
  const core = mysql.createConnection({
    ...{ host, port, user, password, database },
    charset: 'utf8mb4',
    timezone: 'Z',
    // what queries outside this folder get: text, never a rounded number or a Date in some zone
    ...{ dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, jsonStrings: true },
    connectTimeout: CONNECT_MILLISECONDS,
    ...(ssl ? { ssl } : {}),
    flags: ['-LOCAL_FILES'],
  })
  // a lost connection is told to whoever is waiting on it; without a listener the process would end
  core.on('error', () => {})
  const connection = core.promise()
  try {
    await connection.connect()
    for (const sql of [...SESSION, ownVariables(settings)]) await connection.query(sql)
    return connection as unknown as Connection
  } catch (error) {
    core.destroy()
    throw translateMysql(error, { host, port, user, database })
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
