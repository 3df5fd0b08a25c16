/** Whether sha256 masks have a salt to be worked out with: without one the server would give NULL for every value, silently. */
import type { Connection } from 'mysql2/promise'
import { ValueError } from '../../errors.ts'
import type { Column, TableMetadata } from '../../model.ts'
import { SALT_VARIABLE } from './cells.ts'
import { textRows } from './connect.ts'

const hasSalt = async (connection: Connection): Promise<boolean> =>
  (await textRows(connection, `SELECT ${SALT_VARIABLE} IS NOT NULL`))[0]?.[0] === '1'

/** For the planner: what is wrong with tables that mask while there is no salt, in words. Throws UnavailableError. */
export const saltProblems = async (connection: Connection, tables: TableMetadata[]): Promise<string[]> => {
  const masked = tables.flatMap(({ table, column_policies }) => {
    const names = Object.entries(column_policies ?? {}).filter(([, { mask }]) => mask === 'sha256')
    return names.length ? [{ table, columns: names.map(([name]) => `"${name}"`).join(', ') }] : []
  })
  if (masked.length === 0 || (await hasSalt(connection))) return []
  return masked.map(
    ({ table, columns }) =>
      `table_metadata.json: ${table}: ${columns}: "mask": "sha256" needs a salt, and there is none: put MYSQL_MASK_SALT (16 characters or more) into .env, and for a deployed stack then: npm run -s firn -- secrets put`,
  )
}

/**
 * For the reader: throws ValueError when a column is masked by sha256 and the salt that was there when the run was planned is
 * gone. Asks nothing of the server when nothing is masked.
 */
export const requireSalt = async (connection: Connection, table: string, columns: Column[]): Promise<void> => {
  const masked = columns.find(({ policies }) => policies?.mask === 'sha256')
  if (!masked || (await hasSalt(connection))) return
  throw new ValueError(
    `${table}.${masked.name} is masked by sha256, and the salt is gone since the run was planned: nothing was read. Put MYSQL_MASK_SALT back (npm run -s firn -- secrets put), then start a new run: npm run -s firn -- run`,
  )
}
