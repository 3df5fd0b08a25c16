/** Sessions with Snowflake: opened once a warm Lambda, kept, looked after when they were idle, given up when they are of no more use. */
import snowflake from 'snowflake-sdk'
import type { SnowflakeSettings } from '../../settings.ts'
import { clockDifference } from './clock.ts'
import { exactRows, FORMATS_SQL, type Row } from './rows.ts'
import { LASTING_LIMITS } from './time-limits.ts'
import { type DriverError, isKeyRefused, translate } from './translate.ts'

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

/** `users`: how many use it at this moment. `isOver`: it is gone, or what was left running in it wants it alone. */
export type Session = { connection: snowflake.Connection; usedAt: number; users: number; isOver: boolean }

/** Parameters of one statement, over those of its session. */
export type Parameters = Record<string, string | number>

const kept = new Map<string, Promise<Session>>()

const keyOf = (settings: SnowflakeSettings) => JSON.stringify(settings)

/** How to log in, as the driver has it: workload identity where that is asked for, else key pair, else password. */
export const credentials = (settings: SnowflakeSettings): Partial<snowflake.ConnectionOptions> => {
  const { user: username, privateKey, privateKeyPassphrase, password, workloadIdentity } = settings
  if (workloadIdentity) {
    const { provider, impersonationPath, token } = workloadIdentity
    return {
      authenticator: 'WORKLOAD_IDENTITY',
      workloadIdentityProvider: provider,
      ...(impersonationPath ? { workloadIdentityImpersonationPath: impersonationPath } : {}),
      ...(token ? { token } : {}),
    }
  }
  return privateKey
    ? { username, authenticator: 'SNOWFLAKE_JWT', privateKey, privateKeyPass: privateKeyPassphrase }
    : { username, authenticator: 'SNOWFLAKE', password }
}

/**
 * The driver has no session parameters at login (but QUERY_TAG), so this is the one statement that a session costs; it
 * needs no warehouse. Limits of time are the widest here; each statement carries its own.
 */
const sessionSql = () => {
  const limits = Object.entries(LASTING_LIMITS).map(([name, value]) => `${name} = ${value}`)
  return `ALTER SESSION SET TIMEZONE = 'UTC', ABORT_DETACHED_QUERY = FALSE, ${limits.join(', ')}, ${FORMATS_SQL}`
}

/** Runs a statement to its rows. Throws what the driver throws. */
export const execute = (connection: snowflake.Connection, options: snowflake.StatementOption): Promise<Row[]> =>
  new Promise((done, failed) => {
    connection.execute({
      ...options,
      complete: (error, statement, rows) =>
        error
          ? failed(error)
          : done(exactRows((statement as snowflake.RowStatement).getColumns(), (rows ?? []) as Row[])),
    })
  })

const login = async (connection: snowflake.Connection, settings: SnowflakeSettings): Promise<void> => {
  try {
    await new Promise<void>((done, failed) => connection.connect((error) => (error ? failed(error) : done())))
  } catch (error) {
    // the token of a key pair is made with this machine's clock, and Snowflake says no more than that it is invalid
    const behind = isKeyRefused(error as DriverError) ? await clockDifference(settings) : null
    throw translate(error, settings, behind)
  }
}

const open = async (settings: SnowflakeSettings, parameters: Parameters): Promise<Session> => {
  const { account, database, warehouse, role, accessUrl } = settings
  const connection = snowflake.createConnection({
    account,
    ...credentials(settings),
    database,
    warehouse,
    role,
    accessUrl,
    application: APPLICATION,
    fetchAsString: ['Number', 'Date', 'JSON', 'Buffer'],
    representNullAsStringNull: false,
    clientSessionKeepAlive: false,
    // the state machine tries again; the driver's own seven tries take minutes
    ...({ sfRetryMaxLoginRetries: LOGIN_TRIES } as object),
  } as snowflake.ConnectionOptions)
  await login(connection, settings)
  await execute(connection, { sqlText: sessionSql(), parameters: { ...parameters } })
  return { connection, usedAt: Date.now(), users: 1, isOver: false }
}

/** Who asks for a session: its settings, the parameters of the statement that a new one costs, and who is told of that. */
type Wanted = { settings: SnowflakeSettings; parameters: Parameters; opened: (statement: string) => void }

/** A new one, which has its first user. */
const openWanted = ({ settings, parameters, opened }: Wanted): Promise<Session> => {
  opened(sessionSql())
  return open(settings, parameters)
}

/** A session that others may use as well: one that is open, or a new one. Whoever is done with it says so (leaveSession). */
export const sessionOf = async (wanted: Wanted): Promise<Session> => {
  const key = keyOf(wanted.settings)
  const promise = kept.get(key)
  const found = await promise
  const isUsable =
    found && !found.isOver && (Date.now() - found.usedAt < IDLE_MS || (await found.connection.isValidAsync()))
  // while it was looked after somebody may have taken it for a transaction, or opened another
  if (kept.get(key) !== promise) return sessionOf(wanted)
  if (isUsable) {
    found.users++
    return found
  }
  const made = openWanted(wanted)
  kept.set(key, made)
  made.catch(() => kept.delete(key))
  return made
}

/**
 * A session for a transaction. What anybody else did in it meanwhile would be part of that, and a BEGIN or COMMIT of theirs
 * would end it; so nobody finds it before it is given back, and one that others use now is not taken.
 */
export const ownSession = async (wanted: Wanted): Promise<Session> => {
  const shared = await sessionOf(wanted)
  if (shared.users === 1) {
    kept.delete(keyOf(wanted.settings))
    return shared
  }
  shared.users--
  return openWanted(wanted)
}

/** Says that one of its users is done with a session. */
export const leaveSession = (session: Session): void => {
  session.users--
  session.usedAt = Date.now()
}

const destroyed = ({ connection }: Session) => new Promise<void>((done) => connection.destroy(() => done()))

/** Gives back a transaction's session, for whoever asks next: unless it is over, or they have another by now. */
export const giveBackSession = async (settings: SnowflakeSettings, session: Session): Promise<void> => {
  leaveSession(session)
  if (session.isOver) return
  const key = keyOf(settings)
  if (kept.has(key)) await destroyed(session)
  else kept.set(key, Promise.resolve(session))
}

/** Ends a session, and what it left open with it. Never throws: Snowflake ends by itself what cannot be reached. */
export const endSession = async (session: Session): Promise<void> => {
  session.isOver = true
  await destroyed(session)
}

/** Ends the session that is kept for these settings, if there is one. */
export const endKeptSession = async (settings: SnowflakeSettings): Promise<void> => {
  const key = keyOf(settings)
  const found = await kept.get(key)?.catch(() => undefined)
  kept.delete(key)
  if (found) await endSession(found)
}
