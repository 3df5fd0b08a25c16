/** Load: the staged files of one table into its stage table, audited, published with their ledger row. */
import { randomBytes } from 'node:crypto'
import { deadlineIn } from '../lib/deadline.ts'
import { renewLease } from '../lib/lease.ts'
import type { ChunkResult, LoadPlace, LoadResult, TableNames, TablePlan } from '../lib/model.ts'
import { type RunFolder, runFolder } from '../lib/run-folder.ts'
import { openWith, snowflakeSettings } from '../lib/settings.ts'
import { peakMemoryMb, stage } from '../lib/stage.ts'
import { connectSnowflake, ofJob } from '../lib/warehouses/snowflake/connect.ts'
import { loadPiece } from '../lib/warehouses/snowflake/load-table.ts'
import { usedTogether } from '../lib/warehouses/snowflake/meter.ts'

const planned = (tables: TablePlan[], table: string, runId: string): TablePlan => {
  const found = tables.find((each) => each.table === table)
  if (!found) throw new Error(`Table ${table} is not in the plan of run ${runId}`)
  return found
}

/** Where an earlier invocation left off, if this is the first to go on from there. */
const taken = async (folder: RunFolder, table: string): Promise<{ place: LoadPlace | null; pieces: number }> => {
  const place = await folder.loadPlace(table)
  if (place === null) return { place, pieces: 0 }
  return { place: (await folder.takeLoadPlace(place)) ? place : null, pieces: place.piece }
}

export const handler = stage('load', async (names: TableNames, { remaining }): Promise<{ done: boolean }> => {
  const { job, runId, table } = names
  const deadline = deadlineIn(remaining())
  try {
    const folder = runFolder(names)
    if ((await folder.load(table)) !== null) return { done: true }
    const plan = await folder.plan()
    const asking = { names: { job, run: runId, table }, remaining }
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
    const { place: before, pieces } = await taken(folder, table)
    const attempt = before?.attempt ?? randomBytes(4).toString('hex')
    warehouse.tag({ job, run: runId, table, attempt })
    const load = { job, runId, attempt, suffix: plan.schemaSuffix, plan: tablePlan, chunks, mode }
    const renew = () => renewLease(tablePlan.target, runId, tablePlan.epoch)
    const outcome = await loadPiece(warehouse, { ...load, renew }, { deadline, before })
    const used = before ? usedTogether(before.used, warehouse.used()) : warehouse.used()
    if ('place' in outcome) {
      await folder.putLoadPlace({ ...outcome.place, table, piece: pieces + 1, used })
      return { done: false }
    }
    const result: LoadResult = { ...outcome.loaded, pieces: pieces + 1, peakMemoryMb: peakMemoryMb(), used }
    await folder.putLoad(result)
    return { done: true }
  } finally {
    deadline.clear()
  }
})
