import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import {
  breakLease,
  listLeases,
  releaseLease,
  releaseLeases,
  renewLease,
  takeLease,
  takeLeases,
  targetName,
} from '../../lib/lease.ts'
import { claimSchedule, listRuns, runFolder } from '../../lib/run-folder.ts'
import { stackForTests } from '../stack.ts'
import { useBucket } from './store/bucket.ts'

before(() => useBucket('lease-tests'))

const target = (table: string) => ({ database: 'D', schema: 'RAW', table })

test('C50: a lease is one run at a time, and its epoch only grows', async () => {
  const first = await takeLease(target('A'), 'r1')
  assert.equal((await takeLease(target('A'), 'r1')).epoch, first.epoch, 'the same run again has the same lease')
  await assert.rejects(takeLease(target('A'), 'r2'), {
    name: 'LeaseHeldError',
    message: /D\.RAW\.A is being loaded by run r1.*leases break D\.RAW\.A/,
  })
  await releaseLease('D.RAW.A', 'r2')
  await assert.rejects(takeLease(target('A'), 'r2'), { name: 'LeaseHeldError' }, "another run's lease is not released")
  await releaseLease('D.RAW.A', 'r1')
  const second = await takeLease(target('A'), 'r2')
  assert.ok(second.epoch > first.epoch)
})

test('a broken lease is lost for good, and the next epoch is above it', async () => {
  const lease = await takeLease(target('B'), 'r1')
  await renewLease(target('B'), 'r1', lease.epoch)
  await breakLease('D.RAW.B')
  await assert.rejects(renewLease(target('B'), 'r1', lease.epoch), { name: 'LeaseLostError' })
  const next = await takeLease(target('B'), 'r2', lease.epoch + 1_000_000)
  assert.ok(next.epoch > lease.epoch + 1_000_000, 'above what the warehouse knows, too')
})

test('of many at once exactly one gets it', async () => {
  const taken = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => takeLease(target('C'), `run${i}`)))
  assert.equal(taken.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.ok((await listLeases()).some((lease) => lease.target === targetName(target('C')) && lease.holder !== null))
})

test('many leases are taken all or none, and given back by who holds them', async () => {
  const many = Array.from({ length: 70 }, (_, i) => target(`M${i}`))
  const held = async (runId: string) => (await listLeases()).filter(({ holder }) => holder === runId).length
  const other = await takeLease(target('M69'), 'there')
  await assert.rejects(takeLeases(many, 'all'), {
    name: 'LeaseHeldError',
    message: /D\.RAW\.M69 is being loaded by run there/,
  })
  assert.deepEqual([await held('all'), await held('there')], [0, 1])
  await releaseLeases(many, 'there')
  const epochs = await takeLeases(many, 'all', [Date.now() + 5_000_000])
  assert.deepEqual([epochs.length, await held('all')], [70, 70])
  assert.ok(epochs[69]! > other.epoch && epochs[0]! > Date.now() + 4_000_000, 'each above what was known of its own')
  const both = await Promise.allSettled([takeLeases(many.slice(0, 9), 'one'), takeLeases(many, 'two')])
  assert.ok(
    both.every(({ status }) => status === 'rejected'),
    'they are still held',
  )
  await releaseLeases(many, 'all')
  const first = await Promise.allSettled(['one', 'two'].map((runId) => takeLeases(many, runId)))
  assert.equal(
    first.filter(({ status }) => status === 'fulfilled').length,
    1,
    'of two runs of the same tables one gets all',
  )
})

test('what counts in a run folder is put once', async () => {
  const folder = runFolder({ job: 'daily', runId: 'r1' })
  const result = {
    table: 'odd/näme',
    chunk: '0',
    attempt: 'a',
    rows: 1,
    bytes: 2,
    parts: [],
    policies: [],
    pieces: 1,
    seconds: 0,
    peakMemoryMb: 1,
  }
  assert.equal((await folder.putChunk(result)).attempt, 'a')
  assert.equal((await folder.putChunk({ ...result, attempt: 'late' })).attempt, 'a')
  assert.equal((await folder.chunk('odd/näme', '0'))?.attempt, 'a')
  await assert.rejects(folder.chunks('odd/näme', ['0', '1']), /1\.json is missing/)
  assert.equal(await folder.load('odd/näme'), null)
  assert.deepEqual(await listRuns(), [{ job: 'daily', runId: 'r1' }])
})

test('failures are found wherever they were written', async () => {
  const folder = runFolder({ job: 'daily', runId: 'r2' })
  const failure = { name: 'X', message: 'y', stage: 'Load' }
  await folder.putFailure({ table: 'a', failure, at: '' })
  await folder.putFailure({ table: null, failure, at: '' })
  await folder.putFailure({ table: 'a', failure: { ...failure, message: 'a consequence' }, at: '' })
  const found = await folder.failures()
  assert.deepEqual(found.map(({ table }) => table).sort(), ['a', null])
  assert.ok(found.every((each) => each.failure.message === 'y'))
})

test('a schedule delivered twice belongs to the first', async () => {
  const at = '2026-01-01T02:00:00Z'
  assert.equal((await claimSchedule('daily', at, 'r1')).runId, 'r1')
  assert.equal((await claimSchedule('daily', at, 'r2')).runId, 'r1')
  assert.equal((await claimSchedule('daily', '2026-01-02T02:00:00Z', 'r2')).runId, 'r2')
})

test('with a MinIO the run folder is there, and the items of the Map where Step Functions reads them', async () => {
  const s3 = new S3Client({ forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: 'minio-tests' }))
  Object.assign(process.env, {
    MINIO_ENDPOINT: stackForTests().s3.endpoint,
    MINIO_BUCKET: 'minio-tests',
    MINIO_ROOT_USER: 'test',
    MINIO_ROOT_PASSWORD: 'test',
  })
  const folder = runFolder({ job: 'daily', runId: 'minio' })
  assert.equal(await folder.putTables([{ table: 'a', chunks: ['0'] }]), 'lease-tests')
  await folder.putFailure({ table: null, failure: { name: 'X', message: 'y', stage: 'plan' }, at: '' })
  const keys = async (Bucket: string) =>
    ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key)
  assert.deepEqual(await keys('minio-tests'), ['runs/daily/minio/failure.json'])
  assert.ok((await keys('lease-tests')).includes('runs/daily/minio/tables.json'))
})

test('by a clock that is hours off, no lease is taken, renewed or thought to have ended', async (t) => {
  const held = target('HELD_BY_CLOCK')
  const { epoch } = await takeLease(held, 'r1')
  const clock = (hours: number) => t.mock.timers.enable({ apis: ['Date'], now: Date.now() + hours * 3_600_000 })
  for (const [hours, said] of [
    [3, /3 h ahead of the staging store's\. Set it right/],
    [-3, /behind the staging store's/],
  ] as const) {
    clock(hours)
    await assert.rejects(takeLease(held, 'r2'), { name: 'RefusedError', message: said })
    await assert.rejects(renewLease(held, 'r1', epoch), { name: 'RefusedError', message: said })
    t.mock.timers.reset()
  }
  await renewLease(held, 'r1', epoch)
  const lease = (await listLeases()).find((each) => each.target === targetName(held))!
  assert.deepEqual([lease.holder, lease.epoch], ['r1', epoch])
  await releaseLease(targetName(held), 'r1')
})
