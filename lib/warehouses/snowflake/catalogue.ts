/** What the warehouse holds now: one query a run, over the raw schema and our own. Nothing else reads its catalogue. */
import type { FoundTarget, Target, TargetColumn } from '../../model.ts'
import { canonicalType } from './canonical-type.ts'
import type { Row, Warehouse } from './connect.ts'
import { BESIDE_PREFIX, dropTableSql, FIRN_SCHEMA, STAGE_PREFIX } from './ddl.ts'
import { FENCE_PREFIX, fenceName } from './fence.ts'
import { quoteSnowflake, quoteText } from './quote.ts'

/** `stale`: tables that a killed Load left behind. */
export type Catalogue = {
  targets: Map<string, TargetColumn[]>
  views: Set<string>
  fences: Set<string>
  stale: Target[]
}

/** A stage table, or one made beside its target, serves one load, which may go on from Lambda to Lambda for a day and more. */
const STALE_HOURS = 72

/** Columns of every table of the raw schema in order, then each of the tables that count without their columns. */
const catalogueSql = (database: string, schema: string, firn: string, staleHours: number): string => {
  const information = `${quoteSnowflake(database)}.INFORMATION_SCHEMA`
  const old = `CREATED < DATEADD('hour', ${-staleHours}, CURRENT_TIMESTAMP())`
  const begins = (prefix: string) => `STARTSWITH(TABLE_NAME, ${quoteText(prefix)})`
  return `SELECT 'column' AS WHAT, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH,
  NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, IS_NULLABLE, COMMENT
FROM ${information}.COLUMNS WHERE TABLE_SCHEMA = ${quoteText(schema)}
UNION ALL
SELECT CASE WHEN TABLE_TYPE LIKE '%VIEW' THEN 'view' WHEN ${begins(FENCE_PREFIX)} THEN 'fence' ELSE 'stale' END,
  TABLE_SCHEMA, TABLE_NAME, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM ${information}.TABLES
WHERE TABLE_SCHEMA = ${quoteText(schema)} AND (TABLE_TYPE LIKE '%VIEW' OR ${begins(BESIDE_PREFIX)} AND ${old})
  OR TABLE_SCHEMA = ${quoteText(firn)} AND (${begins(FENCE_PREFIX)} OR ${begins(STAGE_PREFIX)} AND ${old})
ORDER BY TABLE_NAME, ORDINAL_POSITION`
}

const typeOf = (row: Row): string => {
  const name = canonicalType(String(row.DATA_TYPE)).replace(/\(.*/, '')
  const size = (value: unknown) => (value === null || value === undefined ? '' : String(value))
  if (name === 'NUMBER') return canonicalType(`NUMBER(${size(row.NUMERIC_PRECISION)},${size(row.NUMERIC_SCALE)})`)
  const sizes = name.startsWith('TIME') ? size(row.DATETIME_PRECISION) : size(row.CHARACTER_MAXIMUM_LENGTH)
  return canonicalType(sizes ? `${name}(${sizes})` : name)
}

const columnOf = (row: Row): TargetColumn => ({
  name: String(row.COLUMN_NAME),
  type: typeOf(row),
  ...(row.IS_NULLABLE === 'NO' ? { notNull: true as const } : {}),
  ...(row.COMMENT ? { comment: String(row.COMMENT) } : {}),
})

/**
 * Reads it. Throws what the query throws: a catalogue that cannot be read says nothing, and least of all that a table is
 * not there.
 */
export const readCatalogue = async (
  warehouse: Warehouse,
  suffix: string,
  staleHours: number = STALE_HOURS,
): Promise<Catalogue> => {
  const { database, schema } = warehouse
  const found: Catalogue = { targets: new Map(), views: new Set(), fences: new Set(), stale: [] }
  const sql = catalogueSql(database, schema + suffix, FIRN_SCHEMA + suffix, staleHours)
  for (const row of await warehouse.query(sql)) {
    const table = String(row.TABLE_NAME)
    if (row.WHAT === 'column') {
      const columns = found.targets.get(table)
      if (columns) columns.push(columnOf(row))
      else found.targets.set(table, [columnOf(row)])
    } else if (row.WHAT === 'view') found.views.add(table)
    else if (row.WHAT === 'fence') found.fences.add(table)
    else found.stale.push({ database, schema: String(row.TABLE_SCHEMA), table })
  }
  return found
}

/** How one target stands in it. */
export const foundTarget = (catalogue: Catalogue, target: Target): FoundTarget => ({
  columns: catalogue.targets.get(target.table) ?? null,
  fence: catalogue.fences.has(fenceName(target)),
  ...(catalogue.views.has(target.table) ? { isView: true as const } : {}),
})

/** Drops what is stale. One that cannot be dropped, since another role made it, is no reason to fail a run. */
export const dropStale = async (warehouse: Warehouse, stale: Catalogue['stale']): Promise<void> => {
  for (const table of stale) await warehouse.query(dropTableSql(table)).catch(() => {})
}
