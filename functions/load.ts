/** Load: the staged files of one table into its stage table, audited, published with their ledger row. */
import { randomBytes } from 'node:crypto'
import { renewLease } from '../lib/lease.ts'
import type { ChunkResult, LoadResult, TableNames, TablePlan } from '../lib/model.ts'
import { runFolder } from '../lib/run-folder.ts'
import { openWith, snowflakeSettings } from '../lib/settings.ts'
import { peakMemoryMb, stage } from '../lib/stage.ts'
import { connectSnowflake, ofJob } from '../lib/warehouses/snowflake/connect.ts'
import { loadTable } from '../lib/warehouses/snowflake/load-table.ts'

const planned = (tables: TablePlan[], table: string, runId: string): TablePlan => {
  const found = tables.find((each) => each.table === table)
  if (!found) throw new Error(`Table ${table} is not in the plan of run ${runId}`)
  return found
}

export const handler = stage('load', async (names: TableNames, { remaining }): Promise<{ done: boolean }> => {
  const { job, runId, table } = names
  const folder = runFolder(names)
  if ((await folder.load(table)) !== null) return { done: true }
  const plan = await folder.plan()
  const attempt = randomBytes(4).toString('hex')
  const asking = { names: { job, run: runId, table, attempt }, remaining }
  const { warehouse, mode } = await openWith(snowflakeSettings, { since: plan.plannedAt }, async (settings) => ({
    warehouse: await connectSnowflake(ofJob(settings, plan.warehouse), asking),
    mode: settings.loadMode ?? 'auto',
  }))
  const tablePlan = planned(plan.tables, table, runId)
  const files = plan.filesOf ? runFolder(plan.filesOf) : folder
  const chunks: ChunkResult[] = await files.chunks(
    table,
    tablePlan.chunks.map(({ id }) => id),
  )
  const loaded = await loadTable(warehouse, {
    job,
    runId,
    attempt,
    suffix: plan.schemaSuffix,
    plan: tablePlan,
    chunks,
    mode,
    renew: () => renewLease(tablePlan.target, runId, tablePlan.epoch),
  })
  const result: LoadResult = { ...loaded, peakMemoryMb: peakMemoryMb(), used: warehouse.used() }
  await folder.putLoad(result)
  return { done: true }
})
