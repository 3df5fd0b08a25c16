/** Plans for tables of the bench, as a first full load of a run would have them. */
import type { Connection } from 'mysql2/promise'
import { RefusedError } from '../lib/errors.ts'
import type { TableMetadata, TablePlan } from '../lib/model.ts'
import { planChunks } from '../lib/plan/chunks.ts'
import { targetFileBytes } from '../lib/plan/file-size.ts'
import type { Shape } from '../lib/plan/plan-tables.ts'
import { plannedTable } from '../lib/plan/policies.ts'
import { discoverTables } from '../lib/sources/mysql/discover.ts'

const SHAPE: Shape = { kind: 'full', publish: 'replace', window: null }

/** Plans of the tables named, in their order. `metadata` is what each one's entry in table_metadata.json would say. */
export const plansOf = async (
  connection: Connection,
  tables: string[],
  metadata: Partial<TableMetadata> = {},
): Promise<TablePlan[]> => {
  const found = await discoverTables(connection, tables)
  const plans: TablePlan[] = []
  for (const table of tables) {
    const live = found.get(table)
    if (!live) throw new RefusedError(`there is no table ${table} in the bench's database`)
    const meta: TableMetadata = { table, load_strategy: 'full', description: '', ...metadata }
    const source = plannedTable(meta, live)
    const planned = await planChunks(connection, { meta, source, shape: SHAPE, sampled: false })
    plans.push({
      table,
      columns: source.columns,
      key: source.key,
      ...SHAPE,
      chunks: planned.chunks,
      chunkColumns: planned.columns,
      where: null,
      targetFileBytes: targetFileBytes(meta, source),
      found: { columns: null, fence: false },
      sampleSql: null,
      estimatedRows: source.rows,
      estimatedBytes: source.bytes,
      target: { database: 'FIRN', schema: 'BENCH', table: table.toUpperCase() },
      epoch: 0,
      drift: [],
      warnings: planned.warnings,
    })
  }
  return plans
}
