/** The conditions of table_metadata.json, tried before anything moves. */
import type { Connection } from 'mysql2/promise'
import type { SourceTable, TableMetadata } from '../model.ts'
import { whyItFails, whyItLeaves } from '../sources/mysql/where.ts'

const whyNot = async (connection: Connection, { table, where }: TableMetadata, live: Map<string, SourceTable>) => {
  // a table that is not there is told apart from this
  if (where === undefined || !live.has(table)) return undefined
  const leaves = whyItLeaves(where)
  if (leaves) return leaves
  const words = await whyItFails(connection, table, where)
  return words === undefined ? undefined : `is none that MySQL takes: ${words}`
}

/** Every `where` that MySQL does not take, or that would not stay the condition it is. Throws UnavailableError. */
export const whereProblems = async (
  connection: Connection,
  tables: TableMetadata[],
  live: Map<string, SourceTable>,
): Promise<string[]> => {
  const problems: string[] = []
  for (const meta of tables) {
    const why = await whyNot(connection, meta, live)
    if (why) problems.push(`table_metadata.json: ${meta.table}: "where" ${why}`)
  }
  return problems
}
