/** Columns without a canonical text: MySQL's values, staged as a load stages them, against the target's. Text only. */
import { snowflakeType } from '../../columns/types.ts'
import type { Column, Comparison, Target } from '../../model.ts'
import { canonicalSql, liveSql } from './checksum.ts'
import { foldName, quoteSnowflake, quoteTarget } from './quote.ts'

/** Named as no column of the source's may be, so that the target's need no alias. */
const stagedKey = (i: number) => `"_FIRN_KEY_${i}"`
const stagedValue = (i: number) => `"_FIRN_VALUE_${i}"`

const targetName = ({ name }: Column) => quoteSnowflake(foldName(name))

const isJson = (column: Column) => snowflakeType(column) === 'VARIANT'

/** JSON by its own text, which Snowflake writes in one way; NULL where it cannot be parsed, which a load would have refused. */
const comparable = (column: Column, value: string) => (isJson(column) ? `TO_JSON(${value})` : value)

const staged = (column: Column) => {
  const value = `S.${quoteSnowflake(column.name)}`
  return isJson(column) ? `TRY_PARSE_JSON(${value})` : value
}

/** K0 …, D0 …: the key of each row in which any of the columns differs, as canonical texts, and which of them do: 1 or 0. */
export const fetchedSql = (comparison: Comparison, fetched: Column[], stage: Target): string => {
  const { key, plan } = comparison
  const names = [
    ...key.map((column, i) => `S.${quoteSnowflake(column.name)} AS ${stagedKey(i)}`),
    ...fetched.map((column, i) => `${staged(column)} AS ${stagedValue(i)}`),
  ]
  const same = key.map(
    (column, i) => `${targetName(column)} ${column.nullable ? 'IS NOT DISTINCT FROM' : '='} V.${stagedKey(i)}`,
  )
  const differs = fetched.map(
    (column, i) =>
      `${comparable(column, targetName(column))} IS DISTINCT FROM ${comparable(column, `V.${stagedValue(i)}`)}`,
  )
  const cells = [
    ...key.map((column, i) => `${canonicalSql(column)} AS K${i}`),
    ...differs.map((condition, i) => `IFF(${condition}, 1, 0) AS D${i}`),
  ]
  const where = [...liveSql(comparison), `(${differs.join(' OR ')})`]
  return `SELECT ${cells.join(', ')}
FROM ${quoteTarget(plan.target)}
JOIN (SELECT ${names.join(', ')} FROM ${quoteTarget(stage)} AS S) AS V ON ${same.join(' AND ')}
WHERE ${where.join(' AND ')}`
}
