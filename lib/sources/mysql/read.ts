/** Streams the cells of one chunk in one consistent snapshot, no faster than they are taken. */
import type { Connection as Core, Query } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import type { Chunk, TablePlan } from '../../model.ts'
import { translated } from './connect.ts'
import { requireSalt } from './salt.ts'
import { chunkSelectSql } from './select.ts'

/** Takes a row as the server sent it, cell after cell behind its length. A promise makes the server wait until it is settled. */
export type RowSink = { row(bytes: Buffer, start: number, end: number): Promise<void> | null }

/**
 * What a query does with a row is a method of its own in mysql2, put in place here: making an object of every cell, as its
 * `typeCast` does, takes twice the time and memory of reading them where they lie (measured).
 */
type Packet = { buffer: Buffer; offset: number; end: number; isEOF(): boolean }
type State = (packet: Packet) => unknown
type RowQuery = Query & { row: State }

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
    const query = core.query({ sql }) as unknown as RowQuery
    const finished = query.row
    query.row = function takeRow(packet) {
      if (packet.isEOF()) return finished.call(query, packet)
      if (failed) return takeRow
      rows++
      try {
        const wait = sink.row(packet.buffer, packet.offset, packet.end)
        if (wait) {
          core.pause()
          wait.then(() => core.resume(), fail)
        }
      } catch (error) {
        fail(error)
      }
      return takeRow
    }
    core.on('error', fail)
    query.on('error', fail)
    query.on('end', () => {
      settle()
      resolve(rows)
    })
  })

/**
 * Reads a chunk into a sink and gives the number of rows. The snapshot holds for a sample's subqueries as well. After an
 * error the connection is of no more use. Throws UnavailableError, RefusedError, DriftError, what requireSalt and the
 * sink throw.
 */
export const readChunk = async (
  connection: Connection,
  plan: TablePlan,
  chunk: Chunk,
  sink: RowSink,
): Promise<number> => {
  try {
    await requireSalt(connection, plan.table, plan.columns)
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    const rows = await stream(coreOf(connection), chunkSelectSql(plan, chunk), sink)
    await connection.query('COMMIT')
    return rows
  } catch (error) {
    connection.destroy()
    throw translated(error, connection)
  }
}
