/** How staged rows become the target's: a mode's statements, and what must have come of them. */
import { READ_AT } from '../../../columns/staged.ts'
import type { Column, Sweep, SweepCounts, TablePlan, Target } from '../../../model.ts'
import { boundSql, cursorSql, hasNullCursor, orderSql } from '../cursor.ts'
import { DELETED_AT } from '../ddl.ts'
import { keptColumns } from '../evolve.ts'
import { fenceTable, isOurs } from '../fence.ts'
import { publishedSql } from '../json.ts'
import type { Load } from '../ledger.ts'
import { foldColumns, foldName, quoteSnowflake, quoteTarget } from '../quote.ts'
import { sweepMode } from './sweep.ts'
import { type Counted, LOADED_AT, RUN_ID } from './transaction.ts'

/** A load ready to be published. `stage` is null when no row was read. */
export type Publication = {
  load: Load
  plan: Pick<TablePlan, 'columns' | 'key' | 'window' | 'found'>
  stage: Target | null
  /** Only of rows that were found to differ. */
  repair?: Repair
  /** Only of keys: what becomes of target rows with another. */
  sweep?: { how: Sweep['how']; counts: SweepCounts }
}

/** Keys whose rows go, or are marked as deleted: a table of `KEY_HASH`es, and SQL of that of a target row. */
export type Gone = { keys: Target; hashSql: string; rows: number; how: 'hard' | 'soft' }

/** `gone`: target rows that MySQL has no longer. `surplus`: how many rows of the staged keys the target has beyond one each. */
export type Repair = { gone: Gone | null; surplus: number }

type Mode = { rows: string[]; counted: Counted }

/** Rows the target must have got: a key that is staged more than once arrives once. */
export const expectedRows = ({ rowsStaged, duplicates }: Load): number => rowsStaged - duplicates

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

/**
 * One row a key: the one with the newest cursor, of several the one that was read last. Nothing to do when the stage was
 * seen to hold each key once. Only the files of a merge say when they were read.
 */
const onePerKey = ({ load, plan }: Publication): string => {
  if (load.duplicates === 0 || plan.key.length === 0) return ''
  const keys = plan.key.map((name) => `S.${quoteSnowflake(name)}`).join(', ')
  const cursor = orderSql(plan, (name) => `S.${quoteSnowflake(name)}`)
  const newest = [
    ...(cursor ? [`${cursor} DESC NULLS LAST`] : []),
    ...(load.publish === 'merge' ? [`S.${quoteSnowflake(READ_AT.name)} DESC NULLS LAST`] : []),
  ]
  const order = newest.length ? newest.join(', ') : keys
  return `\nQUALIFY ROW_NUMBER() OVER (PARTITION BY ${keys} ORDER BY ${order}) = 1`
}

const targetNames = (publication: Publication): string[] => [
  ...columnPairs(publication).map(([name]) => name),
  RUN_ID,
  LOADED_AT,
]

/** Staged rows as the target's, marked as this attempt's; none if it may not write. `fence`: where the marks F come from. */
const stagedRowsSql = (
  publication: Publication,
  stage: Target,
  pairs = columnPairs(publication),
  fence = `${fenceTable(publication.load)} AS F ON ${isOurs(publication.load, 'F')}`,
): string => {
  const own = pairs.map(([target, staged]) => `${staged} AS ${target}`)
  return `SELECT ${[...own, `F.HOLDER AS ${RUN_ID}`, `F.AT AS ${LOADED_AT}`].join(', ')}
FROM ${quoteTarget(stage)} AS S
JOIN ${fence}${onePerKey(publication)}`
}

/** Staged rows into the target, or the table beside it, if this attempt may write. */
export const insertSql = (publication: Publication, table: Target = publication.load.target): string[] => {
  const { stage } = publication
  if (!stage) return []
  const into = `${quoteTarget(table)} (${targetNames(publication).join(', ')})`
  return [`INSERT INTO ${into}\n${stagedRowsSql(publication, stage)}`]
}

/** DELETE of the target's rows, those of a condition if one is given, if this attempt may write. */
const deleteSql = ({ load }: Publication, condition?: string): string =>
  `DELETE FROM ${quoteTarget(load.target)}
WHERE EXISTS (SELECT 1 FROM ${fenceTable(load)} AS F WHERE ${isOurs(load, 'F')})${condition ? ` AND (${condition})` : ''}`

/** What must have come of a load after which the target's rows are the staged ones. */
export const replacedCounted = (load: Load): Counted => {
  const expected = expectedRows(load)
  return {
    inserted: 'ROWS_NOW',
    ...{ updated: '0', kept: '0', removed: '0' },
    holds: `ROWS_OURS = ${expected} AND ROWS_NOW = ${expected}`,
  }
}

/** The rows go and come; the table with its grants stays. */
const replace = (publication: Publication): Mode => ({
  rows: [deleteSql(publication), ...insertSql(publication)],
  counted: replacedCounted(publication.load),
})

/** The cursors that were read, as a condition on the target. */
const windowSql = ({ plan }: Publication): string => {
  const { window } = plan
  const cursor = cursorSql(plan, (name) => quoteSnowflake(foldName(name)))
  if (!window || !cursor) throw new Error('A table that is appended to has no window')
  const bound = (value: string) => boundSql(plan, value)
  const within = [
    ...(window.from === null ? [] : [`${cursor} >= ${bound(window.from)}`]),
    ...(window.high === null ? [] : [`${cursor} <= ${bound(window.high)}`]),
  ].join(' AND ')
  if (within === '') return 'TRUE'
  return window.nullCursor === 'include' ? `${within} OR ${cursor} IS NULL` : within
}

/** Without a key: what the target has of the window goes, and what was read of it comes. */
const append = (publication: Publication): Mode => ({
  rows: [deleteSql(publication, windowSql(publication)), ...insertSql(publication)],
  counted: {
    inserted: 'ROWS_OURS',
    ...{ updated: '0', kept: '0' },
    removed: 'ROWS_BEFORE + ROWS_OURS - ROWS_NOW',
    holds: `ROWS_OURS = ${expectedRows(publication.load)} AND ROWS_NOW - ROWS_OURS <= ROWS_BEFORE`,
  },
})

const sameKey = (column: Column) => {
  const name = quoteSnowflake(foldName(column.name))
  // NULL = NULL is not true, and such a row would be inserted again by every run
  return column.nullable ? `T.${name} IS NOT DISTINCT FROM S.${name}` : `T.${name} = S.${name}`
}

const sameKeySql = ({ plan }: Publication): string =>
  plan.key.map((name) => sameKey(plan.columns.find((column) => column.name === name)!)).join(' AND ')

const mayKeep = ({ plan }: Publication): boolean => plan.window !== null

/** A row that is marked as deleted and was read since is there again, whatever its cursor. An old file was not read since. */
const IS_BACK = `T.${quoteSnowflake(DELETED_AT.name)} IS NOT NULL`

/** Whether the staged row S may be written over the target's T of its key. */
const isNotOlder = ({ load, plan }: Publication): string => {
  const [staged, there] = ['S', 'T'].map((alias) =>
    orderSql(plan, (name) => `${alias}.${quoteSnowflake(foldName(name))}`),
  )
  // an old file may say less of a row than the target, even where the cursor is the same: it was read earlier
  if (load.kind === 'replay') return `${staged} > ${there} OR ${there} IS NULL AND ${staged} IS NOT NULL`
  // the target may have NULL from a time when MySQL's column could be NULL
  return `${staged} >= ${there} OR ${there} IS NULL${hasNullCursor(plan) ? ` OR ${staged} IS NULL` : ''} OR ${IS_BACK}`
}

const mergeSql = (publication: Publication): string[] => {
  const { load, plan, stage } = publication
  if (!stage) return []
  const columns = targetNames(publication)
  const keyNames = new Set(plan.key.map((name) => quoteSnowflake(foldName(name))))
  // a row is of one moment: what is not sent any more is not left over from an earlier one
  const kept = keptColumns(load.target, plan.columns, plan.found).map((name) => `${quoteSnowflake(name)} = NULL`)
  // a key that is there is not deleted, whatever an earlier sweep said
  const set = [
    ...columns.filter((name) => !keyNames.has(name)).map((name) => `${name} = S.${name}`),
    ...kept,
    `${quoteSnowflake(DELETED_AT.name)} = NULL`,
  ]
  return [
    `MERGE INTO ${quoteTarget(load.target)} AS T
USING (
${stagedRowsSql(publication, stage)}
) AS S
ON ${sameKeySql(publication)}
WHEN MATCHED${mayKeep(publication) ? ` AND (${isNotOlder(publication)})` : ''} THEN UPDATE SET ${set.join(', ')}
WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${columns.map((name) => `S.${name}`).join(', ')})`,
  ]
}

/**
 * How many of the target's rows with a staged key were left as they are since they are newer; 0 where all that had to be
 * written was, which is mostly so: then the fence gives no row, and neither stage nor target has to be read for it.
 */
const keptRowsSql =
  (publication: Publication, stage: Target) =>
  (rowsOurs: string): string => {
    const { load, plan } = publication
    const needed = new Set([...plan.key, ...(plan.window?.columns ?? [])].map((name) => quoteSnowflake(foldName(name))))
    const pairs = columnPairs(publication).filter(([target]) => needed.has(target))
    const fence = `(
  SELECT F.HOLDER, F.AT FROM ${fenceTable(load)} AS F WHERE ${isOurs(load, 'F')} AND ${rowsOurs} <> ${expectedRows(load)}
) AS F ON TRUE`
    const isWritten = `T.${RUN_ID} = S.${RUN_ID} AND T.${LOADED_AT} = S.${LOADED_AT}`
    // IFF, since a condition over NULL is neither true nor false, and MERGE leaves such a row
    return `(SELECT COUNT_IF(IFF(${isWritten} OR ${isNotOlder(publication)}, FALSE, TRUE)) FROM (
${stagedRowsSql(publication, stage, pairs, fence)}
) AS S
JOIN ${quoteTarget(load.target)} AS T ON ${sameKeySql(publication)})`
  }

/** By key, and only over rows that are not newer: what was not written must be seen to be kept. */
const merge = (publication: Publication): Mode => {
  const { load, stage } = publication
  const keeps = stage && mayKeep(publication)
  return {
    rows: mergeSql(publication),
    counted: {
      inserted: 'ROWS_NOW - ROWS_BEFORE',
      updated: 'ROWS_OURS - (ROWS_NOW - ROWS_BEFORE)',
      kept: keeps ? 'ROWS_KEPT' : '0',
      removed: '0',
      holds: `ROWS_OURS${keeps ? ' + ROWS_KEPT' : ''} = ${expectedRows(load)} AND ROWS_NOW >= ROWS_BEFORE AND ROWS_OURS >= ROWS_NOW - ROWS_BEFORE`,
      ...(keeps ? { rowsKept: keptRowsSql(publication, stage) } : {}),
    },
  }
}

/** Named as no column of the source's may be, so that the target's need no alias. */
const stagedKey = (i: number) => `"_FIRN_KEY_${i}"`

/** The target's rows of every staged key, however many, those marked as deleted among them. */
const deleteStagedSql = ({ load, plan, stage }: Publication): string[] => {
  if (!stage) return []
  const staged = plan.key.map((name, i) => `S.${quoteSnowflake(name)} AS ${stagedKey(i)}`)
  const same = plan.key.map((name, i) => `${quoteSnowflake(foldName(name))} IS NOT DISTINCT FROM S.${stagedKey(i)}`)
  return [
    `DELETE FROM ${quoteTarget(load.target)}
USING (SELECT ${staged.join(', ')} FROM ${quoteTarget(stage)} AS S JOIN ${fenceTable(load)} AS F ON ${isOurs(load, 'F')}) AS S
WHERE ${same.join(' AND ')}`,
  ]
}

const goneSql = (publication: Publication, gone: Gone | null): string[] => {
  const { load } = publication
  if (!gone) return []
  const isGone = `${gone.hashSql} IN (SELECT KEY_HASH FROM ${quoteTarget(gone.keys)})`
  if (gone.how === 'hard') return [deleteSql(publication, isGone)]
  const deletedAt = quoteSnowflake(DELETED_AT.name)
  return [
    `UPDATE ${quoteTarget(load.target)}
SET ${deletedAt} = F."_FIRN_AT", ${RUN_ID} = F."_FIRN_HOLDER", ${LOADED_AT} = F."_FIRN_AT"
FROM (SELECT AT AS "_FIRN_AT", HOLDER AS "_FIRN_HOLDER" FROM ${fenceTable(load)} AS F WHERE ${isOurs(load, 'F')}) AS F
WHERE ${deletedAt} IS NULL AND ${isGone}`,
  ]
}

/** Rows found to differ: what the target has of their keys goes, whatever its cursor says, and what MySQL has comes. */
const repair = (publication: Publication, { gone, surplus }: Repair): Mode => {
  const expected = expectedRows(publication.load)
  const isSoft = gone?.how === 'soft'
  const marked = isSoft ? `(ROWS_OURS - ${expected})` : '0'
  const went = `(ROWS_BEFORE + ${expected} - ROWS_NOW)`
  const dropped = (isSoft ? 0 : (gone?.rows ?? 0)) + surplus
  const updated = `LEAST(GREATEST(${went} - ${dropped}, 0), ${expected})`
  return {
    rows: [...deleteStagedSql(publication), ...goneSql(publication, gone), ...insertSql(publication)],
    counted: {
      inserted: `${expected} - ${updated}`,
      updated,
      kept: '0',
      removed: `${went} - ${updated} + ${marked}`,
      holds: `ROWS_OURS - ${marked} = ${expected} AND ${marked} BETWEEN 0 AND ${gone?.rows ?? 0} AND ${went} >= 0`,
    },
  }
}

const MODES: Partial<Record<Load['publish'], (publication: Publication) => Mode>> = { replace, append, merge }

/** The statements of a publication's mode, and what must have come of them. */
export const modeOf = (publication: Publication): Mode => {
  const { load, plan, stage, sweep } = publication
  if (sweep)
    return sweepMode({ load, held: { plan, target: load.target, stage, how: sweep.how }, counts: sweep.counts })
  if (publication.repair) return repair(publication, publication.repair)
  const mode = MODES[publication.load.publish]
  if (!mode) throw new Error(`Staged rows are not published by "${publication.load.publish}"`)
  return mode(publication)
}
