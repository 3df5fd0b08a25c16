/**
 * Whether files that an old run staged are what today's metadata would have of the table. A mask or an exclusion that came
 * since must hold for a replay as well. MySQL is not asked. Pure.
 */
import type { Column, TableMetadata, TablePlan } from '../model.ts'
import { moves, policiesOf } from './policies.ts'
import { isSameKey, keyWords, knownIn, maskWords } from './terms.ts'

/** What differs of a column's masks and other policies, or that it is left out, in words. */
const columnProblems = (meta: TableMetadata, key: string[], column: Column): string[] => {
  if (!moves(meta, column.name)) return [`"${column.name}" is left out and was not`]
  const { mask: before, ...others } = column.policies ?? {}
  const { mask: now, ...today } = policiesOf(meta, key, column)
  const differing = [...new Set([...Object.keys(others), ...Object.keys(today)])].filter(
    (policy) => others[policy as keyof typeof others] !== today[policy as keyof typeof today],
  )
  const masks = maskWords(column.name, before, now)
  return masks.length ? masks : differing.map((policy) => `"${policy}" of "${column.name}" is another`)
}

/** The key as the metadata says it, else as the target was last loaded by; undefined when neither says. */
const keyToday = ({ load_strategy, unique_key }: TableMetadata, last: string | null): string[] | undefined =>
  load_strategy === 'append' ? [] : (unique_key ?? knownIn(last).key)

const isHashed = ({ policies }: Column): boolean => policies?.mask === 'sha256'

/**
 * Why a table of an old run is not loaded again, in words; empty when it may be. `last`: what the target's newest load was read
 * under, null when nobody knows.
 */
export const replayProblems = (meta: TableMetadata, table: TablePlan, last: string | null): string[] => {
  const { columns, key, kind, where } = table
  const today = kind === 'full' ? undefined : keyToday(meta, last)
  const [salt, saltThen] = [knownIn(last).salt, knownIn(table.terms ?? null).salt]
  return [
    ...columns.flatMap((column) => columnProblems(meta, key, column)),
    ...(columns.some(isHashed) && salt && saltThen && salt !== saltThen
      ? ['MYSQL_MASK_SALT, the salt of masks, is another']
      : []),
    ...(today === undefined || isSameKey(today, key)
      ? []
      : [`rows are told apart by ${keyWords(today)} and were by ${keyWords(key)}`]),
    ...(where === (meta.where ?? null) ? [] : ['"where" is not what it was']),
  ]
}
