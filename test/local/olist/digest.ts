/** One number for all cells of a table, whatever the order of its rows: the same from MariaDB and MySQL. */
import { CURSOR, TABLE_NAMES, TABLES, type TableName } from '../../../local/olist/tables.ts'
import type { TestDatabase } from '../../lib/sources/mysql/database.ts'

const digestSql = (name: TableName, withCursor: boolean) => {
  const columns = TABLES[name].columns.filter((column) => withCursor || column.name !== CURSOR)
  // NULL and '' are told apart
  const cells = columns.map((column) => `COALESCE(CONCAT('=', \`${column.name}\`), '-')`).join(', ')
  const number = `CAST(CONV(LEFT(SHA2(CONCAT_WS('|', ${cells}), 256), 14), 16, 10) AS UNSIGNED)`
  return `SELECT CONCAT(COUNT(*), ' rows, ', COALESCE(SUM(${number}), 0)) FROM ${name}`
}

/** Digests by table; without the cursor on request, for rows whose time of change does not matter. */
export const digestsOf = async ({ ask }: TestDatabase, withCursor = true): Promise<Record<string, string>> => {
  const digests: Record<string, string> = {}
  for (const name of TABLE_NAMES) digests[name] = String((await ask(digestSql(name, withCursor)))[0]![0])
  return digests
}
