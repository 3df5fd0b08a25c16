/** A person's correction of a cursor: a ledger row of its own, through the fence as every other. No row of the target changes. */
import { LeaseLostError } from '../../errors.ts'
import type { Target } from '../../model.ts'
import type { Warehouse } from './connect.ts'
import { makeFenceSql } from './fence.ts'
import { type Load, ledgerName, readPublished } from './ledger.ts'
import { endInterrupted } from './publish/rebuild.ts'
import { type Counted, transactionSql } from './publish/transaction.ts'

/** What the ledger, and the tags of statements, have for a job where a person corrected a cursor. */
export const CORRECTIONS = 'state'

/** `rewind`: the next window begins at `high` of `columns`. `reset`: the next run reads everything, and both are null. */
export type Correction = {
  kind: 'rewind' | 'reset'
  runId: string
  epoch: number
  target: Target
  suffix: string
  high: string | null
  columns: string | null
  /** What rows that stay were read under; null when nobody knows, or none stay. */
  terms: string | null
}

/** Nothing is written; the target keeps as many rows as it has. */
const NOTHING: Counted = { inserted: '0', updated: '0', kept: '0', removed: '0', holds: 'ROWS_NOW = ROWS_BEFORE' }

/** Writes the correction. Throws LeaseLostError when a run has the target by now, WarehouseError when the target is not there. */
export const correctCursor = async (warehouse: Warehouse, correction: Correction): Promise<void> => {
  const { kind, runId, epoch, target, suffix, high, columns, terms } = correction
  const load: Load = {
    ...{ job: CORRECTIONS, runId, attempt: kind, epoch, target, suffix, kind, publish: 'none' },
    ...{ low: null, high, cursorColumn: columns },
    ...{ rowsRead: 0, rowsStaged: 0, duplicates: 0, boundaryRows: 0 },
    ...{ startedAt: new Date().toISOString(), content: null, terms },
  }
  await warehouse.script(makeFenceSql({ target, suffix }))
  const isWritten = async () => {
    await warehouse.transaction(transactionSql(load, [], NOTHING))
    return (await readPublished(warehouse, load)) !== null
  }
  if (!(await isWritten()) && !((await endInterrupted(warehouse, load)) && (await isWritten())))
    throw new LeaseLostError(`${ledgerName(target)} is being loaded by a later run: its cursor was left as it is`)
}
