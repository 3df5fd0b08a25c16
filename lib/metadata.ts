/** Reads metadata/ and refuses what it does not understand, naming file and field, with what was probably meant. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { closest, distance } from 'fastest-levenshtein'
import jobsSchema from '../metadata/jobs.schema.json' with { type: 'json' }
import tablesSchema from '../metadata/table_metadata.schema.json' with { type: 'json' }
import { RefusedError } from './errors.ts'
import type { Job, Metadata, TableMetadata, TableSchema } from './model.ts'

export const TABLES_FILE = 'table_metadata.json'
export const JOBS_FILE = 'jobs.json'
const SCHEMA_FOLDER = 'schema'
const DEFAULT_LAG_SECONDS = 120

/** Without a jobs.json there is one job over every table, started by hand only, and no dbt, whose models are of these tables or of others. */
const WITHOUT_JOBS = {
  default: 'daily',
  jobs: { daily: { description: 'Every table', tables: '*', transform: false } },
}

type TablesFile = Record<string, Omit<TableMetadata, 'table'>> & { $schema?: string }
type JobsFile = {
  default: string
  jobs: Record<string, Partial<Omit<Job, 'job'>> & Pick<Job, 'description' | 'tables'>>
}

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false })
const validateTables = ajv.compile(tablesSchema) as ValidateFunction<TablesFile>
const validateJobs = ajv.compile(jobsSchema) as ValidateFunction<JobsFile>

/** The known name nearest to a misspelt one, or undefined when none is near. */
export const didYouMean = (name: string, known: string[]): string | undefined => {
  if (known.length === 0) return undefined
  const best = closest(name, known)
  return distance(name, best) <= Math.max(2, Math.floor(name.length / 3)) ? best : undefined
}

const suggestion = (name: string, known: string[]) => {
  const best = didYouMean(name, known)
  return best ? `: did you mean "${best}"?` : `. Known are ${known.map((x) => `"${x}"`).join(', ')}`
}

const parse = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new RefusedError(`${file} is not JSON: ${(error as Error).message}`, { cause: error })
  }
}

/** `/orders/load_strategy` → `orders.load_strategy`. */
const field = (error: ErrorObject) =>
  error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/') || 'the file'

/** The `load_strategy` of the table an error is about. */
const strategyAt = ({ instancePath }: ErrorObject, content: unknown): unknown => {
  const table = instancePath.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~') ?? ''
  return (content as Record<string, { load_strategy?: unknown }>)[table]?.load_strategy
}

const sentence = (error: ErrorObject, content: unknown): string | undefined => {
  const where = field(error)
  const parent = (error.parentSchema?.properties ?? {}) as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params.additionalProperty)
      return `${where} has the unknown key "${name}"${suggestion(name, Object.keys(parent))}`
    }
    case 'required':
      return error.params.missingProperty === 'incremental_column'
        ? `${where}: load_strategy "${strategyAt(error, content)}" needs "incremental_column", the cursor`
        : `${where} lacks "${error.params.missingProperty}"`
    case 'enum': {
      const allowed = error.params.allowedValues as string[]
      return typeof error.data === 'string'
        ? `${where} is "${error.data}"${suggestion(error.data, allowed)}`
        : `${where} must be one of ${allowed.join(', ')}`
    }
    case 'not':
      return `${where} has both "columns" and "exclude": name those that move, or those that do not`
    case 'pattern':
      return typeof error.data === 'string' && error.data.trim()
        ? `${where} is "${error.data}", and must match ${error.params.pattern}`
        : `${where} is empty`
    case 'false schema': {
      const other = where.endsWith('.refresh_hours') ? 'copy all of the table ("full")' : 'make the table incremental'
      return `${where} has no meaning with load_strategy "${strategyAt(error, content)}": leave it out, or ${other}`
    }
    case 'if':
    case 'const':
      return undefined
    default:
      return `${where} ${error.message}`
  }
}

const check = <T>(validate: ValidateFunction<T>, file: string, content: unknown): T => {
  if (validate(content)) return content
  const said = [
    ...new Set((validate.errors ?? []).map((error) => sentence(error, content)).filter((text) => text !== undefined)),
  ]
  throw new RefusedError(said.map((text) => `${file}: ${text}`).join('\n'))
}

const readTables = (folder: string): TableMetadata[] => {
  const file = join(folder, TABLES_FILE)
  if (!existsSync(file))
    throw new RefusedError(`${file} is not there: FIRN_METADATA must name a folder that has it (default: metadata)`)
  const { $schema: _, ...tables } = check(validateTables, file, parse(file))
  if (Object.keys(tables).length === 0) throw new RefusedError(`${file} names no table`)
  return Object.entries(tables).map(([table, entry]) => ({ table, ...entry }))
}

const readJobs = (folder: string, tables: string[]): { jobs: Job[]; defaultJob: string } => {
  const file = join(folder, JOBS_FILE)
  const content = existsSync(file) ? check(validateJobs, file, parse(file)) : (WITHOUT_JOBS as JobsFile)
  const names = Object.keys(content.jobs)
  if (!names.includes(content.default))
    throw new RefusedError(`${file}: default is "${content.default}"${suggestion(content.default, names)}`)
  for (const [job, { tables: chosen }] of Object.entries(content.jobs))
    for (const table of chosen === '*' ? [] : chosen)
      if (!tables.includes(table))
        throw new RefusedError(
          `${file}: jobs.${job}.tables has "${table}"${suggestion(table, tables)} (${TABLES_FILE})`,
        )
  const jobs = Object.entries(content.jobs).map(([job, entry]) => ({
    lag_seconds: DEFAULT_LAG_SECONDS,
    transform: true,
    ...entry,
    job,
  }))
  return { jobs, defaultJob: content.default }
}

const readSchemas = (folder: string, tables: string[]): Record<string, TableSchema> => {
  const path = join(folder, SCHEMA_FOLDER)
  if (!existsSync(path)) return {}
  const files = readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
  return Object.fromEntries(
    files.map((name) => {
      const table = basename(name, '.json')
      const file = join(path, name)
      const schema = parse(file) as TableSchema
      if (!tables.includes(table))
        throw new RefusedError(`${file}: no such table in ${TABLES_FILE}${suggestion(table, tables)}`)
      if (typeof schema !== 'object' || schema === null || typeof schema.properties !== 'object')
        throw new RefusedError(`${file}: a JSON Schema with "properties" is needed, one per column`)
      return [table, schema]
    }),
  )
}

const digestOf = (folder: string): string => {
  const files = [TABLES_FILE, JOBS_FILE]
  if (existsSync(join(folder, SCHEMA_FOLDER)))
    files.push(
      ...readdirSync(join(folder, SCHEMA_FOLDER))
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => join(SCHEMA_FOLDER, name)),
    )
  const hash = createHash('sha256')
  for (const file of files)
    if (existsSync(join(folder, file)))
      hash
        .update(file)
        .update('\0')
        .update(readFileSync(join(folder, file)))
        .update('\0')
  return hash.digest('hex')
}

/**
 * Everything in a metadata folder, checked. Throws RefusedError naming the file, the field and, for a misspelt name,
 * the nearest known one; every finding of one file is said at once.
 */
export const readMetadata = (folder: string): Metadata => {
  const tables = readTables(folder)
  const names = tables.map(({ table }) => table)
  return { folder, tables, ...readJobs(folder, names), schemas: readSchemas(folder, names), digest: digestOf(folder) }
}

/** A job by name. Throws RefusedError with the nearest known one. */
export const jobNamed = (metadata: Metadata, name: string): Job => {
  const job = metadata.jobs.find((each) => each.job === name)
  if (job) return job
  throw new RefusedError(
    `There is no job "${name}"${suggestion(
      name,
      metadata.jobs.map((each) => each.job),
    )} (${join(metadata.folder, JOBS_FILE)})`,
  )
}

/** The tables of a job, or those of them that are asked for. Throws RefusedError for one that the job has not. */
export const tablesOf = (metadata: Metadata, job: Job, asked?: string[]): TableMetadata[] => {
  const ofJob = metadata.tables.filter(({ table }) => job.tables === '*' || job.tables.includes(table))
  const names = ofJob.map(({ table }) => table)
  for (const table of asked ?? [])
    if (!names.includes(table))
      throw new RefusedError(`Job "${job.job}" has no table "${table}"${suggestion(table, names)}`)
  return asked?.length ? ofJob.filter(({ table }) => asked.includes(table)) : ofJob
}
