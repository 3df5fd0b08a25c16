/** A run's preview: planned as a run is, and nothing taken, put or made on the way. */
import type { Resting, TablePlan } from '../../model.ts'
import { runFolder } from '../../run-folder.ts'
import { estimateRows } from '../../sources/mysql/estimate.ts'
import { chunkSelectSql } from '../../sources/mysql/select.ts'
import { type PlanInput, planTables, SAMPLE_ROWS, type Sides } from '../plan-tables.ts'
import { type Cost, type CostedTable, estimateCost, type PastLoad, type StageMemory } from './cost.ts'
import { PLACEHOLDERS, previewTable, type TablePreview } from './table.ts'

export type RunPreview = { job: string; tables: TablePreview[]; resting: Resting[]; cost: Cost }

/** What a preview reckons the cost with. */
export type Reckoning = { past: Map<string, PastLoad>; memory: StageMemory }

/** The planner's own numbers where it has them, else the server's guess for a merge, else the whole table. */
const rowsOf = async (plan: TablePlan, { source }: Sides): Promise<number> => {
  if (plan.sampleSql !== null) return Math.min(SAMPLE_ROWS, plan.estimatedRows || SAMPLE_ROWS)
  const counted = plan.chunks.map(({ rows }) => rows)
  if (counted.every((rows) => rows !== null)) return counted.reduce((sum, rows) => sum + rows, 0)
  if (plan.publish !== 'merge' && plan.publish !== 'append') return plan.estimatedRows
  // an index that is forced keeps MySQL from estimating
  const { chunkIndex, ...unforced } = plan
  const whole = chunkSelectSql(unforced, { id: '0', from: null, to: null, rows: null })
  return (await estimateRows(source, whole)) ?? plan.estimatedRows
}

/** What the keys cost that a table is swept by: as a table of its own, of which no run tells. */
const costedSweep = ({ table, key, sweep, estimatedRows }: TablePlan): CostedTable[] =>
  sweep
    ? [
        {
          ...{ table: `${table}, its keys`, rows: estimatedRows, bytes: 0, past: null },
          ...{ columns: key.length, chunks: sweep.chunks.length },
        },
      ]
    : []

/** Previews a run. Throws RefusedError with every finding, as planning does, and what reading the catalogues throws. */
export const previewRun = async (input: PlanInput, sides: Sides, { past, memory }: Reckoning): Promise<RunPreview> => {
  const { suffix, tables, resting } = await planTables(input, sides)
  const job = input.job.job
  const { prefix } = runFolder({ job, runId: PLACEHOLDERS.runId })
  const previews: TablePreview[] = []
  for (const plan of tables) {
    const rows = await rowsOf(plan, sides)
    previews.push(previewTable({ plan, job, suffix, prefix, rows }))
  }
  const costed = [
    ...previews.map(({ table, rows, bytes, columns, chunks }) => ({
      ...{ table, rows, bytes, columns: columns.length, chunks: chunks.length },
      past: past.get(table) ?? null,
    })),
    ...tables.flatMap(costedSweep),
  ]
  return { job, tables: previews, resting, cost: estimateCost(costed, input.job.transform, memory) }
}
