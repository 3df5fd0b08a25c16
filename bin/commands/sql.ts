/** sql: a query on the warehouse, values exact. */
import type { Command } from 'commander'
import { loadEnvironment } from '../environment.ts'
import { answer, table } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'

const text = (value: unknown): string =>
  value === null || value === undefined ? 'NULL' : typeof value === 'object' ? JSON.stringify(value) : String(value)

/** Rows as a table for people. */
export const rowsText = (rows: Record<string, unknown>[]): string => {
  const names = Object.keys(rows[0] ?? {})
  return rows.length === 0
    ? '(no rows)'
    : table(
        names,
        rows.map((row) => names.map((name) => text(row[name]))),
      )
}

/** Adds the command. */
export const addSql = (program: Command): void => {
  program
    .command('sql')
    .argument('<query>', 'one statement')
    .description('a query on the warehouse; with --json an array of objects, numbers and moments as exact strings')
    .action(async (query: string) => {
      loadEnvironment()
      const rows = await withWarehouse((warehouse) => warehouse.query(query))
      answer(rows, rowsText(rows))
    })
}
