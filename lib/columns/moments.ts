/** Builders of dates and of wall-clock timestamps. */
import type { ColumnPolicies } from '../model.ts'
import { Builder, enlarged, type Outcome, type Physical } from './builder.ts'
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
/** 0001-01-01, the first day that every reader of these files knows. */
const SENTINEL_DAYS = -719_162

type ZeroDate = NonNullable<ColumnPolicies['zero_date']>

/** What both share: days in the calendar, and what becomes of those that are in none. */
abstract class DayBuilder extends Builder {
  private readonly zeroDate: ZeroDate

  constructor(zeroDate: ZeroDate) {
    super()
    this.zeroDate = zeroDate
  }

  protected abstract writeMoment(days: number, micros: number): Outcome

  protected writeNoDay(): Outcome {
    if (this.zeroDate === 'error') return 'zero_date'
    this.act('zero_date')
    return this.zeroDate === 'null' ? 'missing' : this.writeMoment(SENTINEL_DAYS, 0)
  }
}

/** DATE: days since 1970-01-01. */
export class DateBuilder extends DayBuilder {
  readonly physical: Physical = { type: 'INT32', logical: 'DATE' }
  private days = new Int32Array(this.capacity)

  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    const days = end - start === DATE_LENGTH ? daysSinceEpoch(bytes, start) : undefined
    if (days === undefined) return 'type'
    return Number.isNaN(days) ? this.writeNoDay() : this.writeMoment(days)
  }

  protected writeMoment(days: number): Outcome {
    this.days[this.count++] = days
    return null
  }

  protected values(): Uint8Array {
    return new Uint8Array(this.days.buffer, 0, this.count * 4)
  }

  protected override grow(): void {
    super.grow()
    this.days = enlarged(this.days, this.capacity)
  }
}

/** Microseconds since midnight of ` HH:MM:SS[.ffffff]` after the date; NaN when it is not that. */
const microsOfDay = (text: Uint8Array, start: number, end: number): number => {
  const length = end - start
  if (length === DATE_LENGTH) return 0
  const hours = twoDigits(text, start + 11)
  const minutes = twoDigits(text, start + 14)
  const seconds = twoDigits(text, start + 17)
  if (hours > 23 || minutes > 59 || seconds > 59 || length < SECONDS_LENGTH || length > MICROS_LENGTH) return Number.NaN
  if (text[start + 10] !== SPACE || text[start + 13] !== COLON || text[start + 16] !== COLON) return Number.NaN
  let micros = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
  if (length === SECONDS_LENGTH) return micros
  const point = start + SECONDS_LENGTH
  if (text[point] !== POINT || point + 1 === end) return Number.NaN
  for (let i = point + 1, unit = 100_000; i < end; i++, unit /= 10) {
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
export class TimestampBuilder extends DayBuilder {
  readonly physical: Physical = { type: 'INT64', logical: 'TIMESTAMP' }
  private words = new Int32Array(this.capacity * 2)

  put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (this.count === this.capacity) this.grow()
    const days = end - start >= DATE_LENGTH ? daysSinceEpoch(bytes, start) : undefined
    const micros = microsOfDay(bytes, start, end)
    if (days === undefined || Number.isNaN(micros)) return 'type'
    return Number.isNaN(days) ? this.writeNoDay() : this.writeMoment(days, micros)
  }

  protected writeMoment(days: number, micros: number): Outcome {
    const low = days * DAY_LOW + micros
    const at = this.count++ * 2
    this.words[at] = low
    this.words[at + 1] = days * DAY_HIGH + Math.floor(low / WORD)
    return null
  }

  protected values(): Uint8Array {
    return new Uint8Array(this.words.buffer, 0, this.count * 8)
  }

  protected override grow(): void {
    super.grow()
    this.words = enlarged(this.words, this.capacity * 2)
  }
}
