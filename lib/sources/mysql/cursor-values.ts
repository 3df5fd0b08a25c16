/** A cursor's columns as the catalogue has them, and values of it that come from people. */
import type { Connection } from 'mysql2/promise'
import { columnType } from '../../columns/types.ts'
import { RefusedError } from '../../errors.ts'
import type { Column } from '../../model.ts'
import { textRows } from './connect.ts'
import { type CursorKind, cursorKind } from './cursor.ts'
import { quoteText } from './quote.ts'

/** `cast`: the type that all its values are exact as. */
export type Cursor = { columns: Column[]; kind: CursorKind; cast: string }

const scaleOf = (column: Column): number => {
  const { cells } = columnType(column)
  return cells.kind === 'decimal' ? cells.scale : 0
}

const kindOf = (table: string, columns: Column[]): CursorKind => {
  const kinds = columns.map(cursorKind)
  const other = kinds.findIndex((kind) => kind === null || kind !== kinds[0])
  if (other < 0) return kinds[0]!
  throw new RefusedError(
    `table_metadata.json: ${table}: incremental_column "${columns[other]!.name}" is ${columns[other]!.type}: ${kinds[other] === null ? 'a date, time or exact number is needed' : `it has no order with "${columns[0]!.name}", which is ${columns[0]!.type}`}`,
  )
}

const columnsSql = (table: string, names: string[]) =>
  `SELECT column_name, column_type, is_nullable FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = ${quoteText(table)} AND column_name IN (${names.map(quoteText).join(', ')})`

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

const castOf = (columns: Column[], kind: CursorKind): string => {
  if (kind === 'number') return `DECIMAL(65,${Math.max(...columns.map(scaleOf))})`
  return kind === 'date' ? 'DATE' : 'DATETIME(6)'
}

/**
 * The cursor of these columns. Throws RefusedError for one that is missing, of a type without exact order, or of several
 * that have none among each other.
 */
export const readCursor = async (connection: Connection, table: string, names: string[]): Promise<Cursor> => {
  const columns = await readColumns(connection, table, names)
  const kind = kindOf(table, columns)
  return { columns, kind, cast: castOf(columns, kind) }
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
  const { columns, kind, cast } = await readCursor(connection, table, names)
  const [row] = await textRows(connection, `SELECT CAST(${quoteText(given)} AS ${cast})`)
  const complaints = await textRows(connection, 'SHOW WARNINGS')
  const exact = row?.[0] ?? null
  const isRounded = kind === 'number' && Number(given) !== Number(exact)
  if (exact === null || complaints.length > 0 || isRounded)
    throw new RefusedError(
      `"${given}" is no value of ${table}.${names.join(', ')}, which is ${columns[0]!.type}: ${kind === 'number' ? 'a number' : 'a moment such as 2018-01-31 or "2018-01-31 12:00:00.000001"'} is needed`,
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
  const { cast } = await readCursor(connection, table, names)
  const [row] = await textRows(
    connection,
    `SELECT CAST(${quoteText(value)} AS ${cast}) < CAST(${quoteText(limit)} AS ${cast})`,
  )
  return row?.[0] === '1'
}
