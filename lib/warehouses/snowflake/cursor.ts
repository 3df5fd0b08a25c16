/** A row's cursor in the warehouse's SQL: the first of the window's columns that is not NULL. */
import { columnType } from '../../columns/types.ts'
import type { Column, TablePlan } from '../../model.ts'
import { quoteText } from './quote.ts'

type Planned = Pick<TablePlan, 'columns' | 'window'>

/** The cursor's columns in their order; none for a load without a window. */
const cursorColumns = ({ columns, window }: Planned): Column[] =>
  (window?.columns ?? []).map((name) => columns.find((column) => column.name === name)!)

/** A row's cursor, its columns spelt by `at`, such as `S."updated_at"`; null for a load without a window. */
export const cursorSql = (plan: Planned, at: (name: string) => string): string | null => {
  const names = cursorColumns(plan).map(({ name }) => at(name))
  return names.length > 1 ? `COALESCE(${names.join(', ')})` : (names[0] ?? null)
}

/**
 * What tells newer rows from older ones: the cursor, and in an hour that clocks showed twice the beginning of it for all
 * rows, since there 02:10 may be after 02:50. Null for a load without a window.
 */
export const orderSql = (plan: Planned, at: (name: string) => string): string | null => {
  const cursor = cursorSql(plan, at)
  const repeated = plan.window?.repeated
  if (!cursor || !repeated) return cursor
  const [from, to] = [boundSql(plan, repeated.from), boundSql(plan, repeated.to)]
  return `IFF(${cursor} >= ${from} AND ${cursor} < ${to}, ${from}, ${cursor})`
}

/** Whether a row may be without a cursor. */
export const hasNullCursor = (plan: Planned): boolean => cursorColumns(plan).every(({ nullable }) => nullable)

/** A bound, the exact text the source gave, as a value that a cursor is compared with: all its digits are kept. */
export const boundSql = (plan: Planned, bound: string): string => {
  const cells = cursorColumns(plan).map((column) => columnType(column).cells)
  const scale = Math.max(...cells.map((each) => (each.kind === 'decimal' ? each.scale : 0)))
  const type =
    cells[0]!.kind === 'timestamp' ? 'TIMESTAMP_NTZ(6)' : cells[0]!.kind === 'date' ? 'DATE' : `NUMBER(38,${scale})`
  return `${quoteText(bound)}::${type}`
}
