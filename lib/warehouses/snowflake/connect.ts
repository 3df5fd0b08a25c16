/** What may be done with the warehouse: each statement tagged, counted, limited in time, its errors in our words. */
import type snowflake from 'snowflake-sdk'
import type { Countdown } from '../../deadline.ts'
import type { WarehouseUse } from '../../model.ts'
import type { SnowflakeSettings } from '../../settings.ts'
import { followLasting, type Lasting, startLasting, submitted } from './lasting.ts'
import { Meter } from './meter.ts'
import { queryTag } from './query-tag.ts'
import { exactRows, type Row } from './rows.ts'
import {
  endKeptSession,
  endSession,
  execute,
  giveBackSession,
  leaveSession,
  ownSession,
  type Parameters,
  type Session,
  sessionOf,
} from './session.ts'
import { LASTING_LIMITS, timeLimits } from './time-limits.ts'
import { type DriverError, isAlreadyThere, isSessionGone, translate } from './translate.ts'
import { whileAlive } from './watch.ts'

export type { Row } from './rows.ts'

/** What became of a statement that was submitted. `unknown`: Snowflake has no word of it (too new, or long forgotten). */
export type Progress =
  | { state: 'running' | 'unknown' }
  | { state: 'done'; rows: Row[] }
  | { state: 'failed'; message: string }

/**
 * What the rest of the pipeline may do with a warehouse. Every method throws UnavailableError (does not answer, lock
 * not got), RefusedError (settings) or WarehouseError (the statement, with code and message).
 */
export type Warehouse = {
  database: string
  /** Schema of the loaded tables, without a suffix. */
  schema: string
  /** Puts names (job, run, table) on every following statement: QUERY_TAG, as JSON. */
  tag: (names: Record<string, string>) => void
  /** What was asked so far. */
  used: () => WarehouseUse
  query: (sql: string, binds?: (string | number | null)[]) => Promise<Row[]>
  /**
   * Several statements as one request, in order; the first that fails ends it. What another session made meanwhile is not made:
   * statements with IF NOT EXISTS come first, so that all of them may be sent once more.
   */
  script: (statements: string[]) => Promise<void>
  /** The same between BEGIN and COMMIT: all or nothing. No DDL may be among them, since DDL commits. */
  transaction: (statements: string[]) => Promise<void>
  /** Starts a statement and does not wait for it. Gives its query id. */
  submit: (sql: string) => Promise<string>
  poll: (queryId: string) => Promise<Progress>
  /** A statement, or several between BEGIN and COMMIT, that may go on when the time of who asks is over; nobody else uses its session then. */
  start: (sql: string | string[], deadline: Countdown) => Promise<Lasting>
  /** Goes on waiting for what was started, in this process or another. Throws what it failed with. */
  follow: (queryId: string, deadline: Countdown) => Promise<Lasting>
  close: () => Promise<void>
}

/** Names that every statement carries, and how long its answer is waited for. */
type Asking = {
  /** Job, run, table, stage …, as QUERY_TAG. */
  names?: Record<string, string>
  /** Milliseconds until nobody waits any more: a Lambda's remaining time. */
  remaining?: () => number
}

/** As the driver itself would say it, if it gave up. */
const noAnswer = () => Object.assign(new Error('no sign of life'), { name: 'NetworkError' })

const many = (statements: string[], parameters: Parameters): snowflake.StatementOption => ({
  sqlText: statements.join(';\n'),
  parameters: { ...parameters, MULTI_STATEMENT_COUNT: statements.length },
})

const rowsOf = async (connection: snowflake.Connection, queryId: string): Promise<Row[]> => {
  const statement = (await connection.getResultsFromQueryId({ queryId })) as snowflake.RowStatement
  return exactRows(statement.getColumns(), (await statement.streamRows().toArray()) as Row[])
}

const progress = async (connection: snowflake.Connection, queryId: string): Promise<Progress> => {
  const status = (await connection.getQueryStatus(queryId)) as snowflake.QueryStatus
  if (!status || /^NO_(QUERY_)?DATA$/.test(status)) return { state: 'unknown' }
  if (connection.isStillRunning(status)) return { state: 'running' }
  if (status === 'SUCCESS') return { state: 'done', rows: await rowsOf(connection, queryId) }
  try {
    await connection.getQueryStatusThrowIfError(queryId)
    return { state: 'failed', message: status }
  } catch (error) {
    if (isSessionGone(error as DriverError)) throw error
    return { state: 'failed', message: (error as Error).message }
  }
}

/** What is done with a session. */
type Work<T> = (session: Session, parameters: Parameters) => Promise<T>

/** Statements of one who asks, over a session that others of the same worker may use as well. */
class Statements {
  private readonly settings: SnowflakeSettings
  private readonly remaining: () => number
  private readonly meter = new Meter()
  private tag: string

  constructor(settings: SnowflakeSettings, { names = {}, remaining = () => Number.POSITIVE_INFINITY }: Asking) {
    this.settings = settings
    this.remaining = remaining
    this.tag = queryTag(names)
  }

  names(names: Record<string, string>) {
    this.tag = queryTag(names)
  }

  used() {
    return this.meter.used()
  }

  private async within<T>(session: Session, work: Work<T>, parameters: Parameters): Promise<T> {
    const { connection } = session
    try {
      return await whileAlive(work(session, parameters), () => connection.isValidAsync(), noAnswer)
    } catch (error) {
      session.isOver ||= isSessionGone(error as DriverError)
      throw error
    }
  }

  /** Runs something with a session, shared or its own; one that is gone is used no more, so that the next call opens another. */
  async with<T>(work: Work<T>, isAlone = false): Promise<T> {
    const { settings } = this
    const parameters = { QUERY_TAG: this.tag, ...timeLimits(this.remaining()) }
    const opened = (sql: string) => void this.meter.count([sql], async () => {})
    try {
      const session = await (isAlone ? ownSession : sessionOf)({ settings, parameters, opened })
      try {
        return await this.within(session, work, parameters)
      } finally {
        if (isAlone) await giveBackSession(settings, session)
        else leaveSession(session)
      }
    } catch (error) {
      throw translate(error, settings)
    }
  }

  /** One request with these statements. */
  send<T>(sql: string[], work: Work<T>, isAlone = false): Promise<T> {
    return this.with((session, parameters) => this.meter.count(sql, () => work(session, parameters)), isAlone)
  }

  async script(all: string[]): Promise<void> {
    const send = () =>
      this.send(all, async ({ connection }, parameters) => void (await execute(connection, many(all, parameters))))
    try {
      await send()
    } catch (error) {
      if (!isAlreadyThere(error)) throw error
      await send()
    }
  }

  /**
   * In a session of its own. A bare BEGIN may open a block of Snowflake Scripting. Rolled back at once, so that nobody waits
   * for locks of a transaction that has failed. A dead session does so itself, and one that cannot is ended: whatever DDL
   * came next on it would commit what was left.
   */
  transaction<T>(
    statements: string[],
    work: (session: Session, all: string[], parameters: Parameters) => Promise<T>,
  ): Promise<T> {
    const all = ['BEGIN TRANSACTION', ...statements, 'COMMIT']
    const rolledBack: Work<T> = async (session, parameters) => {
      try {
        return await work(session, all, parameters)
      } catch (error) {
        if (!isSessionGone(error as DriverError)) await this.rollBack(session, parameters)
        throw error
      }
    }
    return this.send(all, rolledBack, true)
  }

  /** A session in which something goes on is used by nobody else: what is a transaction's is that session's. */
  start(sql: string | string[], deadline: Countdown): Promise<Lasting> {
    const started = async (session: Session, options: snowflake.StatementOption) => {
      const begun = await startLasting(session.connection, options, deadline)
      if ('queryId' in begun) session.isOver = true
      return begun
    }
    return typeof sql === 'string'
      ? this.send([sql], (session, parameters) =>
          started(session, { sqlText: sql, parameters: { ...parameters, ...LASTING_LIMITS } }),
        )
      : this.transaction(sql, (session, all, parameters) =>
          started(session, many(all, { ...parameters, ...LASTING_LIMITS })),
        )
  }

  follow(queryId: string, deadline: Countdown): Promise<Lasting> {
    return this.with(({ connection }) => this.meter.wait(() => followLasting(connection, queryId, deadline)))
  }

  private async rollBack(session: Session, parameters: Parameters) {
    const sqlText = 'ROLLBACK'
    try {
      await this.meter.count([sqlText], () => execute(session.connection, { sqlText, parameters }))
    } catch {
      // what made the transaction fail is what people need to know
      await endSession(session)
    }
  }
}

/** The settings with which a job's statements are sent: its own warehouse, where it names one. */
export const ofJob = (settings: SnowflakeSettings, warehouse: string | null | undefined): SnowflakeSettings =>
  warehouse ? { ...settings, warehouse } : settings

/**
 * Opens (or finds open) the session of these settings. Throws LoginRefusedError naming account, user and remedy when the
 * login is refused, RefusedError for settings that cannot be used, UnavailableError naming the host when nobody answers.
 */
export const connectSnowflake = async (settings: SnowflakeSettings, asking: Asking = {}): Promise<Warehouse> => {
  const statements = new Statements(settings, asking)
  await statements.with(async () => {})
  return {
    database: settings.database,
    schema: settings.schema,
    tag: (names) => statements.names(names),
    used: () => statements.used(),
    query: (sql, binds) =>
      statements.send([sql], ({ connection }, parameters) =>
        execute(connection, { sqlText: sql, parameters, ...(binds ? { binds } : {}) }),
      ),
    script: (all) => statements.script(all),
    transaction: (sql) =>
      statements.transaction(sql, async ({ connection }, all, parameters) => {
        await execute(connection, many(all, parameters))
      }),
    submit: (sql) =>
      statements.send([sql], ({ connection }, parameters) =>
        submitted(connection, { sqlText: sql, parameters: { ...parameters, ...LASTING_LIMITS } }),
      ),
    poll: (queryId) => statements.with(({ connection }) => progress(connection, queryId)),
    start: (sql, deadline) => statements.start(sql, deadline),
    follow: (queryId, deadline) => statements.follow(queryId, deadline),
    close: () => endKeptSession(settings),
  }
}
