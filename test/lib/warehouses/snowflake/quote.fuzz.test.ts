import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldName, quoteSnowflake, quoteText } from '../../../../lib/warehouses/snowflake/quote.ts'

const name = fc.string({ minLength: 1, maxLength: 100, unit: 'binary' }).filter((text) => !text.includes('\0'))

/** Reads a quoted token as Snowflake's lexer does: the text in it, and where it ends. */
const readToken = (sql: string, quote: '"' | "'"): { text: string; end: number } => {
  let text = ''
  let at = 1
  for (;;) {
    const character = sql[at]
    if (character === undefined) throw new Error('not closed')
    if (character === '\\' && quote === "'") {
      text += sql[at + 1]
      at += 2
    } else if (character !== quote) {
      text += character
      at++
    } else if (sql[at + 1] === quote) {
      text += quote
      at += 2
    } else return { text, end: at + 1 }
  }
}

test('any name comes back from its quotes, which end where it ends', () => {
  fc.assert(
    fc.property(name, (text) => {
      const sql = quoteSnowflake(text)
      assert.deepEqual(readToken(sql, '"'), { text, end: sql.length })
    }),
  )
})

test('any text comes back from its quotes, which end where it ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const sql = quoteText(text)
      assert.deepEqual(readToken(sql, "'"), { text, end: sql.length })
    }),
  )
})

test('a folded name needs no quotes, and folding again changes nothing', () => {
  fc.assert(
    fc.property(name, (text) => {
      const folded = foldName(text)
      assert.match(folded, /^[A-Z_][A-Z0-9_$]*$/)
      assert.equal(foldName(folded), folded)
    }),
  )
})

/** Targets that were made of Latin names are called so. */
const foldLatin = (text: string): string => {
  const folded = text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toUpperCase()
    .replace(/[^A-Z0-9_$]/g, '_')
  return /^[A-Z_]/.test(folded) ? folded : `_${folded}`
}

test('Latin letters, their accents and symbols are what they ever were', () => {
  const latin = [
    [0x20, 0x2ff],
    [0x300, 0x36f],
    [0x1e00, 0x1eff],
    [0x2010, 0x20cf],
    [0x1f300, 0x1f5ff],
  ] as const
  const character = fc.oneof(
    ...latin.map(([min, max]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))),
  )
  const text = fc.array(character, { minLength: 1, maxLength: 64 }).map((all) => all.join(''))
  fc.assert(fc.property(text, (name) => assert.equal(foldName(name), foldLatin(name))))
  // no case of one character is left to chance
  for (const [min, max] of latin)
    for (let code = min; code <= max; code++)
      for (const name of [String.fromCodePoint(code), `a${String.fromCodePoint(code)}`])
        assert.equal(foldName(name), foldLatin(name), `U+${code.toString(16)}`)
})

test('letters of other scripts keep names apart', () => {
  const letter = fc.oneof(
    ...(
      [
        [0x4e00, 0x9fff],
        [0x3041, 0x3096],
        [0xac00, 0xd7a3],
        [0x0430, 0x044f],
        [0x0905, 0x0939],
      ] as const
    ).map(([min, max]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))),
    fc.constantFrom('a', 'b', '1', '_'),
  )
  const text = fc.array(letter, { minLength: 1, maxLength: 64 }).map((all) => all.join(''))
  // a lone digit at the front is `_1`, as ever
  const apart = fc.uniqueArray(
    text.filter((name) => !/^[_1]/.test(name)),
    { minLength: 2, maxLength: 9 },
  )
  fc.assert(fc.property(apart, (names) => assert.equal(new Set(names.map(foldName)).size, names.length)))
})
