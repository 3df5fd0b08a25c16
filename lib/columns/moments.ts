/** Builders of dates and of wall-clock timestamps. */
import { type Data, DateDay, TimestampMicrosecond } from 'apache-arrow'
import { Builder, enlarged } from './builder.ts'
import { daysSinceEpoch, twoDigits } from './calendar.ts'

const WORD = 4_294_967_296
const ZERO = 48
const DATE_LENGTH = 10
const SECONDS_LENGTH = 19
const MICROS_LENGTH = 26
const SPACE = 32
const COLON = 58
const POINT = 46
/** 86,400,000,000 microseconds a day as two words: days × either stays exact in a double. */
const DAY_HIGH = 20
const DAY_LOW = 500_654_080

/** DATE: days since 1970-01-01. */
export class DateBuilder extends Builder {
  readonly type = new DateDay()
  private values = new Int32Array(this.capacity)

  protected write(cell: Buffer): boolean {
    const days = cell.length === DATE_LENGTH ? daysSinceEpoch(cell) : Number.NaN
    if (Number.isNaN(days)) return false
    this.values[this.rows] = days
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

/** Microseconds since midnight of ` HH:MM:SS[.ffffff]` after the date; NaN when it is not that. */
const microsOfDay = (text: Uint8Array): number => {
  const { length } = text
  if (length === DATE_LENGTH) return 0
  const hours = twoDigits(text, 11)
  const minutes = twoDigits(text, 14)
  const seconds = twoDigits(text, 17)
  if (hours > 23 || minutes > 59 || seconds > 59 || length > MICROS_LENGTH) return Number.NaN
  if (length < SECONDS_LENGTH || text[10] !== SPACE || text[13] !== COLON || text[16] !== COLON) return Number.NaN
  let micros = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
  if (length === SECONDS_LENGTH) return micros
  if (text[SECONDS_LENGTH] !== POINT || length === SECONDS_LENGTH + 1) return Number.NaN
  for (let i = SECONDS_LENGTH + 1, unit = 100_000; i < length; i++, unit /= 10) {
    const digit = text[i]! - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    micros += digit * unit
  }
  return micros
}

/**
 * DATETIME and TIMESTAMP: microseconds of wall clock since 1970-01-01 00:00, the session's zone being UTC. Far years have
 * more microseconds than a double holds exactly, so the two 32-bit words are worked out apart.
 */
export class TimestampBuilder extends Builder {
  readonly type = new TimestampMicrosecond()
  private words = new Int32Array(this.capacity * 2)

  protected write(cell: Buffer): boolean {
    const days = cell.length >= DATE_LENGTH ? daysSinceEpoch(cell) : Number.NaN
    const micros = microsOfDay(cell)
    if (Number.isNaN(days) || Number.isNaN(micros)) return false
    const low = days * DAY_LOW + micros
    const at = this.rows * 2
    this.words[at] = low
    this.words[at + 1] = days * DAY_HIGH + Math.floor(low / WORD)
    return true
  }

  get bytes(): number {
    return this.rows * 8
  }

  data(): Data {
    return this.arrow({ data: new BigInt64Array(this.words.buffer, 0, this.rows) })
  }

  protected override grow(): void {
    super.grow()
    this.words = enlarged(this.words, this.capacity * 2)
  }
}
