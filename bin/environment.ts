/**
 * Where settings come from on a laptop: the environment wins over `.env`, which wins over the twins' own. An address
 * given by the user makes the rest of that service's settings the user's too, so that no password of a twin is sent elsewhere.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readMetadata } from '../lib/metadata.ts'
import type { Metadata } from '../lib/model.ts'
import { metadataFolder } from '../lib/settings.ts'
import { readStack, stackEnvironment } from '../local/stack.ts'

export const ROOT = join(import.meta.dirname, '..')

/** The folder of the twins: `.firn` in the checkout, or FIRN_HOME. */
export const home = (): string => process.env.FIRN_HOME || join(ROOT, '.firn')

/** What is asked to move: the folder FIRN_METADATA names, else the checkout's own. Throws as readMetadata does. */
export const askedMetadata = (): Metadata => readMetadata(metadataFolder() ?? join(ROOT, 'metadata'))

/** Which settings say that a service is the user's own. */
const OWN: [prefix: RegExp, address: string[]][] = [
  [/^MYSQL_/, ['MYSQL_HOST', 'MYSQL_READER_HOST']],
  [/^SNOWFLAKE_/, ['SNOWFLAKE_ACCOUNT']],
  [
    /^(AWS_|FIRN_BUCKET$)/,
    ['AWS_ENDPOINT_URL', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_ROLE_ARN', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'],
  ],
]

const fill = (settings: Record<string, string | undefined>) => {
  for (const [name, value] of Object.entries(settings)) if (value && !process.env[name]) process.env[name] = value
}

const readDotEnv = (root: string): Record<string, string | undefined> => {
  const file = join(root, '.env')
  return existsSync(file) ? (parseEnv(readFileSync(file, 'utf8')) as Record<string, string | undefined>) : {}
}

/** Puts every setting into the environment, each from where it counts. Gives the names that the twins answered for. */
export const loadEnvironment = (root = ROOT): string[] => {
  fill(readDotEnv(root))
  const stack = readStack(home())
  if (!stack) return []
  const own = OWN.filter(([, addresses]) => addresses.some((name) => process.env[name])).map(([prefix]) => prefix)
  const ofTwins = Object.entries(stackEnvironment(stack)).filter(([name]) => !own.some((prefix) => prefix.test(name)))
  fill(Object.fromEntries(ofTwins))
  return ofTwins.map(([name]) => name)
}

/** Whether the AWS that commands talk to is on this machine: the twin, or a LocalStack. Nobody else uses it. */
export const isLocal = (): boolean => {
  const endpoint = process.env.AWS_ENDPOINT_URL
  return endpoint !== undefined && isHere(endpoint)
}

/** Whether an address is on this machine. */
export const isHere = (url: string): boolean => ['127.0.0.1', 'localhost'].includes(new URL(url).hostname)
