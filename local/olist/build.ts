/** All or nothing: the nine tables are built under other names and take their places at the end, in one statement. */
import { RefusedError } from '../../lib/errors.ts'
import { type Connection, type MysqlSettings, rowsOf, withConnection } from './connection.ts'
import { buildingName, createSql, keysSql, leavingName, TABLE_NAMES, TABLES, type TableName } from './tables.ts'

/** Grows when the generator, or the tables, would come out differently. */
export const VERSION = 1

/** What the tables hold. `scale` and `seed` are null when they came from files. */
export type Seeded = { scale: number | null; seed: number | null; version: number; source: 'generated' | 'files' }

/** Rows by table, and how long it took. */
export type Filled = { rows: Record<TableName, number>; seconds: number }

const LOCK_SECONDS = 120

/** The comment of `orders`: it takes its place together with the tables, so it never speaks of half of them. */
const markerSql = ({ scale, seed, version, source }: Seeded) =>
  `ALTER TABLE \`${buildingName('orders')}\` COMMENT = 'olist ${source}${scale === null ? '' : ` scale=${scale} seed=${seed}`} version=${version}'`

const MARKER = /^olist (generated|files)(?: scale=(\S+) seed=(\d+))? version=(\d+)$/

/** Reads a marker; null for any other comment. */
const parseMarker = (comment: string): Seeded | null => {
  const [, source, scale, seed, version] = MARKER.exec(comment) ?? []
  if (source === undefined) return null
  return {
    scale: scale === undefined ? null : Number(scale),
    seed: seed === undefined ? null : Number(seed),
    version: Number(version),
    source: source as Seeded['source'],
  }
}

/**
 * What a finished seed or import left in the database: null when there was none, when one of the nine tables is gone
 * since, or when it was made by another version of the generator. Throws UnavailableError or RefusedError.
 */
export const seededAs = (settings: MysqlSettings): Promise<Seeded | null> =>
  withConnection(settings, async (connection) => {
    const tables = await rowsOf<{ name: string; comment: string }>(
      connection,
      `SELECT table_name AS name, table_comment AS comment FROM information_schema.tables
       WHERE table_schema = DATABASE() AND table_name IN (?)`,
      [TABLE_NAMES],
    )
    const marker = parseMarker(tables.find(({ name }) => name === 'orders')?.comment ?? '')
    return marker?.version === VERSION && tables.length === TABLE_NAMES.length ? marker : null
  })

/** One at a time in a database. A killed one's connection lives on at the server until its statement has ended. */
const takeTurn = async (connection: Connection, { database }: MysqlSettings, log: (line: string) => void) => {
  const take = async (patience: number) => {
    const [answer] = await rowsOf<{ taken: number | null }>(
      connection,
      "SELECT GET_LOCK(CONCAT('firn olist ', LEFT(SHA2(DATABASE(), 256), 16)), ?) AS taken",
      [patience],
    )
    return Number(answer?.taken) === 1
  }
  if (await take(0)) return
  log(`another seed is writing to database ${database}: waiting for it`)
  if (!(await take(LOCK_SECONDS)))
    throw new RefusedError(
      `Another seed has been writing to database "${database}" for more than ${LOCK_SECONDS} s. Wait for it, then run the command again`,
    )
}

/** Tables of these names that no seed or import made are somebody's data. */
const refuseForeign = async (connection: Connection, { database }: MysqlSettings) => {
  const there = await rowsOf<{ name: string; comment: string }>(
    connection,
    `SELECT table_name AS name, table_comment AS comment FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name IN (?)`,
    [TABLE_NAMES],
  )
  const orders = there.find(({ name }) => name === 'orders')
  if (there.length > 0 && (!orders || !parseMarker(orders.comment)))
    throw new RefusedError(
      `Database "${database}" has tables of these names that no seed made: ${there.map(({ name }) => name).join(', ')}. Nothing was written. Seed into another database (MYSQL_DATABASE), or drop them first`,
    )
}

const dropSql = (name: (table: TableName) => string) =>
  `DROP TABLE IF EXISTS ${TABLE_NAMES.map((table) => `\`${name(table)}\``)
    .reverse()
    .join(', ')}`

/** Without checks no order among parents and children is needed. */
const dropLeftovers = async (connection: Connection) => {
  await connection.query('SET SESSION foreign_key_checks = 0')
  await connection.query(dropSql(buildingName))
  await connection.query(dropSql(leavingName))
}

/** With checks on: only then do the foreign keys follow the tables to their new names. */
const swap = async (connection: Connection) => {
  const there = await rowsOf<{ name: TableName }>(
    connection,
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name IN (?)`,
    [TABLE_NAMES],
  )
  const renames = [
    ...there.map(({ name }) => `\`${name}\` TO \`${leavingName(name)}\``),
    ...TABLE_NAMES.map((name) => `\`${buildingName(name)}\` TO \`${name}\``),
  ]
  await connection.query('SET SESSION foreign_key_checks = 1')
  await connection.query(`RENAME TABLE ${renames.join(', ')}`)
}

/**
 * Builds the nine tables with the rows that `fill` inserts under their building names, then puts them in place of those
 * that are there; it gives back how many. Until that moment readers see the old ones; killed before it, the next build starts over. `fill`
 * answers for keys and parents: they are declared after it, and not checked. Throws what `fill` throws.
 */
export const buildTables = (
  settings: MysqlSettings,
  marker: Seeded,
  log: (line: string) => void,
  fill: (connection: Connection) => Promise<Record<TableName, number>>,
): Promise<Filled> =>
  withConnection(settings, async (connection) => {
    const start = performance.now()
    await takeTurn(connection, settings, log)
    await refuseForeign(connection, settings)
    await dropLeftovers(connection)
    try {
      for (const name of TABLE_NAMES) await connection.query(createSql(TABLES[name]))
      const rows = await fill(connection)
      for (const name of TABLE_NAMES) {
        const sql = keysSql(TABLES[name])
        if (sql) await connection.query(sql)
      }
      await connection.query(markerSql(marker))
      await swap(connection)
      await dropLeftovers(connection)
      return { rows, seconds: (performance.now() - start) / 1000 }
    } catch (error) {
      // a lost connection cannot tidy up after itself: the next build does
      await dropLeftovers(connection).catch(() => {})
      throw error
    }
  })
