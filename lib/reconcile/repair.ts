/**
 * Repairs a table: the rows that differ are read from MySQL again, by key, into a run folder, and published under the
 * target's lease as every load is. MySQL's row counts, whatever its cursor says; the cursor of the table stays.
 */
import { randomBytes } from 'node:crypto'
import { stagedColumns } from '../columns/staged.ts'
import { RefusedError } from '../errors.ts'
import { releaseLease, renewLease, takeLease, targetName } from '../lease.ts'
import type { ChunkResult, Comparison, LoadResult, Names, TableMetadata, TablePlan } from '../model.ts'
import { PartWriter } from '../parquet/parts.ts'
import type { Sides } from '../plan/plan-tables.ts'
import { runFolder } from '../run-folder.ts'
import { keysSql } from '../sources/mysql/canonical.ts'
import { readChunk } from '../sources/mysql/read.ts'
import { whereSql } from '../sources/mysql/where.ts'
import { withGoneKeys } from '../warehouses/snowflake/gone-keys.ts'
import { loadTable } from '../warehouses/snowflake/load-table.ts'
import type { Compared, Difference } from './compare.ts'
import { sourceRows } from './sides.ts'

/** `rows`: read from MySQL. `removed`: rows that went, or were marked as deleted. */
export type Repaired = { runId: string; rows: number; inserted: number; updated: number; removed: number }

/** What is asked of a repair; `capPercent` is null for the default. `epoch`: the last one that the ledger knows. */
type RepairRequest = { names: Names; meta: TableMetadata; capPercent: number | null; epoch: number }

/** More than this share of a table's rows is no repair; few rows always are. */
const CAP_PERCENT = 10
const FEW_ROWS = 1000
const KEYS_AT_ONCE = 500
const CHUNK = { id: '0', from: null, to: null, rows: null }

const refuse = (compared: Compared, capPercent: number | null): void => {
  const { table, isKeyed, isWhole, rows, keepsDeleted } = compared
  // rows that are kept are not touched
  const touched = compared.differences.filter(({ verdict }) => !(keepsDeleted && verdict === 'extra')).length
  const instead = `load it anew: npm run -s firn -- run --full-refresh --tables ${table}`
  if (!isKeyed) throw new RefusedError(`${table}: without a key there is no telling which rows to repair; ${instead}`)
  if (!isWhole) throw new RefusedError(`${table}: too many rows differ for repairing them one by one; ${instead}`)
  const most = (Math.max(rows.mysql, rows.warehouse) * (capPercent ?? CAP_PERCENT)) / 100
  if (touched > most && (capPercent !== null || touched > FEW_ROWS))
    throw new RefusedError(
      `${table}: ${touched} rows differ, which is more than ${capPercent ?? CAP_PERCENT} per cent of it: say --cap with a higher share, or ${instead}`,
    )
}

const planOf = ({ plan }: Comparison, epoch: number): TablePlan => {
  const { chunkIndex, ...rest } = plan
  return { ...rest, kind: 'repair', publish: 'merge', window: null, chunks: [CHUNK], chunkColumns: [], epoch }
}

/** Reads the rows of these keys, as many as MySQL still has, into files. */
const readRows = async (
  { source }: Sides,
  { comparison, plan, names, attempt }: { comparison: Comparison; plan: TablePlan; names: Names; attempt: string },
  keys: string[][],
): Promise<ChunkResult> => {
  const startedAt = performance.now()
  const folder = runFolder(names)
  const file = { table: plan.table, chunk: CHUNK.id, attempt }
  const writer = new PartWriter({ ...plan, columns: stagedColumns(plan) }, folder.partStore(file))
  let rows = 0
  try {
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
      const some = keysSql(comparison.key, keys.slice(at, at + KEYS_AT_ONCE))
      const where = plan.where ? `${whereSql(plan.where)} AND ${some}` : some
      rows += await readChunk(source, { ...plan, where }, CHUNK, writer)
      await renewLease(plan.target, names.runId, plan.epoch)
    }
    const parts = await writer.finish()
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
    const seconds = (performance.now() - startedAt) / 1000
    const policies = writer.policies()
    return await folder.putChunk({ ...file, rows, bytes, parts, policies, pieces: 1, seconds, peakMemoryMb: 0 })
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

/** How rows go that MySQL has no longer: as the table's deletes do; of a whole copy they are no part. Null: they stay. */
const howGone = ({ load_strategy, deletes = 'ignore' }: TableMetadata): 'hard' | 'soft' | null => {
  if (load_strategy === 'full') return 'hard'
  return deletes === 'ignore' ? null : deletes
}

const rowsOf = (differences: Difference[]) => differences.reduce((total, { rows }) => total + rows, 0)

/** Rows that MySQL has no longer, and that go or are marked: none where they stay, nor what came back by now. */
const goneNow = async (sides: Sides, comparison: Comparison, extra: Difference[], how: 'hard' | 'soft' | null) => {
  if (how === null || extra.length === 0) return []
  const keys = extra.map(({ key }) => key)
  const back = await sourceRows(sides, comparison, keys)
  return extra.filter(({ key }) => !back.has(key.join()))
}

const load = async (
  sides: Sides,
  comparison: Comparison,
  { differences }: Compared,
  { names, meta, epoch }: RepairRequest,
): Promise<LoadResult> => {
  const { job, runId } = names
  const attempt = randomBytes(4).toString('hex')
  const plan = planOf(comparison, epoch)
  const [extra, others] = [true, false].map((is) => differences.filter(({ verdict }) => (verdict === 'extra') === is))
  const keys = others!.map(({ key }) => key)
  const chunk = await readRows(sides, { comparison, plan, names, attempt }, keys)
  const how = howGone(meta)
  const gone = await goneNow(sides, comparison, extra!, how)
  const surplus = rowsOf(others!) - others!.filter(({ rows }) => rows > 0).length
  const goneKeys = { keys: gone.map(({ key }) => key), rows: rowsOf(gone), how: how ?? 'hard', comparison, attempt }
  const renew = () => renewLease(plan.target, runId, epoch)
  const mode = sides.settings.loadMode ?? 'auto'
  const loaded = await withGoneKeys(sides.warehouse, goneKeys, (found) =>
    loadTable(sides.warehouse, {
      ...{ job, runId, attempt, suffix: '', plan, chunks: [chunk], mode, renew },
      repair: { gone: found, surplus },
    }),
  )
  return runFolder(names).putLoad({ ...loaded, peakMemoryMb: 0 })
}

/**
 * Repairs what comparing found. Throws RefusedError when it is too much of the table, or nothing tells its rows apart;
 * LeaseHeldError while a run has the target; and what reading and loading throw, which leaves the target as it was.
 */
export const repairTable = async (
  sides: Sides,
  comparison: Comparison,
  compared: Compared,
  request: RepairRequest,
): Promise<Repaired> => {
  refuse(compared, request.capPercent)
  const { target } = comparison.plan
  const { runId } = request.names
  const { epoch } = await takeLease(target, runId, request.epoch)
  try {
    const { rowsRead, inserted, updated, removed } = await load(sides, comparison, compared, { ...request, epoch })
    return { runId, rows: rowsRead, inserted, updated, removed }
  } finally {
    await releaseLease(targetName(target), runId)
  }
}
