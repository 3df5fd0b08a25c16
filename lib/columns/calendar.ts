/** `YYYY-MM-DD` → days since 1970-01-01 in the proleptic Gregorian calendar, for years 1 to 9999 and days that exist. */

const ZERO = 48
const DASH = 45
const LENGTHS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** Days of a common year before each month. */
const BEFORE = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
/** Days from 0001-01-01 to 1970-01-01. */
const EPOCH = 719_162

const isLeap = (year: number) => (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0)

const daysOf = (year: number, month: number, day: number): number => {
  if (year < 1 || month < 1 || month > 12 || day < 1) return Number.NaN
  const leap = isLeap(year)
  if (day > LENGTHS[month]! && !(leap && month === 2 && day === 29)) return Number.NaN
  const before = year - 1
  const leaps = (before >> 2) - ((before / 100) | 0) + ((before / 400) | 0)
  return before * 365 + leaps + BEFORE[month]! + (leap && month > 2 ? 1 : 0) + day - 1 - EPOCH
}

/** Two digits from `at`, or something above 99 when they are not digits. */
export const twoDigits = (text: Uint8Array, at: number): number => {
  const tens = text[at]! - ZERO
  const ones = text[at + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1000
}

/**
 * Days since 1970-01-01 of the date at `at`. NaN for digits that are no date: zero, in part zero, year 0, a day that no
 * month has. Undefined for what has not even a date's shape.
 */
export const daysSinceEpoch = (text: Uint8Array, at: number): number | undefined => {
  const century = twoDigits(text, at)
  const year = twoDigits(text, at + 2)
  const month = twoDigits(text, at + 5)
  const day = twoDigits(text, at + 8)
  if (century > 99 || year > 99 || month > 99 || day > 99 || text[at + 4] !== DASH || text[at + 7] !== DASH)
    return undefined
  return daysOf(century * 100 + year, month, day)
}
