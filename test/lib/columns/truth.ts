/**
 * The oracle of round trips. Both ends are reached by ways that the product does not go: MySQL's values as numbers and
 * hexadecimal digits that the server itself works out (floating ones by the binary protocol), the files' as DuckDB reads
 * them. One text a value: whole numbers and decimals their digits; doubles their eight bytes; dates days, moments
 * microseconds since 1970; text and bytes their bytes (UTF-8), or a digest where they are long.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import type { PolicyCount, TableMetadata, TablePlan } from '../../../lib/model.ts'
import { PartWriter } from '../../../lib/parquet/parts.ts'
import { keyOf, plannedTable } from '../../../lib/plan/policies.ts'
import { readChunk } from '../../../lib/sources/mysql/read.ts'
import { ROOT } from '../../stack.ts'
import { type MemoryStore, memoryStore } from '../parquet/memory-store.ts'
import type { TestDatabase } from '../sources/mysql/database.ts'

const LONG_BYTES = 1000
/** TO_DAYS of 1970-01-01. */
const EPOCH_DAYS = 719_528

type Exact = (string | null)[][]

const bytesSql = (value: string) =>
  `IF(OCTET_LENGTH(${value}) > ${LONG_BYTES}, CONCAT('sha256:', SHA2(${value}, 256)), HEX(${value}))`

const daysSql = (name: string) => {
  // LAST_DAY of the month's first day, since of a day that is none it would be NULL
  const first = `CONCAT(LPAD(YEAR(${name}), 4, '0'), '-', LPAD(MONTH(${name}), 2, '0'), '-01')`
  return `CASE WHEN YEAR(${name}) = 0 OR MONTH(${name}) = 0 OR DAYOFMONTH(${name}) = 0 THEN NULL
    WHEN DAYOFMONTH(${name}) > DAYOFMONTH(LAST_DAY(${first})) THEN NULL ELSE TO_DAYS(${name}) - ${EPOCH_DAYS} END`
}

const microsSql = (name: string) =>
  `(${daysSql(name)}) * 86400000000 + HOUR(${name}) * 3600000000 + MINUTE(${name}) * 60000000 + SECOND(${name}) * 1000000 + MICROSECOND(${name})`

/** WKB, with an SRID as PostGIS writes it. Of the type's four bytes the last has the flag. */
const geometrySql = (name: string, wkb: string) =>
  `IF(ST_SRID(${name}) = 0, ${wkb}, CONCAT(LEFT(${wkb}, 4), x'20', REVERSE(UNHEX(LPAD(HEX(ST_SRID(${name})), 8, '0'))), SUBSTR(${wkb}, 6)))`

const TEXTS = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set|json)\b/
const BYTES = /^(binary|varbinary|tinyblob|blob|mediumblob|longblob)\b/
/** Decimals of more than 38 digits, which move as text. */
const WIDE = /^decimal\((39|[4-6]\d),/
const GEOMETRIES = /^(geometry|point|linestring|polygon|multi\w+|geom\w*collection)\b/

/** What the server says the value is, as the text of this oracle. Doubles stay as they are: see `truth`. */
const truthSql = (name: string, type: string, wkbOf: (name: string) => string): string => {
  if (TEXTS.test(type)) return bytesSql(`CONVERT(${name} USING utf8mb4)`)
  if (BYTES.test(type)) return bytesSql(name)
  if (GEOMETRIES.test(type)) return bytesSql(geometrySql(name, wkbOf(name)))
  if (/^(time|uuid|inet[46])$/.test(type.replace(/\(.*/, '')) || WIDE.test(type)) return `HEX(CAST(${name} AS CHAR))`
  if (/^(datetime|timestamp)\b/.test(type)) return microsSql(name)
  if (/^date\b/.test(type)) return daysSql(name)
  if (/^bit\b/.test(type)) return `CAST(${name} AS UNSIGNED)`
  if (/^(float|double)\b/.test(type)) return name
  return `${name} + 0`
}

const exactDouble = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex').toUpperCase()
}

/** What the server says of a table's rows, columns by name, rows by `id`. `wkbOf`: how a geometry's WKB is asked for. */
export const truth = async (
  database: TestDatabase,
  table: string,
  columns: { name: string; type: string }[],
  wkbOf: (name: string) => string = (name) => `ST_AsBinary(${name})`,
): Promise<Exact> => {
  const { host, port, user, password, database: name } = database.settings
  const connection = await mysql.createConnection({
    ...{ host, port, user, password, database: name, charset: 'utf8mb4', timezone: 'Z' },
    ...{ supportBigNumbers: true, bigNumberStrings: true, dateStrings: true },
  })
  try {
    await connection.query("SET time_zone = '+00:00', sql_mode = ''")
    const cells = columns.map((column) => truthSql(`\`${column.name}\``, column.type, wkbOf)).join(', ')
    const [rows] = await connection.execute({ sql: `SELECT ${cells} FROM \`${table}\` ORDER BY id`, rowsAsArray: true })
    return (rows as unknown as unknown[][]).map((row) =>
      row.map((value, i) => {
        if (value === null) return null
        const floating = /^(float|double)\b/.test(columns[i]!.type)
        return floating ? exactDouble(Number(value)) : String(value)
      }),
    )
  } finally {
    await connection.end()
  }
}

/** Rows of files as DuckDB reads them, with its types by column. */
export const duckdbRows = (bodies: Buffer[]): { types: Record<string, string>; rows: Exact } => {
  const folder = mkdtempSync(join(tmpdir(), 'firn-truth-'))
  try {
    const files = bodies.map((_, i) => join(folder, `${i}.parquet`))
    for (const [i, file] of files.entries()) writeFileSync(file, bodies[i]!)
    const python = join(ROOT, '.firn', 'venv', 'bin', 'python')
    const script = join(import.meta.dirname, 'duckdb_rows.py')
    return JSON.parse(execFileSync(python, [script, ...files], { encoding: 'utf8', maxBuffer: 1 << 30 }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export type Extracted = {
  plan: TablePlan
  rows: number
  store: MemoryStore
  policies: PolicyCount[]
}

/** A table through the product: discovered, planned, read, written; what Extract does, without a store. */
export const extract = async (
  { reader, table }: TestDatabase,
  meta: Partial<TableMetadata> & { table: string },
  store = memoryStore(),
): Promise<Extracted> => {
  const whole = { load_strategy: 'full' as const, description: 'x', ...meta }
  const live = await table(meta.table)
  const plan = {
    ...plannedTable(whole, live),
    ...{ key: keyOf(whole, live), chunkColumns: [], window: null, sampleSql: null, where: meta.where ?? null },
    targetFileBytes: 64 << 20,
  } as unknown as TablePlan
  const writer = new PartWriter(plan, store)
  const rows = await readChunk(reader, plan, { id: '0', from: null, to: null, rows: null }, writer)
  await writer.finish()
  return { plan, rows, store, policies: writer.policies() }
}
