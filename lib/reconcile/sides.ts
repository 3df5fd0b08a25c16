/** Asks either side for its sums, hashes and cells. MySQL is read chunk by chunk, so that no statement takes long. */
import type { Connection } from 'mysql2/promise'
import { canonicalOf } from '../columns/canonical.ts'
import type { Comparison } from '../model.ts'
import * as mysql from '../sources/mysql/checksum.ts'
import { textRows } from '../sources/mysql/connect.ts'
import * as snowflake from '../warehouses/snowflake/checksum.ts'
import type { Row, Warehouse } from '../warehouses/snowflake/connect.ts'
import { addSums, type Sums } from './buckets.ts'
import { addHashes, type Hashes, type SourceRow } from './suspects.ts'

export type Sides = { source: Connection; warehouse: Warehouse }

/** Keys that one statement asks for. */
const KEYS_AT_ONCE = 500

export const sourceSums = async ({ source }: Sides, comparison: Comparison, digits: number): Promise<Sums> => {
  const sums: Sums = new Map()
  for (const chunk of comparison.plan.chunks)
    addSums(sums, (await textRows(source, mysql.bucketsSql(comparison, chunk, digits))) as [string, string, string][])
  return sums
}

export const targetSums = async ({ warehouse }: Sides, comparison: Comparison, digits: number): Promise<Sums> => {
  const sums: Sums = new Map()
  const rows = await warehouse.query(snowflake.bucketsSql(comparison, digits))
  addSums(
    sums,
    rows.map(({ B, N, S }) => [String(B), String(N), S === null ? null : String(S)]),
  )
  return sums
}

type Buckets = { digits: number; buckets: string[] }

const cellsOf = (row: Row, letter: 'K' | 'C', count: number): string[] =>
  Array.from({ length: count }, (_, i) => String(row[`${letter}${i}`]))

export const sourceHashes = async ({ source }: Sides, comparison: Comparison, some: Buckets): Promise<Hashes> => {
  const found: Hashes = new Map()
  for (const chunk of comparison.plan.chunks)
    addHashes(found, await textRows(source, mysql.hashesSql(comparison, chunk, some)))
  return found
}

export const targetHashes = async ({ warehouse }: Sides, comparison: Comparison, some: Buckets): Promise<Hashes> => {
  const found: Hashes = new Map()
  const rows = await warehouse.query(snowflake.hashesSql(comparison, some))
  addHashes(
    found,
    rows.map((row) => [row.R as string | null, ...cellsOf(row, 'K', comparison.key.length)]),
  )
  return found
}

const addCounts = (counts: Map<string, number>, rows: [hash: string | null, rows: string][]): Map<string, number> => {
  for (const [hash, count] of rows) counts.set(hash ?? '', (counts.get(hash ?? '') ?? 0) + Number(count))
  return counts
}

/** Rows alike of a table without a key, by their hash. */
export const sourceCounts = async ({ source }: Sides, comparison: Comparison, some: Buckets) => {
  const counts = new Map<string, number>()
  for (const chunk of comparison.plan.chunks)
    addCounts(counts, (await textRows(source, mysql.hashesSql(comparison, chunk, some))) as [string, string][])
  return counts
}

export const targetCounts = async ({ warehouse }: Sides, comparison: Comparison, some: Buckets) => {
  const rows = await warehouse.query(snowflake.hashesSql(comparison, some))
  return addCounts(
    new Map(),
    rows.map(({ R, N }) => [R as string | null, String(N)]),
  )
}

/** Bytes that were no UTF-8 have become text by now, as they do on their way into a file: its length is that of the text. */
const mended = (cell: string): string => {
  if (cell === 'N') return cell
  const text = cell.slice(cell.indexOf(':') + 1)
  return `${Buffer.byteLength(text)}:${text}`
}

/** What MySQL has of these keys now, by the key's joined texts; only rows with the very bytes of a key. */
export const sourceRows = async (
  { source }: Sides,
  comparison: Comparison,
  keys: string[][],
): Promise<Map<string, SourceRow>> => {
  const { key, columns } = comparison
  const asked = new Set(keys.map((each) => each.join()))
  const words = columns.map((column) => canonicalOf(column).form === 'words')
  const found = new Map<string, SourceRow>()
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE)
    for (const row of await textRows(source, mysql.cellsSql(comparison, keys.slice(at, at + KEYS_AT_ONCE)))) {
      const [reached, ...texts] = row as string[]
      const name = texts.slice(0, key.length).join()
      const cells = texts.slice(key.length).map((cell, i) => (words[i] ? mended(cell) : cell))
      if (asked.has(name)) found.set(name, { reached: reached === '1', cells })
    }
  return found
}

/** What the warehouse has of these keys now: every row's cells, by the key's joined texts. */
export const targetRows = async (
  { warehouse }: Sides,
  comparison: Comparison,
  keys: string[][],
): Promise<Map<string, string[][]>> => {
  const { key, columns } = comparison
  const found = new Map<string, string[][]>()
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE)
    for (const row of await warehouse.query(snowflake.cellsSql(comparison, keys.slice(at, at + KEYS_AT_ONCE)))) {
      const name = cellsOf(row, 'K', key.length).join()
      found.set(name, [...(found.get(name) ?? []), cellsOf(row, 'C', columns.length)])
    }
  return found
}
