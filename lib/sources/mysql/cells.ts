/** How each column is read: as the server's own text of it, unless that text would not be exact. */
import { columnType } from '../../columns/types.ts'
import type { Column } from '../../model.ts'
import { quoteMysql } from './quote.ts'

/** A column as it is read. FLOAT is widened by the server, whose text protocol rounds it. */
export const columnSql = (column: Column): string => {
  const name = quoteMysql(column.name)
  return columnType(column).castToDouble ? `CAST(${name} AS DOUBLE) AS ${name}` : name
}
