/** A row's cursor: the first of its columns that is not NULL, as one value that the server compares exactly. */
import { columnType } from '../../columns/types.ts'
import type { Column } from '../../model.ts'
import { quoteMysql, quoteNames } from './quote.ts'

/** The cursor's expression. */
export const cursorSql = (columns: Column[]): string =>
  columns.length === 1 ? quoteMysql(columns[0]!.name) : `COALESCE(${quoteNames(columns.map(({ name }) => name))})`

/** Kinds of cursors. Values of different ones have no order among each other: a TIMESTAMP is UTC, a DATETIME of no zone. */
export type CursorKind = 'timestamp' | 'datetime' | 'date' | 'number'

/** What a column's values are as a cursor; null for a type without an exact order. Throws RefusedError as columnType does. */
export const cursorKind = (column: Column): CursorKind | null => {
  const { kind } = columnType(column).cells
  if (kind === 'timestamp') return column.type.startsWith('datetime') ? 'datetime' : 'timestamp'
  if (kind === 'date') return kind
  return kind === 'integer' || kind === 'decimal' ? 'number' : null
}

/** Whether a row may be without a cursor: only when each of its columns may be NULL. */
export const mayBeNull = (columns: Column[]): boolean => columns.every(({ nullable }) => nullable)
