/** The policies of table_metadata.json against the live columns they speak of. */
import { actingPolicies, columnType } from '../columns/types.ts'
import { RefusedError } from '../errors.ts'
import { didYouMean } from '../metadata.ts'
import type { Column, ColumnPolicies, PolicyName, SourceTable, TableMetadata } from '../model.ts'
import { cursorOf, keyOf, moves } from './policies.ts'

/** Kinds of cells a cursor can be kept as: ordered, and exact as text. */
const CURSOR_KINDS = new Set(['integer', 'decimal', 'date', 'timestamp'])

const roleOf = (meta: TableMetadata, source: SourceTable, name: string): 'cursor' | 'key' | undefined => {
  if (cursorOf(meta).includes(name)) return 'cursor'
  return keyOf(meta, source).includes(name) ? 'key' : undefined
}

const idle = (column: Column, policies: ColumnPolicies): string[] => {
  const acting = actingPolicies({ ...column, policies })
  const declared = (Object.keys(policies) as PolicyName[]).filter((name) => name !== 'mask' && !acting.includes(name))
  const why = policies.mask ? `masked as "${policies.mask}"` : column.type
  return declared.map((name) => `"${name}" on column "${column.name}" can never act: it is ${why}. Leave it out`)
}

const cursorPolicyProblems = (column: Column, policies: ColumnPolicies): string[] => {
  const says = `column "${column.name}" is the incremental_column, and`
  if (policies.mask)
    return [`${says} "mask" would leave no order to read it by: leave one of the two out, or use another cursor`]
  try {
    const { kind } = columnType({ ...column, policies }).cells
    return CURSOR_KINDS.has(kind) ? [] : [`${says} its policies make it ${kind}, which is not in its order any more`]
  } catch (error) {
    // a type that does not move is told of with the other columns
    if (error instanceof RefusedError) return []
    throw error
  }
}

const roleProblems = (column: Column, policies: ColumnPolicies, role: 'cursor' | 'key'): string[] => {
  const problems = role === 'cursor' ? cursorPolicyProblems(column, policies) : []
  if (role === 'key' && policies.mask === 'null')
    problems.push(
      `column "${column.name}" is of the key, and "mask": "null" would make all rows one: "sha256" keeps them apart`,
    )
  if (policies.zero_date === 'null')
    problems.push(
      `column "${column.name}" is ${role === 'key' ? 'of the key' : 'the incremental_column'}, and "zero_date": "null" would leave rows without one: say "error" (the default here) or "sentinel"`,
    )
  return problems
}

/**
 * What is wrong with `column_policies`: columns that are not there or do not move, policies that cannot act on a column's
 * type, and those that would take from keys and cursors what they are for.
 */
export const policyProblems = (meta: TableMetadata, source: SourceTable): string[] =>
  Object.entries(meta.column_policies ?? {}).flatMap(([name, policies]) => {
    const column = source.columns.find((each) => each.name === name)
    if (!column) {
      const names = source.columns.map((each) => each.name)
      const best = didYouMean(name, names)
      return [`column_policies has "${name}", which is not a column${best ? `: did you mean "${best}"?` : ''}`]
    }
    if (!moves(meta, name))
      return [`column_policies has "${name}", which does not move: leave it out of one of the two`]
    const role = roleOf(meta, source, name)
    return [...idle(column, policies), ...(role ? roleProblems(column, policies, role) : [])]
  })
