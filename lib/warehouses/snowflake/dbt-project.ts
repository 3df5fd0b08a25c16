/** The dbt project inside Snowflake: uploaded, made an object, executed by its name. dbt runs where the data is. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import { parse, stringify } from 'yaml'
import { RefusedError } from '../../errors.ts'
import type { Plan } from '../../model.ts'
import type { SnowflakeSettings } from '../../settings.ts'
import type { Warehouse } from './connect.ts'
import { FIRN_SCHEMA } from './ddl.ts'
import { queryTag } from './query-tag.ts'
import { dbtName, quoteSnowflake, quoteText, stageReference } from './quote.ts'

/** The internal stage its files go to, and the object made of them. */
export const DBT_FILES = 'DBT_FILES'
const DBT_PROJECT = 'FIRN_DBT'

/** What dbt itself writes, and what belongs to one machine. */
const NOT_UPLOADED = new Set(['target', 'logs', 'dbt_packages', '.user.yml', '.gitignore', 'profiles.yml'])
const THREADS = 4

type DbtProfile = Pick<SnowflakeSettings, 'database' | 'role' | 'warehouse'>

const objectName = (database: string) => [database, FIRN_SCHEMA, DBT_PROJECT].map(quoteSnowflake).join('.')

/**
 * A profile for dbt Projects on Snowflake: it runs under the session that starts it, so account and user stay empty, and
 * env_var() is not allowed there ("Limitations … for dbt Projects on Snowflake").
 */
export const profileYaml = (profile: string, { database, role, warehouse }: DbtProfile): string =>
  stringify({
    [profile]: {
      target: 'snowflake',
      outputs: {
        snowflake: {
          type: 'snowflake',
          account: '',
          user: '',
          ...(role ? { role } : {}),
          ...(warehouse ? { warehouse } : {}),
          database,
          schema: 'PUBLIC',
          threads: THREADS,
          // a parameter of dbt's own sessions: it costs no statement, as setting it model by model would
          query_tag: "{{ var('query_tag', '') }}",
        },
      },
    },
  })

const profileName = (folder: string): string => {
  try {
    const project = parse(readFileSync(join(folder, 'dbt_project.yml'), 'utf8')) as { profile?: string; name?: string }
    return project.profile ?? project.name ?? 'firn'
  } catch (error) {
    throw new RefusedError(`There is no dbt project in ${folder}: its dbt_project.yml cannot be read`, { cause: error })
  }
}

/** A file of the project: where it belongs, and what is in it. */
type ProjectFile = { path: string; content: Buffer }

const gather = (folder: string, profile: DbtProfile): ProjectFile[] => {
  const rendered = { path: 'profiles.yml', content: Buffer.from(profileYaml(profileName(folder), profile)) }
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).some((name) => NOT_UPLOADED.has(name)))
    .map((path) => ({ path, content: readFileSync(join(folder, path)) }))
  return [...found, rendered].sort((a, b) => (a.path < b.path ? -1 : 1))
}

const versionOf = (files: ProjectFile[]): string => {
  const hash = createHash('sha256')
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content)
  return hash.digest('hex').slice(0, 16)
}

/** One PUT for all files of a folder, which may hold no other: the driver's wildcard stumbles over folders. */
export const putFolderSql = (database: string, from: string, to: string): string =>
  `PUT ${quoteText(`file://${join(from, '*')}`)} ${stageReference(database, FIRN_SCHEMA, DBT_FILES)}/${to} AUTO_COMPRESS = FALSE OVERWRITE = TRUE`

/** Of the versions Snowflake offers (1.9.4 and 1.10.15 by its page on dbt versions), the one the project is written for. */
const DBT_VERSION = '1.10.15'

export const createDbtProjectSql = (database: string, version: string): string =>
  `CREATE OR REPLACE DBT PROJECT ${objectName(database)} FROM ${quoteText(`${stageReference(database, FIRN_SCHEMA, DBT_FILES)}/${version}`)} DBT_VERSION = '${DBT_VERSION}'`

/**
 * Uploads a dbt project and makes the DBT PROJECT object of it. The same files give the same version. Throws
 * RefusedError when the folder holds no dbt project, and as Warehouse does.
 */
export const uploadDbtProject = async (
  warehouse: Warehouse,
  folder: string,
  profile: DbtProfile,
): Promise<{ version: string; files: number }> => {
  const files = gather(folder, profile)
  const version = versionOf(files)
  const root = mkdtempSync(join(tmpdir(), 'firn-dbt-'))
  try {
    for (const [i, at] of [...new Set(files.map(({ path }) => dirname(path)))].entries()) {
      const flat = join(root, String(i))
      mkdirSync(flat)
      for (const { path, content } of files)
        if (dirname(path) === at) writeFileSync(join(flat, basename(path)), content)
      await warehouse.query(putFolderSql(warehouse.database, flat, at === '.' ? version : `${version}/${at}`))
    }
    await warehouse.query(createDbtProjectSql(warehouse.database, version))
    return { version, files: files.length }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** What dbt is told of a run: where its sources are, what its statements are tagged with, and which warehouse computes if the job has its own. */
export const dbtVars = (plan: DbtRun, rawSchema: string): Record<string, string> => ({
  schema_suffix: plan.schemaSuffix,
  raw_schema: rawSchema,
  query_tag: queryTag({ job: plan.job, run: plan.runId, stage: 'dbt' }),
  ...(plan.warehouse ? { warehouse: plan.warehouse } : {}),
})

type DbtRun = Pick<Plan, 'job' | 'runId' | 'schemaSuffix' | 'warehouse'>

type BuildArgs = { vars: Record<string, string>; leftOut: string[]; fullRefresh: boolean }

/**
 * What `dbt build` is told: where sources are, which of them to leave out with everything downstream, and whether
 * incremental models are built anew. dbt's unit tests test the SQL, not the data: they run where the SQL changes.
 */
export const buildArgs = ({ vars, leftOut, fullRefresh }: BuildArgs): string => {
  const excluded = leftOut.map((table) => `source:raw.${dbtName(table)}+`)
  return [
    'build',
    ...(fullRefresh ? ['--full-refresh'] : []),
    '--exclude-resource-type unit_test',
    ...(excluded.length ? ['--exclude', ...excluded] : []),
    '--vars',
    `'${JSON.stringify(vars)}'`,
  ].join(' ')
}

/** Runs the project object. Two at once on one object are refused by Snowflake. */
export const executeDbtSql = ({ database, args }: { database: string; args: string }): string =>
  `EXECUTE DBT PROJECT ${objectName(database)} ARGS = ${quoteText(args)}`

/** Whether a failed execution failed only because the project was being executed already. */
export const isAlreadyRunning = (message: string): boolean =>
  /DBT PROJECT\b[^\n]*\b(already|currently|concurrent)|one execution at a time/i.test(message.split('\n')[0]!)

/** The end of an execution's own log, for one whose answer does not hold it ("SYSTEM$GET_DBT_LOG": the last 1,000 lines). */
export const dbtLogSql = (queryId: string): string => `SELECT SYSTEM$GET_DBT_LOG(${quoteText(queryId)}) AS LOG`
