import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeStack } from '../../local/stack.ts'
import { ROOT } from '../stack.ts'

const folder = mkdtempSync(join(tmpdir(), 'environment-'))
after(() => rmSync(folder, { recursive: true }))
writeStack(folder, {
  mysql: { host: '127.0.0.1', port: 3307, user: 'twin', password: 'twin-password', database: 'olist' },
  aws: { endpoint: 'http://127.0.0.1:4566', region: 'us-east-1' },
  s3: { endpoint: 'http://127.0.0.1:4566', bucket: 'twin-bucket' },
  snowflake: {
    accessUrl: 'http://127.0.0.1:4567',
    account: 'twin',
    user: 'twin',
    password: 'twin-password',
    database: 'FIRN',
    schema: 'RAW',
  },
})

const SCRIPT = `const { loadEnvironment } = await import('${ROOT}/bin/environment.ts')
loadEnvironment('${folder}')
console.log(JSON.stringify(process.env))`

/** The environment a command works with, given the user's own and a .env. */
const environment = (own: Record<string, string>, dotEnv = ''): Record<string, string | undefined> => {
  writeFileSync(join(folder, '.env'), dotEnv)
  const env = { PATH: process.env.PATH ?? '', FIRN_HOME: folder, ...own }
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { env, encoding: 'utf8' }))
}

test("what nobody set is the twins' own", () => {
  const env = environment({})
  assert.deepEqual(
    [env.MYSQL_PORT, env.SNOWFLAKE_ACCESS_URL, env.AWS_ENDPOINT_URL, env.FIRN_BUCKET],
    ['3307', 'http://127.0.0.1:4567', 'http://127.0.0.1:4566', 'twin-bucket'],
  )
})

test('the environment wins over .env, which wins over the twins', () => {
  const env = environment({ MYSQL_DATABASE: 'of-environment' }, 'MYSQL_DATABASE=of-file\nMYSQL_USER=of-file\n')
  assert.deepEqual([env.MYSQL_DATABASE, env.MYSQL_USER, env.MYSQL_HOST], ['of-environment', 'of-file', '127.0.0.1'])
})

test("an address of the user's own brings nothing of a twin's with it", () => {
  const env = environment({ MYSQL_HOST: 'db.example', SNOWFLAKE_ACCOUNT: 'MYORG-ME', AWS_PROFILE: 'me' })
  assert.deepEqual(
    [env.MYSQL_PASSWORD, env.SNOWFLAKE_PASSWORD, env.SNOWFLAKE_ACCESS_URL, env.AWS_ENDPOINT_URL],
    [undefined, undefined, undefined, undefined],
  )
})

test('an empty line of .env.example sets nothing', () =>
  assert.equal(environment({}, 'MYSQL_HOST=\nMYSQL_PORT=\n').MYSQL_PORT, '3307'))
