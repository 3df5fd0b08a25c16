/**
 * What the source can tell of tables that nobody has described yet: the catalogue beyond what a run needs, and the few looks
 * into tables that an index makes cheap. The same from MySQL 8.4 and MariaDB.
 */
import type { Connection } from 'mysql2/promise'
import type { SourceTable } from '../../model.ts'
import { textRows } from './connect.ts'
import { discoverTables } from './discover.ts'
import { quoteMysql, quoteText } from './quote.ts'

/** `onUpdate`: the server sets it whenever the row changes. `comment` is the column's own. */
export type ColumnFacts = { onUpdate: boolean; autoIncrement: boolean; generated: boolean; comment: string }

/**
 * `zeroDates`: rows whose date is zero, of columns that an index leads with, counted up to ZERO_DATES_COUNTED.
 * `hasRows`: null where asking could be dear (a view).
 */
export type TableFacts = {
  kind: 'table' | 'view'
  comment: string
  hasRows: boolean | null
  columns: Map<string, ColumnFacts>
  zeroDates: Map<string, number>
}

export type Surveyed = { source: SourceTable; facts: TableFacts }

/** `zeroDatesAllowed`: the server takes zero dates from a client that sets no sql_mode of its own. */
export type Survey = { database: string; zeroDatesAllowed: boolean; tables: Surveyed[] }

/** Counting ends here: that there are some is what matters. */
export const ZERO_DATES_COUNTED = 1000

/** MariaDB calls a table with system versioning by a type of its own. */
const TABLES = ['BASE TABLE', 'SYSTEM VERSIONED']

/** A view is moved only by its own name: its definition may be as dear as any query. */
const namesSql = (patterns: string[]) => {
  const like = patterns.map((pattern) => `table_name LIKE ${quoteText(pattern)}`).join(' OR ')
  const named = patterns.map(quoteText).join(', ')
  return `SELECT table_name, table_type, table_comment FROM information_schema.tables
  WHERE table_schema = DATABASE() AND ((table_type IN (${TABLES.map(quoteText).join(', ')}) AND (${like}))
    OR (table_type = 'VIEW' AND table_name IN (${named})))
  ORDER BY table_name`
}

const factsSql = (names: string[]) =>
  `SELECT table_name, column_name, extra, column_comment FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name IN (${names.map(quoteText).join(', ')})`

const SERVER_SQL = 'SELECT DATABASE(), @@GLOBAL.sql_mode'

const existsSql = (table: string) => `SELECT 1 FROM ${quoteMysql(table)} LIMIT 1`

/** Years before 0001 are the beginning of the index; a TIMESTAMP has the one zero value. Days and months of zero in other years lie anywhere. */
const zeroDatesSql = (table: string, column: string, type: string): string => {
  const zero = type.startsWith('timestamp') ? "= '0000-00-00 00:00:00'" : "< '0001-01-01'"
  const some = `SELECT 1 FROM ${quoteMysql(table)} WHERE ${quoteMysql(column)} ${zero} LIMIT ${ZERO_DATES_COUNTED}`
  return `SELECT COUNT(*) FROM (${some}) AS zero_dates`
}

/** Zero dates are kept out by three words together ("Server SQL Modes": NO_ZERO_DATE, NO_ZERO_IN_DATE). */
const keepsZeroDatesOut = (mode: string): boolean => {
  const words = new Set(mode.split(','))
  const strict = words.has('STRICT_TRANS_TABLES') || words.has('STRICT_ALL_TABLES')
  return strict && words.has('NO_ZERO_DATE') && words.has('NO_ZERO_IN_DATE')
}

const DATES = /^(date|datetime|timestamp)\b/

const countZeroDates = async (connection: Connection, { table, columns, indexes }: SourceTable) => {
  const counted = new Map<string, number>()
  for (const { name, type } of columns)
    if (DATES.test(type) && indexes.some((index) => index.columns[0] === name))
      counted.set(name, Number((await textRows(connection, zeroDatesSql(table, name, type)))[0]?.[0]))
  return counted
}

const columnFacts = (rows: (string | null)[][]): Map<string, ColumnFacts> =>
  new Map(
    rows.map(([, name, extra, comment]) => [
      name!,
      {
        onUpdate: /\bon update current_timestamp\b/i.test(extra ?? ''),
        autoIncrement: /\bauto_increment\b/i.test(extra ?? ''),
        generated: /\bGENERATED\b/.test((extra ?? '').replace('DEFAULT_GENERATED', '')),
        comment: comment ?? '',
      },
    ]),
  )

/**
 * Surveys every base table whose name is like one of the patterns (LIKE's `%` and `_`), and every view that a pattern names
 * exactly; in the order of their names. Throws UnavailableError or RefusedError.
 */
export const surveyTables = async (connection: Connection, patterns: string[]): Promise<Survey> => {
  const [[database, mode]] = (await textRows(connection, SERVER_SQL)) as [[string, string]]
  const named = await textRows(connection, namesSql(patterns))
  const names = named.map(([name]) => name!)
  const found = await discoverTables(connection, names)
  const facts = Map.groupBy(names.length ? await textRows(connection, factsSql(names)) : [], ([table]) => table!)
  const tables: Surveyed[] = []
  for (const [name, type, comment] of named) {
    const source = found.get(name!)
    if (!source) continue
    const kind = type === 'VIEW' ? 'view' : 'table'
    const hasRows =
      kind === 'view' ? null : source.rows > 0 || (await textRows(connection, existsSql(name!))).length > 0
    const zeroDates = await countZeroDates(connection, source)
    tables.push({
      source,
      facts: {
        ...{ kind, hasRows, zeroDates, columns: columnFacts(facts.get(name!) ?? []) },
        comment: kind === 'view' ? '' : (comment ?? ''),
      },
    })
  }
  return { database, zeroDatesAllowed: !keepsZeroDatesOut(mode), tables }
}
