/**
 * Target rows whose key MySQL has no longer: they go, or are marked. Keys are told apart by their bytes, as MERGE does.
 *
 * Which rows may be judged by the keys that were read needs no clock. A sweep is published before its run's window, by the
 * run that has held the target's lease since before it read a key: so whatever is in the target had been read from MySQL
 * before that. A run that lost its lease meanwhile is refused by the fence once a later one has published; one whose lease
 * was broken while it published had read its rows before the lease could be taken. What the window brings comes after the
 * sweep, and the next one judges it: a key that came back while the chunks were read is never taken for gone.
 */
import { AuditError } from '../../../errors.ts'
import type { Sweep, SweepCounts, TablePlan, Target } from '../../../model.ts'
import { DELETED_AT } from '../ddl.ts'
import { fenceTable, isOurs } from '../fence.ts'
import { type Load, ledgerName } from '../ledger.ts'
import { foldName, quoteSnowflake, quoteTarget } from '../quote.ts'
import { type Counted, LOADED_AT, RUN_ID } from './transaction.ts'

/** Keys to be held against a target; `stage` is null when the source has no row. */
export type Held = { plan: Pick<TablePlan, 'columns' | 'key'>; target: Target; stage: Target | null; how: Sweep['how'] }

/** The mark of a deleted row, quoted. */
export const MARK = quoteSnowflake(DELETED_AT.name)
/** TRUE beside every key that was read. */
export const STAGED = '"_FIRN_STAGED"'
/** Named as no column of the source's may be, so that the target's need no alias. */
const stagedKey = (i: number) => `"_FIRN_KEY_${i}"`

const targetKeys = ({ plan }: Held): string[] => plan.key.map((name) => quoteSnowflake(foldName(name)))

/** Every key that was read, once; none where none was. */
const keysSql = (held: Held): string => {
  const { plan, target, stage } = held
  const names = (stage ? plan.key.map(quoteSnowflake) : targetKeys(held)).map((name, i) => `${name} AS ${stagedKey(i)}`)
  return `SELECT DISTINCT ${names.join(', ')}, TRUE AS ${STAGED} FROM ${stage ? quoteTarget(stage) : `${quoteTarget(target)} WHERE FALSE`}`
}

/** The target's key, under an alias where it has one, against the keys of another. */
const sameKey = (held: Held, alias: string, other: string): string =>
  targetKeys(held)
    .map((name, i) => {
      const column = held.plan.columns.find((each) => each.name === held.plan.key[i])!
      // NULL = NULL is not true, and such a row would be taken for gone; but joins of whole tables want to be equal
      return `${alias}${name} ${column.nullable ? 'IS NOT DISTINCT FROM' : '='} ${other}.${stagedKey(i)}`
    })
    .join(' AND ')

/** FROM: target rows T, each with the key S that was read for it, if one was. `among`: what rows are joined with besides. */
export const heldSql = (held: Held, among = ''): string =>
  `FROM ${quoteTarget(held.target)} AS T${among}
LEFT JOIN (${keysSql(held)}) AS S ON ${sameKey(held, 'T.', 'S')}`

/**
 * Condition on T: a sweep may take the row. Where it marks, those that are marked already stay as they are; where it deletes,
 * those that an earlier setting marked go as well.
 */
export const mayGoSql = ({ how }: Held): string => (how === 'soft' ? `T.${MARK} IS NULL` : 'TRUE')

type Sweeping = { load: Load; held: Held; counts: SweepCounts }

const fenced = ({ load }: Sweeping): string => `\nJOIN ${fenceTable(load)} AS F ON ${isOurs(load, 'F')}`

const BY = 'F.HOLDER AS "_FIRN_HOLDER", F.AT AS "_FIRN_AT"'

/** The keys that go, if this attempt may write. */
const goneKeysSql = (sweeping: Sweeping): string => {
  const { held } = sweeping
  const keys = targetKeys(held).map((name, i) => `T.${name} AS ${stagedKey(i)}`)
  return `SELECT DISTINCT ${[...keys, BY].join(', ')}
${heldSql(held, fenced(sweeping))}
WHERE S.${STAGED} IS NULL AND ${mayGoSql(held)}`
}

const markSql = ({ held }: Sweeping, mark: string): string =>
  `UPDATE ${quoteTarget(held.target)}
SET ${MARK} = ${mark}, ${RUN_ID} = G."_FIRN_HOLDER", ${LOADED_AT} = G."_FIRN_AT"`

const goneSql = (sweeping: Sweeping): string => {
  const { held } = sweeping
  const gone = `(\n${goneKeysSql(sweeping)}\n) AS G\nWHERE ${sameKey(held, '', 'G')}`
  return held.how === 'soft'
    ? `${markSql(sweeping, 'G."_FIRN_AT"')}\nFROM ${gone} AND ${MARK} IS NULL`
    : `DELETE FROM ${quoteTarget(held.target)}\nUSING ${gone}`
}

/** A row whose key is there again is a row again, with the values it had: new ones come with their window. */
const returnedSql = (sweeping: Sweeping): string =>
  `${markSql(sweeping, 'NULL')}
FROM (SELECT S.*, ${BY} FROM (${keysSql(sweeping.held)}) AS S${fenced(sweeping)}) AS G
WHERE ${sameKey(sweeping.held, '', 'G')} AND ${MARK} IS NOT NULL`

/** The statements of a sweep, and what must have come of them: what was counted before, and nothing else. */
export const sweepMode = (sweeping: Sweeping): { rows: string[]; counted: Counted } => {
  const { load, held, counts } = sweeping
  const { gone, returned } = counts
  const [went, marked] = held.how === 'soft' ? [0, gone] : [gone, 0]
  return {
    rows: [...(gone ? [goneSql(sweeping)] : []), ...(returned ? [returnedSql(sweeping)] : [])],
    counted: {
      inserted: '0',
      updated: String(returned),
      kept: String(load.rowsStaged - load.duplicates - returned),
      removed: String(gone),
      holds: `ROWS_NOW = ROWS_BEFORE - ${went} AND ROWS_OURS = ${marked + returned}`,
    },
  }
}

/** Why a sweep did not do what was counted before it. `told`: what the warehouse counted, if it said so. */
export const sweepError = (load: Load, { gone, returned }: SweepCounts, told: string | undefined): AuditError =>
  new AuditError(
    `${ledgerName(load.target)}: the sweep counted ${gone} rows that are gone from MySQL and ${returned} that are there again, and would have changed others${told ? ` (${told})` : ''}: somebody wrote to the table meanwhile. Nothing of it was published; start a new run: npm run -s firn -- run ${load.job}`,
  )
