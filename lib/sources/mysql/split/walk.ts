/** Which index a table is read along: one that tells every row apart, whose columns can be compared with literals. */
import { columnType } from '../../../columns/types.ts'
import type { Column, Index, SourceTable } from '../../../model.ts'

const PRIMARY = 'PRIMARY'

/** An index and the columns rows are ordered by along it, which together are unique and never NULL. */
export type Walk = { table: string; index: string; columns: Column[] }

/**
 * Whether the index's order of a column is that of comparisons with a literal, and its cells are what is stored: not ENUM
 * or SET (ordered by number, compared as text), floating numbers (no exact text), JSON, TIME or addresses; nothing masked.
 */
const isComparable = (column: Column): boolean => {
  if (column.nullable || column.policies?.mask) return false
  if (/^((var)?(char|binary)\b|uuid$)/i.test(column.type)) return true
  return /^(integer|decimal|date|timestamp)$/.test(columnType(column).cells.kind)
}

const columnsOf = (table: SourceTable, names: string[]): Column[] | null => {
  const found = names.map((name) => table.columns.find((column) => column.name === name))
  return found.every((column) => column !== undefined && isComparable(column)) ? (found as Column[]) : null
}

const walksOf = (table: SourceTable, indexes: Index[]): Walk[] =>
  indexes.flatMap(({ name, columns }) => {
    const found = columnsOf(table, columns)
    return found ? [{ table: table.table, index: name, columns: found }] : []
  })

/**
 * The primary key, along which InnoDB keeps the rows themselves; else the shortest unique index without a NULL. null when
 * there is none. `table` is as planned: with the columns that move, and their policies.
 */
export const keyWalk = (table: SourceTable): Walk | null => {
  const walks = walksOf(
    table,
    table.indexes.filter(({ unique }) => unique),
  )
  const shortest = walks.sort((a, b) => a.columns.length - b.columns.length)[0]
  return walks.find(({ index }) => index === PRIMARY) ?? shortest ?? null
}

/** Whether a walk is along the rows themselves, so that reading it whole costs no more than any other order would. */
export const isClustered = (walk: Walk): boolean => walk.index === PRIMARY

/**
 * The rows in the order of a cursor, then of the key: InnoDB's secondary indexes end in the primary key. null when the
 * cursor may be NULL, is of several columns, has no index that begins so, or the key cannot be walked.
 */
export const cursorWalk = (table: SourceTable, [cursor, ...others]: string[]): Walk | null => {
  const key = keyWalk(table)
  if (!key || !isClustered(key) || cursor === undefined || others.length) return null
  const names = [cursor, ...key.columns.map(({ name }) => name).filter((name) => name !== cursor)]
  const columns = columnsOf(table, names)
  if (!columns) return null
  const index = table.indexes.find(
    (each) => each.columns[0] === cursor && each.columns.every((name, i) => name === names[i]),
  )
  return index ? { table: table.table, index: index.name, columns } : null
}
