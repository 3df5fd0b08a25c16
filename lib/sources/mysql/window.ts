/** The window of an incremental run, fixed at plan time; every bound is worked out by the server and kept as its text. */
import type { Connection } from 'mysql2/promise'
import { RefusedError } from '../../errors.ts'
import type { Window } from '../../model.ts'
import { clocksOf } from './clocks.ts'
import { textRows } from './connect.ts'
import { type CursorKind, cursorSql, mayBeNull } from './cursor.ts'
import { type Cursor, readCursor } from './cursor-values.ts'
import { literalSql, quoteMysql } from './quote.ts'
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
  /** The zone whose clocks a DATETIME or DATE shows; undefined where nobody declared one. */
  zone?: string | undefined
  /** The metadata's condition: rows that do not meet it are none of the table's. */
  where?: string | null
}

const metSql = (where: string | null | undefined) => (where ? ` WHERE ${whereSql(where)}` : '')

const checkAmount = (table: string, value: number, what: string): void => {
  if (!Number.isFinite(value) || value < 0)
    throw new RefusedError(`${table}: ${what} is ${value}: a number from 0 is needed`)
}

const secondsBack = (value: string, amount: number) => `${value} - INTERVAL ${amount} SECOND`

/**
 * A DATETIME whose zone nobody declared may be UTC or the server's own, so the earlier of the two counts, and the lag
 * protects either way. Without time zone tables a named zone is NULL, and UTC is all there is.
 */
const anyClockSql = (lagged: string) =>
  `LEAST(${lagged}, COALESCE(CONVERT_TZ(${lagged}, '+00:00', @@GLOBAL.time_zone), ${lagged}))`

/** As much before a value: units of a number, else seconds. */
const backSql = (kind: CursorKind, value: string, amount: number): string => {
  if (kind === 'number') return `${value} - ${amount}`
  return kind === 'date' ? `DATE(${secondsBack(`CAST(${value} AS DATETIME)`, amount)})` : secondsBack(value, amount)
}

/** `now`: the source's, less the lag, as the cursor would show it; null for a number. */
type Reckoning = Pick<Window, 'repeated'> & { now: string | null; overlap: number }

/** How the cursor is reckoned with now; where its zone was declared, by that zone's clocks. */
const reckoned = async (connection: Connection, kind: CursorKind, request: WindowRequest): Promise<Reckoning> => {
  const { zone, low, lagSeconds, overlap } = request
  const lagged = secondsBack('UTC_TIMESTAMP(6)', lagSeconds)
  if (kind === 'number') return { now: null, overlap }
  if (kind === 'timestamp') return { now: lagged, overlap }
  if (!zone) return { now: anyClockSql(lagged), overlap }
  const utc = (await textRows(connection, `SELECT ${lagged}`))[0]![0]!
  const { aheadSeconds, back, repeated } = clocksOf(zone, { lagged: utc, low, lagSeconds, overlap })
  const now = `CAST('${utc}' AS DATETIME(6)) + INTERVAL ${aheadSeconds} SECOND`
  if (kind === 'date' || !repeated) return { now, overlap: overlap + (kind === 'date' ? 0 : back) }
  return { now, overlap: overlap + back, repeated }
}

/** In an hour that came twice, what was written the second time shows less than the window's beginning: all of it is read again. */
const fromSql = (from: string, low: string, repeated: Window['repeated']): string =>
  repeated && low >= repeated.from && low < repeated.to
    ? `LEAST(${from}, CAST('${repeated.from}' AS DATETIME(6)))`
    : from

/** Beyond any difference between clocks: a cursor of the future was written wrongly. */
const DAY_SECONDS = 86_400

/**
 * `from`, `high`, and whether there are cursors of the future, in one row. `high` is the largest cursor there is, but not above the source's now less the lag, and
 * never below `low`, so that a cursor does not go back when rows are deleted or the lag is raised.
 */
const windowSql = (
  table: string,
  { columns, kind, cast }: Cursor,
  { low: lowText, lagSeconds, where }: WindowRequest,
  { now, overlap, repeated }: Reckoning,
): string => {
  const as = (value: string) => `CAST(${value} AS ${cast})`
  const largest = as(`MAX(${cursorSql(columns)})`)
  const reached = now === null ? largest : `LEAST(${largest}, ${as(now)})`
  const source = `FROM ${quoteMysql(table)}${metSql(where)}`
  const ahead = now === null ? 'FALSE' : `${largest} > ${now} + INTERVAL ${lagSeconds + DAY_SECONDS} SECOND`
  if (lowText === null) return `SELECT NULL, ${reached}, ${ahead} ${source}`
  const low = as(literalSql(columns[0]!, lowText))
  const from = fromSql(backSql(kind, low, overlap), lowText, repeated)
  return `SELECT ${as(from)}, GREATEST(COALESCE(${reached}, ${low}), ${low}), ${ahead} ${source}`
}

/**
 * The window to read of a table now. On a replica its end is as much earlier as the replica is behind: what was written
 * by then has been replayed. Throws RefusedError for a cursor that is missing, of a type without exact order, of several
 * that have none among each other, or nullable without a policy; UnavailableError; and as secondsBehind.
 */
export const windowFor = async (connection: Connection, table: string, asked: WindowRequest): Promise<Window> => {
  checkAmount(table, asked.overlap, 'overlap')
  checkAmount(table, asked.lagSeconds, 'lag_seconds')
  const { low, nullCursor } = asked
  const cursor = await readCursor(connection, table, asked.columns)
  if (mayBeNull(cursor.columns) && nullCursor === null)
    throw new RefusedError(
      `table_metadata.json: ${table}: incremental_column "${asked.columns.join(', ')}" may be NULL: say what to do with such rows, "null_cursor": "include", "exclude" or "error"`,
    )
  const request = { ...asked, lagSeconds: asked.lagSeconds + (await secondsBehind(connection)) }
  const reckoning = await reckoned(connection, cursor.kind, request)
  const [row] = await textRows(connection, windowSql(table, cursor, request, reckoning))
  const window = { columns: asked.columns, low, from: row?.[0] ?? null, high: row?.[1] ?? null, nullCursor }
  const { repeated } = reckoning
  return { ...window, ...(repeated ? { repeated } : {}), ...(row?.[2] === '1' ? { isAhead: true } : {}) }
}
