/** Compares tables one after the other; one that is refused stands in no other's way. */
import { REFUSALS } from '../errors.ts'
import type { Metadata, TableMetadata } from '../model.ts'
import { type PlanInput, planTables, type Sides } from '../plan/plan-tables.ts'
import { type Compared, compareTable } from './compare.ts'
import { comparisonOf } from './comparison.ts'

/** What came of one table: compared, or why it could not be. */
export type Reconciled = { table: string; compared: Compared | null; refused: string | null }

/** Tables of a request, without its window: all rows are compared, as far as the last run came. */
type ReconcileInput = Omit<PlanInput, 'request' | 'retried'>

const metaOf = ({ tables }: Metadata, table: string): TableMetadata => tables.find((each) => each.table === table)!

/** Compares every table. Throws what planning throws, and what either side does; a refusal of one table is in its result. */
export const reconcileTables = async (input: ReconcileInput, sides: Sides): Promise<Reconciled[]> => {
  const { tables, cursors } = await planTables({ ...input, request: { fullRefresh: true }, retried: null }, sides)
  const found: Reconciled[] = []
  for (const plan of tables)
    try {
      const comparison = comparisonOf(plan, cursors.get(plan.target.table))
      const compared = await compareTable(sides, metaOf(input.metadata, plan.table), comparison)
      found.push({ table: plan.table, compared, refused: null })
    } catch (error) {
      const { name, message } = error as Error
      if (!REFUSALS.includes(name) && name !== 'AuditError') throw error
      found.push({ table: plan.table, compared: null, refused: message })
    }
  return found
}
