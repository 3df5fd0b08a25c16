/** Tables as they are made and changed. Every statement here commits by itself, so none may stand in a transaction. */
import { snowflakeType, stagedType } from '../../columns/types.ts'
import type { Column, Target } from '../../model.ts'
import { foldColumns, foldName, quoteSnowflake, quoteTarget, quoteText } from './quote.ts'

/** Schema of what the pipeline keeps for itself; a suffix as in `RAW_TEST` is appended. */
export const FIRN_SCHEMA = '_FIRN'

/** On every target row: which run brought it, and when it was published (UTC). */
export const AUDIT_COLUMNS = [
  { name: '_FIRN_RUN_ID', type: 'VARCHAR(255)' },
  { name: '_FIRN_LOADED_AT', type: 'TIMESTAMP_NTZ(6)' },
] as const

/** On every target row too, NULL but where the key was found gone from MySQL under `"deletes": "soft"`: when it was (UTC). */
export const DELETED_AT = { name: '_FIRN_DELETED_AT', type: 'TIMESTAMP_NTZ(6)' } as const

/** What a table of ours is called: `_FIRN<SUFFIX>.<name>` in the target's database. */
export const firnTable = (database: string, suffix: string, table: string): Target => ({
  database,
  schema: FIRN_SCHEMA + suffix,
  table,
})

/** What names of stage tables begin with. */
export const STAGE_PREFIX = 'STAGE_'

/** The transient table one attempt copies its files into. */
export const stageTable = (target: Target, suffix: string, attempt: string): Target =>
  firnTable(target.database, suffix, `${STAGE_PREFIX}${target.table}_${foldName(attempt)}`)

/** What names of tables that are made beside their targets begin with. */
export const BESIDE_PREFIX = '_FIRN_REBUILD_'

/** The table one attempt makes beside its target, to take its place: in the same schema, so that nothing but the name changes. */
export const besideTable = (target: Target, attempt: string): Target => ({
  ...target,
  table: `${BESIDE_PREFIX}${target.table}_${foldName(attempt)}`,
})

/**
 * The stage table keeps the source's own names: COPY matches Parquet's columns to a table's by name, and one it does
 * not find it fills with NULL, silently. JSON is text until it is published.
 */
export const stageTableSql = (stage: Target, columns: Column[]): string =>
  `CREATE TRANSIENT TABLE ${quoteTarget(stage)} (
${columns.map((column) => `  ${quoteSnowflake(column.name)} ${stagedType(column)}`).join(',\n')}
) DATA_RETENTION_TIME_IN_DAYS = 0`

/** Nothing is NOT NULL and no key is declared: Snowflake enforces no keys, and a column may leave the source one day. */
export const createTargetSql = (target: Target, columns: Column[]): string => {
  const folded = foldColumns(
    target.table,
    columns.map(({ name }) => name),
  )
  const own = columns.map((column) => `  ${quoteSnowflake(folded.get(column.name)!)} ${snowflakeType(column)}`)
  const audit = [...AUDIT_COLUMNS, DELETED_AT].map(({ name, type }) => `  ${quoteSnowflake(name)} ${type}`)
  return `CREATE TABLE IF NOT EXISTS ${quoteTarget(target)} (\n${[...own, ...audit].join(',\n')}\n)`
}

/** Rows that are there already have NULL in it. Again, or by two at once, changes nothing. */
export const addColumnSql = (table: Target, column: { name: string; type: string }): string =>
  `ALTER TABLE ${quoteTarget(table)} ADD COLUMN IF NOT EXISTS ${quoteSnowflake(column.name)} ${column.type}`

/** Wider of the same kind; the values stay as they are. */
export const widenColumnSql = (table: Target, column: { name: string; type: string }): string =>
  `ALTER TABLE ${quoteTarget(table)} ALTER COLUMN ${quoteSnowflake(column.name)} SET DATA TYPE ${column.type}`

/** Only ever of a table beside its target, which is empty. */
export const dropColumnSql = (beside: Target, column: string): string =>
  `ALTER TABLE ${quoteTarget(beside)} DROP COLUMN IF EXISTS ${quoteSnowflake(column)}`

/** Words on a column; none take them away. */
export const commentColumnSql = (table: Target, column: string, words: string): string =>
  `ALTER TABLE ${quoteTarget(table)} ALTER COLUMN ${quoteSnowflake(column)} COMMENT ${quoteText(words)}`

export const dropTableSql = (table: Target): string => `DROP TABLE IF EXISTS ${quoteTarget(table)}`
