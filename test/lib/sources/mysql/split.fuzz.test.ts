import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Chunk } from '../../../../lib/model.ts'
import { chunksBetween, type NextBound, walkBounds } from '../../../../lib/sources/mysql/split.ts'

/** The server's part, over keys that are already in order: the key `rows` keys on from `after`. */
const over =
  (keys: bigint[]): NextBound =>
  async (after, rows) => {
    const rest = after === null ? keys : keys.filter((key) => key > BigInt(after))
    return rest[rows - 1]?.toString() ?? null
  }

const inside = (key: bigint, { from, to }: Chunk) =>
  (from === null || key > BigInt(from[0]!)) && (to === null || key <= BigInt(to[0]!))

const keysOf = (values: bigint[]) => values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))

test('chunks cover every key once, duplicates and 64-bit ends included', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
          fc.constantFrom(0n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n),
          fc.bigInt({ min: 0n, max: 5n }),
        ),
        { maxLength: 200 },
      ),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 2, max: 12 }),
      async (values, chunkRows, maxChunks) => {
        const keys = keysOf(values)
        const bounds = await walkBounds(over(keys), chunkRows, maxChunks)
        const chunks = chunksBetween(bounds)
        assert.ok(chunks.length <= maxChunks, `${chunks.length} chunks`)
        for (let i = 1; i < bounds.length; i++) assert.ok(BigInt(bounds[i]!) > BigInt(bounds[i - 1]!), 'bounds grow')
        assert.deepEqual(
          chunks.map(({ id, from }) => [id, from]),
          [null, ...bounds].map((bound, i) => [String(i), bound]),
          'they touch',
        )
        for (const key of keys) assert.equal(chunks.filter((chunk) => inside(key, chunk)).length, 1)
        if (keys.length)
          for (const chunk of chunks)
            assert.ok(
              keys.some((key) => inside(key, chunk)),
              `chunk ${chunk.id} is empty`,
            )
        if (bounds.length && new Set(keys).size === keys.length)
          for (const chunk of chunks.slice(0, -1))
            assert.ok(keys.filter((key) => inside(key, chunk)).length >= chunkRows)
      },
    ),
    { numRuns: 300 },
  ))

test('a table of few rows is one open chunk', async () =>
  assert.deepEqual(chunksBetween(await walkBounds(over([1n, 2n, 3n]), 3)), [
    { id: '0', from: null, to: null, rows: null },
  ]))

test('a server whose key does not grow is an error, not a loop', () =>
  assert.rejects(
    walkBounds(async () => '7', 10),
    /does not grow/,
  ))
