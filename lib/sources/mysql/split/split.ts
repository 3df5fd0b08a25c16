/**
 * A table cut into chunks of about equal rows along one index, without reading it: the server's estimates of spans say
 * where to cut next, and every bound is a key that the server found in the index, by its own order.
 */
import type { Connection } from 'mysql2/promise'
import type { Chunk } from '../../../model.ts'
import { Dives, MISSES, rowsUpTo, walkRows } from './dives.ts'
import { chunkCount, chunksOf, type Leaf, sumOf } from './leaves.ts'
import type { Walk } from './walk.ts'

/** Leaves of this part of a chunk are joined to chunks: the smaller, the more equal those are, and the more statements. */
const LEAF = 0.6
const STATEMENTS = 100
const STATEMENTS_A_CHUNK = 40
/** A cut that leaves a smaller part than this on one side missed the middle. */
const MISS = 0.1
/** Statistics of fewer rows than this are doubted, and this many keys looked for. */
const DOUBTED_ROWS = 8
const PROBES = 16
/** So many are counted, whatever the statistics say: no more than a moment's reading, and too few to share out. */
const FEW = 10_000

type SplitRequest = {
  walk: Walk
  /** Rows in one chunk, about. */
  chunkRows: number
  /** Rows there are, as the catalogue says; null when only a part is split, of which it says nothing. */
  rows: number | null
  /** Conditions on the walk's first column, which every row to be split meets. */
  within: string[]
}

/** Two leaves with their rows. A cut that was led to the middle leaves parts that one miss more leads again. */
const estimated = async (dives: Dives, whole: Leaf, halves: [Leaf, Leaf]): Promise<Leaf[]> => {
  const [first, second] = halves
  const [a, b] = await dives.rowsOf(whole, halves)
  const isMiss = Math.min(a, b) < (a + b) * MISS
  const misses = isMiss ? whole.misses + 1 : Math.max(0, Math.min(whole.misses, MISSES) - 1)
  return [
    { ...first, misses, rows: a },
    { ...second, misses, rows: b },
  ]
}

/** What a leaf becomes: two; or, when one value has all its rows, these by the next column; or itself, which is whole. */
const splitLeaf = async (dives: Dives, leaf: Leaf, columns: number): Promise<Leaf[]> => {
  const halves = await dives.cut(leaf)
  if (halves) return estimated(dives, leaf, halves)
  const fixed = [...leaf.fixed, leaf.to]
  const deeper = fixed.length < columns ? await dives.whole(fixed, leaf.end, leaf.rows) : null
  return [deeper ?? { ...leaf, isWhole: true }]
}

const largestOf = (leaves: Leaf[], leafRows: number): number => {
  let largest = -1
  leaves.forEach(({ rows, isWhole }, i) => {
    if (!isWhole && rows > leafRows && (largest < 0 || rows > leaves[largest]!.rows)) largest = i
  })
  return largest
}

/** Splits the largest leaf again and again, so that what there is to spend goes where it serves most. */
const splitLargest = async (dives: Dives, whole: Leaf, request: SplitRequest): Promise<Leaf[]> => {
  const { walk, chunkRows } = request
  const leaves = [whole]
  for (;;) {
    const rows = sumOf(leaves)
    const count = chunkCount(rows, chunkRows)
    const largest = largestOf(leaves, (LEAF * Math.max(rows, whole.rows)) / count)
    if (largest < 0 || dives.spent > STATEMENTS + STATEMENTS_A_CHUNK * count) return leaves
    leaves.splice(largest, 1, ...(await splitLeaf(dives, leaves[largest]!, walk.columns.length)))
  }
}

/** Statistics that were lost say no rows of a million: this finds more keys than they speak of, or null. */
const probed = async (dives: Dives, whole: Leaf): Promise<Leaf[] | null> => {
  let leaves = [whole]
  while (leaves.length < PROBES) {
    const next: Leaf[] = []
    for (const leaf of leaves) next.push(...((await dives.cut(leaf)) ?? [leaf]))
    if (next.length === leaves.length) return null
    leaves = next
  }
  return leaves
}

const unknownRows = (leaves: Leaf[]): Chunk[] => {
  const one = leaves.map((leaf) => ({ ...leaf, rows: 1 }))
  return chunksOf(one, 1, null).map((chunk) => ({ ...chunk, rows: null }))
}

/**
 * Chunks of about `chunkRows` rows each, at most MAX_CHUNKS: they touch, never overlap, and are open at both ends. Their
 * number of rows is the server's estimate, which may be out by two. The statements are as many as the chunks, times forty
 * at most, each of one row or none whatever the table's size. Throws UnavailableError, RefusedError, DriftError.
 */
export const splitWalk = async (connection: Connection, request: SplitRequest): Promise<Chunk[]> => {
  const { walk, rows, within, chunkRows } = request
  const known = await walkRows(connection, walk, [])
  const total = rows === null ? await walkRows(connection, walk, within) : Math.max(rows, known)
  const isDoubted = rows !== null && total < DOUBTED_ROWS
  const one: Chunk = { id: '0', from: null, to: null, rows: total }
  if (total <= chunkRows && !isDoubted) return [one]
  if (isDoubted) {
    const few = await rowsUpTo(connection, walk, Math.min(FEW, chunkRows))
    if (few !== null) return [{ ...one, rows: few }]
  }
  const dives = new Dives(connection, walk, { within, most: Math.floor(known / 2) })
  const whole = await dives.whole([], null, total)
  if (!whole) return [{ ...one, rows: 0 }]
  const more = isDoubted ? await probed(dives, whole) : null
  if (more) return unknownRows(more)
  if (total <= chunkRows) return [one]
  const leaves = await splitLargest(dives, whole, request)
  return chunksOf(leaves, chunkRows, rows === null ? null : total)
}
