/**
 * A table made beside its target takes its place. The rows come as in any publication, joined to the fence; but the change of
 * names is DDL, which commits by itself, so that there are two transactions with it between them:
 *
 * 1. The fence taken and claimed; the rows into the table beside; a check that fails, and ends everything, unless both held;
 *    the fence names the table beside, in REBUILDING.
 * 2. SWAP: both tables are renamed at once, and grants stay with theirs. It needs the table beside to be there.
 * 3. REBUILDING emptied, the ledger row inserted, both only if the fence is still this attempt's.
 *
 * While REBUILDING names a table nobody takes the fence. Who comes after an attempt that did not end drops that table first:
 * either its SWAP was before, and the target is the new one, whole, or it never will be. So an attempt that wakes up late
 * swaps nothing, and a target is never half of anything: before 2 it has the old columns and rows, after it the new ones.
 */
import { WarehouseError } from '../../../errors.ts'
import type { Target } from '../../../model.ts'
import type { Warehouse } from '../connect.ts'
import { BESIDE_PREFIX, besideTable, dropTableSql } from '../ddl.ts'
import { claimFenceSql, fenceTable, isOurs, takeFenceSql } from '../fence.ts'
import type { Load } from '../ledger.ts'
import { quoteTarget, quoteText } from '../quote.ts'
import { expectedRows, insertSql, type Publication, replacedCounted } from './modes.ts'
import { insertLoadSql } from './transaction.ts'

const setRebuildingSql = (load: Load, name: string | null): string =>
  `UPDATE ${fenceTable(load)} SET REBUILDING = ${name === null ? 'NULL' : quoteText(name)} WHERE ${isOurs(load)}`

/** Fails unless the fence is this attempt's and the table beside has every row. */
const checkSql = (load: Load, beside: Target): string =>
  `SELECT TO_NUMBER(IFF(OURS = 1 AND ROWS_BESIDE = ${expectedRows(load)}, '0', 'counts differ: ' || OURS || ' fence, ' || ROWS_BESIDE || ' written'))
FROM (
  SELECT (SELECT COUNT(*) FROM ${fenceTable(load)} AS F WHERE ${isOurs(load, 'F')}) AS OURS,
    (SELECT COUNT(*) FROM ${quoteTarget(beside)}) AS ROWS_BESIDE
)`

/** The statements between the first BEGIN and the last COMMIT. */
export const rebuildSql = (publication: Publication): string[] => {
  const { load } = publication
  const beside = besideTable(load.target, load.attempt)
  return [
    takeFenceSql(load),
    claimFenceSql(load),
    ...insertSql(publication, beside),
    checkSql(load, beside),
    setRebuildingSql(load, beside.table),
    'COMMIT',
    `ALTER TABLE ${quoteTarget(load.target)} SWAP WITH ${quoteTarget(beside)}`,
    'BEGIN TRANSACTION',
    setRebuildingSql(load, null),
    insertLoadSql(load, replacedCounted(load)),
  ]
}

/**
 * Ends a rebuilding that was left half way by an attempt of no newer epoch, for good: the table beside is dropped, under
 * whichever name it is now no target, and the fence can be taken again. Gives whether there was one.
 */
export const endInterrupted = async (warehouse: Warehouse, load: Load): Promise<boolean> => {
  const fence = fenceTable(load)
  const [row] = await warehouse.query(
    `SELECT REBUILDING FROM ${fence} WHERE REBUILDING IS NOT NULL AND EPOCH <= ${load.epoch}`,
  )
  if (row === undefined) return false
  const table = String(row.REBUILDING)
  if (!table.startsWith(BESIDE_PREFIX))
    throw new WarehouseError(
      `${fence} says that ${table} is to take its target's place, which is none of the tables that are made for that. Look at who wrote it; to go on: UPDATE ${fence} SET REBUILDING = NULL`,
    )
  await warehouse.query(dropTableSql({ ...load.target, table }))
  await warehouse.query(`UPDATE ${fence} SET REBUILDING = NULL WHERE REBUILDING = ${quoteText(table)}`)
  return true
}

/** Whether a later run has the fence, or the target is being rebuilt: why an attempt was refused, if not for its counts. */
export const isTaken = async (warehouse: Warehouse, load: Load): Promise<boolean> => {
  const rows = await warehouse.query(
    `SELECT 1 FROM ${fenceTable(load)} WHERE EPOCH > ${load.epoch} OR REBUILDING IS NOT NULL`,
  )
  return rows.length > 0
}
