/** Builders of numbers: whole, decimal, floating, and the one bit. */
import { Bool, type Data, type DataType, Decimal, Float64, Int32, Int64 } from 'apache-arrow'
import { Builder, enlarged } from './builder.ts'
import { writeDigits } from './digits.ts'

const ZERO = 48
const MINUS = 45

/** TINYINT … INT, signed or small enough, and YEAR. */
export class Int32Builder extends Builder {
  readonly type = new Int32()
  private values = new Int32Array(this.capacity)

  protected write(cell: Buffer): boolean {
    const start = cell[0] === MINUS ? 1 : 0
    let value = 0
    for (let i = start; i < cell.length; i++) {
      const digit = cell[i]! - ZERO
      if (digit < 0 || digit > 9) return false
      value = value * 10 + digit
    }
    if (start) value = -value
    if (cell.length === start || (value | 0) !== value) return false
    this.values[this.rows] = value
    return true
  }

  get bytes(): number {
    return this.rows * 4
  }

  data(): Data {
    return this.arrow({ data: this.values.subarray(0, this.rows) })
  }

  protected override grow(): void {
    super.grow()
    this.values = enlarged(this.values, this.capacity)
  }
}

/** Numbers of several words: INT UNSIGNED, BIGINT (two words) and every DECIMAL, BIGINT UNSIGNED among them (four). */
class WordsBuilder extends Builder {
  private words: Uint32Array
  readonly type: DataType
  private readonly shape: { count: 2 | 4; precision: number; scale: number }

  constructor(type: DataType, shape: { count: 2 | 4; precision: number; scale: number }) {
    super()
    this.type = type
    this.shape = shape
    this.words = new Uint32Array(this.capacity * shape.count)
  }

  protected write(cell: Buffer): boolean {
    const at = this.rows * this.shape.count
    if (!writeDigits(cell, this.words, at, this.shape)) return false
    // 19 digits may pass what 63 bits hold: then the sign that came out is not the one that went in
    const sign = cell[0] === MINUS ? 1 : 0
    return this.shape.count === 4 || this.words[at + 1]! >>> 31 === sign || this.isZero(at)
  }

  get bytes(): number {
    return this.rows * this.shape.count * 4
  }

  data(): Data {
    const used = this.words.subarray(0, this.rows * this.shape.count)
    return this.arrow({ data: this.shape.count === 2 ? new BigInt64Array(used.buffer, 0, this.rows) : used })
  }

  private isZero(at: number): boolean {
    return this.words[at] === 0 && this.words[at + 1] === 0
  }

  protected override grow(): void {
    super.grow()
    this.words = enlarged(this.words, this.capacity * this.shape.count)
  }
}

/** INT UNSIGNED and BIGINT. */
export const int64Builder = (): Builder => new WordsBuilder(new Int64(), { count: 2, precision: 19, scale: 0 })

/** DECIMAL(precision, scale) up to 38 digits. */
export const decimalBuilder = (precision: number, scale: number): Builder =>
  new WordsBuilder(new Decimal(scale, precision, 128), { count: 4, precision, scale })

/** DOUBLE, and FLOAT that the server widened: its shortest text reads back as the same double. */
export class DoubleBuilder extends Builder {
  readonly type = new Float64()
  private values = new Float64Array(this.capacity)

  protected write(cell: Buffer): boolean {
    const value = cell.length ? Number(cell.toString('latin1')) : Number.NaN
    if (!Number.isFinite(value)) return false
    this.values[this.rows] = value
    return true
  }

  get bytes(): number {
    return this.rows * 8
  }

  data(): Data {
    return this.arrow({ data: this.values.subarray(0, this.rows) })
  }

  protected override grow(): void {
    super.grow()
    this.values = enlarged(this.values, this.capacity)
  }
}

/** BIT(1): one byte, 0 or 1 by value. */
export class BooleanBuilder extends Builder {
  readonly type = new Bool()
  private bits = new Uint8Array(this.capacity >> 3)

  protected write(cell: Buffer): boolean {
    if (cell.length !== 1 || cell[0]! > 1) return false
    this.bits[this.rows >> 3]! |= cell[0]! << (this.rows & 7)
    return true
  }

  get bytes(): number {
    return this.rows >> 3
  }

  data(): Data {
    return this.arrow({ data: this.bits.subarray(0, (this.rows + 7) >> 3) })
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
