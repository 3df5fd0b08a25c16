/** Decimal digits → little-endian 32-bit words, exactly, without a BigInt or a string for each cell. */

const WORDS = 4
const WORD = 4_294_967_296
/** A double holds any 15 digits exactly. */
const HEAD_DIGITS = 15
/** 2^32 × 10^6 still fits a double exactly. */
const GROUP = 1_000_000
const ZERO = 48
const POINT = 46
const MINUS = 45

/** How many digits a number has at most, and how many of them stand after the point. */
export type DigitsShape = { precision: number; scale: number }

const multiplyAdd = (words: Uint32Array, factor: number, add: number): boolean => {
  let carry = add
  for (let i = 0; i < WORDS; i++) {
    const product = words[i]! * factor + carry
    words[i] = product
    carry = Math.floor(product / WORD)
  }
  return carry === 0
}

const negate = (words: Uint32Array): void => {
  let carry = 1
  for (let i = 0; i < WORDS; i++) {
    const inverted = (~words[i]! >>> 0) + carry
    words[i] = inverted
    carry = inverted === WORD ? 1 : 0
  }
}

/** A number's text within a buffer. */
export type Span = { bytes: Uint8Array; start: number; end: number }

/**
 * Writes a number's two's complement into four words: its digits as a whole number, the point left out. The
 * text must have exactly `scale` digits after the point, and at most `precision` in all, leading zeros not counted. Gives
 * false, with the words undefined, for anything else.
 */
export const writeDigits = (
  { bytes, start, end }: Span,
  words: Uint32Array,
  { precision, scale }: DigitsShape,
): boolean => {
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
  words[0] = head
  words[1] = Math.floor(head / WORD)
  words[2] = words[3] = 0
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
      if (!multiplyAdd(words, factor, tail)) return false
      factor = 1
      tail = 0
    }
  }
  if (digits > precision) return false
  if (factor > 1 && !multiplyAdd(words, factor, tail)) return false
  if (negative) negate(words)
  return true
}
