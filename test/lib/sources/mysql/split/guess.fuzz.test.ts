/** Guesses between any two keys, without a server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { literalSql } from '../../../../../lib/sources/mysql/quote.ts'
import { alphabetOf } from '../../../../../lib/sources/mysql/split/alphabet.ts'
import { guessFor } from '../../../../../lib/sources/mysql/split/guess.ts'

const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i))
const alphabet = async () =>
  alphabetOf(
    PRINTABLE.map((character, i) => [character, i + 1]),
    true,
  )
const columnOf = (type: string) => ({ name: 'k', type, nullable: false })
const guessIn = (type: string) => guessFor(columnOf(type), alphabet)

const inOrder = <T>(a: T, b: T): [T, T] => (a <= b ? [a, b] : [b, a])

test('numbers, 64-bit ends and signs included: between both, and a literal that MySQL takes', async () => {
  const between = await guessIn('bigint unsigned')
  const ends = [-(2n ** 63n), -1n, 0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
  const key = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.constantFrom(...ends))
  fc.assert(
    fc.property(key, key, (a, b) => {
      const [low, high] = inOrder(a, b)
      const guess = between(String(low), String(high))
      assert.ok(BigInt(guess) >= low && BigInt(guess) <= high)
      assert.equal(literalSql(columnOf('bigint'), guess), guess)
    }),
  )
})

test('decimals of any scale', async () => {
  const between = await guessIn('decimal(38,10)')
  const digits = (text: string) => BigInt(text.replace('.', ''))
  const key = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })
  const text = (value: bigint) => {
    const all = (value < 0n ? -value : value).toString().padStart(11, '0')
    return `${value < 0n ? '-' : ''}${all.slice(0, -10)}.${all.slice(-10)}`
  }
  fc.assert(
    fc.property(key, key, (a, b) => {
      const [low, high] = inOrder(a, b)
      const guess = between(text(low), text(high))
      assert.ok(digits(guess) >= low && digits(guess) <= high, guess)
      assert.equal(literalSql(columnOf('decimal(38,10)'), guess), guess)
    }),
  )
})

test('days and moments, zero dates included: one that every calendar has', async () => {
  const part = (least: number, most: number, size: number) =>
    fc.integer({ min: least, max: most }).map((number) => String(number).padStart(size, '0'))
  const day = fc.tuple(part(0, 9999, 4), part(0, 12, 2), part(0, 31, 2)).map((parts) => parts.join('-'))
  const time = fc.tuple(part(0, 23, 2), part(0, 59, 2), part(0, 59, 2)).map((parts) => parts.join(':'))
  const moment = fc
    .tuple(day, time, part(0, 999_999, 6))
    .map(([date, clock, fraction]) => `${date} ${clock}.${fraction}`)
  for (const [type, key] of [
    ['date', day],
    ['datetime(6)', moment],
  ] as const) {
    const between = await guessIn(type)
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [low, high] = inOrder(a, b)
        const guess = between(low, high)
        assert.doesNotThrow(() => literalSql(columnOf(type), guess))
        assert.ok(Number(guess.slice(5, 7)) >= 1 && Number(guess.slice(8, 10)) >= 1 && Number(guess.slice(8, 10)) <= 28)
        // a month has 31 days here, so a guess may be some days off and no more
        assert.ok(guess.slice(0, 7) <= high.slice(0, 7) || high.slice(5, 7) === '00', `${low} ${guess} ${high}`)
      }),
    )
  }
})

test('bytes, and text in a known alphabet', async () => {
  const bytes = await guessIn('varbinary(20)')
  const hex = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array).toString('hex').toUpperCase())
  fc.assert(
    fc.property(hex, hex, (a, b) => {
      const [low, high] = inOrder(a, b)
      const guess = bytes(low, high)
      assert.ok(guess <= high, `${low} ${guess} ${high}`)
      assert.match(literalSql(columnOf('varbinary(20)'), guess), /^x'/)
    }),
  )
  const { between } = await alphabet()
  const text = fc.string({ unit: fc.constantFrom(...PRINTABLE), maxLength: 12 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [low, high] = inOrder(a, b)
      const guess = between(low, high)
      assert.ok(guess <= high, `${low} ${guess} ${high}`)
    }),
  )
})

test('guesses halve what is left, so that looking for any key comes to an end', async () => {
  const between = await guessIn('bigint')
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (wanted) => {
      let [low, high] = [0n, 2n ** 63n - 1n]
      let steps = 0
      for (; low < high; steps++) {
        const guess = BigInt(between(String(low), String(high)))
        if (guess >= wanted) high = guess
        else low = guess + 1n
      }
      assert.equal(low, wanted)
      assert.ok(steps <= 64)
    }),
  )
})
