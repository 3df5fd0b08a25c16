/**
 * One text a value, which MySQL and the warehouse both work out of what they hold, so that their checksums can be compared.
 * The texts of a row are joined by commas: NULL is `N`, which no value is; only the user's own words may hold a comma, and
 * those stand behind their length in bytes.
 *
 * | form | text |
 * |---|---|
 * | `number` | its digits, as many behind the point as the type has |
 * | `switch` | `0` or `1` |
 * | `date` | `YYYY-MM-DD` |
 * | `moment` | `YYYY-MM-DD HH24:MI:SS.FF6` |
 * | `plain` | the server's own spelling, without a comma: TIME, UUID, wide decimals, hashes of masks |
 * | `words` | length in bytes, a colon, UTF-8 |
 * | `long words` | SHA-256 of the UTF-8 |
 * | `bytes` | upper hexadecimal digits |
 * | `long bytes`, `geometry` | SHA-256 of those digits, a geometry's as WKB or EWKB |
 * | `nothing` | always NULL |
 */
import type { Column, ColumnPolicies } from '../model.ts'
import { declaredType } from './declared.ts'
import { columnType } from './types.ts'

/** `zeroDate`: what becomes of a day that is in no calendar; `fraction`: digits of a second that the source has. */
export type Canonical =
  | { form: 'number' | 'switch' | 'plain' | 'words' | 'long words' | 'bytes' | 'long bytes' | 'geometry' | 'nothing' }
  | { form: 'date' | 'moment'; zeroDate: NonNullable<ColumnPolicies['zero_date']>; fraction: number }

/** Why a column has no such text, for people. */
type Uncanonical = { form: null; why: string }

/** Longer values go in as their hash, so that a row's text stays below what a server lets CONCAT make. */
const MOST_CHARACTERS = 1000

const uncanonical = (why: string): Uncanonical => ({ form: null, why })

const ofText = ({ type, policies = {} }: Column): Canonical | Uncanonical => {
  const { name, sizes } = declaredType(type)
  if (name === 'json') return uncanonical('JSON: either side spells it its own way')
  if (['time', 'uuid', 'inet4', 'inet6', 'decimal'].includes(name)) return { form: 'plain' }
  if (policies.oversize === 'truncate') return uncanonical('"oversize": "truncate" may have cut it')
  const isShort =
    ['enum', 'set', 'tinytext'].includes(name) || (sizes[0] ?? Number.POSITIVE_INFINITY) <= MOST_CHARACTERS
  // what is no UTF-8 is mended by who reads it, so its bytes are read
  return { form: isShort || policies.invalid_utf8 === 'replace' ? 'words' : 'long words' }
}

const ofBytes = ({ type, policies = {} }: Column): Canonical | Uncanonical => {
  if (policies.oversize === 'truncate') return uncanonical('"oversize": "truncate" may have cut it')
  const { name, sizes } = declaredType(type)
  const isShort = name === 'tinyblob' || (sizes[0] ?? Number.POSITIVE_INFINITY) <= MOST_CHARACTERS
  return { form: isShort ? 'bytes' : 'long bytes' }
}

/** A value from its text, for people; null for NULL. Of what is hashed there is only the hash. */
export const readable = (column: Column, text: string): string | null => {
  if (text === 'N') return null
  return canonicalOf(column).form === 'words' ? text.slice(text.indexOf(':') + 1) : text
}

/** The form of a column's text under its policies; of a masked one, that of what moves. Throws as columnType does. */
export const canonicalOf = (column: Column): Canonical | Uncanonical => {
  const { mask, zero_date: zeroDate = 'null' } = column.policies ?? {}
  if (mask === 'null') return { form: 'nothing' }
  if (mask === 'sha256') return { form: 'plain' }
  const { sizes } = declaredType(column.type)
  switch (columnType(column).cells.kind) {
    case 'integer':
    case 'decimal':
    case 'bits':
      return { form: 'number' }
    case 'boolean':
    case 'flag':
      return { form: 'switch' }
    case 'date':
      return { form: 'date', zeroDate, fraction: 0 }
    case 'timestamp':
      return { form: 'moment', zeroDate, fraction: sizes[0] ?? 0 }
    case 'text':
      return ofText(column)
    case 'bytes':
      return ofBytes(column)
    case 'geometry':
      return { form: 'geometry' }
    case 'double':
      return uncanonical('a floating number: either side prints it its own way')
  }
}
