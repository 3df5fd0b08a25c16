/** The window of an incremental run, fixed at plan time; every bound is worked out by the server and kept as its text. */
import type { Connection } from 'mysql2/promise'
import { columnType } from '../../columns/types.ts'
import { RefusedError, ValueError } from '../../errors.ts'
import type { Column, Window } from '../../model.ts'
import { textRows } from './connect.ts'
import { cursorKind, cursorSql, mayBeNull } from './cursor.ts'
import { literalSql, quoteMysql, quoteText } from './quote.ts'
import { secondsBehind } from './replica.ts'
import { whereSql } from './where.ts'

export type WindowRequest = {
  /** The first that is not NULL is a row's cursor. */
  columns: string[]
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

const scaleOf = (column: Column): number => {
  const { cells } = columnType(column)
  return cells.kind === 'decimal' ? cells.scale : 0
}

const reckoningOf = (table: string, columns: Column[], lagSeconds: number): Reckoning => {
  const kinds = columns.map(cursorKind)
  const other = kinds.findIndex((kind) => kind === null || kind !== kinds[0])
  if (other >= 0)
    throw new RefusedError(
      `table_metadata.json: ${table}: incremental_column "${columns[other]!.name}" is ${columns[other]!.type}: ${kinds[other] === null ? 'a date, time or exact number is needed' : `it has no order with "${columns[0]!.name}", which is ${columns[0]!.type}`}`,
    )
  if (kinds[0] === 'number') return number(Math.max(...columns.map(scaleOf)))
  if (kinds[0] === 'date') return day(lagSeconds)
  return kinds[0] === 'datetime' ? moment(lagSeconds, LOCAL_NOW) : moment(lagSeconds)
}

/**
 * `low`, `from` and `high` in one row. `high` is the largest cursor there is, but not above the source's now less the lag,
 * and never below `low`, so that a cursor does not go back when rows are deleted or the lag is raised.
 */
export const windowSql = (table: string, columns: Column[], request: WindowRequest): string => {
  const { cast, now, back } = reckoningOf(table, columns, request.lagSeconds)
  const as = (value: string) => `CAST(${value} AS ${cast})`
  const low = request.low === null ? 'NULL' : as(literalSql(columns[0]!, request.low))
  const largest = as(`MAX(${cursorSql(columns)})`)
  const reached = now === null ? largest : `LEAST(${largest}, ${as(now)})`
  const high = request.low === null ? reached : `GREATEST(COALESCE(${reached}, ${low}), ${low})`
  const from = request.low === null ? 'NULL' : as(back(low, request.overlap))
  return `SELECT ${from}, ${high} FROM ${quoteMysql(table)}${metSql(request.where)}`
}

const columnsSql = (table: string, names: string[]) =>
  `SELECT column_name, column_type, is_nullable FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = ${quoteText(table)} AND column_name IN (${names.map(quoteText).join(', ')})`

const nullsSql = (table: string, columns: Column[], where: string | null | undefined) =>
  `SELECT COUNT(*) FROM ${quoteMysql(table)} WHERE ${cursorSql(columns)} IS NULL${where ? ` AND ${whereSql(where)}` : ''}`

const readColumns = async (connection: Connection, table: string, names: string[]): Promise<Column[]> => {
  const found = await textRows(connection, columnsSql(table, names))
  return names.map((name) => {
    const row = found.find(([each]) => each === name)
    if (row) return { name, type: row[1]!, nullable: row[2] === 'YES' }
    throw new RefusedError(
      `table_metadata.json: ${table}: incremental_column "${name}" is not a column of the table in MySQL`,
    )
  })
}

const checkNulls = async (connection: Connection, table: string, columns: Column[], request: WindowRequest) => {
  const { nullCursor: policy, where } = request
  if (!mayBeNull(columns) || policy === 'include' || policy === 'exclude') return
  const names = columns.map(({ name }) => name).join(', ')
  if (policy === null)
    throw new RefusedError(
      `table_metadata.json: ${table}: incremental_column "${names}" may be NULL: say what to do with such rows, "null_cursor": "include", "exclude" or "error"`,
    )
  const count = Number((await textRows(connection, nullsSql(table, columns, where)))[0]?.[0])
  if (count > 0)
    throw new ValueError(
      `${table}.${names}: ${count} ${count === 1 ? 'row has' : 'rows have'} no cursor (NULL), and "null_cursor" is "error" in table_metadata.json. Fill the column, or set "null_cursor" to "include" or "exclude"`,
    )
}

/**
 * The window to read of a table now. On a replica its end is as much earlier as the replica is behind: what was written
 * by then has been replayed. Throws RefusedError for a cursor that is missing, of a type without exact order, of several
 * that have none among each other, or nullable without a policy; ValueError with the count of NULLs when the policy is
 * `error`; UnavailableError; and as secondsBehind.
 */
export const windowFor = async (connection: Connection, table: string, request: WindowRequest): Promise<Window> => {
  checkAmount(table, request.overlap, 'overlap')
  checkAmount(table, request.lagSeconds, 'lag_seconds')
  const columns = await readColumns(connection, table, request.columns)
  await checkNulls(connection, table, columns, request)
  const lagSeconds = request.lagSeconds + (await secondsBehind(connection))
  const [row] = await textRows(connection, windowSql(table, columns, { ...request, lagSeconds }))
  const { low, nullCursor } = request
  return { columns: request.columns, low, from: row?.[0] ?? null, high: row?.[1] ?? null, nullCursor }
}

/**
 * A cursor's value that a person gave, as the exact text that the source itself would give. Throws RefusedError when it is
 * none of the columns' type, or the server would have to round or cut it.
 */
export const exactCursor = async (
  connection: Connection,
  table: string,
  names: string[],
  given: string,
): Promise<string> => {
  const columns = await readColumns(connection, table, names)
  const { cast, now } = reckoningOf(table, columns, 0)
  const [row] = await textRows(connection, `SELECT CAST(${quoteText(given)} AS ${cast})`)
  const complaints = await textRows(connection, 'SHOW WARNINGS')
  const exact = row?.[0] ?? null
  const isRounded = now === null && Number(given) !== Number(exact)
  if (exact === null || complaints.length > 0 || isRounded)
    throw new RefusedError(
      `"${given}" is no value of ${table}.${names.join(', ')}, which is ${columns[0]!.type}: ${now === null ? 'a number' : 'a moment such as 2018-01-31 or "2018-01-31 12:00:00.000001"'} is needed`,
    )
  return exact
}

/** Whether a cursor's value comes before another, as the source compares them. Both are exact texts of it. */
export const isBefore = async (
  connection: Connection,
  table: string,
  names: string[],
  { value, limit }: { value: string; limit: string },
): Promise<boolean> => {
  const { cast } = reckoningOf(table, await readColumns(connection, table, names), 0)
  const [row] = await textRows(
    connection,
    `SELECT CAST(${quoteText(value)} AS ${cast}) < CAST(${quoteText(limit)} AS ${cast})`,
  )
  return row?.[0] === '1'
}
