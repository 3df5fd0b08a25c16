/** The source's catalogue: columns, keys and sizes of live tables, the same from MySQL 8.4 and MariaDB. */
import type { Connection } from 'mysql2/promise'
import type { Column, ForeignKey, Index, SourceTable } from '../../model.ts'
import { textRows } from './connect.ts'
import { quoteText } from './quote.ts'

const PRIMARY = 'PRIMARY'

const namedSql = (names: string[], column: string) =>
  `table_schema = DATABASE() AND ${column} IN (${names.map(quoteText).join(', ')})`

/** Views too: one is how a table is moved whose columns must be cast first. Estimates are null for those. */
const tablesSql = (names: string[]) =>
  `SELECT table_name, COALESCE(table_rows, 0), COALESCE(data_length, 0)
  FROM information_schema.tables WHERE ${namedSql(names, 'table_name')}`

const columnsSql = (names: string[]) =>
  `SELECT table_name, column_name, column_type, is_nullable, character_set_name, collation_name
  FROM information_schema.columns WHERE ${namedSql(names, 'table_name')} ORDER BY table_name, ordinal_position`

/** MySQL calls an index that the optimizer is kept from invisible, MariaDB ignored; each takes the other's word for a comment. */
const HIDDEN = "/*!80000 , is_visible = 'NO' */ /*M!100600 , ignored = 'YES' */"

const indexesSql = (names: string[]) =>
  `SELECT table_name, index_name, seq_in_index, column_name, index_type, sub_part, non_unique, collation ${HIDDEN}
  FROM information_schema.statistics
  WHERE ${namedSql(names, 'table_name')}
  ORDER BY table_name, index_name, seq_in_index`

/** MariaDB has no JSON: it is LONGTEXT with a check. MySQL has no table's name beside its checks, and needs none. */
const checksSql = (names: string[]) =>
  `SELECT table_name, check_clause FROM information_schema.check_constraints
  WHERE constraint_schema = DATABASE() AND table_name IN (${names.map(quoteText).join(', ')})`

const foreignKeysSql = (names: string[]) =>
  `SELECT table_name, constraint_name, column_name, referenced_table_name, referenced_column_name
  FROM information_schema.key_column_usage
  WHERE ${namedSql(names, 'table_name')} AND referenced_table_schema = DATABASE()
  ORDER BY table_name, constraint_name, ordinal_position`

type Rows = (string | null)[][]

const isMariadb = async (connection: Connection): Promise<boolean> =>
  /mariadb/i.test((await textRows(connection, 'SELECT VERSION()'))[0]?.[0] ?? '')

const byTable = (rows: Rows): Map<string, Rows> => Map.groupBy(rows, ([table]) => table!)

const keyOf = (indexes: Rows): string[] => indexes.filter(([, index]) => index === PRIMARY).map((row) => row[3]!)

/** Indexes that can be walked in order: no hashes, prefixes of a column or expressions, all one way, and not hidden. */
const indexesOf = (rows: Rows): Index[] =>
  [...Map.groupBy(rows, ([, index]) => index!)]
    .filter(([, parts]) =>
      parts.every(([, , , name, type, prefix]) => type === 'BTREE' && prefix === null && name !== null),
    )
    .filter(([, parts]) => parts.every((part) => part[7] === parts[0]![7] && part[8] !== '1'))
    .map(([name, parts]) => ({ name, columns: parts.map((row) => row[3]!), unique: parts[0]![6] === '0' }))

/** The columns whose every value is JSON: those with a check that says no more than that. */
const jsonColumns = (checks: Rows): Set<string> =>
  new Set(
    checks.flatMap(([, clause]) => {
      const name = /^json_valid\(`((?:[^`]|``)+)`\)$/i.exec(clause ?? '')?.[1]
      return name === undefined ? [] : [name.replaceAll('``', '`')]
    }),
  )

/** Generated and invisible columns are data like any other, a generated invisible primary key among them. */
const columnsOf = (columns: Rows, json: Set<string>): Column[] =>
  columns.map(([, name, type, nullable, charset, collation]) => ({
    name: name!,
    type: type!.startsWith('longtext') && json.has(name!) ? 'json' : type!,
    nullable: nullable === 'YES',
    ...(charset === null ? {} : { charset }),
    ...(collation === null ? {} : { collation }),
  }))

const foreignKeysOf = (rows: Rows): ForeignKey[] =>
  [...Map.groupBy(rows, ([, constraint]) => constraint).values()].map((columns) => ({
    columns: columns.map((row) => row[2]!),
    parent: columns[0]![3]!,
    parentColumns: columns.map((row) => row[4]!),
  }))

/**
 * What the catalogue tells of the tables and views named, by name; one that is not there, or that the user may not read, is
 * not in the map. At most six queries, whatever the number of tables. Throws UnavailableError or RefusedError.
 */
export const discoverTables = async (connection: Connection, names: string[]): Promise<Map<string, SourceTable>> => {
  const found = new Map<string, SourceTable>()
  if (names.length === 0) return found
  const ask = async (sql: (names: string[]) => string) => byTable(await textRows(connection, sql(names)))
  const tables = await ask(tablesSql)
  const columns = await ask(columnsSql)
  const indexes = await ask(indexesSql)
  const foreignKeys = await ask(foreignKeysSql)
  const checks = (await isMariadb(connection)) ? await ask(checksSql) : new Map<string, Rows>()
  for (const table of names) {
    const sizes = tables.get(table)?.[0]
    if (!sizes) continue
    found.set(table, {
      table,
      columns: columnsOf(columns.get(table) ?? [], jsonColumns(checks.get(table) ?? [])),
      key: keyOf(indexes.get(table) ?? []),
      foreignKeys: foreignKeysOf(foreignKeys.get(table) ?? []),
      indexes: indexesOf(indexes.get(table) ?? []),
      rows: Number(sizes[1]),
      bytes: Number(sizes[2]),
    })
  }
  return found
}
