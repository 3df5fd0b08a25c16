/** How each column is read: as the server's own text or bytes of it, unless those would not be exact, or must not leave it. */
import { columnType } from '../../columns/types.ts'
import type { Column } from '../../model.ts'
import { quoteMysql } from './quote.ts'

/** The session variable that holds the salt: put there when connecting, never written into a statement. */
export const SALT_VARIABLE = '@firn_salt'

/** The exact value as something CONCAT takes: equal for equal values, whatever a column's charset or display width. */
const hashedSql = (column: Column, name: string): string => {
  const { cells, castToDouble } = columnType({ ...column, policies: { decimal_overflow: 'string' } })
  const zerofill = /\bzerofill\b/i.test(column.type)
  switch (cells.kind) {
    case 'boolean':
    case 'bits':
      return `CAST(${name} AS UNSIGNED)`
    case 'integer':
      return zerofill ? `CAST(${name} AS UNSIGNED)` : name
    case 'decimal':
      return zerofill ? `${name} + 0` : name
    case 'double':
      return castToDouble ? `CAST(${name} AS DOUBLE)` : name
    case 'text':
      return /^(decimal|time)\b/i.test(column.type) ? name : `CONVERT(${name} USING utf8mb4)`
    default:
      return name
  }
}

/** What a column masked by sha256 is read as, without a name. */
export const maskSql = (column: Column): string =>
  `SHA2(CONCAT(${SALT_VARIABLE}, ${hashedSql(column, quoteMysql(column.name))}), 256)`

/**
 * A column as it is read, under the column's own name. FLOAT is widened by the server, whose text protocol rounds it. A
 * masked value is worked out inside the server: sha256 over the salt and the value's text in UTF-8 (bytes: as they are;
 * BIT as a number; moments in UTC), NULL for NULL; or NULL for all.
 */
export const columnSql = (column: Column): string => {
  const name = quoteMysql(column.name)
  const mask = column.policies?.mask
  if (mask === 'null') return `NULL AS ${name}`
  if (mask === 'sha256') return `${maskSql(column)} AS ${name}`
  return columnType(column).castToDouble ? `CAST(${name} AS DOUBLE) AS ${name}` : name
}
