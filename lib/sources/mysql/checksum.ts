/** Counts and checksums of a table's rows, worked out by MySQL; the warehouse's own are in its checksum.ts. Text only. */
import type { Chunk, Column, Comparison } from '../../model.ts'
import { spanSql } from './bounds.ts'
import { canonicalSql, keysSql, rowTextSql } from './canonical.ts'
import { quoteMysql, quoteText } from './quote.ts'
import { windowSql } from './select.ts'
import { whereSql } from './where.ts'

const named = (columns: Column[], names: string[]) =>
  names.map((name) => columns.find((column) => column.name === name)!)

/** Whether a row is one that the last published window reached; null for a table without a cursor. */
const reachedSql = ({ plan, window }: Comparison): string | null =>
  window && windowSql(window, named(plan.columns, window.columns))

/** FROM and WHERE of one chunk's rows, as far as both sides are compared; `more` are conditions of the caller's. */
const chunkSql = (comparison: Comparison, { from, to }: Chunk, more: string[] = []): string => {
  const { plan } = comparison
  const reached = reachedSql(comparison)
  const conditions = [
    ...spanSql(named(plan.columns, plan.chunkColumns), from, to),
    ...(reached === null ? [] : [reached]),
    ...(plan.where ? [whereSql(plan.where)] : []),
    ...more,
  ]
  const along = plan.chunkIndex === undefined ? '' : ` FORCE INDEX (${quoteMysql(plan.chunkIndex)})`
  const where = conditions.length ? ` WHERE ${conditions.join(' AND ')}` : ''
  return `FROM ${quoteMysql(plan.table)}${along}${where}`
}

const keyTextSql = ({ key, columns }: Comparison): string => rowTextSql(key.length ? key : columns)

const bucketSql = (comparison: Comparison, digits: number): string =>
  `SUBSTR(SHA2(${keyTextSql(comparison)}, 256), 1, ${digits})`

/**
 * `[bucket, rows, sum]` of a chunk. A bucket is the first digits of the hash of the key, or of the row where there is none;
 * its sum is that of 60 bits of each row's hash, in any order, exact.
 */
export const bucketsSql = (comparison: Comparison, chunk: Chunk, digits: number): string => {
  const row = `SHA2(${rowTextSql(comparison.columns)}, 256)`
  return `SELECT ${bucketSql(comparison, digits)}, COUNT(*), SUM(CAST(CONV(SUBSTR(${row}, 1, 15), 16, 10) AS UNSIGNED))
${chunkSql(comparison, chunk)} GROUP BY 1`
}

const withinSql = (comparison: Comparison, { digits, buckets }: Buckets): string =>
  `${bucketSql(comparison, digits)} IN (${buckets.map(quoteText).join(', ')})`

/** Some buckets, each named by `digits` digits. */
type Buckets = { digits: number; buckets: string[] }

/**
 * The rows of some buckets in a chunk: `[hash, …key]`, a canonical text for each of its columns. Without a key
 * `[hash, rows]`: equal rows are counted.
 */
export const hashesSql = (comparison: Comparison, chunk: Chunk, some: Buckets): string => {
  const { key, columns } = comparison
  const hash = `SUBSTR(SHA2(${rowTextSql(columns)}, 256), 1, 32)`
  const from = chunkSql(comparison, chunk, [withinSql(comparison, some)])
  return key.length
    ? `SELECT ${[hash, ...key.map(canonicalSql)].join(', ')} ${from}`
    : `SELECT ${hash}, COUNT(*) ${from} GROUP BY 1`
}

/**
 * The rows with these keys, whatever their cursor: `[reached, …key, …cells]`, each a canonical text but the first, which is
 * 1 where the last published window reached. Rows whose key only the collation takes for equal are among them.
 */
export const cellsSql = (comparison: Comparison, keys: string[][]): string => {
  const { plan, key, columns } = comparison
  const reached = reachedSql(comparison)
  const where = [keysSql(key, keys), ...(plan.where ? [whereSql(plan.where)] : [])].join(' AND ')
  const cells = [
    reached === null ? '1' : `IF(${reached}, 1, 0)`,
    ...key.map(canonicalSql),
    ...columns.map(canonicalSql),
  ]
  return `SELECT ${cells.join(', ')} FROM ${quoteMysql(plan.table)} WHERE ${where}`
}
