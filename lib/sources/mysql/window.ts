/** The window of an incremental run, fixed at plan time; every bound is worked out by the server and kept as its text. */
import type { Connection } from 'mysql2/promise'
import { columnType } from '../../columns/types.ts'
import { RefusedError, ValueError } from '../../errors.ts'
import type { Column, Window } from '../../model.ts'
import { textRows } from './connect.ts'
import { literalSql, quoteMysql, quoteText } from './quote.ts'
import { secondsBehind } from './replica.ts'
import { whereSql } from './where.ts'

export type WindowRequest = {
  column: string
  /** Where the last run's window ended; null for the first load. */
  low: string | null
  /** Seconds, or units of a number. */
  overlap: number
  /** Rows younger than this are left to the next run. Numbers have no lag. */
  lagSeconds: number
  nullCursor: Window['nullCursor']
  /** The metadata's condition: rows that do not meet it are none of the table's. */
  where?: string | null
}

/** How a cursor of one kind is reckoned with: its exact type for casts, the source's now, and a step back. */
type Reckoning = { cast: string; now: string | null; back: (value: string, amount: number) => string }

const metSql = (where: string | null | undefined) => (where ? ` WHERE ${whereSql(where)}` : '')

const checkAmount = (table: string, value: number, what: string): void => {
  if (!Number.isFinite(value) || value < 0)
    throw new RefusedError(`${table}: ${what} is ${value}: a number from 0 is needed`)
}

const secondsBack = (value: string, amount: number) => `${value} - INTERVAL ${amount} SECOND`

/**
 * TIMESTAMP is UTC in this session. DATETIME has no zone: it may be UTC or the server's own, so the earlier of the two
 * counts, and the lag protects either way. Without time zone tables a named zone is NULL, and UTC is all there is.
 */
const SERVER_NOW = "CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', @@GLOBAL.time_zone)"
const LOCAL_NOW = `LEAST(UTC_TIMESTAMP(6), COALESCE(${SERVER_NOW}, UTC_TIMESTAMP(6)))`

const moment = (lagSeconds: number, now = 'UTC_TIMESTAMP(6)'): Reckoning => ({
  cast: 'DATETIME(6)',
  now: `${now} - INTERVAL ${lagSeconds} SECOND`,
  back: secondsBack,
})

const day = (lagSeconds: number): Reckoning => ({
  ...moment(lagSeconds, LOCAL_NOW),
  cast: 'DATE',
  back: (value, amount) => `DATE(${secondsBack(`CAST(${value} AS DATETIME)`, amount)})`,
})

const number = (scale: number): Reckoning => ({
  cast: `DECIMAL(65,${scale})`,
  now: null,
  back: (value, amount) => `${value} - ${amount}`,
})

const reckoningOf = (table: string, column: Column, lagSeconds: number): Reckoning => {
  const { cells } = columnType(column)
  if (cells.kind === 'timestamp')
    return column.type.startsWith('datetime') ? moment(lagSeconds, LOCAL_NOW) : moment(lagSeconds)
  if (cells.kind === 'date') return day(lagSeconds)
  if (cells.kind === 'integer') return number(0)
  if (cells.kind === 'decimal') return number(cells.scale)
  throw new RefusedError(
    `table_metadata.json: ${table}: incremental_column "${column.name}" is ${column.type}: a date, time or exact number is needed`,
  )
}

/**
 * `low`, `from` and `high` in one row. `high` is the largest cursor there is, but not above the source's now less the lag,
 * and never below `low`, so that a cursor does not go back when rows are deleted or the lag is raised.
 */
export const windowSql = (table: string, column: Column, request: WindowRequest): string => {
  const { cast, now, back } = reckoningOf(table, column, request.lagSeconds)
  const as = (value: string) => `CAST(${value} AS ${cast})`
  const low = request.low === null ? 'NULL' : as(literalSql(column, request.low))
  const largest = as(`MAX(${quoteMysql(column.name)})`)
  const reached = now === null ? largest : `LEAST(${largest}, ${as(now)})`
  const high = request.low === null ? reached : `GREATEST(COALESCE(${reached}, ${low}), ${low})`
  const from = request.low === null ? 'NULL' : as(back(low, request.overlap))
  return `SELECT ${from}, ${high} FROM ${quoteMysql(table)}${metSql(request.where)}`
}

const columnSql = (table: string, column: string) =>
  `SELECT column_name, column_type, is_nullable FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = ${quoteText(table)} AND column_name = ${quoteText(column)}`

const nullsSql = (table: string, column: Column, where: string | null | undefined) =>
  `SELECT COUNT(*) FROM ${quoteMysql(table)} WHERE ${quoteMysql(column.name)} IS NULL${where ? ` AND ${whereSql(where)}` : ''}`

const readColumn = async (connection: Connection, table: string, column: string): Promise<Column> => {
  const [found] = await textRows(connection, columnSql(table, column))
  if (!found)
    throw new RefusedError(
      `table_metadata.json: ${table}: incremental_column "${column}" is not a column of the table in MySQL`,
    )
  return { name: found[0]!, type: found[1]!, nullable: found[2] === 'YES' }
}

const checkNulls = async (connection: Connection, table: string, column: Column, request: WindowRequest) => {
  const { nullCursor: policy, where } = request
  if (!column.nullable || policy === 'include' || policy === 'exclude') return
  if (policy === null)
    throw new RefusedError(
      `table_metadata.json: ${table}: incremental_column "${column.name}" may be NULL: say what to do with such rows, "null_cursor": "include", "exclude" or "error"`,
    )
  const count = Number((await textRows(connection, nullsSql(table, column, where)))[0]?.[0])
  if (count > 0)
    throw new ValueError(
      `${table}.${column.name}: ${count} ${count === 1 ? 'row has' : 'rows have'} no cursor (NULL), and "null_cursor" is "error" in table_metadata.json. Fill the column, or set "null_cursor" to "include" or "exclude"`,
    )
}

/**
 * The window to read of a table now. On a replica its end is as much earlier as the replica is behind: what was written
 * by then has been replayed. Throws RefusedError for a cursor that is missing, of a type without exact order, or nullable
 * without a policy; ValueError with the count of NULLs when the policy is `error`; UnavailableError; and as secondsBehind.
 */
export const windowFor = async (connection: Connection, table: string, request: WindowRequest): Promise<Window> => {
  checkAmount(table, request.overlap, 'overlap')
  checkAmount(table, request.lagSeconds, 'lag_seconds')
  const column = await readColumn(connection, table, request.column)
  await checkNulls(connection, table, column, request)
  const lagSeconds = request.lagSeconds + (await secondsBehind(connection))
  const [row] = await textRows(connection, windowSql(table, column, { ...request, lagSeconds }))
  const { low, nullCursor } = request
  return { column: column.name, low, from: row?.[0] ?? null, high: row?.[1] ?? null, nullCursor }
}
