/** A chunk's result from the pieces it was read in. */
import type { ChunkPiece, ChunkResult } from './model.ts'
import { summedCounts } from './policy-counts.ts'

/** The piece that ended a chunk: there is nothing to go on after. */
type LastPiece = Omit<ChunkPiece, 'reached'>

/** What all pieces of a chunk come to: rows, bytes, seconds and policies summed, parts in order, the highest memory. */
export const chunkResult = (before: ChunkPiece[], last: LastPiece): ChunkResult => {
  const { piece, ...rest } = last
  const all = [...before, last]
  const sum = (of: (piece: LastPiece) => number) => all.reduce((total, each) => total + of(each), 0)
  return {
    ...rest,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
    parts: all.flatMap(({ parts }) => parts),
    policies: summedCounts(all.flatMap(({ policies }) => policies)),
    pieces: piece,
    seconds: sum(({ seconds }) => seconds),
    peakMemoryMb: Math.max(...all.map(({ peakMemoryMb }) => peakMemoryMb)),
  }
}
