/**
 * A whole copy that the target holds already: the files are those of the target's last load, byte for byte, and the target
 * is what it was then, by a hash over all of it. Nothing is copied and no row is written; the ledger says that the run was
 * there. Who wrote to the target by hand meanwhile finds it replaced, as after any whole copy.
 */

import { claimFenceSql, takeFenceSql } from '../fence.ts'
import { type Load, ledgerName, loadsTable, type Published, readPublished } from '../ledger.ts'
import { quoteText } from '../quote.ts'
import type { Stint } from '../stint.ts'
import { type Counted, insertLoadSql, targetHashSql } from './transaction.ts'

/** What a stint calls it, for the invocation that goes on. */
export const COMPARING = 'compare'

const NOTHING: Omit<Counted, 'kept'> = { inserted: '0', updated: '0', removed: '0', holds: 'TRUE' }

/** What the ledger knows of the target's last load. */
const lastSql = ({ target, suffix }: Load): string =>
  `SELECT CONTENT, TARGET_HASH FROM ${loadsTable(target.database, suffix)} WHERE TARGET = ${quoteText(ledgerName(target))}
  ORDER BY EPOCH DESC, PUBLISHED_AT DESC LIMIT 1`

/** The transaction's statements, without BEGIN and COMMIT: the last finds nothing to insert when anything differs. */
const unchangedSql = (load: Load): string[] => [
  takeFenceSql(load),
  claimFenceSql(load),
  insertLoadSql(
    load,
    { ...NOTHING, kept: String(load.rowsRead) },
    {
      beside: lastSql(load),
      hash: 'LAST_LOAD.TARGET_HASH',
      where: `ROWS_NOW = ${load.rowsRead} AND LAST_LOAD.CONTENT = ${quoteText(load.content!)} AND LAST_LOAD.TARGET_HASH = ${targetHashSql(load.target)}`,
    },
  ),
]

/** The run's ledger row, if nothing had to be published; null when the copy has to be loaded. Throws TimeIsOver, and as Warehouse does. */
export const findUnchanged = async (stint: Stint, load: Load): Promise<Published | null> => {
  await stint.run(COMPARING, unchangedSql(load))
  return readPublished(stint.warehouse, load)
}
