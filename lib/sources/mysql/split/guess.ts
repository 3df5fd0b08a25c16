/**
 * Where to look for a key between two others. Nothing here decides anything: the server looks which key is there, by its
 * own order, so a guess that is wide of the mark costs a statement and no row.
 */
import { columnType } from '../../../columns/types.ts'
import type { Column } from '../../../model.ts'
import type { Alphabet } from './alphabet.ts'

/** A value about halfway between two of a column's, all as literalSql takes them. */
export type Guess = (low: string, high: string) => string

const half = (low: bigint, high: bigint): bigint => (low + high) >> 1n

const scaled = (text: string, scale: number): bigint => {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
}

const betweenNumbers =
  (scale: number): Guess =>
  (low, high) => {
    const middle = half(scaled(low, scale), scaled(high, scale))
    if (scale === 0) return middle.toString()
    const digits = (middle < 0n ? -middle : middle).toString().padStart(scale + 1, '0')
    return `${middle < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  }

const DAY_MICROSECONDS = 86_400_000_000n
const MOMENT = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/
const twoDigits = (number: bigint) => number.toString().padStart(2, '0')

/** Every month has 31 days here, since zero dates are in order as well. */
const toMicroseconds = (text: string): bigint => {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = MOMENT.exec(text) ?? []
  const days = (BigInt(year ?? 0) * 13n + BigInt(month ?? 0)) * 32n + BigInt(day ?? 0)
  const seconds = (BigInt(hour) * 60n + BigInt(minute)) * 60n + BigInt(second)
  return days * DAY_MICROSECONDS + seconds * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}

const within = (number: bigint, least: bigint, most: bigint) => (number < least ? least : number > most ? most : number)

/** A day that every calendar has: CAST would make NULL of others, which is no place between keys. */
const dayOf = (microseconds: bigint): string => {
  const days = microseconds / DAY_MICROSECONDS
  const months = days / 32n
  const year = (months / 13n).toString().padStart(4, '0')
  return `${year}-${twoDigits(within(months % 13n, 1n, 12n))}-${twoDigits(within(days % 32n, 1n, 28n))}`
}

const timeOf = (microseconds: bigint): string => {
  const time = microseconds % DAY_MICROSECONDS
  const seconds = time / 1_000_000n
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map(twoDigits).join(':')
  return `${clock}.${(time % 1_000_000n).toString().padStart(6, '0')}`
}

const betweenDays: Guess = (low, high) => dayOf(half(toMicroseconds(low), toMicroseconds(high)))

const betweenMoments: Guess = (low, high) => {
  const middle = half(toMicroseconds(low), toMicroseconds(high))
  return `${dayOf(middle)} ${timeOf(middle)}`
}

/** Bytes that are looked at beyond those that both begin with. */
const DEPTH = 8

const betweenBytes: Guess = (low, high) => {
  let shared = 0
  while (shared < Math.min(low.length, high.length) && low.slice(shared, shared + 2) === high.slice(shared, shared + 2))
    shared += 2
  const number = (hex: string) => BigInt(`0x${hex.slice(shared, shared + 2 * DEPTH).padEnd(2 * DEPTH, '0')}`)
  const middle = half(number(low), number(high))
    .toString(16)
    .toUpperCase()
    .padStart(2 * DEPTH, '0')
  return low.slice(0, shared) + middle.replace(/(00)+$/, '')
}

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([1-5][0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})$/
const dashed = (hex: string) =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')

/**
 * MariaDB keeps UUIDs of versions 1 to 5 last group first, and is told so by version and variant: a guess keeps both
 * ("UUID data type", MariaDB's documentation).
 */
const betweenUuids: Guess = (low, high) => {
  const swapped = [UUID.exec(low), UUID.exec(high)]
  const number = (text: string, parts: RegExpExecArray | null) =>
    BigInt(`0x${parts ? parts.slice(1).reverse().join('') : text.replaceAll('-', '')}`)
  if (!swapped[0] || !swapped[1]) {
    const middle = half(number(low, null), number(high, null)).toString(16).padStart(32, '0')
    return dashed(middle)
  }
  const middle = half(number(low, swapped[0]), number(high, swapped[1])).toString(16).padStart(32, '0')
  const [node, clock, third] = [middle.slice(0, 12), middle.slice(12, 16), middle.slice(16, 20)]
  const hex = `${middle.slice(24)}${middle.slice(20, 24)}${swapped[0][3]![0]}${third.slice(1)}8${clock.slice(1)}${node}`
  return dashed(hex)
}

/** Whether a column is compared by a collation. */
export const isText = (column: Column): boolean =>
  columnType(column).cells.kind === 'text' && !/^uuid$/i.test(column.type)

/**
 * How to guess between two values of a column. `alphabet` is asked for text only. Throws for a column whose order is not
 * that of its literals.
 */
export const guessFor = async (column: Column, alphabet: () => Promise<Alphabet>): Promise<Guess> => {
  if (/^uuid$/i.test(column.type)) return betweenUuids
  const { cells } = columnType(column)
  switch (cells.kind) {
    case 'integer':
      return betweenNumbers(0)
    case 'decimal':
      return betweenNumbers(cells.scale)
    case 'date':
      return betweenDays
    case 'timestamp':
      return betweenMoments
    case 'bytes':
      return betweenBytes
    case 'text': {
      const { between } = await alphabet()
      return between
    }
    default:
      throw new Error(`Column ${column.name} of type ${column.type} has no values between others`)
  }
}
