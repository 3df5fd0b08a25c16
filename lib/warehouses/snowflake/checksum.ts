/** Counts and checksums of a target's rows, worked out by Snowflake, as MySQL's are in its checksum.ts. Text only. */
import { createHash } from 'node:crypto'
import { canonicalOf } from '../../columns/canonical.ts'
import { columnType } from '../../columns/types.ts'
import type { Column, Comparison } from '../../model.ts'
import { boundSql, cursorSql } from './cursor.ts'
import { AUDIT_COLUMNS, DELETED_AT } from './ddl.ts'
import { foldName, quoteSnowflake, quoteTarget, quoteText } from './quote.ts'

const LOADED_AT = AUDIT_COLUMNS[1].name
const MOMENT = 'YYYY-MM-DD HH24:MI:SS.FF6'

/** Of a number that is all fraction nobody promises the zero before the point. */
const numberText = (name: string, column: Column): string => {
  const { cells } = columnType(column)
  if (cells.kind !== 'decimal' || cells.precision > cells.scale) return `TO_VARCHAR(${name})`
  return `IFF(${name} < 0, '-0', '0') || LTRIM(TO_VARCHAR(ABS(${name})), '0')`
}

/** The text, NULL for NULL. */
const textSql = (column: Column): string => {
  const name = quoteSnowflake(foldName(column.name))
  const canonical = canonicalOf(column)
  switch (canonical.form) {
    case 'number':
      return numberText(name, column)
    case 'switch':
      return `CASE WHEN ${name} THEN '1' WHEN NOT ${name} THEN '0' END`
    case 'date':
      return `TO_VARCHAR(${name}, 'YYYY-MM-DD')`
    case 'moment':
      return `TO_VARCHAR(${name}, '${MOMENT}')`
    case 'plain':
      return name
    case 'nothing':
      // whatever is there should not be
      return `IFF(${name} IS NULL, NULL, 'not NULL')`
    case 'words':
      return `TO_VARCHAR(OCTET_LENGTH(${name})) || ':' || ${name}`
    case 'long words':
      return `SHA2(${name}, 256)`
    case 'bytes':
      return `HEX_ENCODE(${name})`
    case 'long bytes':
    case 'geometry':
      return `SHA2(HEX_ENCODE(${name}), 256)`
    case null:
      throw new Error(`Column ${column.name} has no canonical text: ${canonical.why}`)
  }
}

/** A cell of the row's text: `N` for NULL. */
export const canonicalSql = (column: Column): string => `COALESCE(${textSql(column)}, 'N')`

/** The text of several cells, commas between. */
const rowTextSql = (columns: Column[]): string => columns.map(canonicalSql).join(" || ',' || ")

const keyTextSql = ({ key, columns }: Comparison): string => rowTextSql(key.length ? key : columns)

/** A row that is marked as deleted is none. */
export const liveSql = ({ hasDeletedMark }: Comparison): string[] =>
  hasDeletedMark ? [`${quoteSnowflake(DELETED_AT.name)} IS NULL`] : []

/** As far as the last published window reached; all there is where MySQL has no cursor yet. */
const reachedSql = ({ plan, window }: Comparison): string[] => {
  if (window === null) return []
  const compared = { columns: plan.columns, window }
  const cursor = cursorSql(compared, (name) => quoteSnowflake(foldName(name)))!
  const reached = window.high === null ? 'TRUE' : `${cursor} <= ${boundSql(compared, window.high)}`
  return [window.nullCursor === 'include' ? `(${reached} OR ${cursor} IS NULL)` : reached]
}

const fromSql = ({ plan }: Comparison, conditions: string[]): string =>
  `FROM ${quoteTarget(plan.target)}${conditions.length ? ` WHERE ${conditions.join(' AND ')}` : ''}`

/** Hashes of every row both sides look at: K of the key, or of the row where there is none, and R of the row. */
const hashedSql = (comparison: Comparison): string =>
  `SELECT SHA2(${keyTextSql(comparison)}, 256) AS K, SHA2(${rowTextSql(comparison.columns)}, 256) AS R
  ${fromSql(comparison, [...liveSql(comparison), ...reachedSql(comparison)])}`

/** B, N, S: bucket, rows, sum, as MySQL's. */
export const bucketsSql = (comparison: Comparison, digits: number): string =>
  `SELECT SUBSTR(K, 1, ${digits}) AS B, COUNT(*) AS N, SUM(TO_NUMBER(SUBSTR(R, 1, 15), '${'X'.repeat(15)}')) AS S
FROM (
  ${hashedSql(comparison)}
) GROUP BY SUBSTR(K, 1, ${digits})`

const keyCells = (key: Column[]): string[] => key.map((column, i) => `${canonicalSql(column)} AS K${i}`)

/** R, and K0 … of each row of some buckets; without a key R and N, how many rows are equal. */
export const hashesSql = (
  comparison: Comparison,
  { digits, buckets }: { digits: number; buckets: string[] },
): string => {
  const { key, columns } = comparison
  const within = `SUBSTR(SHA2(${keyTextSql(comparison)}, 256), 1, ${digits}) IN (${buckets.map(quoteText).join(', ')})`
  const from = fromSql(comparison, [...liveSql(comparison), ...reachedSql(comparison), within])
  const hash = `SUBSTR(SHA2(${rowTextSql(columns)}, 256), 1, 32)`
  return key.length
    ? `SELECT ${[`${hash} AS R`, ...keyCells(key)].join(', ')} ${from}`
    : `SELECT R, COUNT(*) AS N FROM (SELECT ${hash} AS R ${from}) GROUP BY R`
}

/** The hash of a row's key: keys are cells, and Snowflake keeps a statement's text for a year, so they are in none. */
export const keyHashSql = (key: Column[]): string => `SHA2(${rowTextSql(key)}, 256)`

/** The same of a key's canonical texts, as SQL. */
export const keyHashText = (key: string[]): string =>
  quoteText(createHash('sha256').update(key.join(',')).digest('hex'))

/** K0 …, C0 …: the cells of every live row with one of these keys, whatever its cursor. */
export const cellsSql = (comparison: Comparison, keys: string[][]): string => {
  const { key, columns } = comparison
  const cells = [...keyCells(key), ...columns.map((column, i) => `${canonicalSql(column)} AS C${i}`)]
  return `SELECT ${cells.join(', ')} ${fromSql(comparison, [...liveSql(comparison), `${keyHashSql(key)} IN (${keys.map(keyHashText).join(', ')})`])}`
}

/** AT: when the rows that are there now were published, the latest of them. */
export const lastLoadedSql = ({ plan }: Comparison): string =>
  `SELECT MAX(${quoteSnowflake(LOADED_AT)}) AS AT FROM ${quoteTarget(plan.target)}`
