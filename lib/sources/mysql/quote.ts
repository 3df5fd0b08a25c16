/** Names and values as MySQL reads them. The session's sql_mode is pinned when connecting, so backslashes do escape. */
import { columnType } from '../../columns/types.ts'
import type { Column } from '../../model.ts'

/** An identifier in backquotes, whatever is in it. MySQL allows no NUL in one. */
export const quoteMysql = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** Names in backquotes with commas between. */
export const quoteNames = (names: string[]): string => names.map(quoteMysql).join(', ')

/** A string literal, whatever is in it. */
export const quoteText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

const NUMBER = /^-?\d+(\.\d+)?$/
const DATE = /^\d{4}-\d\d-\d\d$/
const MOMENT = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,6})?)?$/
const HEX = /^([0-9A-F]{2})*$/

const checked = (text: string, shape: RegExp, column: Column): string => {
  if (!shape.test(text)) throw new Error(`A bound of column ${column.name} does not look like a ${column.type}`)
  return text
}

/**
 * A value of a column as an SQL literal that the server compares exactly: numbers bare (a quoted one is compared as a
 * double), moments with all their fractional digits, bytes from hexadecimal. `text` is what `boundSql` gave.
 */
export const literalSql = (column: Column, text: string): string => {
  const { kind } = columnType(column).cells
  switch (kind) {
    case 'integer':
    case 'decimal':
      return checked(text, NUMBER, column)
    case 'date':
      return `CAST('${checked(text, DATE, column)}' AS DATE)`
    case 'timestamp':
      return `CAST('${checked(text, MOMENT, column)}' AS DATETIME(6))`
    case 'bytes':
      return `x'${checked(text, HEX, column)}'`
    case 'text':
      return quoteText(text)
    default:
      throw new Error(`Column ${column.name} of type ${column.type} cannot be compared exactly with a bound`)
  }
}

/** The expression that gives a column's value as exact text, to be kept as a bound. */
export const boundSql = (column: Column): string =>
  columnType(column).cells.kind === 'bytes' ? `HEX(${quoteMysql(column.name)})` : quoteMysql(column.name)
