/** Names and texts as Snowflake reads them. Nothing else in this folder puts a name or a value between quotes. */
import { createHash } from 'node:crypto'
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

/** Letters, signs and digits of other scripts than Latin; full-width ones, fractions and numerals such as Ⅳ are among them. */
const BEYOND_LATIN =
  /[[\p{L}\p{M}\p{N}]--[\p{Script=Latin}--[\u2150-\u218b\uff00-\uffef]]--[\0-\u02ff\u2070-\u209f]]+/gv

const isBeyondLatin = (character: string): boolean => character.search(BEYOND_LATIN) === 0

/** A symbol, and no letter, whose upper case would be one of Greek. */
const MICRO = /\u00b5/g

/** A mark is taken off a Latin letter or a symbol; in other scripts it makes another letter, as й is not и and が is not か. */
const withoutAccents = (name: string): string =>
  name
    .replace(MICRO, '_')
    .normalize('NFD')
    .replace(/(\P{M}?)\p{M}+/gu, (marked, base) => (isBeyondLatin(base) ? marked : base))
    .toUpperCase()
    .normalize('NFC')

const codesOf = (letters: string): string =>
  [...letters].map((letter) => `U${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`).join('_')

/** Letters spelt as code points may be too many for a name: it is cut then, and a digest of all of it keeps it apart. */
const shortened = (folded: string): string =>
  folded.length <= MAX_TABLE
    ? folded
    : `${folded.slice(0, MAX_TABLE - 13)}_${createHash('sha256').update(folded).digest('hex').slice(0, 12).toUpperCase()}`

/**
 * A source's name as it is called in the warehouse: upper case, usable without quotes. Accents are taken off Latin letters;
 * letters of other scripts become their code points, set off by `_`, so that two names stay two (姓名: `U59D3_U540D`); and
 * what else is not a letter, a digit, `_` or `$` becomes `_`. Of at most 200 characters if letters were spelt so.
 */
export const foldName = (name: string): string => {
  const bare = withoutAccents(name)
  const spelt = bare.replace(
    BEYOND_LATIN,
    (run, at) => `${at > 0 ? '_' : ''}${codesOf(run)}${at + run.length < bare.length ? '_' : ''}`,
  )
  const plain = spelt.replace(/[^A-Z0-9_$]/g, '_')
  const folded = /^[A-Z_]/.test(plain) ? plain : `_${plain}`
  return spelt === bare ? folded : shortened(folded)
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
