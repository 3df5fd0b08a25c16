/** `YYYY-MM-DD` → days since 1970-01-01 in the proleptic Gregorian calendar, for years 1 to 9999 and days that exist. */

const ZERO = 48
const DASH = 45
const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const leap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

const daysOf = (year: number, month: number, day: number): number => {
  const length = month === 2 && leap(year) ? 29 : (MONTHS[month - 1] ?? 0)
  if (year < 1 || day < 1 || day > length) return Number.NaN
  // Date.UTC reads years 0 to 99 as 1900 to 1999, so the year is set apart
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime() / 86_400_000
}

/** Two digits from `at`, or something above 99 when they are not digits. */
export const twoDigits = (text: Uint8Array, at: number): number => {
  const tens = text[at]! - ZERO
  const ones = text[at + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1000
}

const found = new Map<number, number>()
let lastKey = -1
let lastDays = Number.NaN

/**
 * Days since 1970-01-01 of the date at `at`. NaN for digits that are no date: zero, in part zero, year 0, a day that no
 * month has. Undefined for what has not even a date's shape. Dates repeat, so each is worked out once.
 */
export const daysSinceEpoch = (text: Uint8Array, at: number): number | undefined => {
  const century = twoDigits(text, at)
  const year = twoDigits(text, at + 2)
  const month = twoDigits(text, at + 5)
  const day = twoDigits(text, at + 8)
  if (century > 99 || year > 99 || month > 99 || day > 99 || text[at + 4] !== DASH || text[at + 7] !== DASH)
    return undefined
  const key = ((century * 100 + year) * 100 + month) * 100 + day
  if (key === lastKey) return lastDays
  let days = found.get(key)
  if (days === undefined) {
    days = daysOf(century * 100 + year, month, day)
    found.set(key, days)
  }
  lastKey = key
  lastDays = days
  return days
}
