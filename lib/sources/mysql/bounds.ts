/** Conditions on spans of an index, in a form whose ranges the optimizer finds: row comparisons `(a, b) > (1, 2)` are none. */
import type { Column } from '../../model.ts'
import { literalSql, quoteMysql } from './quote.ts'

/** `<` or `>` for the last column that the bound has a value for, strictly so for those before it. */
const besideSql = (columns: Column[], bound: string[], strict: '<' | '>', last: '<=' | '>'): string => {
  const [column, ...rest] = columns
  const [value, ...values] = bound
  const name = quoteMysql(column!.name)
  const literal = literalSql(column!, value!)
  if (values.length === 0) return `${name} ${last} ${literal}`
  return `(${name} ${strict} ${literal} OR (${name} = ${literal} AND ${besideSql(rest, values, strict, last)}))`
}

/** Values that both bounds begin with, as far as each goes on after them. */
const sharedLength = (from: string[], to: string[]): number => {
  let shared = 0
  while (shared < from.length - 1 && shared < to.length && from[shared] === to[shared]) shared++
  return shared
}

/**
 * `from < columns <= to`, open where a bound is null, as conditions to be joined by AND. A bound has the first one or more
 * of the columns' values, as literalSql takes them. Columns whose values both bounds share are compared with `=`.
 */
export const spanSql = (columns: Column[], from: string[] | null, to: string[] | null): string[] => {
  const shared = from && to ? sharedLength(from, to) : 0
  const rest = columns.slice(shared)
  const above = from?.slice(shared) ?? []
  const below = to?.slice(shared) ?? []
  return [
    ...columns.slice(0, shared).map((column, i) => `${quoteMysql(column.name)} = ${literalSql(column, from![i]!)}`),
    ...(above.length ? [besideSql(rest, above, '>', '>')] : []),
    ...(below.length ? [besideSql(rest, below, '<', '<=')] : []),
  ]
}
