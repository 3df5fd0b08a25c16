/**
 * Target rows whose key MySQL has no longer go, or are marked. The keys were read after this run had taken the target's
 * lease, and since then nobody but this run can have published to it: so every row that is not of this run was there
 * before the first key was read, and no clock is asked.
 */
import type { Sweep, TablePlan, Target } from '../../../model.ts'
import { DELETED_AT } from '../ddl.ts'
import { fenceTable, isOurs } from '../fence.ts'
import type { Load } from '../ledger.ts'
import { foldName, quoteSnowflake, quoteTarget, quoteText } from '../quote.ts'
import { type Counted, LOADED_AT, RUN_ID, transactionSql } from './transaction.ts'

/** Staged keys ready to be held against the target; `stage` is null when the source has no row. */
export type KeySweep = { load: Load; plan: Pick<TablePlan, 'key'>; stage: Target | null; how: Sweep['how'] }

/** Rows by what becomes of them. `live`: all that are not marked. */
export type SweepCounts = { live: number; gone: number; returned: number }

const MARK = quoteSnowflake(DELETED_AT.name)
/** Names that no column of the source's may have, so that the target's need no alias. */
const keyName = (i: number) => `"_FIRN_KEY_${i}"`
const HERE = '"_FIRN_HERE"'

const keysSql = ({ plan, stage }: KeySweep): string => {
  const names = plan.key.map((name, i) => `${stage ? quoteSnowflake(name) : 'NULL'} AS ${keyName(i)}`)
  return stage
    ? `(SELECT ${[...names, `1 AS ${HERE}`].join(', ')} FROM ${quoteTarget(stage)})`
    : `(SELECT ${[...names, `1 AS ${HERE}`].join(', ')} WHERE 1 = 0)`
}

const sameKey = ({ plan }: KeySweep, alias: string): string =>
  plan.key
    .map((name, i) => `${alias}${quoteSnowflake(foldName(name))} IS NOT DISTINCT FROM S.${keyName(i)}`)
    .join(' AND ')

const joined = (sweep: KeySweep): string =>
  `${quoteTarget(sweep.load.target)} AS T LEFT JOIN ${keysSql(sweep)} AS S ON ${sameKey(sweep, 'T.')}`

const isOlder = ({ load }: KeySweep, alias: string) => `${alias}${RUN_ID} IS DISTINCT FROM ${quoteText(load.runId)}`

/** A row that is marked already stays as it is; where rows are deleted, one that an earlier setting marked goes as well. */
const isGone = (sweep: KeySweep): string =>
  `S.${HERE} IS NULL AND ${isOlder(sweep, 'T.')}${sweep.how === 'soft' ? ` AND T.${MARK} IS NULL` : ''}`

/** One row: LIVE, GONE, RETURNED. */
export const sweepCountsSql = (sweep: KeySweep): string =>
  `SELECT COUNT_IF(T.${MARK} IS NULL) AS LIVE, COUNT_IF(${isGone(sweep)}) AS GONE,
  COUNT_IF(S.${HERE} = 1 AND T.${MARK} IS NOT NULL AND ${isOlder(sweep, 'T.')}) AS RETURNED
FROM ${joined(sweep)}`

/** Keys of a condition's rows, with what the fence says, if this attempt may write. */
const fencedSql = (sweep: KeySweep, keys: string, from: string, where: string) =>
  `SELECT ${keys}, F.AT AS "_FIRN_AT", F.HOLDER AS "_FIRN_HOLDER"
FROM ${from} JOIN ${fenceTable(sweep.load)} AS F ON ${isOurs(sweep.load, 'F')}${where}`

const goneKeysSql = (sweep: KeySweep): string => {
  const keys = sweep.plan.key.map((name, i) => `T.${quoteSnowflake(foldName(name))} AS ${keyName(i)}`)
  return fencedSql(sweep, keys.join(', '), joined(sweep), `\nWHERE ${isGone(sweep)}`)
}

const stamped = `${RUN_ID} = S."_FIRN_HOLDER", ${LOADED_AT} = S."_FIRN_AT"`

/** Rows that were marked, and whose key is there again. */
const returnedSql = (sweep: KeySweep): string => {
  const keys = sweep.plan.key.map((_, i) => `K.${keyName(i)}`).join(', ')
  return `UPDATE ${quoteTarget(sweep.load.target)}
SET ${MARK} = NULL, ${stamped}
FROM (${fencedSql(sweep, keys, `${keysSql(sweep)} AS K`, '')}) AS S
WHERE ${sameKey(sweep, '')} AND ${MARK} IS NOT NULL AND ${isOlder(sweep, '')}`
}

const goneSql = (sweep: KeySweep): string => {
  const target = quoteTarget(sweep.load.target)
  const gone = `(${goneKeysSql(sweep)}) AS S`
  return sweep.how === 'hard'
    ? `DELETE FROM ${target}\nUSING ${gone}\nWHERE ${sameKey(sweep, '')}`
    : `UPDATE ${target}\nSET ${MARK} = S."_FIRN_AT", ${stamped}\nFROM ${gone}\nWHERE ${sameKey(sweep, '')} AND ${MARK} IS NULL`
}

const counted = ({ how }: KeySweep, { gone, returned }: SweepCounts): Counted => ({
  ...{ inserted: '0', kept: '0', updated: String(returned), removed: String(gone) },
  holds:
    how === 'soft'
      ? `ROWS_OURS = ${gone + returned} AND ROWS_NOW = ROWS_BEFORE`
      : `ROWS_OURS = ${returned} AND ROWS_BEFORE - ROWS_NOW = ${gone}`,
})

/** The transaction's statements, without BEGIN and COMMIT. `counts` must be those of sweepCountsSql, and are held. */
export const sweepSql = (sweep: KeySweep, counts: SweepCounts): string[] =>
  transactionSql(
    sweep.load,
    [...(counts.returned ? [returnedSql(sweep)] : []), ...(counts.gone ? [goneSql(sweep)] : [])],
    counted(sweep, counts),
  )
