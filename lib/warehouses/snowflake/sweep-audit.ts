/** What a sweep would do, before it does: every key was read, every key is staged, and no more rows go than may. */
import { AuditError, RefusedError } from '../../errors.ts'
import type { Chunk, ChunkResult, SweepCounts, TablePlan, Target } from '../../model.ts'
import type { StageCounts } from './audit.ts'
import type { Warehouse } from './connect.ts'
import { ledgerName } from './ledger.ts'
import { type Held, heldSql, MARK, mayGoSql, STAGED } from './publish/sweep.ts'
import { quoteSnowflake, quoteTarget } from './quote.ts'

/** A sweep's own plan, its staged keys and its target. */
export const heldOf = (plan: TablePlan, stage: Target | null): Held => ({
  plan,
  ...{ target: plan.target, stage, how: plan.sweep!.how },
})

/** One pass over the stage and one over the target: STAGED and APART as of any stage; GONE, RETURNED, THERE of SweepCounts. */
export const sweepAuditSql = (held: Held): string => {
  const { plan, stage } = held
  const keys = plan.key.map(quoteSnowflake).join(', ')
  const staged = stage
    ? [
        `(SELECT COUNT(*) FROM ${quoteTarget(stage)}) AS STAGED`,
        `(SELECT COUNT(*) FROM (SELECT ${keys} FROM ${quoteTarget(stage)} GROUP BY ${keys})) AS APART`,
      ]
    : ['0 AS STAGED', '0 AS APART']
  const counts = [
    `COUNT_IF(S.${STAGED} IS NULL AND ${mayGoSql(held)}) AS GONE`,
    `COUNT_IF(S.${STAGED} IS NOT NULL AND T.${MARK} IS NOT NULL) AS RETURNED`,
    `COUNT_IF(${mayGoSql(held)}) AS THERE`,
  ]
  return `SELECT ${[...staged, ...counts].join(', ')}\n${heldSql(held)}`
}

const NOTHING = 'Nothing of the table was published'

const joins = (before: Chunk | undefined, { from }: Chunk): boolean =>
  before === undefined ? from === null : before.to !== null && from?.join('\0') === before.to.join('\0')

/** A key that nobody looked for would be taken for deleted: chunks are all there, and each begins where the last one ended. */
const refuseIncomplete = (plan: TablePlan, chunks: ChunkResult[]): void => {
  const missing = plan.chunks.filter(({ id }) => chunks.filter(({ chunk }) => chunk === id).length !== 1)
  const isWhole = plan.chunks.every((chunk, i) => joins(plan.chunks[i - 1], chunk)) && plan.chunks.at(-1)?.to === null
  if (missing.length === 0 && chunks.length === plan.chunks.length && isWhole) return
  throw new AuditError(
    `${plan.table}: of the ${plan.chunks.length} chunks of its keys ${isWhole ? `${chunks.length} were read${missing[0] ? `, and ${missing[0].id} is not among them` : ''}` : 'some leave keys out between them'}: nobody can say which rows are deleted. ${NOTHING}; start a new run: npm run -s firn -- run`,
  )
}

const refuseAboveCap = ({ table, target, sweep }: TablePlan, job: string, counts: SweepCounts): void => {
  const { gone, rows } = counts
  const { how, cap } = sweep!
  const share = (100 * gone) / rows
  if (gone === 0 || share <= cap) return
  const run = `npm run -s firn -- run ${job} --tables ${/^[\w.-]+$/.test(table) ? table : `'${table}'`}`
  const marked = how === 'soft' ? 'marked as deleted' : 'deleted'
  throw new RefusedError(
    `${table}: ${gone} of the ${rows} rows in ${ledgerName(target)} are no longer in MySQL: ${share.toFixed(1)} per cent, and no more than ${cap} are ${marked} without asking (sweep_cap). ${NOTHING}. If they are right to go: ${run} --sweep --sweep-cap ${Math.min(100, Math.ceil(share))}. If not, find out where they went in MySQL (another "where", a restored backup, another server?); to load without sweeping: ${run} --no-sweep`,
  )
}

type Staged = { job: string; chunks: ChunkResult[]; read: number; copied: number }

/**
 * Counts what is staged and what it means for the target. A key that was read twice, since it was changed between two
 * chunks, is one key. Throws AuditError when a chunk is missing or the numbers of rows do not agree; RefusedError, with the
 * counts and the command that allows it, when more rows would go than the cap says.
 */
export const auditSweep = async (
  warehouse: Pick<Warehouse, 'query'>,
  plan: TablePlan,
  stage: Target | null,
  { job, chunks, read, copied }: Staged,
): Promise<StageCounts & { sweep: SweepCounts }> => {
  refuseIncomplete(plan, chunks)
  const [row] = await warehouse.query(sweepAuditSql(heldOf(plan, stage)))
  const rowsStaged = Number(row!.STAGED)
  if (read !== copied || copied !== rowsStaged)
    throw new AuditError(
      `${plan.table}: ${read} keys read, ${copied} copied, ${rowsStaged} staged. ${NOTHING}; start a new run: npm run -s firn -- run`,
    )
  const sweep = { gone: Number(row!.GONE), returned: Number(row!.RETURNED), rows: Number(row!.THERE) }
  refuseAboveCap(plan, job, sweep)
  return { rowsStaged, duplicates: rowsStaged - Number(row!.APART), boundaryRows: 0, sweep }
}
