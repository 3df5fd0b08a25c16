/** The order of a collation's characters, asked from the server, so that a text halfway between two others can be guessed. */
import type { Connection } from 'mysql2/promise'
import { textRows } from './connect.ts'
import { quoteText } from './quote.ts'

export type Alphabet = { between(low: string, high: string): string }

/** Characters that are looked at beyond those that both begin with. */
const DEPTH = 6
/** Control characters and halves of surrogates apart: ASCII, Latin letters, and one in 256 of the rest of the first plane. */
const CODE_POINTS = [
  ...Array.from({ length: 0x7e - 0x20 + 1 }, (_, i) => 0x20 + i),
  ...Array.from({ length: 0x17f - 0xa1 + 1 }, (_, i) => 0xa1 + i),
  ...Array.from({ length: 255 }, (_, i) => (i + 1) * 256 + 16).filter((code) => code < 0xd800 || code > 0xdfff),
  0x1f300,
]

const collationSql = (table: string, column: string) =>
  `SELECT character_set_name, collation_name FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = ${quoteText(table)} AND column_name = ${quoteText(column)}`

/** Reads no table. Characters that the character set does not have are left out: compared with one, no index serves. */
const orderSql = (charset: string, collation: string) => {
  const characters = CODE_POINTS.map((code) => `SELECT ${quoteText(String.fromCodePoint(code))} AS c`).join(
    ' UNION ALL ',
  )
  const converted = `CONVERT(c USING ${charset})`
  return `SELECT c FROM (${characters}) AS characters
  WHERE HEX(CONVERT(${converted} USING utf8mb4)) = HEX(c) ORDER BY ${converted} COLLATE ${collation}`
}

/** Characters by code point, for those the alphabet does not have: the nearest before it stands for one. */
const rankIn = (ordered: string[]) => {
  const ranks = new Map(ordered.map((character, i) => [character, i + 1]))
  const codes = [...ranks].map(([character, rank]) => [character.codePointAt(0)!, rank] as const)
  codes.sort(([a], [b]) => a - b)
  return (character: string): number => {
    const code = character.codePointAt(0)!
    return ranks.get(character) ?? codes.findLast(([each]) => each <= code)?.[1] ?? 0
  }
}

const middleCharacter = (low: string, high: string): string => {
  const code = (low.codePointAt(0)! + high.codePointAt(0)!) >> 1
  return code >= 0xd800 && code <= 0xdfff ? '\ud7ff' : String.fromCodePoint(code)
}

/**
 * Text as a number whose digits are characters' places; 0 is the text's end. `isUnicode`: whether the character set has
 * every character, so that one outside the alphabet may be guessed. Exported to be tested without a server.
 */
export const alphabetOf = (ordered: string[], isUnicode: boolean): Alphabet => {
  const rank = rankIn(ordered)
  const base = BigInt(ordered.length + 1)
  const number = (characters: string[]) =>
    Array.from({ length: DEPTH }, (_, i) => BigInt(characters[i] === undefined ? 0 : rank(characters[i]))).reduce(
      (total, digit) => total * base + digit,
      0n,
    )
  const text = (total: bigint): string => {
    const digits: number[] = []
    for (let rest = total, i = 0; i < DEPTH; i++, rest /= base) digits.unshift(Number(rest % base))
    const end = digits.indexOf(0)
    return (end < 0 ? digits : digits.slice(0, end)).map((digit) => ordered[digit - 1]!).join('')
  }
  const between = (low: string, high: string): string => {
    const [a, b] = [[...low], [...high]]
    let shared = 0
    while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++
    const start = a.slice(0, shared).join('')
    const [first, second] = [a[shared], b[shared]]
    // characters that one of the alphabet stands for both
    if (isUnicode && first && second && rank(first) === rank(second)) return start + middleCharacter(first, second)
    const [from, to] = [number(a.slice(shared)), number(b.slice(shared))]
    return start + text((from + to) / 2n)
  }
  return { between }
}

/** The alphabet of a text column. Two statements, neither of which reads the table. Throws as textRows does. */
export const readAlphabet = async (connection: Connection, table: string, column: string): Promise<Alphabet> => {
  const [charset, collation] = (await textRows(connection, collationSql(table, column)))[0] ?? []
  if (!charset || !collation) throw new Error(`Column ${column} of ${table} has no collation`)
  const rows = await textRows(connection, orderSql(charset, collation))
  return alphabetOf(
    rows.map(([character]) => character!),
    /^(utf|ucs)/.test(charset),
  )
}
