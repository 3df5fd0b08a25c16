/**
 * A target's fence: a table of one row, which everybody who publishes to the target updates first. Snowflake locks whole
 * tables for UPDATE and MERGE, so that publishers of one target wait for each other there, and those of others do not.
 *
 * EPOCH and HOLDER are of the run that published last, ATTEMPT of the one publication that may write: whatever it writes
 * is joined to the row with its attempt, and finds none when it was refused. REBUILDING names the table that is to take the
 * target's place: nobody takes the fence before that has been seen to its end, or made impossible (publish/rebuild.ts).
 */
import type { Target } from '../../model.ts'
import { firnTable } from './ddl.ts'
import { isLoad, type Load, ledgerName, loadsTable } from './ledger.ts'
import { quoteTarget, quoteText } from './quote.ts'

/** What names of fences begin with. */
export const FENCE_PREFIX = 'FENCE_'

/** A fence's name in `_FIRN`. Folded names hold no stroke, so no two targets share one. */
export const fenceName = ({ schema, table }: Target): string => `${FENCE_PREFIX}${schema}/${table}`

type Fenced = Pick<Load, 'target' | 'suffix'>

/** `"FIRN"."_FIRN"."FENCE_RAW/ORDERS"`. */
export const fenceTable = ({ target, suffix }: Fenced): string =>
  quoteTarget(firnTable(target.database, suffix, fenceName(target)))

/** Makes the fence and its one row, in one statement: again, or by two at once, changes nothing. */
export const makeFenceSql = (fenced: Fenced): string[] => [
  `CREATE TABLE IF NOT EXISTS ${fenceTable(fenced)} (
  EPOCH NUMBER(18,0), HOLDER VARCHAR(255), ATTEMPT VARCHAR(64), ROWS_BEFORE NUMBER(18,0), AT TIMESTAMP_NTZ(6),
  REBUILDING VARCHAR(255)
) AS SELECT 0, NULL, NULL, NULL, NULL, NULL`,
]

/** Waits for whoever publishes now, and takes the fence unless a newer epoch has had it, or the target is being rebuilt. */
export const takeFenceSql = (load: Load): string =>
  `UPDATE ${fenceTable(load)}
SET EPOCH = ${load.epoch}, HOLDER = ${quoteText(load.runId)}, ATTEMPT = NULL, ROWS_BEFORE = NULL, AT = NULL
WHERE EPOCH <= ${load.epoch} AND REBUILDING IS NULL`

/**
 * Makes this attempt the one that writes, if the fence is its run's, the run has no such load yet, and no newer epoch has
 * loaded the target. A statement of its own, since it must see what was committed while the one before it waited.
 */
export const claimFenceSql = (load: Load): string =>
  `UPDATE ${fenceTable(load)}
SET ATTEMPT = ${quoteText(load.attempt)}, ROWS_BEFORE = (SELECT COUNT(*) FROM ${quoteTarget(load.target)}),
  AT = CURRENT_TIMESTAMP()::TIMESTAMP_NTZ(6)
WHERE EPOCH = ${load.epoch} AND HOLDER = ${quoteText(load.runId)}
  AND NOT EXISTS (
    SELECT 1 FROM ${loadsTable(load.target.database, load.suffix)} AS L
    WHERE L.TARGET = ${quoteText(ledgerName(load.target))} AND (L.EPOCH > ${load.epoch} OR ${isLoad(load, 'L')})
  )`

/** Condition on the fence, under an alias where it has one: it is this attempt's of this run, and not one of an earlier run's. */
export const isOurs = ({ epoch, runId, attempt }: Load, alias?: string): string => {
  const at = alias === undefined ? '' : `${alias}.`
  return `${at}EPOCH = ${epoch} AND ${at}HOLDER = ${quoteText(runId)} AND ${at}ATTEMPT = ${quoteText(attempt)}`
}
