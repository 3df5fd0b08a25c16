/** Rows that no window has: without a cursor, by the policy that the metadata declares, or of the future. */
import type { Connection } from 'mysql2/promise'
import { ValueError } from '../../errors.ts'
import type { Column, TablePlan, Window } from '../../model.ts'
import { textRows } from './connect.ts'
import { cursorSql, mayBeNull } from './cursor.ts'
import { quoteMysql } from './quote.ts'
import { whereSql } from './where.ts'

type Planned = Pick<TablePlan, 'table' | 'columns' | 'where' | 'window'>

/** More are not counted for a warning: it is the order of magnitude that tells. */
const COUNTED = 100_000

/** The cursor's columns, when rows may be without one and the policy is this one. */
const columnsUnder = ({ columns, window }: Planned, policy: Window['nullCursor']): Column[] | null => {
  if (window?.nullCursor !== policy) return null
  const found = window.columns.flatMap((name) => columns.find((column) => column.name === name) ?? [])
  return mayBeNull(found) ? found : null
}

const withoutSql = ({ table, where }: Planned, columns: Column[]): string =>
  `FROM ${quoteMysql(table)} WHERE ${cursorSql(columns)} IS NULL${where ? ` AND ${whereSql(where)}` : ''}`

const namesOf = (columns: Column[]) => columns.map(({ name }) => name).join(', ')

/** How many rows are left out by `exclude`; nothing when there are none. */
const excludedRows = async (connection: Connection, planned: Planned): Promise<string[]> => {
  const columns = columnsUnder(planned, 'exclude')
  if (!columns) return []
  const some = `SELECT 1 ${withoutSql(planned, columns)} LIMIT ${COUNTED + 1}`
  const count = Number((await textRows(connection, `SELECT COUNT(*) FROM (${some}) AS found`))[0]?.[0])
  if (count === 0) return []
  const rows =
    count > COUNTED ? `more than ${COUNTED.toLocaleString('en-US')} rows` : count === 1 ? '1 row' : `${count} rows`
  return [`${rows} without a cursor (${namesOf(columns)} is NULL) left out: "null_cursor" is "exclude"`]
}

const aheadRows = ({ window }: Planned): string[] =>
  window?.isAhead
    ? [
        `rows whose cursor (${window.columns.join(', ')}) is more than a day ahead of MySQL's own clock: changes to them come when it gets there. Correct them, or bring them now: npm run -s firn -- backfill`,
      ]
    : []

/** What people should know of the rows that a window leaves out, in words. Throws UnavailableError. */
export const windowWarnings = async (connection: Connection, planned: Planned): Promise<string[]> => [
  ...(await excludedRows(connection, planned)),
  ...aheadRows(planned),
]

/** Throws ValueError with the number of rows without a cursor where the policy is `error`; UnavailableError. */
export const refuseNullCursors = async (connection: Connection, plan: Planned): Promise<void> => {
  const columns = columnsUnder(plan, 'error')
  if (!columns) return
  const count = Number((await textRows(connection, `SELECT COUNT(*) ${withoutSql(plan, columns)}`))[0]?.[0])
  if (count > 0)
    throw new ValueError(
      `${plan.table}: ${count} ${count === 1 ? 'row has' : 'rows have'} no cursor (${namesOf(columns)} is NULL), and "null_cursor" is "error". Nothing of the table was published. Fill the column, or set "null_cursor" to "include" or "exclude" (table_metadata.json), then start a new run: npm run -s firn -- run`,
    )
}
