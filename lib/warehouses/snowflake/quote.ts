/** Names and texts as Snowflake reads them. Nothing else in this folder puts a name or a value between quotes. */
import { RefusedError } from '../../errors.ts'
import type { Target } from '../../model.ts'

/** An identifier has at most 255 characters ("Identifier requirements"). */
const MAX_IDENTIFIER = 255
const SIMPLE = /^[A-Z_][A-Z0-9_$]*$/

/** A name as it is, between double quotes. Throws RefusedError for one that Snowflake cannot hold. */
export const quoteSnowflake = (name: string): string => {
  if (name.length === 0 || name.length > MAX_IDENTIFIER || name.includes('\0'))
    throw new RefusedError(
      `A name of ${name.length} characters cannot be used in Snowflake: 1 to ${MAX_IDENTIFIER} are needed, none of them NUL`,
    )
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as a string constant. A backslash begins an escape there, unlike in standard SQL ("String constants"). */
export const quoteText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** A text, or NULL. */
export const quoteTextOrNull = (text: string | null): string => (text === null ? 'NULL' : quoteText(text))

/**
 * A source's name as it is called in the warehouse: upper snake case, usable without quotes. Accents are taken off, and
 * what is not a letter, a digit, `_` or `$` becomes `_`.
 */
export const foldName = (name: string): string => {
  const folded = name
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toUpperCase()
    .replace(/[^A-Z0-9_$]/g, '_')
  return /^[A-Z_]/.test(folded) ? folded : `_${folded}`
}

/** Folds a table's columns. Throws RefusedError naming two that would become one, or one that would be ours. */
export const foldColumns = (table: string, names: string[]): Map<string, string> => {
  const taken = new Map<string, string>()
  for (const name of names) {
    const folded = foldName(name)
    const other = taken.get(folded)
    if (other !== undefined)
      throw new RefusedError(
        `The columns "${other}" and "${name}" of ${table} would both be ${folded} in Snowflake: rename one of them, or name a view in table_metadata.json that does`,
      )
    if (folded.startsWith('_FIRN_'))
      throw new RefusedError(
        `The column "${name}" of ${table} would be ${folded} in Snowflake, where names in _FIRN_ are kept for the pipeline: rename it, or name a view in table_metadata.json that does`,
      )
    taken.set(folded, name)
  }
  return new Map([...taken].map(([folded, name]) => [name, folded]))
}

/** `"FIRN"."RAW"."ORDERS"`. */
export const quoteTarget = ({ database, schema, table }: Target): string =>
  [database, schema, table].map(quoteSnowflake).join('.')

/** A stage's reference, as after FROM: quotes only where they are needed, since stages are often typed without. */
export const stageReference = (...names: string[]): string =>
  `@${names.map((name) => (SIMPLE.test(name) ? name : quoteSnowflake(name))).join('.')}`
