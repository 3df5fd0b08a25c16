/** A table cut into chunks by walking the index of its leading key column. */
import type { Connection } from 'mysql2/promise'
import { columnType } from '../../columns/types.ts'
import type { Chunk, Column, SourceTable } from '../../model.ts'
import { textRows } from './connect.ts'
import { boundSql, literalSql, quoteMysql } from './quote.ts'

/** An inline Map's history holds 25,000 events: a table of any size is cut into this many chunks at most. */
export const MAX_CHUNKS = 1000

/** The key that `rows` keys on from `after` leads to, or null when there are fewer. It must be greater than `after`. */
export type NextBound = (after: string | null, rows: number) => Promise<string | null>

/**
 * Bounds of chunks of about `chunkRows` rows; each is greater than the one before, and the last has rows after it. When
 * they become too many, every second one is dropped and the chunks from then on are twice as large.
 */
export const walkBounds = async (next: NextBound, chunkRows: number, maxChunks = MAX_CHUNKS): Promise<string[]> => {
  let bounds: string[] = []
  let rows = Math.max(1, Math.floor(chunkRows))
  for (;;) {
    const bound = await next(bounds.at(-1) ?? null, rows)
    if (bound === null) break
    if (bound === bounds.at(-1)) throw new Error('The key found does not grow: the index and its column disagree')
    bounds.push(bound)
    if (bounds.length < maxChunks) continue
    bounds = bounds.filter((_, i) => i % 2 === 1)
    rows *= 2
  }
  const last = bounds.at(-1)
  if (last !== undefined && (await next(last, 1)) === null) bounds.pop()
  return bounds
}

/** Chunks between bounds: they touch, never overlap, and are open at both ends. */
export const chunksBetween = (bounds: string[]): Chunk[] =>
  [...bounds, null].map((to, i) => ({
    id: String(i),
    from: i === 0 ? null : [bounds[i - 1]!],
    to: to === null ? null : [to],
    rows: null,
  }))

/** Kinds whose order in the index is the order of comparisons with a literal: not ENUM or SET, nor floating numbers. */
const walkable = (column: Column | undefined, table: SourceTable): column is Column => {
  if (!column || column.nullable || !table.indexes.some(({ columns }) => columns[0] === column.name)) return false
  if (/^(integer|decimal|date|timestamp)$/.test(columnType(column).cells.kind)) return true
  return /^(var)?(char|binary)\b/i.test(column.type)
}

/** The key `rows` keys on from `after`, by the server's own order and collation. */
export const nextBoundSql = (table: string, column: Column, after: string | null, rows: number): string => {
  const name = quoteMysql(column.name)
  const from = after === null ? '' : ` WHERE ${name} > ${literalSql(column, after)}`
  return `SELECT ${boundSql(column)} FROM ${quoteMysql(table)}${from} ORDER BY ${name} LIMIT 1 OFFSET ${rows - 1}`
}

/**
 * Cuts a table into chunks of about `chunkRows` rows by the leading column of its key. A table without a key that can be
 * walked is one open chunk, and `column` is null. Throws UnavailableError.
 */
export const splitTable = async (
  connection: Connection,
  table: SourceTable,
  chunkRows: number,
): Promise<{ columns: string[]; chunks: Chunk[] }> => {
  const column = table.columns.find(({ name }) => name === table.key[0])
  if (!walkable(column, table)) return { columns: [], chunks: chunksBetween([]) }
  const next: NextBound = async (after, rows) =>
    (await textRows(connection, nextBoundSql(table.table, column, after, rows)))[0]?.[0] ?? null
  const bounds = await walkBounds(next, chunkRows)
  return { columns: bounds.length ? [column.name] : [], chunks: chunksBetween(bounds) }
}
