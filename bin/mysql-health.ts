/** What doctor says of MySQL: where it is, whether the way there is encrypted, what the user may, how old the rows are. */
import type { Connection } from 'mysql2/promise'
import { type MysqlSettings, readFrom } from '../lib/mysql-settings.ts'
import { textRows, withMysql } from '../lib/sources/mysql/connect.ts'
import { readReplication, secondsBehind } from '../lib/sources/mysql/replica.ts'

/** Privileges of a user who can do more than read. */
const WRITES =
  /\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|INDEX|TRIGGER|EVENT|GRANT OPTION|SUPER|FILE|SHUTDOWN|RELOAD)\b/

/** Whether grants, as SHOW GRANTS prints them, allow nothing but reading. Names and roles in quotes are not looked at. */
export const readsOnly = (grants: string[]): boolean =>
  !grants.some((grant) => WRITES.test(grant.replaceAll(/`[^`]*`|'[^']*'/g, '')))

const encryption = async (connection: Connection, { ssl }: MysqlSettings): Promise<string> => {
  const [row] = await textRows(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
  if (!row?.[1]) return 'not encrypted (MYSQL_SSL=off)'
  return `encrypted (${row[1]}), the certificate ${ssl === 'verify' ? 'checked' : 'not checked: give its CA in MYSQL_SSL_CA'}`
}

const privileges = async (connection: Connection): Promise<string> => {
  const grants = (await textRows(connection, 'SHOW GRANTS')).map(([grant]) => grant ?? '')
  return readsOnly(grants) ? 'the user may only read' : 'the user may write, and SELECT would be enough'
}

const replication = async (connection: Connection): Promise<string> => {
  const found = await readReplication(connection)
  if (found.role === 'primary') return 'no replica'
  const seconds = await secondsBehind(connection)
  return found.role === 'replica'
    ? `a replica ${seconds - 1} s behind`
    : 'whether it is a replica this user may not ask'
}

/** One line of what was found. Throws as openMysql and secondsBehind do. */
export const mysqlHealth = (settings: MysqlSettings): Promise<string> =>
  withMysql(settings, async (connection) => {
    const { host, port } = readFrom(settings)
    const [row] = await textRows(
      connection,
      'SELECT VERSION(), COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()',
    )
    return [
      `${host}:${port}/${settings.database}, ${row?.[0]}, ${row?.[1]} tables`,
      await encryption(connection, settings),
      await privileges(connection),
      await replication(connection),
    ].join('; ')
  })
