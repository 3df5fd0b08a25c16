/** Whether a table still is what was planned of it: cells are read as the plan's types, so those must be the table's. */
import type { Connection } from 'mysql2/promise'
import { DriftError } from '../../errors.ts'
import type { Column, TablePlan } from '../../model.ts'
import { discoverTables } from './discover.ts'

const REMEDY = 'Nothing of the table was published; start a new run, which plans it anew: npm run -s firn -- run'

/** What chunks are cut by must keep its order, and hold no NULL: rows would fall between those read before and after. */
const ofChunks = (planned: Column, found: Column): string[] => [
  ...(found.collation === planned.collation
    ? []
    : [`column "${found.name}" was ordered by ${planned.collation} and is by ${found.collation}`]),
  ...(found.nullable ? [`column "${found.name}" may be NULL now, and chunks are cut by it`] : []),
]

const differences = ({ columns, chunkColumns }: TablePlan, live: Map<string, Column>): string[] =>
  columns.flatMap((planned) => {
    const { name, type, charset } = planned
    const found = live.get(name)
    if (!found) return [`column "${name}" (${type}) is gone`]
    if (found.type !== type) return [`column "${name}" was ${type} and is ${found.type}`]
    if (found.charset !== charset) return [`column "${name}" was in ${charset} and is in ${found.charset}`]
    return chunkColumns.includes(name) ? ofChunks(planned, found) : []
  })

/**
 * Throws DriftError naming the table, every column that is gone or has another type, and the remedy. A column that was
 * added is none of this run's.
 */
export const refuseDrift = async (connection: Connection, plan: TablePlan): Promise<void> => {
  const { table } = plan
  const found = (await discoverTables(connection, [table])).get(table)
  if (!found) throw new DriftError(`${table} was dropped or renamed since it was planned. ${REMEDY}`)
  const changed = differences(plan, new Map(found.columns.map((column) => [column.name, column])))
  if (changed.length)
    throw new DriftError(`${table} was altered since it was planned: ${changed.join('; ')}. ${REMEDY}`)
}
