/** A sweep from end to end: the keys staged and audited, the rows they lack counted, and then deleted or marked. */
import type { Countdown } from '../../deadline.ts'
import { AuditError, LeaseLostError, TimeIsOver } from '../../errors.ts'
import type { Sweep, Swept, Target } from '../../model.ts'
import { sweepPlan } from '../../sweep.ts'
import { auditStage, rowsRead, type StageCounts } from './audit.ts'
import type { Warehouse } from './connect.ts'
import { dropTableSql, stageTable, stageTableSql } from './ddl.ts'
import { type Load, ledgerName, type Published, readPublished } from './ledger.ts'
import type { TableLoad } from './load-table.ts'
import { type KeySweep, type SweepCounts, sweepCountsSql, sweepSql } from './publish/sweep.ts'
import { copyParts, partsWithRows } from './routes/copy-parts.ts'
import { firstPlace, type Place, Stint } from './stint.ts'

const sweptOf = ({ rowsRead: keys, removed, updated, rowsInTarget }: Published, how: Sweep['how']): Swept => ({
  ...{ how, keys, removed, returned: updated, rowsInTarget },
})

const countsOf = async (warehouse: Pick<Warehouse, 'query'>, sweep: KeySweep): Promise<SweepCounts> => {
  const [row] = await warehouse.query(sweepCountsSql(sweep))
  return { live: Number(row!.LIVE), gone: Number(row!.GONE), returned: Number(row!.RETURNED) }
}

const percent = (gone: number, live: number) => Math.ceil((gone / Math.max(live, 1)) * 100)

/** Asks rather than deletes. */
const checkCap = (table: string, { how, cap }: Sweep, { live, gone }: SweepCounts): void => {
  if (gone * 100 <= cap * live) return
  const needed = Math.min(percent(gone, live), 100)
  throw new AuditError(
    `${table}: the sweep found ${gone} of ${live} rows gone from MySQL, ${needed} %, and may ${how === 'soft' ? 'mark' : 'delete'} ${cap} % (sweep_cap in table_metadata.json). It ${how === 'soft' ? 'marked' : 'deleted'} none; what changed in MySQL was published before it. If those rows are really gone: npm run -s firn -- run --sweep --sweep-cap ${needed} --tables ${table}`,
  )
}

const takenOver = (target: Target, epoch: number, runId: string) =>
  new LeaseLostError(
    `${ledgerName(target)} has been taken over by a later run (epoch above ${epoch}): the sweep of run ${runId} removed nothing. Start a new run: npm run -s firn -- run`,
  )

const loadOf = (table: TableLoad, read: number, { attempt, startedAt }: Place): Load => ({
  ...{ job: table.job, runId: table.runId, attempt, epoch: table.plan.epoch, target: table.plan.target },
  ...{ suffix: table.suffix, kind: 'sweep', publish: 'none', low: null, high: null, cursorColumn: null },
  ...{ rowsRead: read, rowsStaged: read, duplicates: 0, boundaryRows: 0 },
  startedAt,
})

type Staging = { stage: Target; read: number; stint: Stint }

const staged = async (
  warehouse: Warehouse,
  table: TableLoad,
  { stage, read, stint }: Staging,
): Promise<StageCounts> => {
  const { chunks, mode = 'auto', runId } = table
  const plan = sweepPlan(table.plan)
  const parts = partsWithRows(chunks.flatMap((chunk) => chunk.parts))
  await copyParts({ warehouse, table: plan.table, columns: plan.columns, runId, stage, parts, stint }, mode)
  return auditStage(stint.auditor(), plan, stage, { chunks, read, copied: stint.place.rows })
}

const NO_KEYS: StageCounts = { rowsStaged: 0, duplicates: 0, boundaryRows: 0 }

/** What a sweep did, or where it stands when its time is over. */
type Outcome = { swept: Swept } | { place: Place }

/**
 * Sweeps a table whose window is published, or finds that its run has done so, or goes on from where an earlier invocation
 * left off. `chunks` are the sweep's, every one of them. Throws AuditError with the counts when more rows are gone than the
 * cap allows, or the equation does not hold; and as loadPiece.
 */
export const sweepPiece = async (
  warehouse: Warehouse,
  table: TableLoad,
  sweep: Sweep,
  { deadline, before }: { deadline: Countdown; before: Place | null },
): Promise<Outcome> => {
  const { plan, runId, suffix } = table
  const { target } = plan
  const place = before ?? firstPlace(`${table.attempt}_KEYS`)
  const read = rowsRead(plan.table, table.chunks)
  const stage = read > 0 ? stageTable(target, suffix, place.attempt) : null
  const tidy = async () => void (stage && (await warehouse.query(dropTableSql(stage))))
  const earlier = await readPublished(warehouse, { target, suffix, runId, kind: 'sweep' })
  if (earlier) {
    if (before) await tidy()
    return { swept: sweptOf(earlier, sweep.how) }
  }
  await table.renew()
  try {
    if (stage && !before) await warehouse.script([stageTableSql(stage, sweepPlan(plan).columns)])
    const stint = new Stint(warehouse, place, deadline)
    place.counts ??= stage ? await staged(warehouse, table, { stage, read, stint }) : NO_KEYS
    const keys: KeySweep = { load: loadOf(table, read, place), plan, stage, how: sweep.how }
    const counts = await countsOf(stint.auditor(), keys)
    checkCap(plan.table, sweep, counts)
    await stint.publisher().transaction(sweepSql(keys, counts))
    const published = await readPublished(warehouse, { target, suffix, runId, kind: 'sweep' })
    if (published === null) throw takenOver(target, plan.epoch, runId)
    await tidy()
    return { swept: sweptOf(published, sweep.how) }
  } catch (error) {
    if (error instanceof TimeIsOver) return { place }
    await tidy().catch(() => {})
    throw error
  }
}
