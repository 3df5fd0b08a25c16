/** Streams the rows of one chunk in one consistent snapshot, no faster than they are taken, and stops when it is time. */
import type { Connection as Core, Query } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import { type Deadline, noDeadline } from '../../deadline.ts'
import { UnavailableError } from '../../errors.ts'
import type { Chunk, TablePlan } from '../../model.ts'
import { translated } from './connect.ts'
import { refuseDrift } from './drift.ts'
import { RowKeys } from './row-keys.ts'
import { requireSalt } from './salt.ts'
import { chunkSelectSql } from './select.ts'

/** Takes a row as the server sent it, cell after cell behind its length. A promise makes the server wait until it is settled. */
export type RowSink = { row(bytes: Buffer, start: number, end: number): Promise<void> | null }

/** A sink that keeps the last row's cells: by the column's place, null for NULL, good until the next row. */
export type KeyedSink = RowSink & { lastCell(column: number): Buffer | null }

/** `reached`: the last row's values of the plan's chunkColumns, when there was no time for the rest; null at the end. */
export type Read = { rows: number; reached: string[] | null }

/**
 * What a query does with a row is a method of its own in mysql2, put in place here: making an object of every cell, as its
 * `typeCast` does, takes twice the time and memory of reading them where they lie (measured).
 */
type Packet = { buffer: Buffer; offset: number; end: number; isEOF(): boolean }
type State = (packet: Packet) => unknown
type RowQuery = Query & { row: State }

/** The promise wrapper keeps the event-driven connection, which is what can be paused, in this property. */
const coreOf = (connection: Connection): Core => (connection as unknown as { connection: Core }).connection

const silent = (table: string, waits: boolean): UnavailableError =>
  new UnavailableError(
    `${table}: ${waits ? 'the staging bucket took no more of its rows' : 'MySQL gave no more of its rows'} until the Lambda's time was nearly over`,
  )

type Taking = { sink: RowSink; lastCell: KeyedSink['lastCell']; deadline: Deadline }

/**
 * Resolves when the server itself said that there are no more rows, or when the deadline was due and a row's key was kept.
 * A connection lost in between is told by mysql2 to the connection, not to the query, so both are listened to.
 */
const stream = (core: Core, plan: TablePlan, sql: string, { sink, lastCell, deadline }: Taking): Promise<Read> =>
  new Promise((resolve, reject) => {
    const keys = new RowKeys(plan)
    let rows = 0
    let ended = false
    let waits = false
    const end = () => {
      ended = true
      core.removeListener('error', fail)
    }
    const fail = (error: unknown) => {
      end()
      reject(error)
    }
    /** Taking the rest of the result and throwing it away would need the time that there is not. */
    const stop = (reached: string[], wait: Promise<void> | null) => {
      end()
      waits = true
      core.destroy()
      Promise.resolve(wait).then(() => resolve({ rows, reached }), reject)
    }
    const pause = async (wait: Promise<void>) => {
      waits = true
      core.pause()
      await wait
      waits = false
      core.resume()
    }
    const take = ({ buffer, offset, end: last }: Packet) => {
      rows++
      try {
        const wait = sink.row(buffer, offset, last)
        const reached = deadline.isDue() ? keys.of(lastCell) : null
        if (reached) stop(reached, wait)
        else if (wait) pause(wait).catch(fail)
      } catch (error) {
        fail(error)
      }
    }
    const query = core.query({ sql }) as unknown as RowQuery
    const finished = query.row
    query.row = function takeRow(packet) {
      if (packet.isEOF()) return finished.call(query, packet)
      if (!ended) take(packet)
      return takeRow
    }
    core.on('error', fail)
    query.on('error', fail)
    query.on('end', () => {
      end()
      resolve({ rows, reached: null })
    })
    const overdue = () => {
      if (!ended) keys.refuse()
      fail(silent(plan.table, waits))
    }
    deadline.overdue.then(overdue).catch(fail)
  })

const read = async (connection: Connection, plan: TablePlan, chunk: Chunk, taking: Taking): Promise<Read> => {
  try {
    await requireSalt(connection, plan.table, plan.columns)
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    await refuseDrift(connection, plan)
    const found = await stream(coreOf(connection), plan, chunkSelectSql(plan, chunk), taking)
    if (found.reached === null) await connection.query('COMMIT')
    return found
  } catch (error) {
    connection.destroy()
    throw translated(error, connection)
  }
}

/**
 * Reads a chunk into a sink until its end, or until the deadline: then `reached` is where to go on. The snapshot holds for
 * a sample's subqueries as well. After an error, or a stop, the connection is of no more use. Throws UnavailableError,
 * RefusedError, DriftError (the table is not what was planned), AuditError (no time, and no order to go on in), and what
 * the sink throws.
 */
export const readPiece = (
  connection: Connection,
  plan: TablePlan,
  chunk: Chunk,
  sink: KeyedSink,
  deadline: Deadline,
): Promise<Read> => read(connection, plan, chunk, { sink, lastCell: (column) => sink.lastCell(column), deadline })

/** Reads a whole chunk, however long it takes, and gives the number of rows. Throws as readPiece does. */
export const readChunk = async (
  connection: Connection,
  plan: TablePlan,
  chunk: Chunk,
  sink: RowSink,
): Promise<number> => (await read(connection, plan, chunk, { sink, lastCell: () => null, deadline: noDeadline() })).rows
