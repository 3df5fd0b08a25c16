/** Load: the staged files of one table into its stage table, audited, published with their ledger row. */
import { randomBytes } from 'node:crypto'
import { type Countdown, deadlineIn } from '../lib/deadline.ts'
import { renewLease } from '../lib/lease.ts'
import type { ChunkResult, LoadPlace, LoadResult, Sweep, TableNames, TablePlan } from '../lib/model.ts'
import { type RunFolder, runFolder } from '../lib/run-folder.ts'
import { openWith, snowflakeSettings } from '../lib/settings.ts'
import { peakMemoryMb, stage } from '../lib/stage.ts'
import { sweepPlan } from '../lib/sweep.ts'
import { connectSnowflake, ofJob, type Warehouse } from '../lib/warehouses/snowflake/connect.ts'
import { loadPiece, type TableLoad } from '../lib/warehouses/snowflake/load-table.ts'
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

/** A load whose chunks are still to be read from the run folder: those of the window, or of the sweep. */
type Loading = Omit<TableLoad, 'chunks'> & { chunks: (ids: string[]) => Promise<ChunkResult[]> }

type TableLoaded = Omit<LoadResult, 'peakMemoryMb'>
type Loaded = { loaded: TableLoaded } | { place: Omit<LoadPlace, 'table' | 'piece' | 'used'> }

/** A load by its own plan, of the chunks that its plan names, gone on with from its own place. */
const loadBy = async (
  warehouse: Warehouse,
  load: Loading,
  { deadline, before }: { deadline: Countdown; before: LoadPlace | null },
) => {
  const chunks = await load.chunks(load.plan.chunks.map(({ id }) => id))
  const attempt = before?.attempt ?? load.attempt
  return loadPiece(warehouse, { ...load, attempt, chunks }, { deadline, before })
}

/**
 * The sweep first, if the table has one in this run, then the window: what the window brings may be younger than the keys
 * that the sweep read. Each has a ledger row of its own, so that either is done once however often this is begun.
 */
const sweepAndLoad = async (
  warehouse: Warehouse,
  load: Loading,
  { deadline, before }: { deadline: Countdown; before: LoadPlace | null },
): Promise<Loaded> => {
  const { sweep } = load.plan
  const window = { deadline, before: before?.sweeping ? null : before }
  if (!sweep) return loadBy(warehouse, load, window)
  const keys = { ...load, plan: sweepPlan(load.plan), attempt: `${load.attempt}_KEYS` }
  const swept = await loadBy(warehouse, keys, { deadline, before: before?.sweeping ? before : null })
  if ('place' in swept) return { place: { ...swept.place, sweeping: true } }
  const loaded = await loadBy(warehouse, load, window)
  return 'place' in loaded ? loaded : { loaded: withSweep(loaded.loaded, swept.loaded, sweep) }
}

/** What the report says of both. */
const withSweep = (window: TableLoaded, keys: TableLoaded, { how }: Sweep): TableLoaded => ({
  ...window,
  removed: window.removed + keys.removed,
  bytes: window.bytes + keys.bytes,
  seconds: window.seconds + keys.seconds,
  swept: { how, keys: keys.rowsRead, removed: keys.removed, returned: keys.updated },
})

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
    const attempt = before && !before.sweeping ? before.attempt : randomBytes(4).toString('hex')
    warehouse.tag({ job, run: runId, table, attempt })
    const load: Loading = {
      ...{ job, runId, attempt, suffix: plan.schemaSuffix, plan: tablePlan, mode },
      chunks: (ids) => files.chunks(table, ids),
      renew: () => renewLease(tablePlan.target, runId, tablePlan.epoch),
    }
    const outcome = await sweepAndLoad(warehouse, load, { deadline, before })
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
