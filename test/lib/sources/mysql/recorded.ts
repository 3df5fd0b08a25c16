/** What is sent over a connection, and what the server had to read for it. */
import type { Connection } from 'mysql2/promise'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'

/** The connection, and every statement that is sent over it from now on. */
export const recorded = (connection: Connection): { connection: Connection; statements: string[] } => {
  const statements: string[] = []
  const query = (sql: string | { sql: string }, ...rest: unknown[]) => {
    statements.push(typeof sql === 'string' ? sql : sql.sql)
    return (connection.query as (...args: unknown[]) => unknown).call(connection, sql, ...rest)
  }
  const get = (target: Connection, name: string | symbol) =>
    name === 'query' ? query : Reflect.get(target, name, target)
  return { connection: new Proxy(connection, { get }), statements }
}

/** Rows that the server has read for this session until now, whichever way ("Server Status Variables"). */
export const rowsReadBy = async (connection: Connection): Promise<number> => {
  const counters = await textRows(connection, "SHOW SESSION STATUS LIKE 'Handler_read%'")
  return counters.reduce((sum, [, count]) => sum + Number(count), 0)
}

type Explained = { type: string | null; key: string | null; rows: number | null; extra: string }

/** How the server would run a statement: its first step. */
export const explained = async (connection: Connection, sql: string): Promise<Explained> => {
  const [rows] = await connection.query(`EXPLAIN FORMAT=TRADITIONAL ${sql}`)
  const { type, key, rows: count, Extra } = (rows as Record<string, string | null>[])[0]!
  return {
    type: type ?? null,
    key: key ?? null,
    rows: count === null || count === undefined ? null : Number(count),
    extra: Extra ?? '',
  }
}
