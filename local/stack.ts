/** Where the local twins answer, as kept in `<home>/stack.json` and read by every command. */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv'
import { RefusedError } from '../lib/errors.ts'

/** Addresses and throwaway passwords of one set of twins. Ports are on 127.0.0.1. */
export type Stack = {
  mysql: { host: string; port: number; user: string; password: string; database: string }
  aws: { endpoint: string; region: string }
  s3: { endpoint: string; bucket: string }
  snowflake: {
    accessUrl: string
    account: string
    user: string
    password: string
    database: string
    schema: string
  }
}

/** The staging bucket that the CDK stack makes in the AWS twin. */
export const TWIN_BUCKET = 'firn-dev-staging-000000000000-us-east-1'
export const TWIN_REGION = 'us-east-1'

const texts = (...names: string[]) => ({
  type: 'object',
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string', minLength: 1 }])),
})
const mysql = texts('host', 'user', 'password', 'database')
const validate = new Ajv.Ajv().compile<Stack>({
  type: 'object',
  required: ['mysql', 'aws', 's3', 'snowflake'],
  properties: {
    mysql: {
      ...mysql,
      required: [...mysql.required, 'port'],
      properties: { ...mysql.properties, port: { type: 'integer', minimum: 1, maximum: 65535 } },
    },
    aws: texts('endpoint', 'region'),
    s3: texts('endpoint', 'bucket'),
    snowflake: texts('accessUrl', 'account', 'user', 'password', 'database', 'schema'),
  },
})

/** The file in `home` that holds the stack. */
export function stackFile(home: string): string {
  return join(home, 'stack.json')
}

/**
 * The stack kept in `home`, or null when no twins were started there.
 * Throws RefusedError naming the file when its content is not a stack (half-written, or another program's).
 */
export function readStack(home: string): Stack | null {
  const file = stackFile(home)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const remedy = 'make it anew: npm run -s firn -- down && npm run -s firn -- up'
  let stack: unknown
  try {
    stack = JSON.parse(text)
  } catch {
    throw new RefusedError(`${file} is not JSON (half-written?); ${remedy}`)
  }
  if (validate(stack)) return stack
  const [first] = validate.errors ?? []
  throw new RefusedError(
    `${file} does not describe the twins: ${first?.instancePath || '/'} ${first?.message}; ${remedy}`,
  )
}

/** Keeps the stack in `home`, whole or not at all. */
export function writeStack(home: string, stack: Stack): void {
  const file = stackFile(home)
  const half = `${file}.${process.pid}`
  try {
    writeFileSync(half, `${JSON.stringify(stack, null, 2)}\n`)
    renameSync(half, file)
  } catch (error) {
    rmSync(half, { force: true })
    throw error
  }
}

/** The settings a stack stands for, under the names a user would give them in the environment. */
export function stackEnvironment(stack: Stack): Record<string, string> {
  const { mysql, aws, s3, snowflake } = stack
  return {
    MYSQL_HOST: mysql.host,
    MYSQL_PORT: String(mysql.port),
    MYSQL_USER: mysql.user,
    MYSQL_PASSWORD: mysql.password,
    MYSQL_DATABASE: mysql.database,
    SNOWFLAKE_ACCOUNT: snowflake.account,
    SNOWFLAKE_USER: snowflake.user,
    SNOWFLAKE_PASSWORD: snowflake.password,
    SNOWFLAKE_DATABASE: snowflake.database,
    SNOWFLAKE_SCHEMA: snowflake.schema,
    SNOWFLAKE_ACCESS_URL: snowflake.accessUrl,
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    FIRN_BUCKET: s3.bucket,
  }
}
