/**
 * Staged rows become the target's, with their ledger row, in one transaction that only the holder of the newest epoch
 * can complete. No scripting is needed, since every statement after the first finds nothing to do when it was refused:
 *
 * 1. UPDATE the target's row in TARGETS, if its epoch is not newer than ours. Whoever else publishes waits here.
 * 2. INSERT the ledger row, if that row in TARGETS is ours and the run has none yet (READ COMMITTED: this statement
 *    sees what was committed while the first one waited).
 * 3. Write the rows, if this attempt's ledger row is there.
 * 4. UPDATE the ledger row with what was counted in the target. A count that does not add up makes this statement
 *    fail, and with it everything.
 *
 * All DDL comes before, since DDL commits; all of it is one request, so that a killed Lambda holds no lock.
 */
import { AuditError, LeaseLostError, WarehouseError } from '../../errors.ts'
import type { Column, TablePlan, Target } from '../../model.ts'
import type { Warehouse } from './connect.ts'
import { cursorSql, hasNullCursor } from './cursor.ts'
import { AUDIT_COLUMNS } from './ddl.ts'
import { publishedSql } from './json.ts'
import {
  insertLoadSql,
  isLoad,
  type Load,
  ledgerName,
  loadsTable,
  type Published,
  readStanding,
  targetsTable,
} from './ledger.ts'
import { foldColumns, foldName, quoteSnowflake, quoteTarget, quoteText } from './quote.ts'
import { codeOf, type DriverError } from './translate.ts'

/** A load ready to be published. `stage` is null when no row was read. */
export type Publication = { load: Load; plan: Pick<TablePlan, 'columns' | 'key' | 'window'>; stage: Target | null }

/** "Numeric value … is not recognized": nothing but step 4's check turns text into a number here. */
const NOT_A_NUMBER = '100038'
const [RUN_ID, LOADED_AT] = AUDIT_COLUMNS.map(({ name }) => quoteSnowflake(name)) as [string, string]

/** Rows the target must have got: a key that is staged more than once arrives once. */
const expectedRows = ({ rowsStaged, duplicates }: Load) => rowsStaged - duplicates

/** Step 1. */
const fenceSql = ({ target, suffix, epoch, runId }: Load): string =>
  `UPDATE ${targetsTable(target.database, suffix)}
SET EPOCH = ${epoch}, HOLDER = ${quoteText(runId)}, CHANGED_AT = CURRENT_TIMESTAMP()::TIMESTAMP_NTZ(6)
WHERE TARGET = ${quoteText(ledgerName(target))} AND EPOCH <= ${epoch}`

const ours = (load: Load, alias: string) => isLoad(load, alias, load.attempt)

/** Target's columns in the source's order, and the staged value of each. */
const columnPairs = ({ load, plan }: Publication): [target: string, staged: string][] => {
  const folded = foldColumns(
    load.target.table,
    plan.columns.map(({ name }) => name),
  )
  return plan.columns.map((column) => [
    quoteSnowflake(folded.get(column.name)!),
    publishedSql(column, `S.${quoteSnowflake(column.name)}`),
  ])
}

/** One row a key, the one with the newest cursor; nothing to do when the stage was seen to hold each key once. */
const onePerKey = ({ load, plan }: Publication): string => {
  if (load.duplicates === 0 || plan.key.length === 0) return ''
  const keys = plan.key.map((name) => `S.${quoteSnowflake(name)}`).join(', ')
  const cursor = cursorSql(plan, (name) => `S.${quoteSnowflake(name)}`)
  const newest = cursor ? `${cursor} DESC NULLS LAST` : keys
  return `\nQUALIFY ROW_NUMBER() OVER (PARTITION BY ${keys} ORDER BY ${newest}) = 1`
}

const stagedRowsSql = (publication: Publication, names: boolean): string => {
  const { load, stage } = publication
  const own = columnPairs(publication).map(([target, staged]) => (names ? `${staged} AS ${target}` : staged))
  const audit = names ? [`L.RUN_ID AS ${RUN_ID}`, `L.PUBLISHED_AT AS ${LOADED_AT}`] : ['L.RUN_ID', 'L.PUBLISHED_AT']
  return `SELECT ${[...own, ...audit].join(', ')}
FROM ${quoteTarget(stage!)} AS S
JOIN ${loadsTable(load.target.database, load.suffix)} AS L ON ${ours(load, 'L')}${onePerKey(publication)}`
}

/** Step 3 of a table that is replaced: the rows go and come, the table with its grants stays. */
export const replaceSql = (publication: Publication): string[] => {
  const { load, stage } = publication
  const target = quoteTarget(load.target)
  const columns = [...columnPairs(publication).map(([name]) => name), RUN_ID, LOADED_AT]
  const emptied = `DELETE FROM ${target}
WHERE EXISTS (SELECT 1 FROM ${loadsTable(load.target.database, load.suffix)} AS L WHERE ${ours(load, 'L')})`
  if (!stage) return [emptied]
  return [emptied, `INSERT INTO ${target} (${columns.join(', ')})\n${stagedRowsSql(publication, false)}`]
}

const sameKey = (column: Column) => {
  const name = quoteSnowflake(foldName(column.name))
  // NULL = NULL is not true, and such a row would be inserted again by every run
  return column.nullable ? `T.${name} IS NOT DISTINCT FROM S.${name}` : `T.${name} = S.${name}`
}

const notOlder = ({ plan }: Publication): string => {
  const [staged, there] = ['S', 'T'].map((alias) =>
    cursorSql(plan, (name) => `${alias}.${quoteSnowflake(foldName(name))}`),
  )
  if (!staged) return ''
  return hasNullCursor(plan)
    ? ` AND (${staged} >= ${there} OR ${staged} IS NULL OR ${there} IS NULL)`
    : ` AND ${staged} >= ${there}`
}

/** Step 3 of a table that is merged into: by key, and only over rows that are not newer. */
export const mergeSql = (publication: Publication): string[] => {
  const { load, plan, stage } = publication
  if (!stage) return []
  const key = plan.key.map((name) => plan.columns.find((column) => column.name === name)!)
  const columns = [...columnPairs(publication).map(([name]) => name), RUN_ID, LOADED_AT]
  const keyNames = new Set(key.map(({ name }) => quoteSnowflake(foldName(name))))
  const set = columns.filter((name) => !keyNames.has(name)).map((name) => `${name} = S.${name}`)
  return [
    `MERGE INTO ${quoteTarget(load.target)} AS T
USING (
${stagedRowsSql(publication, true)}
) AS S
ON ${key.map(sameKey).join(' AND ')}
WHEN MATCHED${notOlder(publication)} THEN UPDATE SET ${set.join(', ')}
WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${columns.map((name) => `S.${name}`).join(', ')})`,
  ]
}

/** Step 4. ROWS_OURS are the target's rows that carry this load's mark. */
const countSql = ({ load, plan }: Publication): string => {
  const target = quoteTarget(load.target)
  const loads = loadsTable(load.target.database, load.suffix)
  const expected = expectedRows(load)
  const merged = load.publish === 'merge'
  const inserted = merged ? 'ROWS_NOW - ROWS_BEFORE' : 'ROWS_NOW'
  const mayKeep = merged && plan.window !== null
  const holds = merged
    ? `ROWS_OURS ${mayKeep ? '<=' : '='} ${expected} AND ROWS_OURS >= ROWS_NOW - ROWS_BEFORE`
    : `ROWS_OURS = ${expected} AND ROWS_NOW = ${expected}`
  return `UPDATE ${loads}
SET INSERTED = ${inserted}, UPDATED = ROWS_OURS - (${inserted}), KEPT = ${expected} - ROWS_OURS,
  ROWS_IN_TARGET = TO_NUMBER(IFF(ROWS_BEFORE IS NOT NULL AND NOT (${holds}), 'counts differ', TO_VARCHAR(ROWS_NOW)))
FROM (
  SELECT (SELECT COUNT(*) FROM ${target}) AS ROWS_NOW,
    (SELECT COUNT(*) FROM ${target} AS T JOIN ${loads} AS L ON ${ours(load, 'L')} AND T.${LOADED_AT} = L.PUBLISHED_AT
      WHERE T.${RUN_ID} = ${quoteText(load.runId)}) AS ROWS_OURS
) AS C
WHERE ${ours(load, '')}`
}

/** The transaction's statements, without BEGIN and COMMIT. */
export const publishSql = (publication: Publication): string[] => [
  fenceSql(publication.load),
  insertLoadSql(publication.load),
  ...(publication.load.publish === 'merge' ? mergeSql(publication) : replaceSql(publication)),
  countSql(publication),
]

const repeatedKeysSql = ({ load, plan }: Publication): string => {
  const keys = plan.key.map((name) => quoteSnowflake(foldName(name))).join(', ')
  return `SELECT COUNT(*) AS N FROM (SELECT ${keys} FROM ${quoteTarget(load.target)} GROUP BY ${keys} HAVING COUNT(*) > 1)`
}

/** Why the counts did not add up, as far as the target itself can tell. */
const explained = async (warehouse: Warehouse, publication: Publication): Promise<AuditError> => {
  const { load, plan } = publication
  const name = ledgerName(load.target)
  const begin = `${name}: publishing ${expectedRows(load)} rows would not have left as many of them in the table`
  const [row] = plan.key.length ? await warehouse.query(repeatedKeysSql(publication)) : []
  const repeated = Number(row?.N ?? 0)
  return new AuditError(
    repeated > 0
      ? `${begin}: ${repeated} keys (${plan.key.join(', ')}) are in ${name} more than once. Nothing was published; load it anew: npm run -s firn -- run --full-refresh`
      : `${begin}. Nothing was published; retry the run: npm run -s firn -- retry ${load.runId}`,
  )
}

/**
 * Publishes a load, or finds that this run has done so already. Gives the ledger row that counts. Throws LeaseLostError
 * when a later run holds the target (it is unchanged then), AuditError when the counts in the target do not add up.
 */
export const publish = async (warehouse: Warehouse, publication: Publication): Promise<Published> => {
  const { load } = publication
  try {
    await warehouse.transaction(publishSql(publication))
  } catch (error) {
    const counted = error instanceof WarehouseError && codeOf(error.cause as DriverError) === NOT_A_NUMBER
    throw counted ? await explained(warehouse, publication) : error
  }
  const { published } = await readStanding(warehouse, load)
  if (published === null)
    throw new LeaseLostError(
      `${ledgerName(load.target)} has been taken over by a later run (epoch above ${load.epoch}): run ${load.runId} published nothing to it. Start a new run: npm run -s firn -- run`,
    )
  return published
}
