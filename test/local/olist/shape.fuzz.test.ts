import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shuffledSql } from '../../../local/olist/draw.ts'
import { apportion } from '../../../local/olist/shape.ts'

test('parts add up to the whole, none is below the least', () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 0, max: 200_000 }),
      fc.constantFrom(0, 1),
      (weights, more, least) => {
        const whole = more + 4 * weights.length
        const parts = apportion(whole, weights, least)
        assert.equal(
          parts.reduce((sum, part) => sum + part, 0),
          whole,
        )
        assert.ok(parts.every((part) => part >= least))
      },
    ),
  ))

test('weights that add up to the whole are the parts', () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9999 }), { minLength: 1 }), (weights) => {
      const whole = weights.reduce((sum, weight) => sum + weight, 0)
      assert.deepEqual(apportion(whole, weights, 1), weights)
    }),
  ))

/** The expression is whole-number arithmetic, which JavaScript reads as SQL does. */
const evaluate = (sql: string, n: number): number => new Function('n', `return ${sql}`)(n)

test('a shuffle puts every number somewhere, and no two in one place', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 700 }),
      (seed, tag, size) => {
        const sql = shuffledSql(seed, tag, 'n', size)
        const places = new Set(Array.from({ length: size }, (_, n) => evaluate(sql, n)))
        assert.equal(places.size, size)
        assert.ok([...places].every((place) => place >= 0 && place < size))
      },
    ),
  ))
