/**
 * JSON columns: staged as text, and made VARIANT when they are published. COPY would store the text itself, as one string
 * in a VARIANT, whose keys are then nobody's to ask for; and a text that cannot be parsed would end COPY, or the
 * transaction, with the value in its message. So it is counted first.
 */
import { snowflakeType, stagedType } from '../../columns/types.ts'
import { ValueError } from '../../errors.ts'
import type { Column } from '../../model.ts'
import type { Row } from './connect.ts'
import { quoteSnowflake, quoteText } from './quote.ts'

/** The most digits that PARSE_JSON keeps of a number; of a longer one it makes a DOUBLE ("PARSE_JSON": usage notes). */
const MAX_DIGITS = 38

/** Whether a column is text until it is published. */
const isJson = (column: Column): boolean => snowflakeType(column) === 'VARIANT' && stagedType(column) !== 'VARIANT'

/** A staged value as the target takes it. `value` is SQL for it. */
export const publishedSql = (column: Column, value: string): string => (isJson(column) ? `PARSE_JSON(${value})` : value)

/** Texts between quotes taken out: escaped backslashes first, escaped quotes second. */
const withoutTexts = (value: string): string =>
  `REGEXP_REPLACE(REPLACE(REPLACE(${value}, ${quoteText('\\\\')}, ''), ${quoteText('\\"')}, ''), '"[^"]*"', '')`

const hasLongNumber = (value: string): string => `REGEXP_LIKE(${value}, '.*([0-9][.]?){${MAX_DIGITS + 1}}.*', 's')`

/**
 * For each JSON column two counts of staged rows, ready to stand in a SELECT list: UNREAD_n, which PARSE_JSON would refuse
 * (Snowflake allows no name twice in an object, MariaDB does), and ROUNDED_n, with a number it would round. n counts `columns`.
 * JSON's own null is neither.
 */
export const unfitSql = (columns: Column[]): string[] =>
  columns.flatMap((column, at) => {
    if (!isJson(column)) return []
    const value = quoteSnowflake(column.name)
    return [
      `COUNT_IF(TRY_PARSE_JSON(${value}) IS NULL AND ${value} IS NOT NULL) AS UNREAD_${at}`,
      `COUNT_IF(${hasLongNumber(value)} AND ${hasLongNumber(withoutTexts(value))}) AS ROUNDED_${at}`,
    ]
  })

/** Throws ValueError naming table, columns and counts when a row of unfitSql's counts says that anything is unfit. */
export const refuseUnfit = (table: string, columns: Column[], counts: Row): void => {
  const found = columns.flatMap(({ name }, at) => {
    const [unread, rounded] = [Number(counts[`UNREAD_${at}`] ?? 0), Number(counts[`ROUNDED_${at}`] ?? 0)]
    return [
      ...(unread ? [`"${name}" has ${unread} that cannot be parsed (an object that names a key twice, for one)`] : []),
      ...(rounded ? [`"${name}" has ${rounded} with a number of more than ${MAX_DIGITS} digits, to be rounded`] : []),
    ]
  })
  if (found.length)
    throw new ValueError(
      `${table}: of the staged JSON values Snowflake would not keep all: column ${found.join('; column ')}. Nothing was published; change those rows in MySQL, or leave the column out ("exclude" in metadata/table_metadata.json), and retry the run: npm run -s firn -- retry <run>`,
    )
}
