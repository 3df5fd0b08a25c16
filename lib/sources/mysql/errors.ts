/** MySQL's errors in our words: what heals is UnavailableError and retried, what a person must mend is RefusedError. */
import { DriftError, LoginRefusedError, RefusedError, UnavailableError } from '../../errors.ts'

/** Where a connection goes and as whom: all that an error may tell of it. */
export type Place = { host: string; port: number; user: string; database: string }

type ServerError = Error & { code?: string; errno?: number }

const DOCTOR = 'npm run -s firn -- doctor'

/** Codes of Node and of mysql2 for a server that cannot be reached or went away. */
const LOST =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|PROTOCOL_|HANDSHAKE_TIMEOUT|HANDSHAKE_SSL_ERROR)/

/** Numbers from "Server Error Message Reference" (MySQL 8.4) and "MariaDB Error Codes". */
const BUSY: Record<number, string> = {
  1040: 'has too many connections',
  1053: 'is shutting down',
  1203: 'has too many connections of this user',
  1205: 'waited too long for a lock',
  1213: 'found a deadlock',
  1226: 'has too many connections or queries of this user',
  1317: 'stopped the query',
  1412: 'altered the table after this snapshot of it was taken',
  1927: 'ended the connection',
  1969: 'stopped the query, since it ran longer than its time limit',
  3024: 'stopped the query, since it ran longer than its time limit',
  4031: 'ended the connection, since it was idle',
}

/** What mysql2 makes of every error while encryption is being agreed on; the message stays OpenSSL's or Node's. */
const TLS_FAILED = 'HANDSHAKE_SSL_ERROR'
const HUNG_UP = /disconnected|ECONN|EPIPE|socket hang up/

/** No such column, table or index. */
const CHANGED = new Set([1054, 1146, 1176])
const LOGIN_REFUSED = 1045
const NO_GRANT = new Set([1142, 1143])

/** Until then nothing was sent but the wish for encryption: neither user nor password. */
const tlsRefusal = (at: string, { code, message }: ServerError): string | undefined => {
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return `MySQL at ${at} offers no encrypted connection, and MYSQL_SSL asks for one (without MYSQL_SSL, every host but this machine must). Turn TLS on at the server, or set MYSQL_SSL=off if the network between is yours, then check: ${DOCTOR}`
  if (code !== TLS_FAILED || HUNG_UP.test(message)) return undefined
  if (/altnames/.test(message))
    return `The certificate of MySQL at ${at} is for another name: ${message}. Set MYSQL_HOST (or MYSQL_READER_HOST) to a name that the certificate holds, then check: ${DOCTOR}`
  return `The certificate of MySQL at ${at} is not trusted (${message}): it is not of a CA in MYSQL_SSL_CA, or no longer valid. Set MYSQL_SSL_CA to the server's CA, then check: ${DOCTOR}`
}

const refusal = ({ host, port, user, database }: Place, found: ServerError): string | undefined => {
  const { errno, message } = found
  const at = `${host}:${port}`
  const who = `${user}@${host}:${port}`
  if (errno === LOGIN_REFUSED)
    return `MySQL refuses ${who}: user or password is wrong, or the user may only connect encrypted. Correct MYSQL_USER and MYSQL_PASSWORD (and MYSQL_SSL) in .env, then check: ${DOCTOR}`
  if (errno === 1044)
    return `MySQL does not let ${who} into database "${database}". Grant it (GRANT SELECT ON \`${database}\`.* TO the user) or correct MYSQL_DATABASE in .env, then check: ${DOCTOR}`
  if (errno === 1049)
    return `MySQL at ${at} has no database "${database}" (asked as ${who}). Correct MYSQL_DATABASE in .env, then check: ${DOCTOR}`
  if (errno === 3159)
    return `MySQL at ${at} takes encrypted connections only (require_secure_transport), asked as ${who}. Set MYSQL_SSL=required, or MYSQL_SSL_CA to the server's CA. Check: ${DOCTOR}`
  if (errno === 1129 || errno === 1130)
    return `MySQL at ${at} does not take connections from this machine (${errno}), asked as ${who}. Allow its address there, then check: ${DOCTOR}`
  if (errno !== undefined && NO_GRANT.has(errno))
    return `MySQL does not let ${who} read: ${message}. Grant it (GRANT SELECT ON \`${database}\`.* TO the user), then check: ${DOCTOR}`
  return undefined
}

/** The error to throw for one that mysql2 gave. Names host, port and user; never the password. */
export const translateMysql = (error: unknown, place: Place): Error => {
  const found = error as ServerError
  // mysql2 hangs the statement on its errors, and the statement holds bounds, which are values, or the salt
  delete (found as { sql?: string }).sql
  const at = `${place.host}:${place.port}`
  const refused = tlsRefusal(at, found) ?? refusal(place, found)
  if (found.errno === LOGIN_REFUSED && refused) return new LoginRefusedError(refused, { cause: error })
  if (refused) return new RefusedError(refused, { cause: error })
  const busy = found.errno === undefined ? undefined : BUSY[found.errno]
  if (busy) return new UnavailableError(`MySQL at ${at} ${busy} (${found.errno})`, { cause: error })
  if (LOST.test(found.code ?? ''))
    return new UnavailableError(
      `MySQL at ${at} does not answer, or the connection was lost (${found.code}). Check that the server is up, and MYSQL_HOST and MYSQL_PORT (MYSQL_READER_HOST, MYSQL_READER_PORT): ${DOCTOR}`,
      { cause: error },
    )
  if (found.errno !== undefined && CHANGED.has(found.errno))
    return new DriftError(
      `${found.message} (MySQL at ${at}): the table was changed since it was planned. Start a new run: npm run -s firn -- run`,
      { cause: error },
    )
  return found
}
