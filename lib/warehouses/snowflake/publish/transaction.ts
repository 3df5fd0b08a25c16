/**
 * The one way anything is written to a target: a transaction that only the holder of the newest epoch can complete. No
 * scripting is needed, since every statement after a refused one finds nothing to do:
 *
 * 1. UPDATE the fence, if its epoch is not newer than ours. Whoever else publishes to this target waits here.
 * 2. UPDATE the fence with our attempt, if it is ours and the run has no such load yet (READ COMMITTED: this statement sees
 *    what was committed while the first one waited).
 * 3. Write the rows, if the fence has our attempt.
 * 4. INSERT the ledger row with what was counted in the target. A count that does not hold makes this statement fail, and
 *    with it everything.
 *
 * All DDL comes before, since DDL commits; all of it is one request, so that a killed Lambda holds no lock.
 */
import type { Target } from '../../../model.ts'
import { AUDIT_COLUMNS } from '../ddl.ts'
import { claimFenceSql, fenceTable, isOurs, takeFenceSql } from '../fence.ts'
import { type Load, ledgerName, loadsTable } from '../ledger.ts'
import { quoteSnowflake, quoteTarget, quoteText, quoteTextOrNull } from '../quote.ts'
import { sealOf } from '../seal.ts'

/** The marks on every target row, quoted: which run brought it, and when it was published. */
export const [RUN_ID, LOADED_AT] = AUDIT_COLUMNS.map(({ name }) => quoteSnowflake(name)) as [string, string]

/** A hash over every column of every row, whatever their order: 0 for none (HASH_AGG in Snowflake's reference). */
export const targetHashSql = (target: Target): string => `(SELECT HASH_AGG(*) FROM ${quoteTarget(target)})`

/**
 * SQL for what a publication did, over ROWS_NOW, ROWS_BEFORE and ROWS_OURS; `holds`: whether that is what it had to do.
 * `rowsKept`: what is counted besides as ROWS_KEPT, given SQL of ROWS_OURS.
 */
export type Counted = Record<'inserted' | 'updated' | 'kept' | 'removed' | 'holds', string> & {
  rowsKept?: (rowsOurs: string) => string
}

/** The count of the target's rows that this attempt wrote. */
const rowsOursSql = (load: Load): string =>
  `SELECT COUNT(*) AS N FROM ${quoteTarget(load.target)} AS T JOIN ${fenceTable(load)} AS F ON T.${LOADED_AT} = F.AT AND ${isOurs(load, 'F')}
  WHERE T.${RUN_ID} = ${quoteText(load.runId)}`

/** Where no row is written: a row besides, LAST_LOAD, a condition over it and the same counts, and the hash as it is known. */
type Only = { beside: string; where: string; hash: string }

/**
 * The ledger row of a load, at the end of its transaction: from the fence if that is this attempt's, so that a refused one
 * writes none, with what was counted in the target. Counts that do not hold make it fail, and with it everything. LOADS is
 * only ever inserted into, which waits for nobody. A whole copy is remembered with a hash over the target as it has become.
 */
export const insertLoadSql = (load: Load, counted: Counted, only?: Only): string => {
  const fence = fenceTable(load)
  const ours = isOurs(load, 'F')
  const { rowsKept } = counted
  const counts = `'counts differ: ' || ROWS_BEFORE || ' before, ' || ROWS_NOW || ' after, ' || ROWS_OURS || ' written'${rowsKept ? ` || ', ' || ROWS_KEPT || ' kept'` : ''}`
  const values: [string, string][] = [
    ['RUN_ID', quoteText(load.runId)],
    ['JOB', quoteText(load.job)],
    ['TARGET', quoteText(ledgerName(load.target))],
    ['KIND', quoteText(load.kind)],
    ['MODE', quoteText(load.publish)],
    ['ATTEMPT', quoteText(load.attempt)],
    ['EPOCH', String(load.epoch)],
    ['LOW', quoteTextOrNull(load.low)],
    ['HIGH', quoteTextOrNull(load.high)],
    ['CURSOR_COLUMN', quoteTextOrNull(load.cursorColumn)],
    ['ROWS_READ', String(load.rowsRead)],
    ['ROWS_STAGED', String(load.rowsStaged)],
    ['DUPLICATES', String(load.duplicates)],
    ['BOUNDARY_ROWS', String(load.boundaryRows)],
    ['ROWS_BEFORE', 'ROWS_BEFORE'],
    ['INSERTED', counted.inserted],
    ['UPDATED', counted.updated],
    ['KEPT', counted.kept],
    ['REMOVED', counted.removed],
    [
      'ROWS_IN_TARGET',
      `TO_NUMBER(IFF(ATTEMPT IS NOT NULL AND NOT (${counted.holds}), ${counts}, TO_VARCHAR(ROWS_NOW)))`,
    ],
    ['STARTED_AT', `${quoteText(load.startedAt.replace('T', ' ').replace('Z', ''))}::TIMESTAMP_NTZ(6)`],
    ['PUBLISHED_AT', 'AT'],
    ['SEAL', quoteText(sealOf({ ...load, name: ledgerName(load.target) }))],
    ['TERMS', quoteTextOrNull(load.terms)],
    ['CONTENT', quoteTextOrNull(load.content)],
    ['TARGET_HASH', only ? only.hash : load.content === null ? 'NULL' : targetHashSql(load.target)],
  ]
  // who writes nothing has no rows to count
  const rowsOurs = only ? '0' : '(SELECT N FROM OURS)'
  return `INSERT INTO ${loadsTable(load.target.database, load.suffix)} (${values.map(([column]) => quoteSnowflake(column)).join(', ')})
${only ? '' : `WITH OURS AS (\n  ${rowsOursSql(load)}\n)\n`}SELECT ${values.map(([, value]) => value).join(', ')}
FROM (
  SELECT F.ATTEMPT, F.ROWS_BEFORE, F.AT, (SELECT COUNT(*) FROM ${quoteTarget(load.target)}) AS ROWS_NOW,
    ${rowsOurs} AS ROWS_OURS${rowsKept ? `,\n    ${rowsKept(rowsOurs)} AS ROWS_KEPT` : ''}
  FROM ${fence} AS F WHERE ${ours}
)${only ? `\nCROSS JOIN (${only.beside}) AS LAST_LOAD\nWHERE ${only.where}` : ''}`
}

/** The statements of a publication, without BEGIN and COMMIT. `rows`: its third step. */
export const transactionSql = (load: Load, rows: string[], counted: Counted): string[] => [
  takeFenceSql(load),
  claimFenceSql(load),
  ...rows,
  insertLoadSql(load, counted),
]
