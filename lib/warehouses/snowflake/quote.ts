/** Names and texts as Snowflake reads them. Nothing else in this folder puts a name or a value between quotes. */
import { RefusedError } from '../../errors.ts'
import type { Target } from '../../model.ts'

/** An identifier has at most 255 characters ("Identifier requirements"). */
const MAX_IDENTIFIER = 255
const SIMPLE = /^[A-Z_][A-Z0-9_$]*$/
/** A target's name is in those of its fence, its stage tables and what is made beside it, with up to 55 characters more. */
const MAX_TABLE = 200
/** Names in the warehouse that begin so are the pipeline's. */
const OURS = '_FIRN_'

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

/**
 * Why these tables cannot all be loaded under their folded names, a finding each: two of one name would replace each other,
 * whichever jobs they are in.
 */
export const tableNameProblems = (tables: string[]): string[] => {
  const first = new Map<string, string>()
  return tables.flatMap((table) => {
    const folded = foldName(table)
    const before = first.get(folded)
    if (before === undefined) first.set(folded, table)
    return [
      ...(before === undefined ? [] : [`"${before}" and "${table}" would both be ${folded} in Snowflake`]),
      ...(folded.length > MAX_TABLE
        ? [`"${table}" has ${folded.length} characters in Snowflake: at most ${MAX_TABLE} can be used`]
        : []),
      ...(folded.startsWith(OURS)
        ? [`"${table}" would be ${folded} in Snowflake, where names in ${OURS} are kept for the pipeline`]
        : []),
    ]
  })
}

/** Folds a table's columns. Throws RefusedError naming two that would become one, one that would be ours, or is too long. */
export const foldColumns = (table: string, names: string[]): Map<string, string> => {
  const taken = new Map<string, string>()
  for (const name of names) {
    const folded = foldName(name)
    const other = taken.get(folded)
    if (other !== undefined)
      throw new RefusedError(
        `The columns "${other}" and "${name}" of ${table} would both be ${folded} in Snowflake: rename one of them, or name a view in table_metadata.json that does`,
      )
    if (folded.length > MAX_IDENTIFIER)
      throw new RefusedError(
        `The column "${name}" of ${table} has ${folded.length} characters in Snowflake: at most ${MAX_IDENTIFIER} can be used. Leave it out ("exclude"), or name a view in table_metadata.json that renames it`,
      )
    if (folded.startsWith(OURS))
      throw new RefusedError(
        `The column "${name}" of ${table} would be ${folded} in Snowflake, where names in ${OURS} are kept for the pipeline: rename it, or name a view in table_metadata.json that does`,
      )
    taken.set(folded, name)
  }
  return new Map([...taken].map(([folded, name]) => [name, folded]))
}

/** How dbt calls a loaded table or its column: as MySQL does, unless that would have to be quoted in a selector. */
export const dbtName = (name: string): string => (/^[a-z_]\w*$/i.test(name) ? name : foldName(name).toLowerCase())

/** `"FIRN"."RAW"."ORDERS"`. */
export const quoteTarget = ({ database, schema, table }: Target): string =>
  [database, schema, table].map(quoteSnowflake).join('.')

/** A stage's reference, as after FROM: quotes only where they are needed, since stages are often typed without. */
export const stageReference = (...names: string[]): string =>
  `@${names.map((name) => (SIMPLE.test(name) ? name : quoteSnowflake(name))).join('.')}`
