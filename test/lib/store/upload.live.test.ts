import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { before, test } from 'node:test'
import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { list, lookAtObject, putIf, putObject, readObject } from '../../../lib/store/objects.ts'
import { openObject } from '../../../lib/store/upload.ts'
import { useBucket } from './bucket.ts'
import { FULL, refusingStore } from './refusing-store.ts'

const BUCKET = 'upload-tests'
const MB = 1024 * 1024
let s3: S3Client

before(async () => {
  await useBucket(BUCKET)
  s3 = new S3Client({ forcePathStyle: true })
})

const read = async (key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
  return Buffer.from(await Body!.transformToByteArray())
}

for (const [name, sizes, pieces] of [
  ['nothing', [], 0],
  ['a little', [10, 20, 5], 0],
  ['as much as fits no piece', [3 * MB, 3 * MB], 0],
  ['pieces that end even', [8 * MB, 8 * MB], 2],
  ['pieces and a rest', [5 * MB, 5 * MB, 7 * MB, 9 * MB, 1], 3],
] as const)
  test(`${name}, written piece by piece, is one object with its digest`, async () => {
    const upload = openObject(`whole/${name}`)
    const bytes = sizes.map((size) => randomBytes(size))
    for (const each of bytes) await upload.write(Buffer.from(each))
    assert.ok(!(await list('whole/')).keys.includes(`whole/${name}`), 'it is not there before it is closed')
    const { key, sha256 } = await upload.close()
    const all = Buffer.concat(bytes)
    assert.equal(key, `whole/${name}`)
    assert.equal(sha256, createHash('sha256').update(all).digest('hex'))
    assert.ok((await read(key)).equals(all))
    const { ETag = '' } = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }))
    assert.equal(Number(/-(\d+)"?$/.exec(ETag)?.[1] ?? 0), pieces, ETag)
  })

test('an object is looked at without being read, and its first bytes are read while it is the same', async () => {
  const etag = (await putObject('looked-at', 'the first and the rest'))!
  const { writtenAt, ...looked } = (await lookAtObject('looked-at'))!
  assert.deepEqual(looked, { bytes: 22, etag, expiresAt: null })
  assert.ok(Math.abs(Date.now() - writtenAt) < 60_000)
  const first = async (of: string) => {
    const body = await readObject('looked-at', { bytes: 9, etag: of })
    return body && (await text(body))
  }
  assert.equal(await first(etag), 'the first')
  await putObject('looked-at', 'another object, as long')
  assert.equal(await first(etag), undefined)
  assert.equal(await lookAtObject('never-written'), undefined)
  assert.equal(await readObject('never-written'), undefined)
})

test('what is abandoned is not there, and leaves no pieces behind', async () => {
  for (const size of [10, 9 * MB]) {
    const upload = openObject('given-up')
    await upload.write(randomBytes(size))
    await upload.abandon()
    await upload.abandon()
  }
  assert.deepEqual((await list('given-up')).keys, [])
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))
  assert.deepEqual(Uploads, [])
})

test('a bucket that is full is refused by name, whatever is written and however the store says so', async (t) => {
  const store = await refusingStore(t, BUCKET)
  const upload = async () => {
    const large = openObject('full')
    try {
      await large.write(randomBytes(9 * MB))
    } finally {
      await large.abandon()
    }
  }
  for (const refusal of FULL)
    for (const [which, write] of [
      [/^PUT /, () => putObject('full', 'x')],
      [/^PUT /, () => putIf('full', 'x', { ifAbsent: true })],
      [/uploads/, upload],
      [/partNumber/, upload],
    ] as const) {
      store.refuse(which, refusal)
      const before = store.refused.length
      await assert.rejects(write, {
        name: 'RefusedError',
        message: new RegExp(`bucket is full \\(${refusal.code}\\): .*/full could not be written. Make room.*retry RUN`),
      })
      assert.ok(store.refused.length > before)
    }
  assert.deepEqual((await list('full')).keys, [])
})
