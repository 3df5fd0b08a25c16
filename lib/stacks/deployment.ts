/**
 * What a deployment may be told: by context (`-c name=value`) how it should be, by the environment where it goes.
 * Everything is read and refused here, so that the rooms of the stack get plain values.
 */
import { resolve } from 'node:path'
import { RefusedError } from '../errors.ts'
import { didYouMean } from '../metadata.ts'
import { goesToTwin, TABLES_AT_ONCE } from './twin.ts'

const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const
export type EnvironmentName = (typeof ENVIRONMENTS)[number]

/** A network that is there already, for the functions that talk to MySQL. */
export type Network = { vpcId: string; subnetIds: string[]; securityGroupIds: string[] }

export type Deployment = {
  env: EnvironmentName
  /** Whether it goes to a local stand-in of AWS: what that cannot do is left out (twin.ts). */
  twin: boolean
  metadataFolder: string
  codeVersion: string
  /** Tables of one run that are moved side by side. */
  tablesAtOnce: number
  /** Extracts running at once over all runs together: the cap on MySQL connections. null: no cap is reserved. */
  extractConcurrency: number | null
  /** How long one Extract may run: a chunk that takes longer is read in pieces. */
  extractSeconds: number
  keepRunsDays: number
  logLevel: string
  /** Gets a message when a run fails. */
  alarmEmail: string | null
  network: Network | null
  /** MINIO_*: set when files are staged in a MinIO instead of the stack's bucket. */
  minio: Record<string, string>
}

type Environment = Record<string, string | undefined>
type Context = (name: string) => unknown

const MINIO = ['MINIO_ENDPOINT', 'MINIO_ROOT_USER', 'MINIO_ROOT_PASSWORD', 'MINIO_BUCKET']
const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR']

const text = (context: Context, name: string): string | undefined => {
  const value = context(name)
  return value === undefined || value === null || value === '' ? undefined : String(value).trim()
}

const oneOf = <T extends string>(name: string, value: string, allowed: readonly T[]): T => {
  if ((allowed as readonly string[]).includes(value)) return value as T
  const meant = didYouMean(value, [...allowed])
  throw new RefusedError(
    `-c ${name}=${value}: ${meant ? `did you mean "${meant}"?` : 'no such value.'} Known are ${allowed.join(', ')}`,
  )
}

const count = (context: Context, name: string, otherwise: number): number => {
  const value = text(context, name)
  if (value === undefined) return otherwise
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new RefusedError(`-c ${name}=${value}: a whole number from 1 is needed`)
  return Number(value)
}

/** Lambda's most, 15 minutes, since each piece has a beginning and an end of its own. */
const LAMBDA_SECONDS = 900

const extractSeconds = (context: Context): number => {
  const seconds = count(context, 'extractSeconds', LAMBDA_SECONDS)
  if (seconds > LAMBDA_SECONDS)
    throw new RefusedError(`-c extractSeconds=${seconds}: a Lambda runs for at most ${LAMBDA_SECONDS}`)
  return seconds
}

const names = (context: Context, name: string): string[] =>
  (text(context, name) ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)

const network = (context: Context): Network | null => {
  const vpcId = text(context, 'vpcId')
  const subnetIds = names(context, 'subnetIds')
  const securityGroupIds = names(context, 'securityGroupIds')
  if (!vpcId && !subnetIds.length && !securityGroupIds.length) return null
  if (!vpcId || !subnetIds.length || !securityGroupIds.length)
    throw new RefusedError(
      'An existing VPC needs all three: -c vpcId=vpc-… -c subnetIds=subnet-…,subnet-… -c securityGroupIds=sg-…',
    )
  return { vpcId, subnetIds, securityGroupIds }
}

const minio = (env: Environment): Record<string, string> => {
  if (!env.MINIO_ENDPOINT) return {}
  const missing = MINIO.filter((name) => !env[name])
  if (missing.length)
    throw new RefusedError(`MINIO_ENDPOINT is set, so ${missing.join(' and ')} must be set as well (see .env.example)`)
  return Object.fromEntries(MINIO.map((name) => [name, env[name]!]))
}

/**
 * Reads a deployment's context and environment. Context: env, tablesAtOnce, extractConcurrency (a number or
 * `none`), extractSeconds, keepRunsDays, logLevel, alarmEmail, vpcId, subnetIds, securityGroupIds. Environment: AWS_ENDPOINT_URL,
 * FIRN_METADATA, FIRN_CODE_VERSION, MINIO_*. Throws RefusedError naming the one that is wrong.
 */
export const readDeployment = (context: Context, env: Environment): Deployment => {
  const twin = goesToTwin(env)
  const { FIRN_METADATA, FIRN_CODE_VERSION } = env
  return {
    env: oneOf('env', text(context, 'env') ?? 'dev', ENVIRONMENTS),
    twin,
    metadataFolder: resolve(FIRN_METADATA || 'metadata'),
    codeVersion: FIRN_CODE_VERSION || 'local',
    tablesAtOnce: count(context, 'tablesAtOnce', TABLES_AT_ONCE[twin ? 'twin' : 'aws']),
    extractConcurrency: text(context, 'extractConcurrency') === 'none' ? null : count(context, 'extractConcurrency', 8),
    extractSeconds: extractSeconds(context),
    keepRunsDays: count(context, 'keepRunsDays', 90),
    logLevel: oneOf('logLevel', (text(context, 'logLevel') ?? 'INFO').toUpperCase(), LOG_LEVELS),
    alarmEmail: text(context, 'alarmEmail') ?? null,
    network: network(context),
    minio: minio(env),
  }
}
