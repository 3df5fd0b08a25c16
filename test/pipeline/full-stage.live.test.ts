/** A staging store that fills up under the deployed pipeline: refused by name, nothing published; with room again the run is retried. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { RunReport } from '../../lib/model.ts'
import { stackEnvironment } from '../../local/stack.ts'
import { firn } from '../command-line.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { FULL, refusingStore } from '../lib/store/refusing-store.ts'
import { stackForTests } from '../stack.ts'
import { ownLine } from './own-line.ts'

const BUCKET = 'full-stage-files'
const database = await makeDatabase('full_stage')
const line = ownLine(database.settings, { stuffed: {}, other: {} }, { all: '*' })

before(async () => {
  Object.assign(process.env, stackEnvironment(stackForTests()))
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: BUCKET }))
  await database.run(`CREATE TABLE stuffed (id INT PRIMARY KEY); INSERT INTO stuffed VALUES (1);
    CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO other VALUES (1)`)
})

test('what cannot be staged fails its table by name; a store that takes nothing at all fails the run', async (t) => {
  const store = await refusingStore(t, BUCKET)
  const { account, user, password, accessUrl } = stackForTests().snowflake
  const environment = {
    ...line.environment,
    ...{ SNOWFLAKE_ACCOUNT: account, SNOWFLAKE_USER: user, SNOWFLAKE_PASSWORD: password },
    ...{ SNOWFLAKE_ACCESS_URL: accessUrl, SNOWFLAKE_DATABASE: 'FULL_STAGE_LINE' },
    ...{ MINIO_ENDPOINT: process.env.MINIO_ENDPOINT!, MINIO_BUCKET: BUCKET },
    ...{ MINIO_ROOT_USER: 'test', MINIO_ROOT_PASSWORD: 'test' },
  }
  const run = (...args: string[]) => firn<RunReport & { error?: string; cause?: string }>(args, environment)
  const published = async (table: string) =>
    (await firn<{ ID: string }[]>(['sql', `SELECT ID FROM RAW.${table} ORDER BY 1`], environment)).document
      .map(({ ID }) => ID)
      .join()
  for (const args of [['deploy'], ['run', 'all']]) {
    const { status, said } = await run(...args)
    assert.equal(status, 0, said)
  }

  await database.run('INSERT INTO stuffed VALUES (2); INSERT INTO other VALUES (2)')
  store.refuse(/^PUT .*\/stuffed\/.*parquet/, FULL[0]!)
  const failed = await run('run', 'all')
  assert.equal(failed.status, 1, failed.said)
  const { name, message } = failed.document.failures[0]!.failure
  assert.equal(name, 'RefusedError')
  assert.match(message, /^The staging bucket is full \(XMinioStorageFull\): .*Make room.*retry RUN/)
  assert.deepEqual([await published('STUFFED'), await published('OTHER')], ['1', '1,2'])

  await database.run('INSERT INTO other VALUES (3)')
  store.refuse(/^(PUT|POST) /, FULL[0]!)
  const nothing = await run('run', 'all')
  assert.equal(nothing.status, 2, nothing.said)
  assert.equal(nothing.document.error, 'RefusedError')
  assert.match(nothing.document.cause!, /The staging bucket is full/)
  assert.deepEqual([await published('STUFFED'), await published('OTHER')], ['1', '1,2'])

  store.refuse(/^PUT /, null)
  const retried = await run('retry', failed.document.runId)
  assert.equal(retried.status, 0, retried.said)
  assert.deepEqual([await published('STUFFED'), await published('OTHER')], ['1,2', '1,2'])
})
