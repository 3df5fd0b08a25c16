import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Context } from 'aws-lambda'
import { handler } from '../../functions/extract.ts'
import { breakLease, takeLease } from '../../lib/lease.ts'
import type { Chunk, ColumnPolicies, Plan, TablePlan } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { readBack } from '../lib/parquet/read-back.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { stackForTests } from '../stack.ts'

const BUCKET = 'extract-tests'
const { settings, run, table } = await makeDatabase('extract')

before(async () => {
  const { s3 } = stackForTests()
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: s3.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    FIRN_BUCKET: BUCKET,
    MYSQL_HOST: settings.host,
    MYSQL_PORT: String(settings.port),
    MYSQL_USER: settings.user,
    MYSQL_PASSWORD: settings.password,
    MYSQL_DATABASE: settings.database,
  })
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: BUCKET }))
  await run(
    'CREATE TABLE orders (id INT PRIMARY KEY, d DATE); INSERT INTO orders VALUES (1, NULL), (2, NULL), (3, NULL)',
  )
})

const target = (name: string) => ({ database: 'D', schema: 'RAW', table: name })

/** A run whose plan is made by hand, its lease taken. */
const planned = async (runId: string, chunks: Chunk[], policies: ColumnPolicies = {}) => {
  const folder = runFolder({ job: 'j', runId })
  const { epoch } = await takeLease(target(runId), runId)
  const source = await table('orders')
  const columns = source.columns.map((column) => ({ ...column, policies }))
  const plan = { ...source, columns, target: target(runId), epoch, chunks, chunkColumns: ['id'] }
  const tables = [{ ...plan, window: null, sampleSql: null } as unknown as TablePlan]
  await folder.putPlan({ job: 'j', runId, tables } as unknown as Plan)
  const invoke = (chunk: string) => handler({ job: 'j', runId, table: 'orders', chunk }, {} as Context)
  return { folder, invoke }
}

test('each chunk leaves its parts and a result that names them; an empty one has none', async () => {
  const { folder, invoke } = await planned('r1', [
    { id: '0', from: null, to: ['2'], rows: null },
    { id: '1', from: ['2'], to: ['7'], rows: null },
    { id: '2', from: ['7'], to: null, rows: null },
  ])
  for (const chunk of ['0', '1', '2']) assert.deepEqual(await invoke(chunk), { done: true })
  const results = await folder.chunks('orders', ['0', '1', '2'])
  assert.deepEqual(
    results.map(({ rows, parts }) => [rows, parts.map((part) => part.rows)]),
    [
      [2, [2]],
      [1, [1]],
      [0, []],
    ],
  )
  const [part] = results[0]!.parts
  assert.match(part!.key, /^runs\/j\/r1\/orders\/0-[0-9a-f]{8}-0\.parquet$/)
  const { Body } = await new S3Client({ forcePathStyle: true }).send(
    new GetObjectCommand({ Bucket: BUCKET, Key: part!.key }),
  )
  const body = await Body!.transformToByteArray()
  assert.equal(body.length, part!.bytes)
  assert.deepEqual(
    (await readBack(body)).rows.map(({ id }) => id),
    [1, 2],
  )
  assert.ok(results[0]!.peakMemoryMb > 0 && results[0]!.seconds > 0)
})

test('the same chunk again changes nothing, whatever became of the table; of two attempts at once one counts', async () => {
  const { folder, invoke } = await planned('r2', [{ id: '0', from: null, to: null, rows: null }])
  await Promise.all([invoke('0'), invoke('0')])
  const before = await folder.chunk('orders', '0')
  const files = await folder.keys()
  await run('INSERT INTO orders VALUES (100, NULL)')
  assert.deepEqual(await invoke('0'), { done: true })
  assert.deepEqual(await folder.chunk('orders', '0'), before)
  assert.deepEqual(await folder.keys(), files)
})

test('a run that has lost its lease reads nothing', async () => {
  const { folder, invoke } = await planned('r3', [{ id: '0', from: null, to: null, rows: null }])
  await breakLease('D.RAW.r3')
  await assert.rejects(invoke('0'), { name: 'LeaseLostError' })
  assert.equal(await folder.chunk('orders', '0'), null)
})

test('a chunk or table that was not planned is an error by name', async () => {
  const { invoke } = await planned('r4', [{ id: '0', from: null, to: null, rows: null }])
  await assert.rejects(invoke('9'), /run r4 has no chunk 9 of orders/)
})

test('values without an exact meaning leave no result', async () => {
  await run("SET sql_mode = ''; UPDATE orders SET d = '0000-00-00' WHERE id = 2")
  const { folder, invoke } = await planned('r5', [{ id: '0', from: null, to: null, rows: null }], {
    zero_date: 'error',
  })
  await assert.rejects(invoke('0'), { name: 'ValueError', message: /^orders\.d: 1 value no date of any calendar/ })
  assert.equal(await folder.chunk('orders', '0'), null)
})
