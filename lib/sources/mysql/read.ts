/** Reads one chunk in one consistent snapshot: whole, or as far as there is time. */
import type { Connection as Core } from 'mysql2'
import type { Connection } from 'mysql2/promise'
import { type Deadline, noDeadline } from '../../deadline.ts'
import type { Chunk, TablePlan } from '../../model.ts'
import { cutMysql, translated } from './connect.ts'
import { refuseDrift } from './drift.ts'
import { type KeyedSink, type Read, type RowSink, RowStream, type Taking } from './row-stream.ts'
import { requireSalt } from './salt.ts'
import { chunkSelectSql } from './select.ts'
import { refuseNullCursors } from './window-gaps.ts'

export type { KeyedSink, Read, RowSink } from './row-stream.ts'

/** The promise wrapper keeps the event-driven connection, which is what can be paused, in this property. */
const coreOf = (connection: Connection): Core => (connection as unknown as { connection: Core }).connection

const read = async (connection: Connection, plan: TablePlan, chunk: Chunk, taking: Taking): Promise<Read> => {
  try {
    await requireSalt(connection, plan.table, plan.columns)
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    await refuseDrift(connection, plan)
    if (chunk.from === null) await refuseNullCursors(connection, plan)
    const found = await new RowStream(coreOf(connection), plan, taking).read(chunkSelectSql(plan, chunk))
    if (found.reached === null) await connection.query('COMMIT')
    return found
  } catch (error) {
    cutMysql(coreOf(connection))
    throw translated(error, connection)
  }
}

/**
 * Reads a chunk into a sink until its end, or until the deadline: then `reached` is where to go on. The snapshot holds for
 * a sample's subqueries as well. After an error, or a stop, the connection is of no more use. Throws UnavailableError,
 * RefusedError, DriftError (the table is not what was planned), ValueError (rows without a cursor, where that is refused), AuditError (no time, and no order to go on in), and what
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
