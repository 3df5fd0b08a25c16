/**
 * The only reader of the environment. On a laptop everything is in it (bin/environment.ts puts `.env` and the twins'
 * addresses there first); in a Lambda it names the secrets, and Powertools fetches them.
 */
import { readFileSync } from 'node:fs'
import { checkTexts } from './deployed-secret.ts'
import { LoginRefusedError, RefusedError } from './errors.ts'
import type { LoadMode } from './model.ts'
import { checkedMysql, type GivenMysql, type MysqlSettings } from './mysql-settings.ts'
import { checkedSnowflake, loadModeProblem } from './snowflake-settings.ts'

export type { MysqlSettings }

export type SnowflakeSettings = {
  account: string
  user: string
  password?: string
  /** PEM text. Wins over the password. */
  privateKey?: string
  privateKeyPassphrase?: string
  /** Wins over both: the login is that of the cloud the process runs in, and there is no secret. */
  workloadIdentity?: WorkloadIdentity
  /** What computes, unless a job names its own. */
  warehouse?: string
  database: string
  /** Schema of the loaded tables; `_TEST` is appended in test mode. */
  schema: string
  role?: string
  /** Only for a twin: where it answers. */
  accessUrl?: string
  storageIntegration?: string
  /** How staged files reach it; `auto` when left out. */
  loadMode?: LoadMode
}

/**
 * Who vouches for us, in the driver's own words. `impersonationPath`: roles (AWS) or service accounts (GCP) to become on the way.
 * `token`: OIDC's, there only.
 */
export type WorkloadIdentity = {
  provider: (typeof PROVIDERS)[number]
  impersonationPath?: string[]
  token?: string
}

const PROVIDERS = ['AWS', 'AZURE', 'GCP', 'OIDC'] as const

/** Where the run folders are: S3, or any store that speaks its language (`endpoint` set: path-style addresses). */
export type StoreSettings = {
  bucket: string
  region?: string
  endpoint?: string
  accessKeyId?: string
  secretAccessKey?: string
}

const env = (name: string): string | undefined => process.env[name] || undefined

const required = (name: string, why: string): string => {
  const value = env(name)
  if (value === undefined)
    throw new RefusedError(
      `${name} is not set: ${why}. Put it into .env (see .env.example), or start the local twins: npm run -s firn -- up`,
    )
  return value
}

/** How old a secret in a worker's memory may be, whatever else is known. */
const SECRET_MINUTES = 5

/**
 * How fresh a secret must be. `since`, ISO 8601: not read before that; a stage gives the time its run was planned, so that a
 * worker that stayed warm reads it once a run, and never goes on with the database of yesterday's settings.
 */
type Freshness = { since?: string }

const secrets = new Map<string, { value: Record<string, unknown>; readAt: number }>()

const secret = async (name: string, { since }: Freshness): Promise<Record<string, unknown> | undefined> => {
  const arn = env(name)
  if (arn === undefined) return undefined
  const kept = secrets.get(arn)
  const oldest = Math.max(Date.now() - SECRET_MINUTES * 60_000, since ? Date.parse(since) : 0)
  if (kept && kept.readAt >= oldest) return kept.value
  const { getSecret } = await import('@aws-lambda-powertools/parameters/secrets')
  const readAt = Date.now()
  const found = await getSecret(arn, { forceFetch: true, transform: 'json' })
  if (found === undefined || typeof found !== 'object' || found === null || !('user' in found))
    throw new RefusedError(`The secret ${arn} holds no settings yet. Fill it: npm run -s firn -- secrets put`)
  const value = found as Record<string, unknown>
  secrets.set(arn, { value, readAt })
  return value
}

/**
 * Opens something with a login. When the login is refused and the secret is another one by now (it was rotated meanwhile),
 * opens it with that. Throws what `open` throws.
 */
export const openWith = async <S, T>(
  settings: (asked: Freshness) => Promise<S>,
  asked: Freshness,
  open: (settings: S) => Promise<T>,
): Promise<T> => {
  const found = await settings(asked)
  try {
    return await open(found)
  } catch (error) {
    if (!(error instanceof LoginRefusedError)) throw error
    const now = await settings({ since: new Date().toISOString() })
    if (JSON.stringify(now) === JSON.stringify(found)) throw error
    return open(now)
  }
}

/** A setting that is PEM text (line breaks as \n) or the path of its file. */
const pem = (name: string): string | undefined => {
  const value = env(name)
  return value === undefined || value.includes('-----BEGIN') ? value?.replaceAll('\\n', '\n') : fileOf(name, value)
}

const fileOf = (name: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new RefusedError(`${name} is "${path}", which cannot be read`, { cause: error })
  }
}

/** A secret's ports may be numbers or texts. */
const MYSQL_TEXTS = {
  required: ['host', 'user', 'database'],
  optional: ['password', 'readerHost', 'ssl', 'sslCa', 'maskSalt'],
}

/** Where MySQL is, and how it is reached. Throws RefusedError naming the first setting that is missing or wrong. */
export const mysqlSettings = async (asked: Freshness = {}): Promise<MysqlSettings> => {
  const kept = await secret('FIRN_MYSQL_SECRET', asked)
  if (kept) {
    checkTexts('MySQL', kept, MYSQL_TEXTS)
    return checkedMysql(kept as GivenMysql)
  }
  return checkedMysql({
    host: required('MYSQL_HOST', 'the server that tables are read from'),
    port: env('MYSQL_PORT'),
    user: required('MYSQL_USER', 'who reads from MySQL'),
    password: env('MYSQL_PASSWORD') ?? '',
    database: required('MYSQL_DATABASE', 'the schema that tables are read from'),
    readerHost: env('MYSQL_READER_HOST'),
    readerPort: env('MYSQL_READER_PORT'),
    ssl: env('MYSQL_SSL'),
    sslCa: pem('MYSQL_SSL_CA'),
    maskSalt: env('MYSQL_MASK_SALT'),
  })
}

const privateKey = (): string | undefined => {
  const path = env('SNOWFLAKE_PRIVATE_KEY_PATH')
  if (env('SNOWFLAKE_PRIVATE_KEY')) return env('SNOWFLAKE_PRIVATE_KEY')?.replaceAll('\\n', '\n')
  return path && fileOf('SNOWFLAKE_PRIVATE_KEY_PATH', path)
}

const workloadIdentity = (): WorkloadIdentity | undefined => {
  const asked = env('SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER')
  const authenticator = env('SNOWFLAKE_AUTHENTICATOR')
  if (authenticator !== undefined && authenticator.toUpperCase() !== 'WORKLOAD_IDENTITY')
    throw new RefusedError(
      `SNOWFLAKE_AUTHENTICATOR is "${authenticator}", and only WORKLOAD_IDENTITY is known by that name: a key pair or a password is used when it is set`,
    )
  if (asked === undefined && authenticator === undefined) return undefined
  const provider = PROVIDERS.find((each) => each === asked?.toUpperCase())
  const path = env('SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH')?.split(',')
  const file = env('SNOWFLAKE_TOKEN_FILE_PATH')
  const token = env('SNOWFLAKE_TOKEN') ?? (file && fileOf('SNOWFLAKE_TOKEN_FILE_PATH', file).trim())
  if (!provider)
    throw new RefusedError(
      `SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER is "${asked ?? ''}", and one of ${PROVIDERS.join(', ')} is needed`,
    )
  if (provider === 'OIDC' && !token)
    throw new RefusedError('SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER is OIDC, which needs SNOWFLAKE_TOKEN_FILE_PATH')
  return {
    provider,
    ...(path ? { impersonationPath: path.map((each) => each.trim()) } : {}),
    ...(provider === 'OIDC' ? { token } : {}),
  }
}

const loadMode = (): LoadMode | undefined => {
  const asked = env('SNOWFLAKE_LOAD_MODE')
  const problem = loadModeProblem(asked)
  if (problem) throw new RefusedError(`SNOWFLAKE_LOAD_MODE ${problem}`)
  return asked as LoadMode | undefined
}

/** Where Snowflake is, and as whom. Throws RefusedError naming the first setting that is missing or wrong. */
export const snowflakeSettings = async (asked: Freshness = {}): Promise<SnowflakeSettings> => {
  const kept = await secret('FIRN_SNOWFLAKE_SECRET', asked)
  if (kept) return checkedSnowflake(kept)
  const settings: SnowflakeSettings = {
    account: required('SNOWFLAKE_ACCOUNT', 'the account that tables are loaded into'),
    user: required('SNOWFLAKE_USER', 'who loads into Snowflake'),
    password: env('SNOWFLAKE_PASSWORD'),
    privateKey: privateKey(),
    privateKeyPassphrase: env('SNOWFLAKE_PRIVATE_KEY_PASSPHRASE'),
    workloadIdentity: workloadIdentity(),
    warehouse: env('SNOWFLAKE_WAREHOUSE'),
    database: required('SNOWFLAKE_DATABASE', 'the database that tables are loaded into').toUpperCase(),
    schema: (env('SNOWFLAKE_SCHEMA') ?? 'RAW').toUpperCase(),
    role: env('SNOWFLAKE_ROLE'),
    accessUrl: env('SNOWFLAKE_ACCESS_URL'),
    storageIntegration: env('SNOWFLAKE_STORAGE_INTEGRATION'),
    loadMode: loadMode(),
  }
  if (!settings.password && !settings.privateKey && !settings.workloadIdentity)
    throw new RefusedError(
      'Neither SNOWFLAKE_PRIVATE_KEY (or SNOWFLAKE_PRIVATE_KEY_PATH) nor SNOWFLAKE_PASSWORD nor SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER is set: one of them is needed to log in',
    )
  return settings
}

/** The stack's own bucket, wherever the run folders are. */
export const stackStoreSettings = (): StoreSettings => ({
  bucket: required('FIRN_BUCKET', 'the bucket that files are staged in'),
  region: region(),
  endpoint: env('AWS_ENDPOINT_URL'),
})

/** Undefined: the SDK finds the profile's. */
const region = () => env('AWS_REGION') ?? env('AWS_DEFAULT_REGION')

/** Where the run folders are: MinIO when MINIO_ENDPOINT is set, else the bucket of the stack. */
export const storeSettings = (): StoreSettings => {
  const minio = env('MINIO_ENDPOINT')
  if (minio)
    return {
      bucket: required('MINIO_BUCKET', 'the bucket that files are staged in'),
      region: region() ?? 'us-east-1',
      endpoint: /^https?:\/\//.test(minio) ? minio : `http://${minio}`,
      accessKeyId: required('MINIO_ROOT_USER', 'who writes to MinIO'),
      secretAccessKey: required('MINIO_ROOT_PASSWORD', 'who writes to MinIO'),
    }
  return stackStoreSettings()
}

/** The folder that says what moves: FIRN_METADATA, or `metadata` beside the bundle or the checkout. */
export const metadataFolder = (): string | undefined => env('FIRN_METADATA')

/** Which environment the stack belongs to. */
export const environmentName = (): string => env('FIRN_ENV') ?? 'dev'

/** The job of an execution that names none, as deployed. */
export const defaultJob = (): string => env('FIRN_DEFAULT_JOB') ?? 'daily'

/** Which code made a run: told in its run.json. */
export const codeVersion = (): string => env('FIRN_CODE_VERSION') ?? 'local'
