/**
 * PUT into an internal stage of ours, then COPY from there: for a bucket that Snowflake cannot see, such as a MinIO at
 * home. Every byte passes through this machine, a few files at a time.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { RefusedError, UnavailableError, WarehouseError } from '../../../errors.ts'
import type { Part } from '../../../model.ts'
import type { Warehouse } from '../connect.ts'
import { FIRN_SCHEMA } from '../ddl.ts'
import { quoteText, stageReference } from '../quote.ts'
import { codeOf, type DriverError } from '../translate.ts'
import {
  batchOf,
  type Copying,
  copySql,
  firstOf,
  isCopying,
  type Loaded,
  loadedRows,
  type Route,
  runCopy,
} from './route.ts'
import { download, makeFolder } from './staged-files.ts'

/** The internal stage. */
export const FILES = 'FILES'

const MB = 2 ** 20
/** So much is on this disk at once, or one file that is larger; the driver may lay an encrypted copy of one file beside it. */
const PUT_BYTES = 64 * MB
/** So much goes into one COPY: at home, where uploads are slow, some minutes. */
const COPY_BYTES = 256 * MB
/** No Load takes longer: what lies there since then was left behind by one that was killed. */
const STALE_MS = 72 * 3600_000

const filesOf = (database: string) => stageReference(database, FIRN_SCHEMA, FILES)

/** A stage's path without quotes holds these; a stage table's name tells its load's attempt. */
const safe = (name: string) => name.replace(/[^\w-]/g, '_')
const folderOf = ({ runId, stage }: Copying) => `${safe(runId)}/${safe(stage.table)}/`

/** The driver's wildcard takes every file of a folder; it fails over SOURCE_COMPRESSION = NONE (3.3.0). Files are compressed already, and a name that is taken was ours. */
const putSql = (database: string, from: string, to: string): string =>
  `PUT ${quoteText(`file://${join(from, '*')}`)} ${filesOf(database)}/${to} AUTO_COMPRESS = FALSE OVERWRITE = TRUE`

/** What the driver says of its upload has no code of Snowflake's: the way to the stage's storage failed. */
const isUpload = (error: unknown): error is WarehouseError =>
  error instanceof WarehouseError && codeOf(error.cause as DriverError) === ''

/** In the driver's text, which has the storage's own name for it, or the disk's; Snowflake's own stages are never full. */
const FULL = /ENOSPC|no space left|(storage|disk) ?full|quota ?exceeded|insufficient ?storage/i

/** A failed upload may well go next time, unless there is no room for it. */
const uploadError = (table: string, files: number, cause: WarehouseError): Error => {
  const what = `${table}: ${files} files could not be uploaded to Snowflake`
  if (FULL.test((cause.cause as DriverError).message))
    return new RefusedError(
      `${what}: the stage _FIRN.${FILES}, or this machine's disk, is full. Make room (LIST @_FIRN.${FILES} shows what is there, REMOVE @_FIRN.${FILES}/… takes it away) or set SNOWFLAKE_LOAD_MODE=external, then retry the run: npm run -s firn -- retry RUN`,
      { cause },
    )
  return new UnavailableError(what, { cause })
}

const refuseNotPut = (table: string, parts: Part[], answer: Record<string, unknown>[]) => {
  const put = answer.filter(({ status }) => status === 'UPLOADED').length
  if (put !== parts.length)
    throw new UnavailableError(
      `${table}: ${parts.length - put} of ${parts.length} files could not be uploaded to Snowflake`,
    )
}

/** Files are called by their place in the manifest: COPY skips a name that it has seen. */
const nameOf = (place: number) => `${place}.parquet`

/** Uploads parts, the first of which has that place. */
const put = async (load: Copying, parts: Part[], place: number): Promise<void> => {
  const folder = makeFolder(load)
  try {
    for (const [i, part] of parts.entries()) await download(load, part, join(folder, nameOf(place + i)))
    const { warehouse, stage, table } = load
    refuseNotPut(table, parts, await warehouse.query(putSql(stage.database, folder, folderOf(load))))
  } catch (error) {
    throw isUpload(error) ? uploadError(load.table, parts.length, error) : error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const copy = async (load: Copying, at: number): Promise<Loaded> => {
  const { stage, parts } = load
  const batch = batchOf(parts, at, COPY_BYTES)
  for (let done = isCopying(load, at) ? batch.length : 0; done < batch.length; ) {
    const some = firstOf(batch.slice(done), PUT_BYTES)
    await put(load, some, at + done)
    done += some.length
  }
  const names = batch.map((_, i) => nameOf(at + i))
  const sql = copySql(stage, `${filesOf(stage.database)}/${folderOf(load)}`, names)
  return loadedRows(names, await runCopy(load, at, sql))
}

/** `files/<run>/<stage table>/0.parquet`, as LIST shows it. */
const staleFolders = (listed: Record<string, unknown>[], before: number): string[] => {
  const old = listed.filter((row) => Date.parse(String(row.last_modified)) < before)
  return [...new Set(old.map((row) => String(row.name).split('/').slice(1, -1).join('/')))]
}

/** Databases whose stage this worker has swept. */
const swept = new Set<string>()

/** What a killed Load left in the stage is paid for and named by nobody. */
const removeStale = async (warehouse: Warehouse, before: number): Promise<void> => {
  if (swept.has(warehouse.database)) return
  swept.add(warehouse.database)
  const files = filesOf(warehouse.database)
  for (const folder of staleFolders(await warehouse.query(`LIST ${files}`), before))
    await warehouse.query(`REMOVE ${files}/${folder}/`)
}

export const internal: Route = {
  name: 'internal',
  copy,
  end: async (load) => {
    const { warehouse, stage } = load
    await warehouse.query(`REMOVE ${filesOf(stage.database)}/${folderOf(load)}`)
    await removeStale(warehouse, Date.now() - STALE_MS)
  },
}
