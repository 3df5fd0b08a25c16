/** Fills MySQL with the Olist tables from the nine Kaggle files. */
import type { ResultSetHeader } from 'mysql2/promise'
import { RefusedError } from '../../lib/errors.ts'
import { buildTables, type Filled, VERSION } from './build.ts'
import type { Connection, MysqlSettings } from './connection.ts'
import { checkFiles, readRows } from './csv-file.ts'
import { type Refusal, rowChecks } from './csv-rows.ts'
import { buildingName, type OlistTable, TABLE_NAMES, TABLES, type TableName } from './tables.ts'

/** `log` is told each file, and the first rows of it that were refused. */
type ImportOptions = { log: (line: string) => void }

/**
 * `rows` are those that were written. `refused` counts those that were not, by table; `refusals` are the first of them.
 * `rounded` counts coordinates that the file has with more digits than the column, by table.
 */
type ImportResult = Filled & {
  refused: Record<TableName, number>
  refusals: Refusal[]
  rounded: Record<TableName, number>
}

const BATCH_ROWS = 2000
/** Of each file. */
const REFUSALS_TOLD = 20

const zeros = () => Object.fromEntries(TABLE_NAMES.map((name) => [name, 0])) as Record<TableName, number>

/** The server's message may quote a cell: only its code is told. */
const refused = ({ file }: OlistTable, from: number, to: number, error: unknown) => {
  const { code, errno } = error as { code?: string; errno?: number }
  // without a number it was not the server that spoke
  if (errno === undefined || errno < 0) return error
  return new RefusedError(`${file}: MySQL refuses rows ${from} to ${to} (${code}). Nothing was written`, {
    cause: error,
  })
}

/** Collects rows and inserts them a batch at a time. */
const inserter = (connection: Connection, table: OlistTable) => {
  const columns = table.columns.map(({ name }) => name)
  let batch: (string | null)[][] = []
  let first = 2
  let inserted = 0
  const flush = async (next: number) => {
    if (batch.length > 0) {
      const values = [buildingName(table.name), columns, batch]
      const [{ affectedRows }] = await connection
        .query<ResultSetHeader>('INSERT INTO ?? (??) VALUES ?', values)
        .catch((error: unknown) => {
          throw refused(table, first, next - 1, error)
        })
      inserted += affectedRows
    }
    batch = []
    first = next
    return inserted
  }
  const add = async (values: (string | null)[], row: number) => {
    batch.push(values)
    if (batch.length === BATCH_ROWS) await flush(row + 1)
  }
  return { add, flush }
}

/**
 * Reads the nine files in a folder and puts their rows in place of the tables that are there, all or nothing. Single rows
 * that cannot be (a cell the column does not hold, a key twice, no such parent) are left out, counted and told by file,
 * row and column. `updated_at` becomes the row's own latest date; that of a payment, which has none, its order's. Throws
 * RefusedError, before anything is written, for a missing file or a changed header, and for a file that is not CSV or
 * not UTF-8; and as a connection does.
 */
export const importOlist = async (
  settings: MysqlSettings,
  folder: string,
  { log }: ImportOptions,
): Promise<ImportResult> => {
  const tables = TABLE_NAMES.map((name) => TABLES[name])
  await checkFiles(folder, tables)
  const result = { refused: zeros(), refusals: [] as Refusal[], rounded: zeros() }
  const checkOf = rowChecks(new Date())
  const marker = { scale: null, seed: null, version: VERSION, source: 'files' as const }
  const filled = await buildTables(settings, marker, log, async (connection) => {
    const rows = zeros()
    for (const table of tables)
      rows[table.name] = await importTable(connection, folder, table, { checkOf, result, log })
    return rows
  })
  return { ...filled, ...result }
}

type Import = {
  checkOf: ReturnType<typeof rowChecks>
  result: Omit<ImportResult, keyof Filled>
  log: (line: string) => void
}

const importTable = async (
  connection: Connection,
  folder: string,
  table: OlistTable,
  { checkOf, result, log }: Import,
) => {
  const { name, file } = table
  const insert = inserter(connection, table)
  const checkRow = checkOf(table)
  let last = 1
  await readRows(folder, table, async (cells, row) => {
    last = row
    const checked = checkRow(cells, row)
    if ('reason' in checked) {
      if (result.refused[name]++ < REFUSALS_TOLD) {
        result.refusals.push(checked)
        log(`${file}: row ${row}${checked.column ? `, column ${checked.column}` : ''}: ${checked.reason}`)
      }
      return
    }
    result.rounded[name] += checked.rounded
    await insert.add(checked.values, row)
  })
  const rows = await insert.flush(last + 1)
  const left = result.refused[name] ? `, ${result.refused[name]} refused` : ''
  const digits = result.rounded[name] ? `, ${result.rounded[name]} coordinates rounded to 14 digits` : ''
  log(`${file}: ${rows} rows${left}${digits}`)
  return rows
}
