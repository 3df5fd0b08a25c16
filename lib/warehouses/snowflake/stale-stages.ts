/** Stage tables that a killed Load left behind: nobody else drops them, and they are paid for. */
import type { Warehouse } from './connect.ts'
import { dropTableSql, FIRN_SCHEMA, firnTable } from './ddl.ts'
import { quoteSnowflake, quoteText } from './quote.ts'

/** A stage table serves one invocation of Load, which lives 15 minutes at most. */
const STALE_HOURS = 24

/** Names of stage tables of any target that are older than that. */
const staleStagesSql = (database: string, suffix: string, hours: number): string =>
  `SELECT TABLE_NAME
FROM ${quoteSnowflake(database)}.INFORMATION_SCHEMA.TABLES
WHERE TABLE_SCHEMA = ${quoteText(FIRN_SCHEMA + suffix)} AND STARTSWITH(TABLE_NAME, 'STAGE_')
  AND CREATED < DATEADD('hour', ${-hours}, CURRENT_TIMESTAMP())`

/**
 * Drops what is stale: one query, and a statement for each that there is. Gives the names that were found. One that
 * cannot be dropped, since another role made it, is no reason to fail a run.
 */
export const dropStaleStages = async (
  warehouse: Warehouse,
  suffix: string,
  hours: number = STALE_HOURS,
): Promise<string[]> => {
  const rows = await warehouse.query(staleStagesSql(warehouse.database, suffix, hours))
  const names = rows.map((row) => String(row.TABLE_NAME))
  for (const name of names)
    await warehouse.query(dropTableSql(firnTable(warehouse.database, suffix, name))).catch(() => {})
  return names
}
