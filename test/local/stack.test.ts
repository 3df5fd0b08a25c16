import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { RefusedError } from '../../lib/errors.ts'
import { readStack, type Stack, stackEnvironment, stackFile, writeStack } from '../../local/stack.ts'
import { emptyFolder } from './folder.ts'

const STACK: Stack = {
  mysql: { host: '127.0.0.1', port: 3306, user: 'u', password: 'p', database: 'olist' },
  aws: { endpoint: 'http://127.0.0.1:4566', region: 'us-east-1' },
  s3: { endpoint: 'http://127.0.0.1:4566', bucket: 'b' },
  snowflake: {
    accessUrl: 'http://127.0.0.1:4631',
    account: 'a',
    user: 'su',
    password: 'sp',
    database: 'FIRN',
    schema: 'RAW',
  },
}

test('a stack is read as it was written, and nothing else is left in the folder', (t) => {
  const home = emptyFolder(t)
  assert.equal(readStack(home), null)
  writeStack(home, STACK)
  writeStack(home, STACK)
  assert.deepEqual(readStack(home), STACK)
  assert.deepEqual(readdirSync(home), ['stack.json'])
})

test('a stack cut short anywhere is refused, naming the file and the command', (t) => {
  const home = emptyFolder(t)
  writeStack(home, STACK)
  const text = readFileSync(stackFile(home), 'utf8').trimEnd()
  for (let length = 0; length < text.length; length++) {
    writeFileSync(stackFile(home), text.slice(0, length))
    assert.throws(
      () => readStack(home),
      (error) =>
        error instanceof RefusedError &&
        error.message.startsWith(`${home}/stack.json is not JSON`) &&
        error.message.endsWith('npm run -s firn -- down && npm run -s firn -- up'),
    )
  }
})

test('a file of another program is refused, naming what is wrong in it', (t) => {
  const home = emptyFolder(t)
  const refused = (content: unknown, message: RegExp) => {
    writeFileSync(stackFile(home), JSON.stringify(content))
    assert.throws(() => readStack(home), { name: 'RefusedError', message })
  }
  refused([], /stack\.json does not describe the twins: \/ must be object/)
  refused(null, /\/ must be object/)
  refused({ ...STACK, s3: undefined }, /must have required property 's3'/)
  refused({ ...STACK, mysql: { ...STACK.mysql, port: '3306' } }, /\/mysql\/port must be integer/)
  refused({ ...STACK, aws: { endpoint: '', region: 'r' } }, /\/aws\/endpoint/)
})

test('a stack stands for the settings a user would give', () => {
  assert.deepEqual(stackEnvironment(STACK), {
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: '3306',
    MYSQL_USER: 'u',
    MYSQL_PASSWORD: 'p',
    MYSQL_DATABASE: 'olist',
    SNOWFLAKE_ACCOUNT: 'a',
    SNOWFLAKE_USER: 'su',
    SNOWFLAKE_PASSWORD: 'sp',
    SNOWFLAKE_DATABASE: 'FIRN',
    SNOWFLAKE_SCHEMA: 'RAW',
    SNOWFLAKE_ACCESS_URL: 'http://127.0.0.1:4631',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    FIRN_BUCKET: 'b',
  })
})
