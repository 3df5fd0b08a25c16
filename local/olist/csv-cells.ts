/** One cell of a Kaggle file as the database is to have it, or the reason why it cannot. Reasons never tell the cell. */
import { RefusedError } from '../../lib/errors.ts'
import type { OlistColumn } from './tables.ts'

/** `rounded`: the file has more digits than the column keeps. */
export type Cell = { value: string | null; rounded?: true } | { reason: string }

type Check = (text: string) => Cell

const INTEGER = /^(-?\d+)(?:\.0*)?$/
const DECIMAL = /^-?(\d+)(?:\.(\d*))?$/
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?$/
const INT_LIMIT = 2_147_483_647
const TEXT_BYTES = 65_535
/** The first and last moment a TIMESTAMP holds are in 1970 and 2038; a DATETIME holds four digits of year. */
const FIRST_YEAR = 1000

const characters =
  (size: number, ascii: boolean): Check =>
  (text) => {
    // not `length`: that counts an emoji twice
    const count = text.length <= size ? text.length : [...text].length
    if (count > size) return { reason: `${count} characters, and the column holds ${size}` }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins there
    if (ascii && !/^[\x00-\x7f]*$/.test(text)) return { reason: 'other characters than ASCII in a key' }
    return { value: text }
  }

const text: Check = (value) => {
  const bytes = Buffer.byteLength(value)
  return bytes > TEXT_BYTES ? { reason: `${bytes} bytes, and the column holds ${TEXT_BYTES}` } : { value }
}

const integer: Check = (value) => {
  const [, digits] = INTEGER.exec(value) ?? []
  if (digits === undefined) return { reason: 'not a whole number' }
  return Math.abs(Number(digits)) > INT_LIMIT ? { reason: 'a larger number than the column holds' } : { value: digits }
}

/** Coordinates are floating-point numbers, whose last digits mean nothing: those are rounded by the server and counted. Money is not. */
const decimal =
  (precision: number, scale: number): Check =>
  (value) => {
    const [, whole, fraction = ''] = DECIMAL.exec(value) ?? []
    if (whole === undefined) return { reason: 'not a decimal number' }
    if (whole.replace(/^0+/, '').length > precision - scale) return { reason: 'a larger number than the column holds' }
    if (!/[1-9]/.test(fraction.slice(scale))) return { value }
    return scale > 2 ? { value, rounded: true } : { reason: `more than ${scale} digits after the point` }
  }

/** A date alone is its midnight. */
const moment: Check = (value) => {
  const [, date, time = '00:00:00'] = MOMENT.exec(value) ?? []
  const whole = `${date} ${time}`
  const parsed = date === undefined ? Number.NaN : Date.parse(`${date}T${time}Z`)
  const real = !Number.isNaN(parsed) && new Date(parsed).toISOString().slice(0, 19).replace('T', ' ') === whole
  if (!real || Number(whole.slice(0, 4)) < FIRST_YEAR) return { reason: 'not a moment such as 2018-01-31 23:59:59' }
  return { value: whole }
}

const DECLARATION = /^(\w+)(?:\((\d+)(?:,(\d+))?\))?/

const checkOf = ({ type }: OlistColumn): Check => {
  const [, name, size, scale] = DECLARATION.exec(type) ?? []
  if (name === 'char' || name === 'varchar') return characters(Number(size), type.includes('ascii'))
  if (name === 'text') return text
  if (name === 'int') return integer
  if (name === 'decimal') return decimal(Number(size), Number(scale))
  if (name === 'datetime') return moment
  throw new RefusedError(`A column of type ${type} cannot be read from a file`)
}

/** The check for a column's cells. An empty cell is NULL, and refused where the column has none. */
export const cellCheck = (column: OlistColumn): Check => {
  const check = checkOf(column)
  return (cell) => {
    if (cell !== '') return check(cell)
    return column.nullable ? { value: null } : { reason: 'empty, and a value is needed' }
  }
}
