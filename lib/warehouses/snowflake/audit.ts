/** The equation of counts before anything is published: read = in files = copied = staged, and what of it is double. */

import { AuditError } from '../../errors.ts'
import type { ChunkResult, TablePlan, Target } from '../../model.ts'
import type { Warehouse } from './connect.ts'
import { boundSql, cursorSql } from './cursor.ts'
import { refuseUnfit, unfitSql } from './json.ts'
import { quoteSnowflake, quoteTarget } from './quote.ts'

/** Counts of one stage table. `boundaryRows`: rows at or before the last window's end, read again. */
export type StageCounts = { rowsStaged: number; duplicates: number; boundaryRows: number }

const RETRY_AGAIN = 'retry the run: npm run -s firn -- retry <run>'
const RETRY = `Nothing was published; ${RETRY_AGAIN}`

/** What tells rows apart: the key, or without one what chunks were walked along, which is unique in MySQL. */
const keyOf = ({ key, chunkColumns }: TablePlan): string[] => (key.length ? key : chunkColumns)

/**
 * What a declared key is held against: columns that are unique in MySQL, along which the chunks were walked. Empty where
 * those are the key itself, or begin with the cursor, along which a row that changes is read twice.
 */
const walkOf = ({ key, chunkColumns, window }: TablePlan): string[] => {
  const isMoving = chunkColumns.some((name) => window?.columns.includes(name))
  const isKey = chunkColumns.every((name) => key.includes(name))
  return key.length === 0 || isMoving || isKey ? [] : chunkColumns
}

/** One pass: rows, rows apart by key (a NULL in a key counts as a value), rows not after the window's beginning, unfit JSON. */
export const auditSql = (plan: TablePlan, stage: Target): string => {
  const from = quoteTarget(stage)
  const apartBy = (names: string[]) => {
    const keys = names.map(quoteSnowflake).join(', ')
    return keys ? `(SELECT COUNT(*) FROM (SELECT ${keys} FROM ${from} GROUP BY ${keys}))` : 'COUNT(*)'
  }
  const walk = walkOf(plan)
  const low = plan.window?.low ?? null
  const cursor = cursorSql(plan, quoteSnowflake)
  const boundary = cursor && low !== null ? `COUNT_IF(${cursor} <= ${boundSql(plan, low)})` : '0'
  const counts = [
    'COUNT(*) AS STAGED',
    `${apartBy(keyOf(plan))} AS APART`,
    ...(walk.length ? [`${apartBy([...new Set([...plan.key, ...walk])])} AS WALKED_APART`] : []),
    `${boundary} AS BOUNDARY`,
    ...unfitSql(plan.columns),
  ]
  return `SELECT ${counts.join(', ')} FROM ${from}`
}

/** Rows the chunks were read with, after holding them against their own files. Throws AuditError naming the chunk. */
export const rowsRead = (table: string, chunks: ChunkResult[]): number => {
  for (const { chunk, rows, parts } of chunks) {
    const written = parts.reduce((sum, part) => sum + part.rows, 0)
    if (written !== rows)
      throw new AuditError(`${table}: chunk ${chunk} read ${rows} rows and its files hold ${written}. ${RETRY}`)
  }
  return chunks.reduce((sum, { rows }) => sum + rows, 0)
}

/** Every piece of every chunk is a snapshot of its own: one piece of one chunk is one moment. */
const isOneSnapshot = (plan: TablePlan, chunks: ChunkResult[]): boolean =>
  plan.chunks.length === 1 && chunks.every(({ pieces }) => pieces === 1)

/** Whether the chunks are spans of one key, so that they share none. */
const isWhole = ({ kind, window }: TablePlan): boolean => kind === 'full' || (kind === 'replay' && window === null)

/**
 * Counts the stage table and holds it against what was read and copied. One snapshot, or a whole table, must not hold one
 * key twice: its chunks would have overlapped, its unique_key is none, or the key was changed while it was read. A merge of
 * several snapshots may: a row that changed between them came twice, and the later one counts; but not two rows that MySQL
 * tells apart. Throws AuditError with the numbers, ValueError where Snowflake would not keep a JSON value.
 */
export const auditStage = async (
  warehouse: Pick<Warehouse, 'query'>,
  plan: TablePlan,
  stage: Target,
  { chunks, read, copied }: { chunks: ChunkResult[]; read: number; copied: number },
): Promise<StageCounts> => {
  const [row] = await warehouse.query(auditSql(plan, stage))
  const rowsStaged = Number(row!.STAGED)
  const duplicates = rowsStaged - Number(row!.APART)
  if (read !== copied || copied !== rowsStaged)
    throw new AuditError(`${plan.table}: ${read} rows read, ${copied} copied, ${rowsStaged} staged. ${RETRY}`)
  refuseUnfit(plan.table, plan.columns, row!)
  // rows of one key that MySQL itself tells apart are two rows, however often they were read
  const shared = row!.WALKED_APART === undefined ? 0 : Number(row!.WALKED_APART) - Number(row!.APART)
  const repeated = isWhole(plan) || isOneSnapshot(plan, chunks) ? duplicates : shared
  if (repeated > 0)
    throw new AuditError(
      `${plan.table}: ${repeated} of ${rowsStaged} staged rows repeat the key (${keyOf(plan).join(', ')}) of another. Nothing was published: if rows may share it, it is no unique_key (metadata/table_metadata.json); if keys were changed while they were read, ${RETRY_AGAIN}`,
    )
  return { rowsStaged, duplicates, boundaryRows: Number(row!.BOUNDARY) }
}
