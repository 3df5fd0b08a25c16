/** One table's load from end to end: stage table → COPY → audit → publish. Doing it again finds it done. */
import { stagedColumns } from '../../columns/staged.ts'
import { type Countdown, noDeadline } from '../../deadline.ts'
import { TimeIsOver } from '../../errors.ts'
import type { ChunkResult, LoadMode, LoadResult, SweepCounts, TablePlan, Target } from '../../model.ts'
import { auditStage, rowsRead, type StageCounts } from './audit.ts'
import { besideSql } from './beside.ts'
import type { Warehouse } from './connect.ts'
import { contentOf } from './content.ts'
import { besideTable, dropTableSql, stageTable, stageTableSql } from './ddl.ts'
import { alteredError, deletedAtSql, evolveSql, goneError, marksSql } from './evolve.ts'
import { makeFenceSql } from './fence.ts'
import { type Load, type Published, readPublished } from './ledger.ts'
import { publish, type Repair } from './publish/publish.ts'
import { COMPARING, findUnchanged } from './publish/unchanged.ts'
import { copyParts, partsWithRows } from './routes/copy-parts.ts'
import { firstPlace, type Place, Stint } from './stint.ts'
import { auditSweep } from './sweep-audit.ts'

/** What is loaded of a table, and under which names. */
export type TableLoad = {
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
  publish: ledger.publish,
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
const besideOf = ({ plan }: TableLoad, { attempt }: Place): Target | null =>
  plan.publish === 'rebuild' ? besideTable(plan.target, attempt) : null

/** The target made, or given columns. A sweep knows none but the key's, and changes no other. */
const targetSql = ({ plan }: TableLoad, beside: Target | null): string[] => {
  if (plan.kind === 'sweep') return deletedAtSql(plan.target, plan.found)
  return beside ? besideSql(plan, beside) : evolveSql(plan)
}

/** Says of columns what a load that has published knows; one that was made anew has no old ones. Else the next run says it. */
const markColumns = async (warehouse: Warehouse, { plan, runId }: TableLoad): Promise<void> => {
  const marks = plan.kind === 'sweep' || plan.publish === 'rebuild' ? [] : marksSql(plan, runId)
  if (marks.length) await warehouse.script(marks).catch(() => {})
}

/** DDL of this load, all before the transaction: the target's, its fence, the stage table. */
const prepareSql = (table: TableLoad, stage: Target | null, beside: Target | null) => {
  const { plan, suffix } = table
  const { target, found } = plan
  // a window merged into an empty table would look whole, and be a day of it
  if (!found.columns && plan.publish !== 'replace') throw goneError(plan.table, target)
  return [
    ...targetSql(table, beside),
    ...(found.fence ? [] : makeFenceSql({ target, suffix })),
    ...(stage ? [stageTableSql(stage, stagedColumns(plan))] : []),
  ]
}

const NO_ROWS: StageCounts = { rowsStaged: 0, duplicates: 0, boundaryRows: 0 }
const NOTHING_BROUGHT: How = { route: null, routeReason: 'there were no rows to bring' }
const EARLIER: How = { route: null, routeReason: 'an earlier attempt of this run had published it' }

const UNCHANGED: How = { route: null, routeReason: "its files are those of the table's last load" }

const howOf = ({ route, routeReason }: Place): How => (route ? { route, routeReason } : NOTHING_BROUGHT)

/** The ledger row before it is published. */
const loadOf = (table: TableLoad, read: number, { attempt, startedAt, counts }: Place): Load => ({
  job: table.job,
  runId: table.runId,
  attempt,
  epoch: table.plan.epoch,
  target: table.plan.target,
  suffix: table.suffix,
  kind: table.plan.kind,
  publish: table.plan.publish,
  low: (table.plan.kind === 'backfill' ? table.plan.window?.from : table.plan.window?.low) ?? null,
  high: table.plan.window?.high ?? null,
  cursorColumn: table.plan.window?.columns.join() ?? null,
  rowsRead: read,
  rowsStaged: counts?.rowsStaged ?? 0,
  duplicates: counts?.duplicates ?? 0,
  boundaryRows: counts?.boundaryRows ?? 0,
  startedAt,
  content: contentOf(table.plan, table.chunks),
  terms: table.plan.terms ?? null,
})

/** Whether the target holds this copy already, and nothing of it has to be made or changed before. */
const unchanged = async (stint: Stint, table: TableLoad, read: number): Promise<Published | null> => {
  const { lastCopy } = table.plan
  const load: Load = { ...loadOf(table, read, stint.place), publish: 'unchanged' }
  if (lastCopy === undefined || lastCopy.content !== load.content) return null
  return prepareSql(table, null, null).length ? null : findUnchanged(stint, load)
}

/** Nothing of an attempt stays but what it published. */
const tidy = async (warehouse: Warehouse, made: Target[]): Promise<void> => {
  for (const each of made) await warehouse.query(dropTableSql(each))
}

/**
 * The ledger row of this run, where one may be: a load that is gone on with may have been published meanwhile, and so may that
 * of a run that has lost its lease. Else nobody asks: an attempt that comes again finds out at the fence, and the others,
 * all but a few of a thousand, have a statement less. Throws LeaseLostError.
 */
const publishedBefore = async (
  warehouse: Warehouse,
  table: TableLoad,
  before: Place | null,
): Promise<Published | null> => {
  const ask = () => readPublished(warehouse, { ...table, ...table.plan })
  const found = before && (await ask())
  if (found) return found
  try {
    await table.renew()
    return null
  } catch (error) {
    const earlier = before ? null : await ask()
    if (earlier) return earlier
    throw error
  }
}

/** What came of a load, or where it stands when its time is over. */
type Outcome = { loaded: TableLoaded } | { place: Place }

/**
 * Loads a table, or finds that its run has done so, or goes on from where an earlier invocation left off, if that is given.
 * Throws AuditError, DriftError, LeaseLostError (each leaves the target as it was), UnavailableError, RefusedError, WarehouseError.
 */
export const loadPiece = async (
  warehouse: Warehouse,
  table: TableLoad,
  { deadline, before }: { deadline: Countdown; before: Place | null },
): Promise<Outcome> => {
  const { plan, suffix } = table
  const { target } = plan
  const place = before ?? firstPlace(table.attempt)
  const startedAt = Date.parse(place.startedAt)
  const read = rowsRead(plan.table, table.chunks)
  const stage = read > 0 ? stageTable(target, suffix, place.attempt) : null
  const beside = besideOf(table, place)
  const made = [stage, beside].filter((each) => each !== null)
  const earlier = await publishedBefore(warehouse, table, before)
  if (earlier) {
    if (before) await tidy(warehouse, made)
    const brought = earlier.publish === 'unchanged' ? UNCHANGED : before && howOf(before)
    const how = earlier.attempt === before?.attempt ? brought! : EARLIER
    return { loaded: resultOf(table, earlier, how, startedAt) }
  }
  try {
    const stint = new Stint(warehouse, place, deadline)
    if (!before || stint.isRunning(COMPARING)) {
      const found = await unchanged(stint, table, read)
      if (found) return { loaded: resultOf(table, found, UNCHANGED, startedAt) }
      const prepare = prepareSql(table, stage, beside)
      if (prepare.length) await warehouse.script(prepare)
    }
    place.counts ??= await counted(warehouse, table, { stage, read, stint })
    const { sweep: counts } = place.counts
    const published = await publish(stint.publisher(), {
      ...{ load: loadOf(table, read, place), plan, stage },
      ...(table.repair ? { repair: table.repair } : {}),
      ...(counts ? { sweep: { how: plan.sweep!.how, counts } } : {}),
    })
    await tidy(warehouse, made)
    await markColumns(warehouse, table)
    const how = published.attempt === place.attempt ? howOf(place) : EARLIER
    return { loaded: resultOf(table, published, how, startedAt) }
  } catch (error) {
    if (error instanceof TimeIsOver) return { place }
    // what went wrong first is what people need to know; what stays is named by its attempt, and goes when it is stale
    await tidy(warehouse, made).catch(() => {})
    throw alteredError(plan.table, target, error)
  }
}

/** The same for who has all the time. */
export const loadTable = async (warehouse: Warehouse, table: TableLoad): Promise<TableLoaded> => {
  const outcome = await loadPiece(warehouse, table, { deadline: noDeadline(), before: null })
  if ('place' in outcome) throw new Error(`${table.plan.table}: a load without a deadline has left off`)
  return outcome.loaded
}

type Staging = { stage: Target | null; read: number; stint: Stint }

/** Brings the files to the stage table, if there is one, and audits them: a sweep without a key has most to be audited. */
const counted = async (
  warehouse: Warehouse,
  table: TableLoad,
  { stage, read, stint }: Staging,
): Promise<StageCounts & { sweep?: SweepCounts }> => {
  const { plan, chunks, mode = 'auto', runId, job } = table
  const parts = partsWithRows(chunks.flatMap((chunk) => chunk.parts))
  const files = { warehouse, table: plan.table, columns: stagedColumns(plan), runId, parts, stint }
  if (stage) await copyParts({ ...files, stage }, mode)
  const staged = { chunks, read, copied: stint.place.rows }
  if (plan.kind === 'sweep') return auditSweep(stint.auditor(), plan, stage, { job, ...staged })
  return stage ? auditStage(stint.auditor(), plan, stage, staged) : NO_ROWS
}
