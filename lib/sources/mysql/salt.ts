/** Whether sha256 masks have a salt to be worked out with: without one the server would give NULL for every value, silently. */
import type { Connection } from 'mysql2/promise'
import { ValueError } from '../../errors.ts'
import type { Column, TableMetadata } from '../../model.ts'
import { SALT_VARIABLE } from './cells.ts'
import { textRows } from './connect.ts'

const hasSalt = async (connection: Connection): Promise<boolean> =>
  (await textRows(connection, `SELECT ${SALT_VARIABLE} IS NOT NULL`))[0]?.[0] === '1'

const maskedIn = ({ column_policies }: TableMetadata): string[] =>
  Object.entries(column_policies ?? {}).flatMap(([name, { mask }]) => (mask === 'sha256' ? [name] : []))

/**
 * What tells one salt from another, 64 hexadecimal digits that MySQL works out; null where there is none, or no table is
 * masked by sha256: then nothing is asked. It betrays no more than a mask of a known value does. Throws UnavailableError.
 */
export const saltHash = async (connection: Connection, tables: TableMetadata[]): Promise<string | null> => {
  if (!tables.some((table) => maskedIn(table).length)) return null
  const [row] = await textRows(connection, `SELECT SHA2(CONCAT('the salt of masks: ', ${SALT_VARIABLE}), 256)`)
  return row?.[0] ?? null
}

/** For the planner: what is wrong with tables that mask while there is no salt, in words. `salt`: its hash. */
export const saltProblems = (tables: TableMetadata[], salt: string | null): string[] => {
  if (salt !== null) return []
  const masked = tables.flatMap((meta) => {
    const names = maskedIn(meta)
    return names.length ? [{ table: meta.table, columns: names.map((name) => `"${name}"`).join(', ') }] : []
  })
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
