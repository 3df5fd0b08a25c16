/** Compares tables one after the other, and repairs them when asked; one that is refused stands in no other's way. */
import { REFUSALS } from '../errors.ts'
import type { TableMetadata, TablePlan } from '../model.ts'
import { type PlanInput, planTables, type Sides } from '../plan/plan-tables.ts'
import type { Cursor } from '../warehouses/snowflake/standing.ts'
import { type Compared, compareTable, differs } from './compare.ts'
import { comparisonOf } from './comparison.ts'
import { withFetched } from './fetch.ts'
import { type Repaired, repairTable } from './repair.ts'

/**
 * What came of one table. `refused`: why it could not be compared, or repaired. `differs`: whether it did before it was
 * `repaired`.
 */
export type Reconciled = {
  table: string
  compared: Compared | null
  differs: boolean
  repaired: Repaired | null
  refused: string | null
}

/** Tables of a request, without its window: all rows are compared, as far as the last run came. */
type ReconcileInput = Omit<PlanInput, 'request' | 'retried'>

/**
 * `fetch`: compare the columns as well that checksums do not reach. `repair`: mend what differs; `capPercent` is null for
 * the default.
 */
type Wishes = { fetch: boolean; repair: { capPercent: number | null } | null }

type Asked = { input: ReconcileInput; meta: TableMetadata; plan: TablePlan; cursor: Cursor | undefined }

const reconcileTable = async (
  { input, meta, plan, cursor }: Asked,
  sides: Sides,
  { fetch, repair }: Wishes,
): Promise<Reconciled> => {
  const found: Reconciled = { table: plan.table, compared: null, differs: false, repaired: null, refused: null }
  try {
    const comparing = comparisonOf(plan, cursor)
    found.compared = await compareTable(sides, meta, comparing)
    if (fetch) found.compared = await withFetched(sides, comparing, found.compared, input.names)
    found.differs = differs(found.compared)
    if (repair && found.differs) {
      const request = { names: input.names, meta, capPercent: repair.capPercent, epoch: cursor!.epoch }
      found.repaired = await repairTable(sides, comparing.comparison, found.compared, request)
    }
  } catch (error) {
    const { name, message } = error as Error
    if (!REFUSALS.includes(name) && name !== 'AuditError') throw error
    found.refused = message
  }
  return found
}

/**
 * Reconciles every table, with what is wished. A repair is a run in the ledger, and its statements are tagged as those of one.
 * Throws what planning throws, and what either side does; a refusal of one table is in its result.
 */
export const reconcileTables = async (input: ReconcileInput, sides: Sides, wishes: Wishes): Promise<Reconciled[]> => {
  const { job, runId: run } = input.names
  const tag = (names: Record<string, string>) => {
    if (wishes.repair) sides.warehouse.tag({ job, run, ...names, command: 'reconcile' })
  }
  tag({})
  const { tables, cursors } = await planTables({ ...input, request: { fullRefresh: true }, retried: null }, sides)
  const found: Reconciled[] = []
  for (const plan of tables) {
    tag({ table: plan.table })
    const meta = input.tables.find(({ table }) => table === plan.table)!
    found.push(await reconcileTable({ input, meta, plan, cursor: cursors.get(plan.target.table) }, sides, wishes))
  }
  return found
}
