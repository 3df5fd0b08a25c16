/** Writes a metadata folder: all of it or nothing of it. What reads it is lib/metadata.ts. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import jobsSchema from '../metadata/jobs.schema.json' with { type: 'json' }
import tablesSchema from '../metadata/table_metadata.schema.json' with { type: 'json' }
import { RefusedError } from './errors.ts'
import { JOBS_FILE, TABLES_FILE } from './metadata.ts'
import type { TableSchema } from './model.ts'

const SCHEMA_FOLDER = 'schema'
/** Most file systems take names of 255 bytes; `.json` is five of them. */
const LONGEST_NAME_BYTES = 250

/** What one table's part of the folder is. */
export type DescribedTable = { table: string; entry: object; schema: TableSchema | null }

/** Paths within the folder, and the texts. */
type MetadataFiles = Record<string, string>

const text = (content: unknown) => `${JSON.stringify(content, null, 2)}\n`

/** Whether a table may have a schema file, which is called as it is. */
export const canBeFile = (table: string): boolean =>
  !/[/\\\0]/.test(table) && !table.startsWith('.') && Buffer.byteLength(table) <= LONGEST_NAME_BYTES

/**
 * The files of a folder for these tables: they name their JSON Schemas, which lie beside them. One job moves every table,
 * started by hand and without dbt, whose models are of tables of their own.
 */
export const metadataFiles = (database: string, tables: DescribedTable[]): MetadataFiles => {
  const entries = tables.map(({ table, entry }) => [table, entry] as const)
  const schemas = tables.filter(({ table, schema }) => schema !== null && canBeFile(table))
  const daily = { description: `Every table of ${database}`, tables: '*', lag_seconds: 120, transform: false }
  return {
    [TABLES_FILE]: text({ $schema: './table_metadata.schema.json', ...Object.fromEntries(entries) }),
    [JOBS_FILE]: text({ $schema: './jobs.schema.json', default: 'daily', jobs: { daily } }),
    'table_metadata.schema.json': text(tablesSchema),
    'jobs.schema.json': text(jobsSchema),
    ...Object.fromEntries(schemas.map(({ table, schema }) => [join(SCHEMA_FOLDER, `${table}.json`), text(schema)])),
  }
}

const same = (file: string, content: string): boolean => {
  try {
    return JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))) === JSON.stringify(JSON.parse(content))
  } catch {
    return false
  }
}

/** Schema files of tables that are not among those described: with them the folder could not be read. */
const leftovers = (folder: string, files: MetadataFiles): string[] => {
  const path = join(folder, SCHEMA_FOLDER)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(SCHEMA_FOLDER, name))
    .filter((name) => !(name in files))
}

const inTheWay = (folder: string, files: MetadataFiles): string[] =>
  Object.keys(files)
    .filter((name) => existsSync(join(folder, name)) && !same(join(folder, name), files[name]!))
    .concat(leftovers(folder, files))
    .sort()

/** Two renames; the old folder comes back if the second fails. */
const swap = (prepared: string, folder: string): void => {
  if (!existsSync(folder)) {
    renameSync(prepared, folder)
    return
  }
  const old = `${prepared}.old`
  renameSync(folder, old)
  try {
    renameSync(prepared, folder)
  } catch (error) {
    renameSync(old, folder)
    throw error
  }
  rmSync(old, { recursive: true })
}

/** A folder for one's own eyes is how temporary ones are made; this one is to be what it was, or like any other. */
const openAs = (prepared: string, folder: string): void =>
  chmodSync(prepared, existsSync(folder) ? statSync(folder).mode : 0o777 & ~process.umask())

const place = (asked: string): string => {
  const folder = resolve(asked)
  if (!existsSync(folder)) return folder
  if (!statSync(folder).isDirectory()) throw new RefusedError(`${folder} is a file: name a folder with --metadata`)
  return realpathSync(folder)
}

/**
 * Puts files into a folder, made when it is not there; others in it stay as they are. They are written and checked in a new
 * folder beside it first, which then takes its place, so that nothing is ever half-written. Gives what was overwritten or
 * taken away, which only `force` allows. Throws RefusedError naming the files in the way; what `check` throws; either way
 * the folder is as it was.
 */
export const writeMetadata = (
  asked: string,
  files: MetadataFiles,
  { force, check }: { force: boolean; check: (folder: string) => void },
): string[] => {
  const folder = place(asked)
  const replaced = inTheWay(folder, files)
  if (replaced.length && !force)
    throw new RefusedError(
      `${folder} has ${replaced.length === 1 ? 'a file' : 'files'} already that would be overwritten or taken away: ${replaced.join(', ')}. Nothing was written: name another folder with --metadata, or say --force`,
    )
  mkdirSync(dirname(folder), { recursive: true })
  const prepared = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`))
  try {
    if (existsSync(folder)) cpSync(folder, prepared, { recursive: true })
    for (const name of leftovers(prepared, files)) rmSync(join(prepared, name))
    mkdirSync(join(prepared, SCHEMA_FOLDER), { recursive: true })
    for (const [name, content] of Object.entries(files)) writeFileSync(join(prepared, name), content)
    check(prepared)
    openAs(prepared, folder)
    swap(prepared, folder)
  } finally {
    rmSync(prepared, { recursive: true, force: true })
  }
  return replaced
}
