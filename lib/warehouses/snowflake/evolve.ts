/** How a target's columns differ from what moves, and the statements that let it follow. Pure. */
import { snowflakeType } from '../../columns/types.ts'
import { DriftError } from '../../errors.ts'
import type { Column, FoundTarget, TablePlan, Target, TargetColumn } from '../../model.ts'
import { canonicalType, holds, widens } from './canonical-type.ts'
import { AUDIT_COLUMNS, addColumnSql, commentColumnSql, createTargetSql, DELETED_AT, widenColumnSql } from './ddl.ts'
import { foldColumns } from './quote.ts'
import { isCompilation, isNotTaken } from './translate.ts'

/** A column that moves, as the target calls it and as it must be there. `source`: its name in MySQL. */
type Needed = TargetColumn & { source: string }

/**
 * `added`: not yet there. `widened`: there, and can be made wide enough in place. `narrowed`: there, and longer, or of
 * more digits, than it must be. `misfits`: there, and can not be made to fit. `kept`: there, and not among what moves. `missing`: columns of ours that are not there, as in a table that somebody else made.
 */
export type Evolution = {
  added: Needed[]
  widened: { there: TargetColumn; needed: Needed }[]
  narrowed: { there: TargetColumn; needed: Needed }[]
  misfits: { there: TargetColumn; needed: Needed }[]
  kept: TargetColumn[]
  missing: string[]
}

/** What a column's comment says from the run on that sent it no more; people's own words before it stay. */
const MARK = /\s*firn: not sent since run (\S+)$/

/** The run since which a column has not been sent; undefined for one that was sent last time. */
export const notSentSince = ({ comment }: TargetColumn): string | undefined => MARK.exec(comment ?? '')?.[1]

const unmarked = ({ comment = '' }: TargetColumn) => comment.replace(MARK, '')

const neededOf = (target: Target, columns: Column[]): Needed[] => {
  const folded = foldColumns(
    target.table,
    columns.map(({ name }) => name),
  )
  return columns.map((column) => ({
    source: column.name,
    name: folded.get(column.name)!,
    type: canonicalType(snowflakeType(column)),
    ...(column.nullable ? {} : { notNull: true as const }),
  }))
}

/** Compares. What comes fits a target that is wider than it, which is said and no more; names in `_FIRN_` are ours. */
export const evolutionOf = (target: Target, columns: Column[], there: TargetColumn[]): Evolution => {
  const found = new Map(there.map((column) => [column.name, column]))
  const needed = neededOf(target, columns)
  const names = new Set(needed.map(({ name }) => name))
  const pairs = needed.flatMap((column) => {
    const is = found.get(column.name)
    return is ? [{ there: is, needed: column }] : []
  })
  // a NULL would not get in
  const takesIt = (is: TargetColumn, must: Needed) => !is.notNull || must.notNull === true
  return {
    added: needed.filter(({ name }) => !found.has(name)),
    widened: pairs.filter(({ there: is, needed: must }) => takesIt(is, must) && widens(is.type, must.type)),
    narrowed: pairs.filter(({ there: is, needed: must }) => takesIt(is, must) && widens(must.type, is.type)),
    misfits: pairs.filter(
      ({ there: is, needed: must }) => !takesIt(is, must) || !(holds(is.type, must.type) || widens(is.type, must.type)),
    ),
    kept: there.filter(({ name }) => !names.has(name) && !name.startsWith('_FIRN_')),
    missing: AUDIT_COLUMNS.map(({ name }) => name).filter((name) => !found.has(name)),
  }
}

/** Names of a target's columns that nothing is sent to: NULL in every row that is written. */
export const keptColumns = (target: Target, columns: Column[], { columns: there }: FoundTarget): string[] =>
  there === null ? [] : evolutionOf(target, columns, there).kept.map(({ name }) => name)

/**
 * Comments that say since which run a column is not sent; taken away from one that is sent again. For once that run has
 * published: before, nothing says that it will.
 */
export const marksSql = (
  { target, columns, found }: Pick<TablePlan, 'target' | 'columns' | 'found'>,
  runId: string,
): string[] => {
  const there = found.columns ?? []
  const isKept = new Set(evolutionOf(target, columns, there).kept)
  return there.flatMap((column) => {
    const marked = notSentSince(column) !== undefined
    if (marked === isKept.has(column)) return []
    const words = marked ? unmarked(column) : `${unmarked(column)} firn: not sent since run ${runId}`.trim()
    return [commentColumnSql(target, column.name, words)]
  })
}

/** Why a target cannot follow, a finding each; none when it can. */
export const misfitsIn = ({ misfits, missing, kept }: Evolution): string[] => [
  ...misfits.map(({ there, needed }) =>
    holds(there.type, needed.type)
      ? `column ${there.name} is NOT NULL, and ${needed.source} may be NULL in MySQL`
      : `column ${there.name} is ${there.type}, and ${needed.source} is ${needed.type} in MySQL`,
  ),
  ...kept
    .filter(({ notNull }) => notNull)
    .map(({ name }) => `column ${name} is NOT NULL, and nothing is sent to it any more`),
  ...missing.map((name) => `column ${name}, which every table has that was made here, is missing`),
]

/** A DriftError with every finding about one target, and the command that accepts them. */
export const driftError = (table: string, { schema, table: name }: Target, findings: string[]): DriftError =>
  new DriftError(
    `${table}: ${schema}.${name} and MySQL no longer agree, so nothing of it was loaded: ${findings.join('; ')}. Change it back, or let ${schema}.${name} be rebuilt as MySQL has it: npm run -s firn -- accept ${/^[\w.-]+$/.test(table) ? table : `'${table}'`}`,
  )

/** The DriftError of a target that is not there although its ledger says it was loaded. */
export const goneError = (table: string, { schema, table: name }: Target): DriftError =>
  new DriftError(
    `${table}: ${schema}.${name} is not there, and its ledger says it was loaded before. Load all of it: npm run -s firn -- run --full-refresh --tables ${table}`,
  )

/**
 * The error of a load whose statements no longer fit what they name, or whose rows no longer fit the target: every name and
 * type is from the plan, so somebody has altered the target, or what belongs to it, since. Any other error as it is.
 */
export const alteredError = (table: string, { schema, table: name }: Target, error: unknown): unknown =>
  isCompilation(error) || isNotTaken(error)
    ? new DriftError(
        `${table}: ${schema}.${name}, or what belongs to it, is not as it was when this run was planned (${error.message}). Nothing was published; start a new run, which looks at it anew: npm run -s firn -- run`,
        { cause: error },
      )
    : error

/** Gives a target that an earlier release made the column that marks deleted rows. */
export const deletedAtSql = (target: Target, { columns }: FoundTarget): string[] =>
  columns?.some(({ name }) => name === DELETED_AT.name) ? [] : [addColumnSql(target, DELETED_AT)]

/**
 * The target made, or its columns added and widened: nothing is ever dropped or narrowed, and all of it changes nothing when
 * it is run again. Throws DriftError for a target that cannot follow.
 */
export const evolveSql = ({
  table,
  target,
  columns,
  found,
}: Pick<TablePlan, 'table' | 'target' | 'columns' | 'found'>): string[] => {
  if (found.columns === null) return [createTargetSql(target, columns)]
  const evolution = evolutionOf(target, columns, found.columns)
  const misfits = misfitsIn(evolution)
  if (misfits.length) throw driftError(table, target, misfits)
  return [
    ...deletedAtSql(target, found),
    ...evolution.added.map((column) => addColumnSql(target, column)),
    ...evolution.widened.map(({ needed }) => widenColumnSql(target, needed)),
  ]
}
