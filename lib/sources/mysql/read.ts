/** Streams the cells of one chunk in one consistent snapshot, no faster than they are taken. */
import type { Connection as Core, Query } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import type { Chunk, TablePlan } from '../../model.ts'
import { translated } from './connect.ts'
import { chunkSelectSql } from './select.ts'

/** Takes a row cell by cell, then its end. A promise makes the server wait until it is settled. */
export type RowSink = { cell(bytes: Buffer | null): void; endRow(): Promise<void> | null }

/** The promise wrapper keeps the event-driven connection, which is what can be paused, in this property. */
const coreOf = (connection: Connection): Core => (connection as unknown as { connection: Core }).connection

/**
 * Resolves with the number of rows only when the server itself said that there are no more. A connection lost in
 * between is told by mysql2 to the connection, not to the query, so both are listened to.
 */
const stream = (core: Core, sql: string, sink: RowSink): Promise<number> =>
  new Promise((resolve, reject) => {
    let rows = 0
    let failed = false
    const settle = () => core.removeListener('error', fail)
    const fail = (error: unknown) => {
      failed = true
      settle()
      reject(error)
    }
    const query: Query = core.query({
      sql,
      rowsAsArray: true,
      typeCast: (field) => {
        if (!failed) sink.cell(field.buffer())
        return null
      },
    })
    const endRow = () => {
      if (failed) return
      rows++
      try {
        const wait = sink.endRow()
        if (!wait) return
        core.pause()
        wait.then(() => core.resume(), fail)
      } catch (error) {
        fail(error)
      }
    }
    core.on('error', fail)
    query.on('error', fail)
    query.on('result', endRow)
    query.on('end', () => {
      settle()
      resolve(rows)
    })
  })

/**
 * Reads a chunk into a sink and gives the number of rows. The snapshot holds for a sample's subqueries as well. After an
 * error the connection is of no more use. Throws UnavailableError, RefusedError, DriftError, and what the sink throws.
 */
export const readChunk = async (
  connection: Connection,
  plan: TablePlan,
  chunk: Chunk,
  sink: RowSink,
): Promise<number> => {
  try {
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    const rows = await stream(coreOf(connection), chunkSelectSql(plan, chunk), sink)
    await connection.query('COMMIT')
    return rows
  } catch (error) {
    connection.destroy()
    throw translated(error, connection)
  }
}
