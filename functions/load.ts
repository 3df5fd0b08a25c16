/** Load: the staged files of one table into its stage table, audited, published with their ledger row. */
import { randomBytes } from 'node:crypto'
import { type Countdown, deadlineIn } from '../lib/deadline.ts'
import { renewLease } from '../lib/lease.ts'
import type { Chunk, ChunkResult, LoadPlace, LoadResult, TableNames, TablePlan } from '../lib/model.ts'
import { type RunFolder, runFolder } from '../lib/run-folder.ts'
import { openWith, snowflakeSettings } from '../lib/settings.ts'
import { peakMemoryMb, stage } from '../lib/stage.ts'
import { connectSnowflake, ofJob, type Warehouse } from '../lib/warehouses/snowflake/connect.ts'
import { loadPiece, type TableLoad } from '../lib/warehouses/snowflake/load-table.ts'
import { usedTogether } from '../lib/warehouses/snowflake/meter.ts'
import { sweepPiece } from '../lib/warehouses/snowflake/sweep-table.ts'

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

/** A load whose chunks are still to be read from the run folder: those of the window, or of the sweep. */
type Loading = Omit<TableLoad, 'chunks'> & { chunks: (ids: string[]) => Promise<ChunkResult[]> }

type Loaded = { loaded: Omit<LoadResult, 'peakMemoryMb'> } | { place: Omit<LoadPlace, 'table' | 'piece' | 'used'> }

const idsOf = (chunks: Chunk[]) => chunks.map(({ id }) => id)

/** The window first, so that what it brought is not taken for deleted; then the sweep, if the table has one in this run. */
const loadAndSweep = async (
  warehouse: Warehouse,
  load: Loading,
  { deadline, before }: { deadline: Countdown; before: LoadPlace | null },
): Promise<Loaded> => {
  const { plan } = load
  const window = { ...load, chunks: await load.chunks(idsOf(plan.chunks)) }
  const outcome = await loadPiece(warehouse, window, { deadline, before: before?.sweeping ? null : before })
  if (!plan.sweep || 'place' in outcome) return outcome
  const keys = { ...load, chunks: await load.chunks(idsOf(plan.sweep.chunks)) }
  const swept = await sweepPiece(warehouse, keys, plan.sweep, { deadline, before: before?.sweeping ? before : null })
  return 'place' in swept
    ? { place: { ...swept.place, sweeping: true } }
    : { loaded: { ...outcome.loaded, swept: swept.swept, rowsInTarget: swept.swept.rowsInTarget } }
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
    const { place: before, pieces } = await taken(folder, table)
    const attempt = before?.attempt ?? randomBytes(4).toString('hex')
    warehouse.tag({ job, run: runId, table, attempt })
    const load: Loading = {
      ...{ job, runId, attempt, suffix: plan.schemaSuffix, plan: tablePlan, mode },
      chunks: (ids) => files.chunks(table, ids),
      renew: () => renewLease(tablePlan.target, runId, tablePlan.epoch),
    }
    const outcome = await loadAndSweep(warehouse, load, { deadline, before })
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
