/** The dbt project inside Snowflake: uploaded, made an object, executed by its name. dbt runs where the data is. */
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { parse, stringify } from 'yaml'
import { RefusedError } from '../../errors.ts'
import type { SnowflakeSettings } from '../../settings.ts'
import type { Warehouse } from './connect.ts'
import { FIRN_SCHEMA } from './ddl.ts'
import { quoteSnowflake, quoteText, stageReference } from './quote.ts'

/** The internal stage its files go to, and the object made of them. */
export const DBT_FILES = 'DBT_FILES'
export const DBT_PROJECT = 'FIRN_DBT'

/** What dbt itself writes, and what belongs to one machine. */
const NOT_UPLOADED = new Set(['target', 'logs', 'dbt_packages', '.user.yml', '.gitignore', 'profiles.yml'])
const THREADS = 4

export type DbtProfile = Pick<SnowflakeSettings, 'database' | 'role' | 'warehouse'>

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

/** Copies what is uploaded into `to`, with a profile of its own. Gives the files, relative, in order. */
const gather = (folder: string, to: string, profile: DbtProfile): string[] => {
  const name = profileName(folder)
  cpSync(folder, to, { recursive: true, filter: (path) => path === folder || !NOT_UPLOADED.has(basename(path)) })
  writeFileSync(join(to, 'profiles.yml'), profileYaml(name, profile))
  return readdirSync(to, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(to, join(entry.parentPath, entry.name)))
    .sort()
}

const versionOf = (root: string, files: string[]): string => {
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** One PUT for all files of a folder; a wildcard takes files only. */
export const putFolderSql = (database: string, from: string, to: string): string =>
  `PUT ${quoteText(`file://${join(from, '*')}`)} ${stageReference(database, FIRN_SCHEMA, DBT_FILES)}/${to} AUTO_COMPRESS = FALSE OVERWRITE = TRUE`

export const createDbtProjectSql = (database: string, version: string): string =>
  `CREATE OR REPLACE DBT PROJECT ${objectName(database)} FROM ${quoteText(`${stageReference(database, FIRN_SCHEMA, DBT_FILES)}/${version}`)}`

/**
 * Uploads a dbt project and makes the DBT PROJECT object of it. The same files give the same version. Throws
 * RefusedError when the folder holds no dbt project, and as Warehouse does.
 */
export const uploadDbtProject = async (
  warehouse: Warehouse,
  folder: string,
  profile: DbtProfile,
): Promise<{ version: string; files: number }> => {
  const root = mkdtempSync(join(tmpdir(), 'firn-dbt-'))
  try {
    const files = gather(folder, root, profile)
    const version = versionOf(root, files)
    for (const at of new Set(files.map((file) => dirname(file))))
      await warehouse.query(putFolderSql(warehouse.database, join(root, at), at === '.' ? version : `${version}/${at}`))
    await warehouse.query(createDbtProjectSql(warehouse.database, version))
    return { version, files: files.length }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** What `dbt build` is told: where sources are, and which of them to leave out with everything downstream. */
export const buildArgs = ({ vars, leftOut }: { vars: Record<string, string>; leftOut: string[] }): string => {
  const excluded = leftOut.map((table) => `source:raw.${table}+`)
  return ['build', ...(excluded.length ? ['--exclude', ...excluded] : []), '--vars', `'${JSON.stringify(vars)}'`].join(
    ' ',
  )
}

/** Runs the project object. Two at once on one object are refused by Snowflake. */
export const executeDbtSql = ({ database, args }: { database: string; args: string }): string =>
  `EXECUTE DBT PROJECT ${objectName(database)} ARGS = ${quoteText(args)}`
