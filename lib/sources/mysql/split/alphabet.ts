/** The order of a collation's characters, asked from the server, so that a text halfway between two others can be guessed. */
import type { Connection } from 'mysql2/promise'
import { textRows } from '../connect.ts'
import { quoteText } from '../quote.ts'
import { sharedPrefix } from './steer.ts'

/** `order`: one character of each place in the order. */
export type Alphabet = { order: string[]; between(low: string, high: string): string }

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

/**
 * Reads no table. Characters that the collation takes for one have one place. Those that the character set does not have
 * are left out: when a column is compared with one, no index serves.
 */
const orderSql = (charset: string, collation: string) => {
  const characters = CODE_POINTS.map((code) => `SELECT ${quoteText(String.fromCodePoint(code))} AS c`).join(
    ' UNION ALL ',
  )
  const converted = `CONVERT(c USING ${charset})`
  return `SELECT c, DENSE_RANK() OVER (ORDER BY ${converted} COLLATE ${collation}) AS place
  FROM (${characters}) AS characters WHERE HEX(CONVERT(${converted} USING utf8mb4)) = HEX(c) ORDER BY place, c`
}

/** A character's place from 1; for one the alphabet does not have, that of the nearest code point before it. */
const placesIn = (places: [string, number][]) => {
  const known = new Map(places)
  const codes = places.map(([character, place]) => [character.codePointAt(0)!, place] as const)
  codes.sort(([a], [b]) => a - b)
  return (character: string): number => {
    const code = character.codePointAt(0)!
    return known.get(character) ?? codes.findLast(([each]) => each <= code)?.[1] ?? 1
  }
}

const middleCharacter = (low: string, high: string): string => {
  const code = (low.codePointAt(0)! + high.codePointAt(0)!) >> 1
  return code >= 0xd800 && code <= 0xdfff ? '\ud7ff' : String.fromCodePoint(code)
}

/**
 * Text as a number whose digits are characters' places; 0 is the text's end. `places`: characters and their places, from 1.
 * `isUnicode`: whether the character set has every character, so that one outside the alphabet may be guessed.
 */
export const alphabetOf = (places: [string, number][], isUnicode: boolean): Alphabet => {
  const place = placesIn(places)
  const order = [...new Map(places.toReversed().map(([character, at]) => [at, character]))]
    .sort(([a], [b]) => a - b)
    .map(([, character]) => character)
  const base = BigInt(order.length + 1)
  const number = (characters: string[]) =>
    Array.from({ length: DEPTH }, (_, i) => BigInt(characters[i] === undefined ? 0 : place(characters[i]))).reduce(
      (total, digit) => total * base + digit,
      0n,
    )
  const text = (total: bigint): string => {
    const digits: number[] = []
    for (let rest = total, i = 0; i < DEPTH; i++, rest /= base) digits.unshift(Number(rest % base))
    const end = digits.indexOf(0)
    return (end < 0 ? digits : digits.slice(0, end)).map((digit) => order[digit - 1]!).join('')
  }
  const between = (low: string, high: string): string => {
    const start = sharedPrefix(low, high)
    const [a, b] = [[...low.slice(start.length)], [...high.slice(start.length)]]
    const [first, second] = [a[0], b[0]]
    // characters that one of the alphabet stands for both
    if (isUnicode && first && second && place(first) === place(second)) return start + middleCharacter(first, second)
    const [from, to] = [number(a), number(b)]
    return start + text((from + to) / 2n)
  }
  return { order, between }
}

/** The alphabet of a text column. Two statements, neither of which reads the table. Throws as textRows does. */
export const readAlphabet = async (connection: Connection, table: string, column: string): Promise<Alphabet> => {
  const [charset, collation] = (await textRows(connection, collationSql(table, column)))[0] ?? []
  if (!charset || !collation) throw new Error(`Column ${column} of ${table} has no collation`)
  const rows = await textRows(connection, orderSql(charset, collation))
  return alphabetOf(
    rows.map(([character, place]) => [character!, Number(place)]),
    /^(utf|ucs)/.test(charset),
  )
}
