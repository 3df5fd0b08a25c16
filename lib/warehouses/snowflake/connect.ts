/** The session with Snowflake: opened once a warm Lambda, re-opened when it died. The only file that knows the driver. */
import snowflake from 'snowflake-sdk'
import type { SnowflakeSettings } from '../../settings.ts'
import { exactRows, FORMATS_SQL, type Row } from './rows.ts'
import { type DriverError, isSessionGone, translate } from './translate.ts'
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
  query: (sql: string, binds?: (string | number | null)[]) => Promise<Row[]>
  /** Several statements as one request, in order; the first that fails ends it. */
  script: (statements: string[]) => Promise<void>
  /** The same between BEGIN and COMMIT: all or nothing. No DDL may be among them, since DDL commits. */
  transaction: (statements: string[]) => Promise<void>
  /** Starts a statement and does not wait for it. Gives its query id. */
  submit: (sql: string) => Promise<string>
  poll: (queryId: string) => Promise<Progress>
  close: () => Promise<void>
}

/**
 * Snowflake aborts an idle transaction that blocks another after 5 minutes ("Transactions": aborting): a lock is
 * waited for longer than that, so that a killed Lambda delays the next run and does not fail it.
 */
export const LOCK_SECONDS = 600
/** No Lambda lives longer than 15 minutes, so nobody waits for a statement longer than that; a submitted one may take a day. */
const STATEMENT_SECONDS = 3600
const SUBMITTED_SECONDS = 86_400
const LOGIN_TRIES = 1
const IDLE_MS = 60_000
const APPLICATION = 'firn'

snowflake.configure({
  logLevel: 'OFF',
  additionalLogToConsole: false,
  disableOCSPChecks: false,
  // a VARIANT's numbers may have more digits than a double
  jsonColumnVariantParser: (text) => text,
})

type Session = { connection: snowflake.Connection; usedAt: number }

const kept = new Map<string, Promise<Session>>()

const keyOf = (settings: SnowflakeSettings) => JSON.stringify(settings)

const credentials = ({ privateKey, privateKeyPassphrase, password }: SnowflakeSettings): snowflake.ConnectionOptions =>
  privateKey
    ? { authenticator: 'SNOWFLAKE_JWT', privateKey, privateKeyPass: privateKeyPassphrase }
    : { authenticator: 'SNOWFLAKE', password }

const SESSION_SQL = `ALTER SESSION SET TIMEZONE = 'UTC', LOCK_TIMEOUT = ${LOCK_SECONDS}, STATEMENT_TIMEOUT_IN_SECONDS = ${STATEMENT_SECONDS}, ${FORMATS_SQL}`

const execute = (connection: snowflake.Connection, options: snowflake.StatementOption): Promise<Row[]> =>
  new Promise((done, failed) => {
    connection.execute({
      ...options,
      complete: (error, statement, rows) =>
        error
          ? failed(error)
          : done(exactRows((statement as snowflake.RowStatement).getColumns(), (rows ?? []) as Row[])),
    })
  })

const open = async (settings: SnowflakeSettings): Promise<Session> => {
  const connection = snowflake.createConnection({
    account: settings.account,
    username: settings.user,
    ...credentials(settings),
    ...(settings.accessUrl ? { accessUrl: settings.accessUrl } : {}),
    ...(settings.warehouse ? { warehouse: settings.warehouse } : {}),
    ...(settings.role ? { role: settings.role } : {}),
    database: settings.database,
    schema: settings.schema,
    application: APPLICATION,
    fetchAsString: ['Number', 'Date', 'Buffer'],
    representNullAsStringNull: false,
    clientSessionKeepAlive: false,
    // the state machine tries again; the driver's own seven tries take minutes
    ...({ sfRetryMaxLoginRetries: LOGIN_TRIES } as object),
  })
  await new Promise<void>((done, failed) => connection.connect((error) => (error ? failed(error) : done())))
  await execute(connection, { sqlText: SESSION_SQL })
  return { connection, usedAt: Date.now() }
}

const session = async (settings: SnowflakeSettings): Promise<Session> => {
  const key = keyOf(settings)
  const found = await kept.get(key)
  if (found && (Date.now() - found.usedAt < IDLE_MS || (await found.connection.isValidAsync()))) return found
  const opened = open(settings)
  kept.set(key, opened)
  opened.catch(() => kept.delete(key))
  return opened
}

/** As the driver itself would say it, if it gave up. */
const noAnswer = () => Object.assign(new Error('no sign of life'), { name: 'NetworkError' })

/** Runs something with the session; a session that is gone is forgotten, so that the next call opens another. */
const using = async <T>(
  settings: SnowflakeSettings,
  work: (connection: snowflake.Connection) => Promise<T>,
): Promise<T> => {
  try {
    const found = await session(settings)
    const { connection } = found
    const result = await whileAlive(work(connection), () => connection.isValidAsync(), noAnswer)
    found.usedAt = Date.now()
    return result
  } catch (error) {
    if (isSessionGone(error as DriverError)) kept.delete(keyOf(settings))
    throw translate(error, settings)
  }
}

const many = (statements: string[], parameters: object): snowflake.StatementOption => ({
  sqlText: statements.join(';\n'),
  parameters: { ...parameters, MULTI_STATEMENT_COUNT: statements.length },
})

/** A bare BEGIN may open a block of Snowflake Scripting. Rolled back at once, so that nobody waits for locks of a transaction that has failed. A dead session does so itself. */
const rolledBack = async (connection: snowflake.Connection, statements: string[], parameters: object) => {
  try {
    await execute(connection, many(['BEGIN TRANSACTION', ...statements, 'COMMIT'], parameters))
  } catch (error) {
    if (!isSessionGone(error as DriverError)) await execute(connection, { sqlText: 'ROLLBACK' })
    throw error
  }
}

const submitted = (connection: snowflake.Connection, sqlText: string, parameters: object): Promise<string> =>
  new Promise((done, failed) => {
    connection.execute({
      sqlText,
      parameters: { ...parameters, STATEMENT_TIMEOUT_IN_SECONDS: SUBMITTED_SECONDS },
      asyncExec: true,
      complete: (error, statement) =>
        error ? failed(error) : done((statement as snowflake.RowStatement).getQueryId()),
    })
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

/**
 * Opens (or finds open) the session of these settings: key pair first, else password. Throws RefusedError naming
 * account, user and remedy when the login is refused, UnavailableError naming the host when nobody answers.
 */
export const connectSnowflake = async (settings: SnowflakeSettings): Promise<Warehouse> => {
  let parameters: { QUERY_TAG?: string } = {}
  await using(settings, async () => undefined)
  return {
    database: settings.database,
    schema: settings.schema,
    tag: (names) => {
      parameters = { QUERY_TAG: JSON.stringify(names) }
    },
    query: (sql, binds) =>
      using(settings, (connection) =>
        execute(connection, { sqlText: sql, parameters: { ...parameters }, ...(binds ? { binds } : {}) }),
      ),
    script: (statements) =>
      using(settings, async (connection) => void (await execute(connection, many(statements, parameters)))),
    transaction: (statements) => using(settings, (connection) => rolledBack(connection, statements, parameters)),
    submit: (sql) => using(settings, (connection) => submitted(connection, sql, parameters)),
    poll: (queryId) => using(settings, (connection) => progress(connection, queryId)),
    close: async () => {
      const found = await kept.get(keyOf(settings))?.catch(() => undefined)
      kept.delete(keyOf(settings))
      if (found) await new Promise<void>((done) => found.connection.destroy(() => done()))
    },
  }
}
