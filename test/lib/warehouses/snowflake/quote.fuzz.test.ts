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
