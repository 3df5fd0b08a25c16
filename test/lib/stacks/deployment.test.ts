import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { RefusedError } from '../../../lib/errors.ts'
import { readDeployment } from '../../../lib/stacks/deployment.ts'

const read = (context: Record<string, unknown> = {}, env: Record<string, string> = {}) =>
  readDeployment((name) => context[name], env)
const refused = (message: RegExp, context: Record<string, unknown>, env?: Record<string, string>) =>
  assert.throws(
    () => read(context, env),
    (error) => error instanceof RefusedError && message.test(error.message),
  )

test('nothing said: development on AWS', () => {
  assert.deepEqual(read(), {
    env: 'dev',
    twin: false,
    metadataFolder: resolve('metadata'),
    codeVersion: 'local',
    tablesAtOnce: 4,
    extractConcurrency: 8,
    extractSeconds: 900,
    keepRunsDays: 90,
    logLevel: 'INFO',
    alarmEmail: null,
    network: null,
    minio: {},
  })
})

test('context and environment are read', () => {
  const found = read(
    {
      env: 'prod',
      tablesAtOnce: '6',
      extractConcurrency: '3',
      keepRunsDays: '7',
      vpcId: 'vpc-1',
      subnetIds: 'a, b',
      securityGroupIds: 'c',
    },
    { FIRN_METADATA: '/elsewhere', FIRN_CODE_VERSION: 'abc' },
  )
  assert.equal(found.env, 'prod')
  assert.deepEqual([found.tablesAtOnce, found.extractConcurrency, found.keepRunsDays], [6, 3, 7])
  assert.deepEqual(found.network, { vpcId: 'vpc-1', subnetIds: ['a', 'b'], securityGroupIds: ['c'] })
  assert.deepEqual([found.metadataFolder, found.codeVersion], ['/elsewhere', 'abc'])
  assert.equal(read({ extractSeconds: '30' }).extractSeconds, 30)
  assert.equal(read({ extractConcurrency: 'none' }).extractConcurrency, null)
})

test('an address of AWS makes it the twin, which takes two tables at once unless told', () => {
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }
  assert.deepEqual([read({}, env).twin, read({}, env).tablesAtOnce], [true, 3])
  assert.equal(read({ tablesAtOnce: 9 }, env).tablesAtOnce, 9)
})

test('MinIO is taken whole', () => {
  const minio = { MINIO_ENDPOINT: 'e', MINIO_ROOT_USER: 'u', MINIO_ROOT_PASSWORD: 'p', MINIO_BUCKET: 'b' }
  assert.deepEqual(read({}, minio).minio, minio)
  const { MINIO_ROOT_PASSWORD: _, ...rest } = minio
  refused(/MINIO_ROOT_PASSWORD must be set/, {}, rest)
})

test('what is wrong is refused by name', () => {
  refused(/-c env=pord: did you mean "prod"\?/, { env: 'pord' })
  refused(/-c env=x: no such value\. Known are dev, staging, prod/, { env: 'x' })
  refused(/-c tablesAtOnce=0: a whole number/, { tablesAtOnce: '0' })
  refused(/-c extractSeconds=901: a Lambda runs for at most 900/, { extractSeconds: '901' })
  refused(/-c extractConcurrency=many: a whole number/, { extractConcurrency: 'many' })
  refused(/all three: -c vpcId/, { vpcId: 'vpc-1', subnetIds: 'a' })
  refused(/-c logLevel=CHATTY: no such value/, { logLevel: 'chatty' })
})
