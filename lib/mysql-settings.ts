/** How MySQL is reached, checked: shape and rules only; lib/settings.ts is who reads the environment and the secret. */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { RefusedError } from './errors.ts'

/** `required`: encrypted, whoever answers. `verify`: the certificate is also from a known CA and for this host. */
type SslMode = 'off' | 'required' | 'verify'

export type MysqlSettings = {
  host: string
  port: number
  user: string
  password: string
  database: string
  /** A replica: when set, everything is planned and read there, and nothing at `host`. */
  readerHost?: string
  readerPort?: number
  /** Off when left out; what people leave out is decided by `checkedMysql`. */
  ssl?: SslMode
  /** PEM text of one or more certificates. Without it, `verify` trusts the CAs that Node does. */
  sslCa?: string
  /** Secret that sha256 masks are worked out with. */
  maskSalt?: string
}

const MODES: readonly string[] = ['off', 'required', 'verify'] satisfies SslMode[]
const isMode = (text: string): text is SslMode => MODES.includes(text)
const SALT_CHARACTERS = 16
const PEM = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

/** Where plan and extract read, both of them: a window's end seen on one server says nothing of the rows on another. */
export const readFrom = ({ host, port, readerHost, readerPort }: MysqlSettings): { host: string; port: number } =>
  readerHost ? { host: readerHost, port: readerPort ?? port } : { host, port }

const portOf = (name: string, given: number | string): number => {
  const port = Number(given)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new RefusedError(`${name} is "${given}": a whole number from 1 to 65535 is needed`)
  return port
}

/** As people give them: in the environment, or in the deployed secret. */
export type GivenMysql = Omit<MysqlSettings, 'port' | 'readerPort' | 'ssl'> & {
  port?: number | string
  readerPort?: number | string
  ssl?: string
}

/** What never leaves the machine needs no encryption; what leaves it is encrypted unless somebody says otherwise. */
const sslMode = (ssl: string | undefined, sslCa: string | undefined, host: string): SslMode => {
  if (ssl === undefined) {
    if (sslCa !== undefined) return 'verify'
    return LOOPBACK.test(host) ? 'off' : 'required'
  }
  if (!isMode(ssl)) throw new RefusedError(`MYSQL_SSL is "${ssl}": ${MODES.join(', ')} are known`)
  return ssl
}

const checkCa = (pem: string): void => {
  const found = pem.match(PEM) ?? []
  if (found.length === 0)
    throw new RefusedError(
      'MYSQL_SSL_CA holds no certificate: PEM text (-----BEGIN CERTIFICATE-----) or its path is needed',
    )
  for (const [i, each] of found.entries())
    try {
      new X509Certificate(each)
    } catch (error) {
      throw new RefusedError(`MYSQL_SSL_CA: certificate ${i + 1} of ${found.length} cannot be read`, { cause: error })
    }
}

/**
 * Settings as they will be used: TLS decided, ports numbers. Without MYSQL_SSL it is `verify` where a CA is given, `off` on
 * this machine, else `required`. Throws RefusedError naming the setting; never with a secret in it.
 */
export const checkedMysql = (given: GivenMysql): MysqlSettings => {
  const { sslCa, maskSalt, ssl: asked, readerHost, readerPort, ...rest } = given
  const port = portOf('MYSQL_PORT', given.port ?? 3306)
  const reader = readerHost ? { readerHost, readerPort: portOf('MYSQL_READER_PORT', readerPort ?? port) } : {}
  const host = readerHost ?? given.host
  if (sslCa !== undefined) checkCa(sslCa)
  const ssl = sslMode(asked, sslCa, host)
  if (ssl === 'off' && sslCa !== undefined)
    throw new RefusedError('MYSQL_SSL_CA is set, and MYSQL_SSL is "off": remove one of them')
  if (ssl === 'verify' && sslCa === undefined && isIP(host))
    throw new RefusedError(
      `MYSQL_SSL is "verify", and "${host}" is an address, which public certificates do not name: give the server's name, or its CA in MYSQL_SSL_CA`,
    )
  if (maskSalt !== undefined && [...maskSalt].length < SALT_CHARACTERS)
    throw new RefusedError(
      `MYSQL_MASK_SALT is too short: at least ${SALT_CHARACTERS} characters are needed, such as those of: openssl rand -hex 32`,
    )
  return { ...rest, ...reader, port, ssl, ...(sslCa ? { sslCa } : {}), ...(maskSalt ? { maskSalt } : {}) }
}
