/** Decimal digits → little-endian 32-bit words, exactly, without a BigInt or a string for each cell. */

const WORD = 4_294_967_296
/** A double holds any 15 digits exactly. */
const HEAD_DIGITS = 15
/** 2^32 × 10^6 still fits a double exactly. */
const GROUP = 1_000_000
const ZERO = 48
const POINT = 46
const MINUS = 45

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

/**
 * Writes a number's two's complement into `count` words from `at`: its digits as a whole number, the point left out.
 * `text` must have exactly `scale` digits after the point, and at most `precision` in all, leading zeros not counted.
 * Gives false, with the words undefined, for anything else.
 */
export const writeDigits = (
  text: Uint8Array,
  words: Uint32Array,
  at: number,
  { count, precision, scale }: { count: 2 | 4; precision: number; scale: number },
): boolean => {
  const end = text.length
  const negative = text[0] === MINUS
  const start = negative ? 1 : 0
  const point = scale ? end - scale - 1 : end
  if (point <= start) return false
  let i = start
  let digits = 0
  let head = 0
  for (; i < end && digits < HEAD_DIGITS; i++) {
    if (i === point) {
      if (text[i] !== POINT) return false
      continue
    }
    const digit = text[i]! - ZERO
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
      if (text[i] !== POINT) return false
      continue
    }
    const digit = text[i]! - ZERO
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
