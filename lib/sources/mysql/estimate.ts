/** How many rows a query would read, as the server's optimizer guesses from its indexes: nothing is read for it. */
import type { Connection } from 'mysql2/promise'
import { translated } from './connect.ts'

type Step = { id: string | number | null; rows: string | number | null }

/** The traditional format is the one both MySQL and MariaDB have: a row a table, of which the first is read by the query itself. */
const explainSql = (sql: string): string => `EXPLAIN FORMAT = TRADITIONAL ${sql}`

/** The estimate, or null where the optimizer gives none. Throws UnavailableError or RefusedError. */
export const estimateRows = async (connection: Connection, sql: string): Promise<number | null> => {
  try {
    const [found] = await connection.query(explainSql(sql))
    const steps = found as unknown as Step[]
    const rows = steps[0]?.rows
    return rows === null || rows === undefined ? null : Number(rows)
  } catch (error) {
    throw translated(error, connection)
  }
}
