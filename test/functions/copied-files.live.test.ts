/** Whole copies that are held against the table's last one: which files a chunk's result names. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { Context } from 'aws-lambda'
import { handler } from '../../functions/extract.ts'
import { takeLease } from '../../lib/lease.ts'
import type { ChunkResult, Plan, TablePlan } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { putObject } from '../../lib/store/objects.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { refusingStore } from '../lib/store/refusing-store.ts'
import { bodyOf, idsIn, s3Client, useForExtract } from './extract-lab.ts'

const BUCKET = 'copied-files-tests'
const { settings, run, table } = await makeDatabase('copied_files')

before(async () => {
  await useForExtract(BUCKET, settings)
  await run(
    'CREATE TABLE places (id INT PRIMARY KEY, name TEXT); INSERT INTO places VALUES (1, "a"), (2, "b"), (3, "c")',
  )
  // of random bytes, so that each row group of 8 MB is one in the file as well
  const kilobytes = Array(64).fill('RANDOM_BYTES(1024)').join(', ')
  await run(`CREATE TABLE bulky (id INT PRIMARY KEY, b MEDIUMBLOB);
    INSERT INTO bulky WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, CONCAT(${kilobytes}) FROM n`)
})

/** What one run leaves of a table's chunks, whose last copy was `last`'s. */
const chunksOf = async (
  name: string,
  runId: string,
  last: string | null,
  changes: Partial<TablePlan> = {},
): Promise<ChunkResult[]> => {
  const folder = runFolder({ job: 'j', runId })
  const target = { database: 'D', schema: 'RAW', table: runId }
  const { epoch } = await takeLease(target, runId)
  const plan = {
    ...(await table(name)),
    ...{ kind: 'full', publish: 'replace', window: null, where: null, sampleSql: null, chunkColumns: ['id'] },
    ...{ chunks: [{ id: '0', from: null, to: null, rows: null }], targetFileBytes: 12 << 20, target, epoch },
    ...(last === null ? {} : { lastCopy: { job: 'j', runId: last, content: 'c' } }),
    ...changes,
  } as unknown as TablePlan
  await folder.putPlan({ job: 'j', runId, tables: [plan] } as unknown as Plan)
  const found: ChunkResult[] = []
  for (const { id } of plan.chunks) {
    assert.deepEqual(await handler({ job: 'j', runId, table: name, chunk: id }, {} as Context), { done: true })
    found.push((await folder.copiedChunk(name, id))!)
  }
  return found
}

/** The same of a table with one. */
const copied = async (...args: Parameters<typeof chunksOf>): Promise<ChunkResult> => (await chunksOf(...args))[0]!

const keysOf = ({ parts }: ChunkResult) => parts.map(({ key }) => key)
const runsIn = (result: ChunkResult) => keysOf(result).map((key) => key.split('/')[2])
const sizeOf = ({ parts }: ChunkResult) => parts.reduce((sum, { bytes }) => sum + bytes, 0)

test('a copy that is the same names the last one’s files, in whose folder they stay, and writes none', async () => {
  const first = await copied('places', 'a1', null)
  assert.deepEqual([runsIn(first), first.bytes], [['a1'], sizeOf(first)])
  const second = await copied('places', 'a2', 'a1')
  assert.deepEqual([second.parts, second.rows, second.bytes], [first.parts, 3, 0])
  const third = await copied('places', 'a3', 'a2')
  assert.deepEqual([third.parts, third.bytes], [first.parts, 0], 'the one after it too, whose last copy wrote none')
  const keys = await runFolder({ job: 'j', runId: 'a3' }).keys()
  assert.deepEqual(
    keys.filter((key) => key.endsWith('.parquet')),
    [],
  )
})

test('without a last copy to hold it against, all is written: none is planned, or its run left none of this chunk', async () => {
  assert.deepEqual(runsIn(await copied('places', 'b1', null)), ['b1'])
  assert.deepEqual(runsIn(await copied('places', 'b2', 'nobody')), ['b2'])
  const elsewhere = { chunks: [{ id: '7', from: null, to: null, rows: null }] }
  assert.deepEqual(runsIn(await copied('places', 'b3', 'a1', elsewhere)), ['b3'])
})

test('each chunk is held against its own, whatever becomes of the others', async () => {
  await run(
    'CREATE TABLE halves (id INT PRIMARY KEY, name TEXT); INSERT INTO halves VALUES (1, "a"), (2, "b"), (3, "c")',
  )
  const chunks = [
    { id: '0', from: null, to: ['2'], rows: null },
    { id: '1', from: ['2'], to: null, rows: null },
  ]
  await chunksOf('halves', 'i1', null, { chunks })
  await run('UPDATE halves SET name = "x" WHERE id = 1')
  const changed = await chunksOf('halves', 'i2', 'i1', { chunks })
  assert.deepEqual(changed.map(runsIn), [['i2'], ['i1']])
  assert.deepEqual(await idsIn(changed.flatMap(({ parts }) => parts)), [1, 2, 3])
  // cut elsewhere, the rows of a chunk are others
  const whole = await copied('halves', 'i3', 'i2')
  assert.deepEqual([runsIn(whole), await idsIn(whole.parts)], [['i3'], [1, 2, 3]])
})

test('a load that is no whole copy remembers nothing of its rows', async () => {
  const rebuilt = await copied('places', 'c1', 'a1', { publish: 'rebuild' })
  assert.deepEqual(runsIn(rebuilt), ['c1'])
  assert.equal(rebuilt.parts[0]!.groups, undefined)
  assert.deepEqual(runsIn(await copied('places', 'c2', 'c1')), ['c2'], 'so that the next has nothing to go by')
})

test('what is to be written otherwise is written anew', async () => {
  const { columns } = await table('places')
  const named = columns.map((column) => ({ ...column, policies: { oversize: 'truncate' as const } }))
  assert.deepEqual(runsIn(await copied('places', 'd1', 'a1', { columns: named })), ['d1'])
  assert.deepEqual(runsIn(await copied('places', 'd2', 'a1', { targetFileMb: 12 })), ['d2'], 'files of another size')
})

test('a file that is gone, cut short or somebody else’s is written anew', async () => {
  const spoil: Record<string, (key: string, body: Uint8Array) => Promise<unknown>> = {
    gone: (Key) => s3Client().send(new DeleteObjectCommand({ Bucket: BUCKET, Key })),
    cut: (key, body) => putObject(key, body.subarray(0, -1)),
    replaced: (key, body) => putObject(key, body.toReversed()),
  }
  for (const [how, change] of Object.entries(spoil)) {
    const [key] = keysOf(await copied('places', `e-${how}`, null))
    await change(key!, await bodyOf(key!))
    const next = await copied('places', `e-${how}-next`, `e-${how}`)
    assert.deepEqual([runsIn(next), await idsIn(next.parts)], [[`e-${how}-next`], [1, 2, 3]], how)
  }
})

test('a manifest whose numbers do not add up is nothing to go by', async () => {
  const { parts, ...result } = await copied('places', 'h1', null)
  const edited = { ...result, parts: parts.map((part) => ({ ...part, rows: part.rows + 1 })) }
  await putObject('runs/j/h1/places/0.json', JSON.stringify(edited))
  const next = await copied('places', 'h2', 'h1')
  assert.deepEqual([runsIn(next), next.parts[0]!.rows], [['h2'], 3])
})

test('a file with less than half of its life before it is written anew, so that a run can be replayed for a while', async (t) => {
  const store = await refusingStore(t, BUCKET)
  await copied('places', 'f1', null)
  const expiringIn = (days: number) =>
    store.add(/^HEAD .*parquet/, {
      'last-modified': new Date(Date.now() - 10 * 86_400_000).toUTCString(),
      'x-amz-expiration': `expiry-date="${new Date(Date.now() + days * 86_400_000).toUTCString()}", rule-id="runs"`,
    })
  expiringIn(11)
  assert.deepEqual(runsIn(await copied('places', 'f2', 'f1')), ['f1'])
  expiringIn(9)
  assert.deepEqual(runsIn(await copied('places', 'f3', 'f2')), ['f3'])
})

test('a file that may not be looked at is none; a store that does not answer is asked again', async (t) => {
  const store = await refusingStore(t, BUCKET)
  await copied('places', 'k1', null)
  store.refuse(/^HEAD .*parquet/, { status: 403, code: 'AccessDenied', message: '' })
  assert.deepEqual(runsIn(await copied('places', 'k2', 'k1')), ['k2'])
  store.refuse(/^HEAD .*parquet/, { status: 503, code: 'SlowDown', message: '' })
  await assert.rejects(copied('places', 'k3', 'k1'), { name: 'UnavailableError' })
})

test('where rows begin to differ, the file they are in is gone on with; those before it stay', async (t) => {
  const first = await copied('bulky', 'g1', null)
  assert.deepEqual(
    first.parts.map(({ groups }) => groups!.length),
    [2, 2],
  )
  await run('UPDATE bulky SET b = "another" WHERE id = 490')
  const fresh = await copied('bulky', 'g2', null)
  const store = await refusingStore(t, BUCKET)
  // what the store gives of the last copy's file ends where the row group that differs begins
  const answers: [status: number, code: string, name: string, message: RegExp][] = [
    [412, 'PreconditionFailed', 'UnavailableError', /^bulky: the file .* went away/],
    [
      403,
      'InvalidObjectState',
      'AuditError',
      /^bulky: the file .* may not be read\. Nothing was published; .*retry g3-403/,
    ],
    [206, 'OtherBytes', 'AuditError', /^bulky: the file .* is not the one that was written\. .*retry g3-206/],
  ]
  for (const [status, code, name, message] of answers) {
    store.refuse(/^GET .*parquet/, { status, code, message: '' })
    await assert.rejects(copied('bulky', `g3-${status}`, 'g1'), { name, message })
  }
  assert.deepEqual(
    store.refused.map((asked) => asked.split('/')[4]),
    ['g1', 'g1', 'g1'],
  )
  store.refuse(/never/, null)
  const held = await copied('bulky', 'g4', 'g1')
  assert.deepEqual(runsIn(held), ['g1', 'g4'])
  assert.deepEqual(
    held.parts.map(({ sha256, rows, groups }) => [sha256, rows, groups]),
    fresh.parts.map(({ sha256, rows, groups }) => [sha256, rows, groups]),
  )
  assert.equal(held.bytes, held.parts[1]!.bytes, 'bytes are those that were put away')
  assert.deepEqual(
    await idsIn(held.parts),
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
  // one file of several that is gone is enough
  await s3Client().send(new DeleteObjectCommand({ Bucket: BUCKET, Key: keysOf(held)[1]! }))
  assert.deepEqual(runsIn(await copied('bulky', 'g5', 'g4')), ['g5', 'g5'])
})
