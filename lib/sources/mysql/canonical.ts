/** The canonical text of a value (lib/columns/canonical.ts), worked out by MySQL; and back from a key's texts to its rows. */
import { type Canonical, canonicalOf } from '../../columns/canonical.ts'
import type { Column } from '../../model.ts'
import { maskSql } from './cells.ts'
import { literalSql, quoteMysql, quoteText } from './quote.ts'

/** Whether a day is in no calendar, as the builders of dates see it. LAST_DAY of such a day is not to be relied on. */
const noDaySql = (name: string, { type }: Column): string => {
  if (type.startsWith('timestamp')) return `YEAR(${name}) = 0`
  const first = `CONCAT(LPAD(YEAR(${name}), 4, '0'), '-', LPAD(MONTH(${name}), 2, '0'), '-01')`
  const last = `DAYOFMONTH(LAST_DAY(${first}))`
  return `(YEAR(${name}) = 0 OR MONTH(${name}) = 0 OR DAYOFMONTH(${name}) = 0 OR (DAYOFMONTH(${name}) > 28 AND DAYOFMONTH(${name}) > ${last}))`
}

const SENTINEL = { date: '0001-01-01', moment: '0001-01-01 00:00:00.000000' }

const dayText = (name: string, column: Column, canonical: Extract<Canonical, { form: 'date' | 'moment' }>): string => {
  const { form, zeroDate, fraction } = canonical
  const zeros = form === 'date' ? '' : `${fraction === 0 ? '.' : ''}${'0'.repeat(6 - fraction)}`
  const text = zeros ? `CONCAT(${name}, '${zeros}')` : `CONCAT(${name})`
  if (zeroDate === 'error') return text
  return `IF(${noDaySql(name, column)}, ${zeroDate === 'null' ? 'NULL' : `'${SENTINEL[form]}'`}, ${text})`
}

/** As HEX shows what the server stores: four bytes of SRID, byte order, type, the rest. PostGIS' flag is in the type. */
const geometryText = (name: string): string => {
  const hex = `HEX(${name})`
  const ewkb = `CONCAT(SUBSTR(${hex}, 9, 8), '20', SUBSTR(${hex}, 1, 8), SUBSTR(${hex}, 19))`
  return `IF(SUBSTR(${hex}, 1, 8) = '00000000', SUBSTR(${hex}, 9), ${ewkb})`
}

const isZerofilled = ({ type }: Column) => /\bzerofill\b/i.test(type) || type.startsWith('year')

/** The text, NULL for NULL. */
const textSql = (column: Column, canonical: Canonical): string => {
  const name = quoteMysql(column.name)
  const utf8 = column.charset === 'utf8mb4' ? name : `CONVERT(${name} USING utf8mb4)`
  switch (canonical.form) {
    case 'number':
      if (column.type.startsWith('bit')) return `CONCAT(CAST(${name} AS UNSIGNED))`
      return isZerofilled(column) ? `CONCAT(${name} + 0)` : `CONCAT(${name})`
    case 'switch':
      return column.type.startsWith('bit') ? `CONCAT(CAST(${name} AS UNSIGNED))` : `CONCAT(${name} + 0)`
    case 'date':
    case 'moment':
      return dayText(name, column, canonical)
    case 'plain':
      return column.policies?.mask ? maskSql(column) : `CONCAT(${name})`
    case 'words':
      return `CONCAT(LENGTH(${utf8}), ':', ${utf8})`
    case 'long words':
      return `SHA2(${utf8}, 256)`
    case 'bytes':
      return `HEX(${name})`
    case 'long bytes':
      return `SHA2(HEX(${name}), 256)`
    case 'geometry':
      return `SHA2(${geometryText(name)}, 256)`
    case 'nothing':
      return 'NULL'
  }
}

const formOf = (column: Column): Canonical => {
  const canonical = canonicalOf(column)
  if (canonical.form === null) throw new Error(`Column ${column.name} has no canonical text: ${canonical.why}`)
  return canonical
}

/** A cell of the row's text: `N` for NULL. */
export const canonicalSql = (column: Column): string => `IFNULL(${textSql(column, formOf(column))}, 'N')`

/** The text of several cells, commas between; unambiguous as lib/columns/canonical.ts says. */
export const rowTextSql = (columns: Column[]): string => `CONCAT_WS(',', ${columns.map(canonicalSql).join(', ')})`

/** A literal that an index finds, for a text that can be told back into one; null for hashes and what is made up. */
const literalOf = (column: Column, canonical: Canonical, text: string): string | null => {
  if (column.policies?.mask) return null
  switch (canonical.form) {
    case 'number':
      return column.type.startsWith('bit') ? `${BigInt(text)}` : literalSql(column, text)
    case 'date':
    case 'moment':
      return canonical.zeroDate === 'error' ? literalSql(column, text) : null
    case 'words':
      return quoteText(text.slice(text.indexOf(':') + 1))
    case 'bytes':
      return literalSql(column, text)
    default:
      return null
  }
}

const cellCondition = (column: Column, text: string): string => {
  const name = quoteMysql(column.name)
  const canonical = formOf(column)
  const literal = text === 'N' ? null : literalOf(column, canonical, text)
  return literal === null ? `${canonicalSql(column)} = ${quoteText(text)}` : `${name} = ${literal}`
}

/**
 * A condition on rows with one of these keys, each a text for every column. It may hold for more rows than those, where
 * the server's collation takes other texts for equal: told apart by who asked.
 */
export const keysSql = (columns: Column[], keys: string[][]): string =>
  `(${keys.map((key) => `(${columns.map((column, i) => cellCondition(column, key[i]!)).join(' AND ')})`).join(' OR ')})`
