/** Builders of numbers: whole, decimal, floating, and of bits. */
import { Builder, enlarged, type Outcome, type Physical } from './builder.ts'
import { type DigitsShape, writeDigits } from './digits.ts'

const ZERO = 48
const MINUS = 45
const POINT = 46
/** A signed number of 64 bits holds any 18 digits. */
const INT64_DIGITS = 18

const bytesOf = (values: Int32Array | Uint32Array | Float64Array, count: number) =>
  new Uint8Array(values.buffer, 0, count * values.BYTES_PER_ELEMENT)

/** TINYINT … INT, signed or small enough, and YEAR. */
export class Int32Builder extends Builder {
  readonly physical: Physical = { type: 'INT32', logical: null }
  private numbers = new Int32Array(this.capacity)

  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    const first = bytes[start] === MINUS ? start + 1 : start
    let value = 0
    for (let i = first; i < end; i++) {
      const digit = bytes[i]! - ZERO
      if (digit < 0 || digit > 9) return 'type'
      value = value * 10 + digit
    }
    if (first > start) value = -value
    if (first === end || (value | 0) !== value) return 'type'
    this.numbers[this.count++] = value
    return null
  }

  protected values(): Uint8Array {
    return bytesOf(this.numbers, this.count)
  }

  protected override grow(): void {
    super.grow()
    this.numbers = enlarged(this.numbers, this.capacity)
  }
}

const POWERS = Array.from({ length: 11 }, (_, power) => 10 ** power)
/** A number of 9 digits is a small integer to V8, and two of them make any of 18; 19 digits are 9 and 10. */
const SMALL_DIGITS = 9
const WORD = 4_294_967_296

/** Numbers of two words: INT UNSIGNED, BIGINT, and decimals of at most 18 digits. */
export class Int64Builder extends Builder {
  readonly physical: Physical
  private words = new Uint32Array(this.capacity * 2)
  private readonly precision: number
  private readonly scale: number

  /** Without `decimal`: any whole number of 64 bits. */
  constructor(decimal: { precision: number; scale: number } | null = null) {
    super()
    this.physical = { type: 'INT64', logical: decimal }
    this.precision = decimal?.precision ?? 19
    this.scale = decimal?.scale ?? 0
  }

  /** The digits as a whole number, the point left out: exactly `scale` of them stand behind it. */
  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    const negative = bytes[start] === MINUS
    const first = negative ? start + 1 : start
    const point = this.scale === 0 ? end : end - this.scale - 1
    if (point <= first) return 'type'
    let high = 0
    let low = 0
    let highDigits = 0
    let lowDigits = 0
    for (let i = first; i < end; i++) {
      const digit = bytes[i]! - ZERO
      if (digit < 0 || digit > 9) {
        if (i === point && digit === POINT - ZERO) continue
        return 'type'
      }
      if (i === point) return 'type'
      if (highDigits < SMALL_DIGITS) {
        high = high * 10 + digit
        if (high > 0) highDigits++
      } else {
        low = low * 10 + digit
        lowDigits++
      }
    }
    if (highDigits + lowDigits > this.precision) return 'type'
    const factor = POWERS[lowDigits]!
    // the low word is exact modulo 2^32; what is left is a whole number of them, off by far less than half of one
    const word = (Math.imul(high, factor) + low) >>> 0
    const upper = lowDigits === 0 ? 0 : Math.round((high * factor + low - word) / WORD)
    return this.writeWords(negative ? -word >>> 0 : word, negative ? (word ? ~upper : -upper) >>> 0 : upper, negative)
  }

  /** 19 digits may pass what 63 bits hold: then the sign that comes out is not the one that went in. */
  private writeWords(low: number, high: number, negative: boolean): Outcome {
    if (high >>> 31 !== (negative ? 1 : 0) && (high | low) !== 0) return 'type'
    const at = this.count++ * 2
    this.words[at] = low
    this.words[at + 1] = high
    return null
  }

  protected values(): Uint8Array {
    return bytesOf(this.words, this.count * 2)
  }

  protected override grow(): void {
    super.grow()
    this.words = enlarged(this.words, this.capacity * 2)
  }
}

/** Bytes that hold any number of so many digits and its sign, as few as possible. */
const bytesForDigits = (precision: number): number => {
  let bytes = 1
  while (2n ** BigInt(bytes * 8 - 1) < 10n ** BigInt(precision)) bytes++
  return bytes
}

/** Numbers that are kept as bytes, highest first: what decimals of 19 to 38 digits are in Parquet. */
abstract class WideBuilder extends Builder {
  readonly physical: Physical
  protected readonly words = new Uint32Array(4)
  private readonly length: number
  private content: Uint8Array

  constructor(precision: number, scale: number) {
    super()
    this.length = bytesForDigits(precision)
    this.physical = { type: 'FIXED_LEN_BYTE_ARRAY', length: this.length, logical: { precision, scale } }
    this.content = new Uint8Array(this.capacity * this.length)
  }

  /** Writes what `words` hold. */
  protected writeWords(): Outcome {
    const { content, length, words } = this
    let at = ++this.count * length
    for (let i = 0; i < length; i++) content[--at] = words[i >> 2]! >>> ((i & 3) * 8)
    return null
  }

  protected values(): Uint8Array {
    return this.content.subarray(0, this.count * this.length)
  }

  protected override grow(): void {
    super.grow()
    this.content = enlarged(this.content, this.capacity * this.length)
  }
}

class DecimalBuilder extends WideBuilder {
  private readonly shape: DigitsShape

  constructor(precision: number, scale: number) {
    super(precision, scale)
    this.shape = { precision, scale }
  }

  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    return writeDigits({ bytes, start, end }, this.words, this.shape) ? this.writeWords() : 'type'
  }
}

/** BIT of more than one bit: its bytes, highest first, as an unsigned number of at most 20 digits. */
export class BitsBuilder extends WideBuilder {
  constructor() {
    super(20, 0)
  }

  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    if (end === start || end - start > 8) return 'type'
    this.words.fill(0)
    for (let i = end - 1, bit = 0; i >= start; i--, bit += 8)
      this.words[bit >> 5] = (this.words[bit >> 5]! | (bytes[i]! << (bit & 31))) >>> 0
    return this.writeWords()
  }
}

/** DECIMAL(precision, scale) up to 38 digits, BIGINT UNSIGNED as one of 20 among them. */
export const decimalBuilder = (precision: number, scale: number): Builder =>
  precision > INT64_DIGITS ? new DecimalBuilder(precision, scale) : new Int64Builder({ precision, scale })

/** DOUBLE, and FLOAT that the server widened: its shortest text reads back as the same double. */
export class DoubleBuilder extends Builder {
  readonly physical: Physical = { type: 'DOUBLE' }
  private numbers = new Float64Array(this.capacity)

  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    const value = end > start ? doubleOf(bytes, start, end) : Number.NaN
    if (!Number.isFinite(value)) return 'type'
    this.numbers[this.count++] = value
    return null
  }

  protected values(): Uint8Array {
    return bytesOf(this.numbers, this.count)
  }

  protected override grow(): void {
    super.grow()
    this.numbers = enlarged(this.numbers, this.capacity)
  }
}

/** Whole numbers up to here, and powers of ten up to the 22nd, are doubles: dividing them rounds once, so it rounds right. */
const MOST = Number.MAX_SAFE_INTEGER
const TENS = Array.from({ length: 23 }, (_, power) => 10 ** power)

/** The double nearest to a number's text: what `Number` gives, without a string where the digits are few. */
const doubleOf = (bytes: Uint8Array, start: number, end: number): number => {
  const first = bytes[start] === MINUS ? start + 1 : start
  let digits = 0
  let behind = 0
  for (let i = first; i < end; i++) {
    const digit = bytes[i]! - ZERO
    if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit
      if (digits > MOST) return slowDouble(bytes, start, end)
    } else if (bytes[i] === POINT && behind === 0) behind = i + 1
    else return slowDouble(bytes, start, end)
  }
  const power = behind === 0 ? 0 : end - behind
  if (first === end || power > 22 || behind === first + 1) return slowDouble(bytes, start, end)
  const value = digits / TENS[power]!
  return first > start ? -value : value
}

const slowDouble = (bytes: Uint8Array, start: number, end: number) =>
  Number(Buffer.prototype.latin1Slice.call(bytes as Buffer, start, end))

/** Bits side by side, the lowest first. */
abstract class OneBitBuilder extends Builder {
  readonly physical: Physical = { type: 'BOOLEAN' }
  private bits = new Uint8Array(this.capacity >> 3)

  protected writeBit(bit: number): Outcome {
    this.bits[this.count >> 3]! |= bit << (this.count & 7)
    this.count++
    return null
  }

  protected values(): Uint8Array {
    return this.bits.subarray(0, (this.count + 7) >> 3)
  }

  override clear(): void {
    this.bits.fill(0)
    super.clear()
  }

  protected override grow(): void {
    super.grow()
    this.bits = enlarged(this.bits, this.capacity >> 3)
  }
}

/** BIT(1): one byte, 0 or 1 by value. */
export class BooleanBuilder extends OneBitBuilder {
  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    return end - start === 1 && bytes[start]! < 2 ? this.writeBit(bytes[start]!) : 'type'
  }
}

/** TINYINT(1) under the policy `boolean`: the digits 0 or 1, and nothing else. */
export class FlagBuilder extends OneBitBuilder {
  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    const digit = bytes[start]! - ZERO
    return end - start === 1 && (digit === 0 || digit === 1) ? this.writeBit(digit) : 'tinyint1'
  }
}
