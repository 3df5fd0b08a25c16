import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chunkResult } from '../../lib/chunk-pieces.ts'
import type { ChunkPiece, PolicyCount } from '../../lib/model.ts'

const piece = (number: number, rows: number, policies: PolicyCount[] = []): ChunkPiece => ({
  ...{ table: 't', chunk: '3', attempt: `a${number}`, piece: number, rows, bytes: rows * 10, policies },
  ...{ parts: [{ key: `p${number}`, rows, bytes: rows * 10, sha256: '' }], reached: [String(number)] },
  ...{ seconds: number, peakMemoryMb: 100 - number },
})

test('all pieces come to one result', () => {
  const { reached: _, ...last } = piece(3, 7, [{ column: 'd', policy: 'zero_date', rows: 2 }])
  const before = [
    piece(1, 5, [
      { column: 'd', policy: 'zero_date', rows: 1 },
      { column: 'd', policy: 'oversize', rows: 4 },
    ]),
    piece(2, 0),
  ]
  assert.deepEqual(chunkResult(before, last), {
    table: 't',
    chunk: '3',
    attempt: 'a3',
    rows: 12,
    bytes: 120,
    parts: [piece(1, 5), piece(2, 0), piece(3, 7)].flatMap(({ parts }) => parts),
    policies: [
      { column: 'd', policy: 'zero_date', rows: 3 },
      { column: 'd', policy: 'oversize', rows: 4 },
    ],
    pieces: 3,
    seconds: 6,
    peakMemoryMb: 99,
  })
})

test('a chunk read in one is its only piece', () => {
  const { reached: _, ...last } = piece(1, 5)
  assert.deepEqual([chunkResult([], last).pieces, chunkResult([], last).rows], [1, 5])
})
