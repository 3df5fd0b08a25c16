/** The small spans that a table was split into, joined to chunks of about equal rows. */
import type { Chunk } from '../../../model.ts'

/** Rows of one span: those whose leading columns have the values `fixed`, and the next column one in `from < value <= to`. */
export type Leaf = {
  fixed: string[]
  /** null: from the first one on. */
  from: string | null
  /** Where guesses begin. */
  low: string
  /** A value that is there, the greatest of the leaf. */
  to: string
  /** The bound that the leaf ends at; null at the table's end. */
  end: string[] | null
  rows: number
  /** How often in a row a cut left next to nothing on one side. */
  misses: number
  /** All rows share one key of the index: there is nothing to split. */
  isWhole: boolean
}

/** An inline Map's history holds 25,000 events: a table of any size is cut into this many chunks at most. */
export const MAX_CHUNKS = 1000

/** Estimates may each be double. When all of them are more than this many times the catalogue's rows, that is out of date. */
const DOUBLED = 2.5

export const sumOf = (leaves: Leaf[]): number => leaves.reduce((rows, leaf) => rows + leaf.rows, 0)

/** How many chunks of about `chunkRows` rows there are to be. */
export const chunkCount = (rows: number, chunkRows: number): number =>
  Math.max(1, Math.min(MAX_CHUNKS, Math.ceil(rows / Math.max(1, chunkRows))))

/**
 * Chunks of about `chunkRows` rows, or of more when they would be too many. They are made of leaves in order, so they touch
 * and never overlap. `total`: rows of all leaves, when that is known.
 */
export const chunksOf = (leaves: Leaf[], chunkRows: number, total: number | null): Chunk[] => {
  const sum = sumOf(leaves)
  const factor = total === null || sum === 0 || sum > DOUBLED * total ? 1 : total / sum
  const count = chunkCount(sum * factor, chunkRows)
  const ends: { at: number; to: string[] | null; rows: number }[] = []
  let before = 0
  for (const leaf of leaves) {
    // the chunk that the leaf's middle falls into
    const at = Math.min(count - 1, Math.floor(((before + leaf.rows / 2) / Math.max(sum, 1)) * count))
    const last = ends.at(-1)
    if (last?.at === at) Object.assign(last, { to: leaf.end, rows: last.rows + leaf.rows })
    else ends.push({ at, to: leaf.end, rows: leaf.rows })
    before += leaf.rows
  }
  return ends.map(({ to, rows }, i) => ({
    id: String(i),
    from: ends[i - 1]?.to ?? null,
    to,
    rows: Math.round(rows * factor),
  }))
}
