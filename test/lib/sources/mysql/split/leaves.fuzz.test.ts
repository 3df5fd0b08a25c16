/** Leaves joined to chunks, without a server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chunksOf, type Leaf, MAX_CHUNKS } from '../../../../../lib/sources/mysql/split/leaves.ts'

const leaf = (rows: number, i: number, all: number): Leaf => ({
  ...{
    fixed: [],
    from: i === 0 ? null : String(i),
    low: String(i),
    to: String(i + 1),
    rows,
    misses: 0,
    isWhole: false,
  },
  end: i === all - 1 ? null : [String(i + 1)],
})

test('chunks are made of whole leaves in order, at most a thousand, and of about one size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 3000 }),
      fc.integer({ min: 1, max: 200_000 }),
      fc.option(fc.integer({ min: 0, max: 10_000_000 })),
      (sizes, chunkRows, total) => {
        const chunks = chunksOf(
          sizes.map((rows, i) => leaf(rows, i, sizes.length)),
          chunkRows,
          total,
        )
        assert.ok(chunks.length <= MAX_CHUNKS)
        assert.deepEqual([chunks[0]!.from, chunks.at(-1)!.to], [null, null])
        for (let i = 1; i < chunks.length; i++) {
          assert.deepEqual(chunks[i]!.from, chunks[i - 1]!.to)
          assert.ok(i === chunks.length - 1 || Number(chunks[i]!.to![0]) > Number(chunks[i]!.from![0]), 'bounds grow')
        }
        const largest = Math.max(...sizes)
        let at = 0
        const sum = sizes.reduce((rows, size) => rows + size, 0)
        for (const { to } of chunks) {
          const end = to === null ? sizes.length : Number(to[0])
          const rows = sizes.slice(at, end).reduce((all, size) => all + size, 0)
          assert.ok(rows <= Math.max(sum / chunks.length, chunkRows * 2.5, sum / MAX_CHUNKS) + 2 * largest)
          at = end
        }
      },
    ),
    { numRuns: 100 },
  )
})
