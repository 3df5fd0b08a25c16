/** The rows of one query on their way into a sink: no faster than they are taken, to the server's own end or to a deadline. */
import type { Connection as Core, Query } from 'mysql2'
import type { Deadline } from '../../deadline.ts'
import { UnavailableError } from '../../errors.ts'
import type { TablePlan } from '../../model.ts'
import { cutMysql } from './connect.ts'
import { RowKeys } from './row-keys.ts'

/** Takes a row as the server sent it, cell after cell behind its length. A promise makes the server wait until it is settled. */
export type RowSink = { row(bytes: Buffer, start: number, end: number): Promise<void> | null }

/** A sink that keeps the last row's cells: by the column's place, null for NULL, good until the next row. */
export type KeyedSink = RowSink & { lastCell(column: number): Buffer | null }

/** `reached`: the last row's values of the plan's chunkColumns, when there was no time for the rest; null at the end. */
export type Read = { rows: number; reached: string[] | null }

export type Taking = { sink: RowSink; lastCell: KeyedSink['lastCell']; deadline: Deadline }

/**
 * What a query does with a row is a method of its own in mysql2, put in place here: making an object of every cell, as its
 * `typeCast` does, takes twice the time and memory of reading them where they lie (measured).
 */
type Packet = { buffer: Buffer; offset: number; end: number; isEOF(): boolean }
type State = (packet: Packet) => unknown
type RowQuery = Query & { row: State }

export class RowStream {
  private readonly core: Core
  private readonly table: string
  private readonly keys: RowKeys
  private readonly taking: Taking
  private readonly result = Promise.withResolvers<Read>()
  private rows = 0
  private ended = false
  /** Whether it is the sink that is waited for. */
  private waits = false

  constructor(core: Core, plan: TablePlan, taking: Taking) {
    this.core = core
    this.table = plan.table
    this.keys = new RowKeys(plan)
    this.taking = taking
  }

  /**
   * Resolves when the server itself said that there are no more rows, or when the deadline was due and a row's key was
   * kept: then the connection is cut. A connection lost in between is told by mysql2 to the connection, not to the query,
   * so both are listened to.
   */
  read(sql: string): Promise<Read> {
    const { core } = this
    const query = core.query({ sql }) as unknown as RowQuery
    const finished = query.row
    const takeRow: State = (packet) => {
      if (packet.isEOF()) return finished.call(query, packet)
      if (!this.ended) this.take(packet)
      return takeRow
    }
    query.row = takeRow
    core.on('error', this.fail)
    query.on('error', this.fail)
    query.on('end', () => this.finish({ rows: this.rows, reached: null }))
    // after a stop as well: the sink may not have taken what it was given
    this.taking.deadline.overdue.then(() => this.refuse()).catch(this.result.reject)
    return this.result.promise.finally(() => this.end())
  }

  private take({ buffer, offset, end }: Packet): void {
    this.rows++
    try {
      const { sink, lastCell, deadline } = this.taking
      const wait = sink.row(buffer, offset, end)
      const reached = deadline.isDue() ? this.keys.of(lastCell) : null
      if (reached) this.stop(reached, wait)
      else if (wait) this.pause(wait).catch(this.fail)
    } catch (error) {
      this.fail(error)
    }
  }

  private async pause(wait: Promise<void>): Promise<void> {
    this.waits = true
    this.core.pause()
    await wait
    this.waits = false
    this.core.resume()
  }

  /** Taking the rest of the result and throwing it away would need the time that there is not. */
  private stop(reached: string[], wait: Promise<void> | null): void {
    const { rows } = this
    this.end()
    this.waits = true
    cutMysql(this.core)
    Promise.resolve(wait).then(() => this.result.resolve({ rows, reached }), this.result.reject)
  }

  /** What has come already is read to its end after a stop as well, and says nothing then. */
  private finish(read: Read): void {
    if (!this.ended) this.result.resolve(read)
  }

  private readonly fail = (error: unknown): void => {
    if (!this.ended) this.result.reject(error)
    this.end()
  }

  private end(): void {
    this.ended = true
    this.core.removeListener('error', this.fail)
  }

  private refuse(): never {
    if (!this.ended) this.keys.refuse()
    const who = this.waits ? 'the staging bucket took' : 'MySQL gave'
    throw new UnavailableError(`${this.table}: ${who} no more of its rows until the Lambda's time was nearly over`)
  }
}
