/** One table's load from end to end: stage table → COPY → audit → publish. Doing it again finds it done. */
import { stagedColumns } from '../../columns/staged.ts'
import type { ChunkResult, LoadMode, LoadResult, TablePlan, Target } from '../../model.ts'
import { auditStage, rowsRead, type StageCounts } from './audit.ts'
import { besideSql } from './beside.ts'
import type { Warehouse } from './connect.ts'
import { besideTable, dropTableSql, stageTable, stageTableSql } from './ddl.ts'
import { evolveSql, goneError } from './evolve.ts'
import { makeFenceSql } from './fence.ts'
import { type Load, type Published, readPublished } from './ledger.ts'
import { publish, type Repair } from './publish/publish.ts'
import { copyParts, partsWithRows } from './routes/copy-parts.ts'

type TableLoad = {
  job: string
  runId: string
  /** Short and random, a new one for each invocation: it is in the stage table's name and in the ledger. */
  attempt: string
  suffix: string
  plan: TablePlan
  chunks: ChunkResult[]
  /** Only of rows that were found to differ. */
  repair?: Repair
  /** How files reach the stage table; `auto` when left out. */
  mode?: LoadMode
  /** Makes the target's lease last longer. Throws LeaseLostError when it is another's. */
  renew: () => Promise<void>
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)

/** What came of a load; how much memory the worker took is the worker's to say. */
type TableLoaded = Omit<LoadResult, 'peakMemoryMb'>

type How = Pick<LoadResult, 'route' | 'routeReason'>

const resultOf = ({ plan, chunks }: TableLoad, ledger: Published, how: How, startedAt: number): TableLoaded => ({
  table: plan.table,
  status: 'published',
  kind: plan.kind,
  publish: plan.publish,
  attempt: ledger.attempt,
  epoch: ledger.epoch,
  rowsRead: ledger.rowsRead,
  rowsStaged: ledger.rowsStaged,
  duplicates: ledger.duplicates,
  inserted: ledger.inserted,
  updated: ledger.updated,
  removed: ledger.removed,
  kept: ledger.kept,
  boundaryRows: ledger.boundaryRows,
  rowsInTarget: ledger.rowsInTarget,
  bytes: sum(chunks.map(({ bytes }) => bytes)),
  low: ledger.low,
  high: ledger.high,
  ...how,
  seconds: Math.round(Date.now() - startedAt) / 1000,
})

/** The table beside the target, for a load that takes the target's place. */
const besideOf = ({ plan, attempt }: TableLoad): Target | null =>
  plan.publish === 'rebuild' ? besideTable(plan.target, attempt) : null

/** DDL of this load, all before the transaction: target made or given columns, its fence, the stage table. */
const prepareSql = (table: TableLoad, stage: Target | null) => {
  const { plan, suffix, runId } = table
  const { target, found } = plan
  const beside = besideOf(table)
  // a window merged into an empty table would look whole, and be a day of it
  if (!found.columns && plan.publish !== 'replace') throw goneError(plan.table, target)
  return [
    ...(beside ? besideSql(plan, beside) : evolveSql(plan, runId)),
    ...(found.fence ? [] : makeFenceSql({ target, suffix })),
    ...(stage ? [stageTableSql(stage, stagedColumns(plan))] : []),
  ]
}

const NO_ROWS = {
  counts: { rowsStaged: 0, duplicates: 0, boundaryRows: 0 } as StageCounts,
  how: { route: null, routeReason: 'there were no rows to bring' } as How,
}
const EARLIER: How = { route: null, routeReason: 'an earlier attempt of this run had published it' }

/** The ledger row before it is published. */
const loadOf = (table: TableLoad, read: number, counts: StageCounts, startedAt: number): Load => ({
  job: table.job,
  runId: table.runId,
  attempt: table.attempt,
  epoch: table.plan.epoch,
  target: table.plan.target,
  suffix: table.suffix,
  kind: table.plan.kind,
  publish: table.plan.publish,
  low: (table.plan.kind === 'backfill' ? table.plan.window?.from : table.plan.window?.low) ?? null,
  high: table.plan.window?.high ?? null,
  cursorColumn: table.plan.window?.columns.join() ?? null,
  rowsRead: read,
  ...counts,
  startedAt: new Date(startedAt).toISOString(),
})

/**
 * Loads a table, or finds that its run has done so. Throws AuditError, DriftError, LeaseLostError (each leaves the
 * target as it was), UnavailableError, RefusedError, WarehouseError.
 */
export const loadTable = async (warehouse: Warehouse, table: TableLoad): Promise<TableLoaded> => {
  const startedAt = Date.now()
  const { plan, runId, suffix, attempt } = table
  const { target, kind } = plan
  const before = await readPublished(warehouse, { target, suffix, runId, kind })
  if (before) return resultOf(table, before, EARLIER, startedAt)
  await table.renew()
  const read = rowsRead(plan.table, table.chunks)
  const stage = read > 0 ? stageTable(target, suffix, attempt) : null
  const made = [stage, besideOf(table)].filter((each) => each !== null)
  try {
    const prepare = prepareSql(table, stage)
    if (prepare.length) await warehouse.script(prepare)
    const { counts, how } = stage ? await staged(warehouse, table, stage, read) : NO_ROWS
    const published = await publish(warehouse, {
      ...{ load: loadOf(table, read, counts, startedAt), plan, stage },
      ...(table.repair ? { repair: table.repair } : {}),
    })
    for (const each of made) await warehouse.query(dropTableSql(each))
    return resultOf(table, published, how, startedAt)
  } catch (error) {
    // what went wrong first is what people need to know; what stays is named by its attempt, and goes when it is stale
    for (const each of made) await warehouse.query(dropTableSql(each)).catch(() => {})
    throw error
  }
}

const staged = async (
  warehouse: Warehouse,
  { plan, chunks, mode = 'auto', runId }: TableLoad,
  stage: Target,
  read: number,
) => {
  const parts = partsWithRows(chunks.flatMap((chunk) => chunk.parts))
  const load = { warehouse, table: plan.table, columns: stagedColumns(plan), runId, stage, parts }
  const { rows, ...how } = await copyParts(load, mode)
  return { counts: await auditStage(warehouse, plan, stage, { chunks, read, copied: rows }), how }
}
