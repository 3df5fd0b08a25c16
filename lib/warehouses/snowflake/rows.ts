/** Rows as the driver gives them, made exact: what it would round, cut or parse stays text. */
import type { Column } from 'snowflake-sdk'

/** A row by column name. Numbers, moments and bytes (upper hex) are text, and a VARIANT is its JSON text. */
export type Row = Record<string, unknown>

/**
 * Session formats under which the driver writes moments whole. It reads a TIMESTAMP to the millisecond by default, and
 * writes `FF` without a digit by the column's own scale, with a point at the end when that is 0.
 */
export const FORMATS_SQL = [
  `DATE_OUTPUT_FORMAT = 'YYYY-MM-DD'`,
  `TIMESTAMP_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM'`,
  `TIMESTAMP_NTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9'`,
  `TIMESTAMP_LTZ_OUTPUT_FORMAT = ''`,
  `TIMESTAMP_TZ_OUTPUT_FORMAT = ''`,
  `BINARY_OUTPUT_FORMAT = 'HEX'`,
].join(', ')

/** Microseconds, as MySQL writes them; nanoseconds only where there are any. */
const moment = (text: string): string => text.replace(/(\.\d{6})000(?!\d)/, '$1')

/** Snowflake indents JSON. Only the white space between values goes: a JSON.parse would round numbers. */
const compact = (json: string): string => json.replace(/("(?:[^"\\]|\\.)*")|\s+/gs, '$1')

const writers = (columns: Column[]) =>
  columns.flatMap((column): [string, (text: string) => string][] => {
    if (column.isTimestamp()) return [[column.getName(), moment]]
    return column.isVariant() ? [[column.getName(), compact]] : []
  })

/** The rows of a statement with these columns, exact. */
export const exactRows = (columns: Column[] | undefined, rows: Row[]): Row[] => {
  const changed = writers(columns ?? [])
  if (changed.length === 0) return rows
  return rows.map((row) => {
    const exact = { ...row }
    for (const [name, write] of changed) if (typeof exact[name] === 'string') exact[name] = write(exact[name])
    return exact
  })
}

/** A cell as text; null for NULL, and for a column that the row has not. */
export const textOrNull = (value: unknown): string | null =>
  value === null || value === undefined ? null : String(value)
