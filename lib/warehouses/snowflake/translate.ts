/** What Snowflake and its driver say, in our words: which error of ours it is, what mends it, and no cell's value in it. */
import { clockText } from '../../clock.ts'
import { LoginRefusedError, RefusedError, UnavailableError, WarehouseError } from '../../errors.ts'
import type { SnowflakeSettings } from '../../settings.ts'
import { maskValues, quotesValues } from './mask.ts'

/** As much of a message as a log may hold. */
const MAX_MESSAGE = 600

/** What the driver's errors carry. `code` is a number for its own errors and six digits of text for the server's. */
export type DriverError = Error & { code?: number | string; response?: { statusCode?: number }; cause?: unknown }

/** The token that a key pair signed. */
const KEY_REFUSED = '390144'
/** Wrong name, password or key, locked or unknown user, expired password, refused address (server codes 3901xx, 390422). */
const LOGIN_REFUSED = new Set([
  '390100',
  '390101',
  '390102',
  '390106',
  KEY_REFUSED,
  '390145',
  '390190',
  '390422',
  '394300',
  '394304',
])
/** The session is gone or its token has expired; the driver's own "not connected", "terminated". */
const SESSION_GONE = new Set([
  '390104',
  '390110',
  '390111',
  '390112',
  '390114',
  '390115',
  '390195',
  '390318',
  '407001',
  '407002',
  '405503',
  '401003',
])
/** Lock not got in time, deadlock, too many waiters, server trouble: the same statement may well succeed later. */
const LATER = new Set(['000625', '000623', '000626', '000601', '000605', '253006'])
const UNKNOWN_ROLE = new Set(['390189', '390186'])
const NO_WAREHOUSE = '000606'
/** "SQL access control error: Insufficient privileges to operate on …". */
const NOT_GRANTED = '003001'
/** A resource monitor keeps it asleep. Other reasons have the word in their text. */
const SUSPENDED = '090073'
const UNKNOWN_COLUMN = '000904'
const MISSING = '002003'
/** An object, a column. Of two sessions that make one IF NOT EXISTS at once, the one that looked too early is told so. */
const ALREADY_THERE = new Set(['002002', '001430'])

export const codeOf = (error: DriverError): string => {
  const code = String(error.code ?? '')
  return /^\d{1,6}$/.test(code) ? code.padStart(6, '0') : code
}

const plain = (error: DriverError, code: string): string => {
  const message = quotesValues(code) ? maskValues(error.message) : error.message
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)} …` : message
}

/** `account.snowflakecomputing.com`, or the twin's address. */
const hostOf = (settings: SnowflakeSettings): string =>
  settings.accessUrl ? new URL(settings.accessUrl).host : `${settings.account}.snowflakecomputing.com`

const isNetwork = (error: DriverError) =>
  /^(NetworkError|RequestFailedError|OCSPError|CRLError)$/.test(error.name) || /^40100[12]$/.test(codeOf(error))

/** Whether the session that gave this error is of no more use. */
export const isSessionGone = (error: DriverError): boolean => SESSION_GONE.has(codeOf(error)) || isNetwork(error)

const ofNetwork = (error: DriverError, settings: SnowflakeSettings): Error => {
  const status = error.response?.statusCode
  const host = hostOf(settings)
  // Snowflake's front door answers 403 and 404 for accounts it does not know
  if (status === 403 || status === 404)
    return new RefusedError(
      `There is no Snowflake account at ${host} (HTTP ${status}): check SNOWFLAKE_ACCOUNT, written <organisation>-<account>`,
      { cause: error },
    )
  const reason = status ? `HTTP ${status}` : ((error.cause as { code?: string })?.code ?? error.message)
  return new UnavailableError(`Snowflake does not answer at ${host} (${reason})`, { cause: error })
}

/** Whether it is the token of a key pair that was refused: for its key, or for its time. */
export const isKeyRefused = (error: DriverError): boolean => codeOf(error) === KEY_REFUSED

/** How Snowflake is logged into, and what to look at when it refuses. */
const way = ({ workloadIdentity, privateKey, user }: SnowflakeSettings): { name: string; remedy: string } => {
  if (workloadIdentity)
    return {
      name: `workload identity (${workloadIdentity.provider})`,
      remedy: `check what the user is tied to (DESC USER ${user}; SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER ${user}): npm run -s firn -- setup snowflake prints the statement`,
    }
  if (privateKey)
    return {
      name: 'key pair',
      remedy:
        'check that the public key is the user’s (DESC USER … RSA_PUBLIC_KEY_FP or RSA_PUBLIC_KEY_2_FP) and SNOWFLAKE_PRIVATE_KEY its private half',
    }
  return {
    name: 'password',
    remedy:
      'check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD; for users of TYPE = SERVICE only a key pair or workload identity is accepted (SNOWFLAKE_PRIVATE_KEY_PATH)',
  }
}

/** A token lives two minutes: a clock that is further off makes none that is valid. */
const TOLERATED_SECONDS = 60

const wrongClock = (error: DriverError, settings: SnowflakeSettings, behindSeconds: number): Error =>
  new RefusedError(
    `Snowflake account ${settings.account} refuses user ${settings.user} with this key pair (${codeOf(error)}), whose token is made with the clock: this machine's is ${clockText(behindSeconds)} Snowflake's. Set it right (timedatectl set-ntp true), then check: npm run -s firn -- doctor`,
    { cause: error },
  )

const refusedLogin = (error: DriverError, settings: SnowflakeSettings, behindSeconds: number | null): Error => {
  if (behindSeconds !== null && Math.abs(behindSeconds) > TOLERATED_SECONDS)
    return wrongClock(error, settings, behindSeconds)
  const { name, remedy } = way(settings)
  return new LoginRefusedError(
    `Snowflake account ${settings.account} refuses user ${settings.user} with this ${name} (${codeOf(error)}): ${remedy}. Deployed, the secret is filled by: npm run -s firn -- secrets put`,
    { cause: error },
  )
}

/** The driver's own complaints about settings (4040xx), and OpenSSL's about a key: nothing was sent yet. */
const isSetting = (code: string) => /^4040\d\d$/.test(code) || /^ERR_(OSSL|MISSING_PASSPHRASE)/.test(code)

const refusedSetting = (error: DriverError, { privateKey }: SnowflakeSettings): Error =>
  new RefusedError(
    privateKey
      ? `The private key for Snowflake cannot be used (${codeOf(error)}): SNOWFLAKE_PRIVATE_KEY must be a PKCS#8 PEM ("-----BEGIN … PRIVATE KEY-----"), and SNOWFLAKE_PRIVATE_KEY_PASSPHRASE its passphrase if it is encrypted`
      : `The Snowflake settings cannot be used (${codeOf(error)}): ${error.message}`,
    { cause: error },
  )

const SETUP = 'npm run -s firn -- setup snowflake --run (as a user who may)'

/** What the role or its warehouse lacks: a person must grant or make it, and trying again changes nothing. */
const refusedStatement = (error: DriverError, code: string, settings: SnowflakeSettings): Error | null => {
  const { user, role, warehouse } = settings
  const who = role ? `role ${role}` : `user ${user}`
  if (UNKNOWN_ROLE.has(code))
    return new RefusedError(
      `The role ${role} does not exist in Snowflake, or ${user} may not use it: check SNOWFLAKE_ROLE, or make it: ${SETUP}`,
      { cause: error },
    )
  if (code === NO_WAREHOUSE)
    return new RefusedError(
      `Snowflake user ${user} has no warehouse to compute with${warehouse ? `: ${warehouse} does not exist, or ${who} may not use it, or it sleeps and may not wake by itself (ALTER WAREHOUSE ${warehouse} SET AUTO_RESUME = TRUE)` : ''}. Check SNOWFLAKE_WAREHOUSE and the job's "warehouse" (metadata/jobs.json), or make and grant it: ${SETUP}`,
      { cause: error },
    )
  if (code === NOT_GRANTED)
    return new RefusedError(
      `Snowflake lets ${who} not do this (${code}): ${plain(error, code)}. Grant it: ${SETUP}, or by hand: GRANT … TO ${role ? `ROLE ${role}` : 'ROLE <the role of the user>'}`,
      { cause: error },
    )
  if (code === SUSPENDED || /warehouse\b[^\n]*\b(suspended|cannot be resumed|resource monitor)/i.test(error.message))
    return new RefusedError(
      `The warehouse ${warehouse ?? `of ${user}`} sleeps and was not woken (${code}): ${plain(error, code)}. Let it wake by itself (ALTER WAREHOUSE … SET AUTO_RESUME = TRUE), raise its resource monitor, or let ${who} resume it: GRANT OPERATE ON WAREHOUSE … TO ROLE ${role ?? '…'}`,
      { cause: error },
    )
  return null
}

/**
 * The error of ours for one of the driver's. Those of ours pass as they are. `behindSeconds`: how far this machine's clock
 * is behind Snowflake's, where a login was refused and it is known.
 */
export const translate = (thrown: unknown, settings: SnowflakeSettings, behindSeconds: number | null = null): Error => {
  if (thrown instanceof RefusedError || thrown instanceof UnavailableError || thrown instanceof WarehouseError)
    return thrown
  const error = thrown as DriverError
  const code = codeOf(error)
  if (LOGIN_REFUSED.has(code)) return refusedLogin(error, settings, behindSeconds)
  if (isSetting(code)) return refusedSetting(error, settings)
  const refused = refusedStatement(error, code, settings)
  if (refused) return refused
  if (SESSION_GONE.has(code))
    return new UnavailableError(`The session at ${hostOf(settings)} has ended (${code})`, { cause: error })
  if (isNetwork(error)) return ofNetwork(error, settings)
  if (LATER.has(code)) return new UnavailableError(`Snowflake, ${code}: ${plain(error, code)}`, { cause: error })
  const unseen = code === MISSING ? `. If it is there, it is not granted: ${SETUP}` : ''
  return new WarehouseError(`Snowflake, ${code || error.name}: ${plain(error, code)}${unseen}`, { cause: error })
}

/** Whether a statement failed because the role lacks a privilege on something it sees. */
export const isNotGranted = (error: unknown): boolean =>
  error instanceof RefusedError && codeOf((error.cause ?? {}) as DriverError) === NOT_GRANTED

/** The code of what Snowflake refused; '' for an error of ours that is not of a statement. */
const refusedCode = (error: unknown): string =>
  error instanceof WarehouseError ? codeOf((error.cause ?? {}) as DriverError) : ''

/** Whether a statement failed because something it names is not there (or may not be seen). */
export const isMissing = (error: unknown): boolean => refusedCode(error) === MISSING

/** Whether a statement failed because what it makes is there: with IF NOT EXISTS, because another session made it meanwhile. */
export const isAlreadyThere = (error: unknown): boolean => ALREADY_THERE.has(refusedCode(error))

/** Whether a statement names a column that its objects have not ("invalid identifier"). */
export const isUnknownColumn = (error: unknown): boolean => refusedCode(error) === UNKNOWN_COLUMN

/** Whether a statement does not fit the objects it names (001…, 002…, and 000904 "invalid identifier"): one is missing, or is otherwise. */
export const isCompilation = (error: unknown): error is WarehouseError =>
  /^00(0904|[12]\d{3})$/.test(refusedCode(error))

/** "NULL result in a non-nullable column", "String … is too long and would be truncated". */
const NOT_TAKEN = new Set(['100072', '100078'])

/** Whether a table did not take a row: it is NOT NULL, or shorter, where the row is not. Not where COPY says so, which names the file. */
export const isNotTaken = (error: unknown): error is WarehouseError =>
  NOT_TAKEN.has(refusedCode(error)) && !/\n\s*File '/.test((error as WarehouseError).message)
