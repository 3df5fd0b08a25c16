/** Decimal digits → little-endian 32-bit words, exactly, without a BigInt or a string for each cell. */

const WORD = 4_294_967_296
/** A double holds any 15 digits exactly. */
const HEAD_DIGITS = 15
/** 2^32 × 10^6 still fits a double exactly. */
const GROUP = 1_000_000
const ZERO = 48
const POINT = 46
const WIDE_WORDS = 4
const MINUS = 45

/** How many digits a number has at most, and how many of them stand after the point. */
export type DigitsShape = { precision: number; scale: number }

const multiplyAdd = (words: Uint32Array, at: number, count: number, factor: number, add: number): boolean => {
  let carry = add
  for (let i = at; i < at + count; i++) {
    const product = words[i]! * factor + carry
    words[i] = product
    carry = Math.floor(product / WORD)
  }
  return carry === 0
}

const negate = (words: Uint32Array, at: number, count: number): void => {
  let carry = 1
  for (let i = at; i < at + count; i++) {
    const inverted = (~words[i]! >>> 0) + carry
    words[i] = inverted
    carry = inverted === WORD ? 1 : 0
  }
}

/** A number's text within a buffer. */
export type Span = { bytes: Uint8Array; start: number; end: number }

const POWERS = Array.from({ length: 11 }, (_, power) => 10 ** power)
/** A number of 9 digits is a small integer to V8, and two of them make any of 18; 19 digits are 9 and 10. */
const SMALL_DIGITS = 9

/**
 * Writes a number's two's complement into the two words at `at`. The text is as for `writeDigits`. Gives false, with the
 * words undefined, for anything else, and for what 63 bits and a sign do not hold.
 */
export const writeShortDigits = (span: Span, words: Uint32Array, at: number, shape: DigitsShape): boolean => {
  const { bytes, start, end } = span
  const { precision, scale } = shape
  const negative = bytes[start] === MINUS
  const first = negative ? start + 1 : start
  const point = scale ? end - scale - 1 : end
  if (point <= first) return false
  let high = 0
  let low = 0
  let highDigits = 0
  let lowDigits = 0
  for (let i = first; i < end; i++) {
    const digit = bytes[i]! - ZERO
    if (i === point) {
      if (digit !== POINT - ZERO) return false
    } else if (digit < 0 || digit > 9) return false
    else if (highDigits < SMALL_DIGITS) {
      high = high * 10 + digit
      if (high) highDigits++
    } else {
      low = low * 10 + digit
      lowDigits++
    }
  }
  if (highDigits + lowDigits > precision) return false
  const factor = POWERS[lowDigits]!
  // the low word is exact modulo 2^32; what is left is a whole number of them, off by far less than half of one
  const word = (Math.imul(high, factor) + low) >>> 0
  let upper = Math.round((high * factor + low - word) / WORD)
  if (negative) upper = word ? ~upper : -upper
  words[at] = negative ? -word : word
  words[at + 1] = upper
  // 19 digits may pass what 63 bits hold: then the sign that came out is not the one that went in
  return words[at + 1]! >>> 31 === (negative ? 1 : 0) || (words[at] === 0 && words[at + 1] === 0)
}

/**
 * Writes a number's two's complement into four words from `at`: its digits as a whole number, the point left out. The
 * text must have exactly `scale` digits after the point, and at most `precision` in all, leading zeros not counted. Gives
 * false, with the words undefined, for anything else.
 */
export const writeDigits = (
  { bytes, start, end }: Span,
  words: Uint32Array,
  at: number,
  { precision, scale }: DigitsShape,
): boolean => {
  const count = WIDE_WORDS
  const negative = bytes[start] === MINUS
  const first = negative ? start + 1 : start
  const point = scale ? end - scale - 1 : end
  if (point <= first) return false
  let i = first
  let digits = 0
  let head = 0
  for (; i < end && digits < HEAD_DIGITS; i++) {
    if (i === point) {
      if (bytes[i] !== POINT) return false
      continue
    }
    const digit = bytes[i]! - ZERO
    if (digit < 0 || digit > 9) return false
    head = head * 10 + digit
    if (head) digits++
  }
  words[at] = head
  words[at + 1] = Math.floor(head / WORD)
  for (let k = 2; k < count; k++) words[at + k] = 0
  let factor = 1
  let tail = 0
  for (; i < end; i++) {
    if (i === point) {
      if (bytes[i] !== POINT) return false
      continue
    }
    const digit = bytes[i]! - ZERO
    if (digit < 0 || digit > 9) return false
    tail = tail * 10 + digit
    factor *= 10
    digits++
    if (factor === GROUP) {
      if (!multiplyAdd(words, at, count, factor, tail)) return false
      factor = 1
      tail = 0
    }
  }
  if (digits > precision) return false
  if (factor > 1 && !multiplyAdd(words, at, count, factor, tail)) return false
  if (negative) negate(words, at, count)
  return true
}
