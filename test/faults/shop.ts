/** A small source of every kind of table, which changes a little before every run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mysql, { type Connection } from 'mysql2/promise'
import type { TableMetadata } from '../../lib/model.ts'
import type { MysqlSettings } from '../../lib/mysql-settings.ts'

const ROWS = 200
const SPOILT = 'a day that is none'
const CURSOR = 'updated_at DATETIME(6) NOT NULL DEFAULT NOW(6) ON UPDATE NOW(6), KEY (updated_at)'
const NUMBERS = `WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT i FROM n`

/** A table, what its metadata says, how it is made, and how it changes; `turn` is a number that only grows. */
type ShopTable = {
  columns: string[]
  key: string[]
  metadata: Partial<TableMetadata>
  made: string[]
  changes: (turn: number) => string[]
}

/**
 * `orders` is merged into, `items` replaced, read in several chunks, `visits` has no key and rows that are alike, `readings` is appended to; `baskets` is
 * merged into and swept, its rows marked when they go; `regions` is copied whole and never changes.
 */
export const TABLES: Record<string, ShopTable> = {
  orders: {
    columns: ['id', 'state', 'amount', 'updated_at'],
    key: ['id'],
    metadata: { load_strategy: 'incremental', incremental_column: 'updated_at' },
    made: [
      `CREATE TABLE orders (id BIGINT PRIMARY KEY, state VARCHAR(40) NOT NULL, amount DECIMAL(12,2), ${CURSOR})`,
      `INSERT INTO orders (id, state, amount) SELECT i, CONCAT('made ', i), i / 4 FROM (${NUMBERS}) AS s`,
    ],
    changes: (turn) => [
      `UPDATE orders SET state = CONCAT('turn ${turn} of ', id), amount = ${turn}.25 WHERE id % 17 = ${turn % 17}`,
      `INSERT INTO orders (id, state) VALUES (${1000 + turn}, 'new in ${turn}')`,
    ],
  },
  items: {
    columns: ['id', 'name', 'price'],
    key: ['id'],
    metadata: { load_strategy: 'full', chunk_rows: 80 },
    made: [
      'CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(60), price DECIMAL(9,3))',
      `INSERT INTO items (id, name, price) SELECT i, CONCAT('item ', i), i * 1.125 FROM (${NUMBERS}) AS s`,
    ],
    changes: (turn) => [
      `UPDATE items SET price = ${turn}.125 WHERE id % 13 = ${turn % 13}`,
      `REPLACE INTO items (id, name, price) VALUES (${1000 + (turn % 20)}, 'item of ${turn}', ${turn})`,
      `DELETE FROM items WHERE id = ${1000 + ((turn + 7) % 20)}`,
    ],
  },
  visits: {
    columns: ['day', 'what'],
    key: [],
    metadata: { load_strategy: 'full', zero_date: 'error' },
    made: [
      'CREATE TABLE visits (day DATE, what VARCHAR(30))',
      `INSERT INTO visits SELECT '2026-01-01' + INTERVAL i DIV 20 DAY, CONCAT('page ', i % 5) FROM (${NUMBERS}) AS s`,
    ],
    changes: (turn) => [
      `INSERT INTO visits VALUES ('2026-02-01', 'turn ${turn}'), ('2026-02-01', 'turn ${turn}')`,
      `DELETE FROM visits WHERE what = 'turn ${turn - 5}'`,
    ],
  },
  readings: {
    columns: ['at', 'sensor', 'value'],
    key: [],
    metadata: { load_strategy: 'append', incremental_column: 'at' },
    made: [
      'CREATE TABLE readings (at DATETIME(6) NOT NULL, sensor INT NOT NULL, value DECIMAL(8,3), KEY (at))',
      `INSERT INTO readings SELECT NOW(6) - INTERVAL i MINUTE, i % 3, i / 8 FROM (${NUMBERS}) AS s`,
    ],
    // two that are alike, at one moment
    changes: (turn) => [
      `INSERT INTO readings SELECT NOW(6), ${turn % 3}, ${turn}.5 FROM (SELECT 1 UNION ALL SELECT 2) AS s`,
    ],
  },
  regions: {
    columns: ['id', 'name'],
    key: ['id'],
    metadata: { load_strategy: 'full' },
    made: [
      'CREATE TABLE regions (id INT PRIMARY KEY, name VARCHAR(20))',
      "INSERT INTO regions VALUES (1, 'north'), (2, 'south')",
    ],
    changes: () => [],
  },
  baskets: {
    columns: ['id', 'content', 'updated_at'],
    key: ['id'],
    metadata: { load_strategy: 'incremental', incremental_column: 'updated_at', deletes: 'soft', sweep_hours: 0 },
    made: [
      `CREATE TABLE baskets (id INT PRIMARY KEY, content VARCHAR(60), ${CURSOR})`,
      `INSERT INTO baskets (id, content) SELECT i, CONCAT('basket ', i) FROM (${NUMBERS}) AS s`,
    ],
    // some go, and those that went before are back
    changes: (turn) => [
      `DELETE FROM baskets WHERE id % 29 = ${turn % 29}`,
      `INSERT IGNORE INTO baskets SELECT i, CONCAT('back in ${turn}, ', i), NOW(6) FROM (${NUMBERS}) AS s WHERE i % 29 = ${(turn + 28) % 29}`,
      `UPDATE baskets SET content = 'turn ${turn}' WHERE id % 31 = ${turn % 31}`,
    ],
  },
}

export type Shop = {
  settings: MysqlSettings
  /** Where its metadata is, one job over every table, without dbt. */
  metadataFolder: string
  /** Changes rows of every table. */
  change(): Promise<void>
  /** Puts a value into `visits` that nothing covers, so that it fails; takes it away again. */
  spoil(): Promise<void>
  cure(): Promise<void>
  /** Gives `items` a column that it never had; takes it away again. */
  widen(): Promise<void>
  narrow(): Promise<void>
  rows(table: string): Promise<(string | null)[][]>
  close(): Promise<void>
}

const writeMetadata = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'firn-faults-'))
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value))
  write(
    'table_metadata.json',
    Object.fromEntries(
      Object.entries(TABLES).map(([name, { metadata }]) => [name, { description: `The shop's ${name}`, ...metadata }]),
    ),
  )
  const job = { description: 'Every table', tables: '*', lag_seconds: 0, transform: false }
  write('jobs.json', { default: 'shop', jobs: { shop: job } })
  return folder
}

const text = (column: string) => `CAST(${column} AS CHAR)`

/** Makes the database anew on a server where it may. `turn` begins the changes: another one makes other rows. */
export const openShop = async (server: MysqlSettings, database: string, turn: number): Promise<Shop> => {
  const { host, port, user, password } = server
  const connection: Connection = await mysql.createConnection({
    ...{ host, port, user, password, charset: 'utf8mb4', timezone: 'Z', dateStrings: true },
  })
  const run = async (...statements: string[]) => {
    for (const sql of statements) await connection.query(sql)
  }
  await run(`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`, `USE ${database}`)
  await run("SET time_zone = '+00:00', sql_mode = ''", ...Object.values(TABLES).flatMap(({ made }) => made))
  const metadataFolder = writeMetadata()
  let turns = turn
  let extras = 0
  return {
    settings: { ...server, database },
    metadataFolder,
    change: async () => {
      turns++
      for (const { changes } of Object.values(TABLES)) await run(...changes(turns))
    },
    spoil: () => run(`INSERT INTO visits VALUES ('0000-00-00', '${SPOILT}')`),
    cure: () => run(`DELETE FROM visits WHERE what = '${SPOILT}'`),
    widen: () => run(`ALTER TABLE items ADD COLUMN extra_${++extras} INT`),
    narrow: () => run(`ALTER TABLE items DROP COLUMN extra_${extras}`),
    rows: async (table) => {
      const sql = `SELECT ${TABLES[table]!.columns.map(text).join(', ')} FROM ${table}`
      const [rows] = await connection.query({ sql, rowsAsArray: true })
      return rows as unknown as (string | null)[][]
    },
    close: async () => {
      rmSync(metadataFolder, { recursive: true })
      await run(`DROP DATABASE ${database}`)
      await connection.end()
    },
  }
}
