/**
 * How far the server that is read lies behind the one that is written. A replica's own clock says nothing of that, so what
 * it has not replayed yet must be taken off the end of a window, or rows that arrive late would never be read.
 */
import type { Connection } from 'mysql2/promise'
import { RefusedError, UnavailableError } from '../../errors.ts'
import { textRows, translated } from './connect.ts'

/**
 * `primary`: it replicates from nobody, as far as it says itself (so say the readers of clusters that share their disk).
 * `hidden`: this user may not ask. `replica`: `behindSeconds` is null while it does not replicate, and `state` tells why.
 */
type Replication =
  | { role: 'primary' }
  | { role: 'hidden'; readOnly: boolean; meant: boolean }
  | { role: 'replica'; behindSeconds: number | null; state: string }

type Status = Record<string, unknown>
type Failed = Error & { errno?: number }

/** MySQL from 8.0.22 and MariaDB from 10.5.1 know the first, older ones the second, and MySQL 8.4 only the first. */
const STATUS = ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS']
const SYNTAX_ERROR = 1064
const NO_PRIVILEGE = 1227

const value = (status: Status, name: RegExp): string | null => {
  const found = Object.entries(status).find(([key]) => name.test(key))?.[1]
  return found === null || found === undefined ? null : String(found)
}

/** Numbers only: a replica's error texts quote statements, and so values. */
const stateOf = (status: Status): string => {
  const errno = [value(status, /^Last_IO_Errno$/i), value(status, /^Last_SQL_Errno$/i)].filter((each) => each !== '0')
  const running = `receiving: ${value(status, /_IO_Running$/i)}, applying: ${value(status, /_SQL_Running$/i)}`
  return errno.length ? `${running}, error ${errno.join(' and ')}` : running
}

/** What the rows of SHOW REPLICA STATUS say, one for each server it replicates from: the one furthest behind counts. */
export const replicationOf = (statuses: Status[]): Replication => {
  if (statuses.length === 0) return { role: 'primary' }
  const each = statuses.map((status) => ({ seconds: value(status, /^Seconds_Behind_/i), state: stateOf(status) }))
  const stopped = each.find(({ seconds }) => seconds === null)
  if (stopped) return { role: 'replica', behindSeconds: null, state: stopped.state }
  const behindSeconds = Math.max(...each.map(({ seconds }) => Number(seconds)))
  return { role: 'replica', behindSeconds, state: each[0]!.state }
}

const ask = async (connection: Connection, [sql, ...others]: string[]): Promise<Status[] | null> => {
  try {
    const [rows] = await connection.query(sql!)
    return rows as Status[]
  } catch (error) {
    const { errno } = error as Failed
    if (errno === NO_PRIVILEGE) return null
    if (errno === SYNTAX_ERROR && others.length) return ask(connection, others)
    throw translated(error, connection)
  }
}

/** Asks the server. Throws UnavailableError. */
export const readReplication = async (connection: Connection): Promise<Replication> => {
  const statuses = await ask(connection, STATUS)
  if (statuses) return replicationOf(statuses)
  const [row] = await textRows(connection, 'SELECT @@GLOBAL.read_only, @firn_reader')
  return { role: 'hidden', readOnly: row?.[0] !== '0' && row?.[0] !== 'OFF', meant: row?.[1] === '1' }
}

const GRANT = 'GRANT REPLICATION CLIENT (MariaDB from 10.5: REPLICA MONITOR) ON *.* TO the user'

/**
 * By how many seconds the rows seen now may be older than the server's clock: 0 for a primary, one more than a replica says,
 * for the part of a second it leaves out. Throws UnavailableError for a replica that does not replicate, RefusedError for
 * one that this user may not ask (a server that takes no writes, or MYSQL_READER_HOST, is taken for one).
 */
export const secondsBehind = async (connection: Connection): Promise<number> => {
  const found = await readReplication(connection)
  const { host = '', port = 0, user = '' } = connection.config
  const at = `MySQL at ${host}:${port}`
  if (found.role === 'primary' || (found.role === 'hidden' && !found.readOnly && !found.meant)) return 0
  if (found.role === 'hidden')
    throw new RefusedError(
      `${at} is a replica (${found.meant ? 'MYSQL_READER_HOST' : 'it takes no writes'}), and ${user} may not ask how far behind it is: rows could be missed. Allow it: ${GRANT}`,
    )
  if (found.behindSeconds === null)
    throw new UnavailableError(
      `${at} is a replica that does not replicate (${found.state}): rows would be missed. Start it (START REPLICA), or read from another server (MYSQL_READER_HOST)`,
    )
  return found.behindSeconds + 1
}

/**
 * For the planner: that what is read is old, in words, when it is older than the lag that windows keep anyway. Throws as
 * secondsBehind does, also for tables without a window: they would be copied as they were at some moment in the past.
 */
export const stalenessWarnings = async (connection: Connection, lagSeconds: number): Promise<string[]> => {
  const behind = await secondsBehind(connection)
  if (behind <= Math.max(1, lagSeconds)) return []
  return [
    `the replica that is read is ${behind} seconds behind, more than the ${lagSeconds} of lag_seconds: rows written since then come with a later run`,
  ]
}
