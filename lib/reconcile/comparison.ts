/** What of a table both sides are compared by, from its plan and from how far it has been loaded. */
import { canonicalOf } from '../columns/canonical.ts'
import { snowflakeType } from '../columns/types.ts'
import { RefusedError } from '../errors.ts'
import type { Column, Comparison, TablePlan, TargetColumn } from '../model.ts'
import { canonicalType, holds } from '../warehouses/snowflake/canonical-type.ts'
import { DELETED_AT } from '../warehouses/snowflake/ddl.ts'
import { foldName } from '../warehouses/snowflake/quote.ts'
import type { Cursor } from '../warehouses/snowflake/standing.ts'

/** A column that checksums do not reach, and why. */
export type NotCompared = { column: string; why: string }

/** `fetchable`: columns without a canonical text, which can be compared by fetching them. */
export type Comparing = { comparison: Comparison; notCompared: NotCompared[]; fetchable: Column[] }

/** Why the target's column cannot hold what the source's does; null when it can. */
const whyNot = (column: Column, there: Map<string, TargetColumn>): string | null => {
  const found = there.get(foldName(column.name))
  if (!found) return 'the target has no such column yet: the next run adds it'
  const expected = canonicalType(snowflakeType(column))
  return holds(found.type, expected) ? null : `it is ${found.type} in the target, and ${expected} is expected`
}

const refuseUnloaded = (plan: TablePlan, cursor: Cursor | undefined): void => {
  if (plan.refused !== undefined) throw new RefusedError(plan.refused)
  const { schema, table } = plan.target
  const name = `${schema}.${table}`
  const loadIt = `Load it first: npm run -s firn -- run --tables ${plan.table}`
  if (!plan.found.columns || !cursor)
    throw new RefusedError(`${plan.table}: ${name} has not been loaded yet, so there is nothing to compare. ${loadIt}`)
  const columns = plan.window?.columns.join() ?? null
  if (columns !== null && cursor.column !== null && cursor.column !== columns)
    throw new RefusedError(
      `${plan.table}: its incremental_column is "${columns}", and it was loaded by "${cursor.column}", whose values say nothing of it. Load all of it once: npm run -s firn -- run --full-refresh --tables ${plan.table}`,
    )
  // where MySQL has no cursor either, all that the target has is extra
  if (columns !== null && cursor.high === null && plan.window!.high !== null)
    throw new RefusedError(
      `${plan.table}: nothing says how far ${name} is loaded by "${columns}", so there is no telling which of its rows to compare: its cursor was reset, or no load has had one yet. ${loadIt}`,
    )
}

/**
 * `plan` is that of a full refresh: chunks over the whole table. Throws RefusedError naming the table when it has not been
 * loaded, was loaded by another cursor or by none, or has no column left to compare.
 */
export const comparisonOf = (plan: TablePlan, cursor: Cursor | undefined): Comparing => {
  refuseUnloaded(plan, cursor)
  const there = new Map(plan.found.columns!.map((column) => [column.name, column]))
  const notCompared: NotCompared[] = []
  const columns: Column[] = []
  const fetchable: Column[] = []
  for (const column of plan.columns) {
    const misfit = whyNot(column, there)
    const canonical = canonicalOf(column)
    if (misfit !== null) notCompared.push({ column: column.name, why: misfit })
    else if (canonical.form !== null) columns.push(column)
    else {
      fetchable.push(column)
      notCompared.push({ column: column.name, why: canonical.why })
    }
  }
  if (columns.length === 0)
    throw new RefusedError(`${plan.table}: none of its columns has a text that both sides spell alike`)
  const key = plan.key.map((name) => columns.find((column) => column.name === name))
  const window = plan.window && { ...plan.window, low: null, from: null, high: cursor!.high }
  return {
    comparison: {
      plan,
      // rows cannot be told apart by a key that cannot be compared
      key: key.every((column) => column !== undefined) ? key : [],
      columns,
      window,
      hasDeletedMark: there.has(DELETED_AT.name),
    },
    notCompared,
    fetchable,
  }
}
