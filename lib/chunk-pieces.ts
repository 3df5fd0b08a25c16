/** A chunk's result from the pieces it was read in. */
import type { ChunkPiece, ChunkResult, PolicyCount } from './model.ts'

/** The piece that ended a chunk: there is nothing to go on after. */
type LastPiece = Omit<ChunkPiece, 'reached'>

const counted = (policies: PolicyCount[]): PolicyCount[] => {
  const found = new Map<string, PolicyCount>()
  for (const { column, policy, rows } of policies) {
    const of = JSON.stringify([column, policy])
    found.set(of, { column, policy, rows: rows + (found.get(of)?.rows ?? 0) })
  }
  return [...found.values()]
}

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
    policies: counted(all.flatMap(({ policies }) => policies)),
    pieces: piece,
    seconds: sum(({ seconds }) => seconds),
    peakMemoryMb: Math.max(...all.map(({ peakMemoryMb }) => peakMemoryMb)),
  }
}
