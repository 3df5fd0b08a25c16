/** The staging bucket: the only file that talks to S3 (or to anything that speaks its language). */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { RefusedError } from './errors.ts'
import { type StoreSettings, stackStoreSettings, storeSettings } from './settings.ts'
import { statusOf, storeError } from './store-errors.ts'

type Client = { s3: S3Client; bucket: string; address: string }

let client: Client | undefined

/**
 * How long a store may take to be connected to, and may say and take nothing once it is, in milliseconds. Five tries of it
 * are five minutes, a third of what a Lambda has. Only silence counts, not how long a request takes: an upload that is
 * slow goes on as long as it moves, and S3 itself sends blanks while it puts a large object together ("CompleteMultipartUpload").
 */
const WAITS = { connectMs: 5_000, silenceMs: 60_000 }

/** A client that gives up, with a TimeoutError, what hangs; by default nothing limits a request but the end of its Lambda. */
export const storeClient = (settings: StoreSettings, { connectMs, silenceMs } = WAITS): S3Client => {
  const { region, endpoint, accessKeyId, secretAccessKey } = settings
  return new S3Client({
    ...{ region, endpoint, forcePathStyle: endpoint !== undefined, maxAttempts: 5 },
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    requestHandler: { connectionTimeout: connectMs, socketTimeout: silenceMs },
  })
}

const open = () => {
  const settings = storeSettings()
  const { bucket, endpoint } = settings
  const address = `${endpoint ?? 's3'}/${bucket}`
  if (client?.address === address) return client
  client = { s3: storeClient(settings), bucket, address }
  return client
}

/** In our words; `key`: what was to be read or written. */
const translate = (error: unknown, key: string): Error => storeError(error, client?.address ?? '', key)

/**
 * Writes what Step Functions itself reads (the Map's items): always into the stack's own bucket, for Step Functions
 * cannot see a MinIO. Gives that bucket's name.
 */
export const putForStateMachine = async (key: string, body: string): Promise<string> => {
  const settings = stackStoreSettings()
  const { bucket } = settings
  if (bucket === open().bucket) {
    await putObject(key, body)
    return bucket
  }
  await storeClient(settings).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
  return bucket
}

/** Writes an object whole. Gives its ETag. Throws UnavailableError or RefusedError. */
export const putObject = async (key: string, body: Uint8Array | string): Promise<string | undefined> => {
  const { s3, bucket } = open()
  try {
    return (await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))).ETag
  } catch (error) {
    throw translate(error, key)
  }
}

/** A piece of a multipart upload has at least 5 MB, but for the last ("Amazon S3 multipart upload limits"). */
const PIECE_BYTES = 8 * 1024 * 1024

/** An object that is written piece by piece; it is there, whole, once it is closed. */
class Upload {
  private readonly key: string
  private readonly hash = createHash('sha256')
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  private uploadId: string | undefined
  private readonly tags: string[] = []

  constructor(key: string) {
    this.key = key
  }

  /** Takes bytes, which are the upload's from then on. Throws UnavailableError or RefusedError. */
  async write(bytes: Uint8Array): Promise<void> {
    this.hash.update(bytes)
    this.waiting.push(bytes)
    this.waitingBytes += bytes.length
    if (this.waitingBytes >= PIECE_BYTES) await this.send()
  }

  /** Makes the object. A small one is put in one request. `etag` is what the store will call this content. Throws as `write` does. */
  async close(): Promise<{ key: string; sha256: string; etag?: string }> {
    const etag = this.uploadId === undefined ? await putObject(this.key, this.take()) : await this.complete()
    return { key: this.key, sha256: this.hash.digest('hex'), ...(etag ? { etag } : {}) }
  }

  /** Forgets what was written. Never throws: the bucket's lifecycle sweeps what stays. */
  async abandon(): Promise<void> {
    if (this.uploadId === undefined) return
    const abort = ({ s3, bucket }: Client, UploadId: string) =>
      s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: this.key, UploadId }))
    await this.ask(abort).catch(() => {})
    this.uploadId = undefined
  }

  private async complete(): Promise<string | undefined> {
    if (this.waitingBytes > 0) await this.send()
    const parts = this.tags.map((ETag, i) => ({ ETag, PartNumber: i + 1 }))
    const { ETag } = await this.ask(({ s3, bucket }, UploadId) =>
      s3.send(
        new CompleteMultipartUploadCommand({
          ...{ Bucket: bucket, Key: this.key, UploadId },
          MultipartUpload: { Parts: parts },
        }),
      ),
    )
    return ETag
  }

  private async send(): Promise<void> {
    const number = this.tags.length + 1
    const body = this.take()
    const { ETag = '' } = await this.ask(({ s3, bucket }, UploadId) =>
      s3.send(new UploadPartCommand({ Bucket: bucket, Key: this.key, UploadId, PartNumber: number, Body: body })),
    )
    this.tags.push(ETag)
  }

  private take(): Uint8Array {
    const body = Buffer.concat(this.waiting, this.waitingBytes)
    this.waiting = []
    this.waitingBytes = 0
    return body
  }

  private async ask<T>(request: (client: Client, uploadId: string) => Promise<T>): Promise<T> {
    const opened = open()
    const { s3, bucket } = opened
    try {
      this.uploadId ??= (await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: this.key }))).UploadId!
      return await request(opened, this.uploadId)
    } catch (error) {
      throw translate(error, this.key)
    }
  }
}

/** Begins an object that is written piece by piece, in little memory whatever its size. */
export const openObject = (key: string): Upload => new Upload(key)

/**
 * Writes only if the object is as expected: absent (`ifAbsent`), or still of that ETag. Gives the new ETag, or
 * undefined when someone else was there first. 412 and 409 are S3's two ways to say so ("Conditional requests").
 */
export const putIf = async (key: string, body: string, expected: { ifAbsent: true } | { etag: string }) => {
  const { s3, bucket } = open()
  const condition = 'etag' in expected ? { IfMatch: expected.etag } : { IfNoneMatch: '*' }
  try {
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...condition }))
    return ETag ?? ''
  } catch (error) {
    if ([409, 412].includes(statusOf(error) ?? 0)) return undefined
    throw translate(error, key)
  }
}

/**
 * Seconds this machine's clock is behind the store's (negative: ahead), by the Date of the store's answers. The
 * SDK keeps it, to sign by the store's clock.
 */
export const secondsBehindStore = (): number => Math.round(open().s3.config.systemClockOffset / 1000)

/** Reads an object as JSON with its ETag; undefined when it is not there. Throws RefusedError when it is no JSON, and as the others. */
export const getJson = async <T>(key: string): Promise<{ value: T; etag: string } | undefined> => {
  const { s3, bucket } = open()
  try {
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return { value: parsed(await Body!.transformToString(), key) as T, etag: ETag ?? '' }
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined
    throw translate(error, key)
  }
}

const parsed = (text: string, key: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new RefusedError(
      `${client?.address}/${key} is no JSON: it was cut short, or somebody wrote over it. Delete it, and start a new run: npm run -s firn -- run`,
    )
  }
}

/** An object's bytes as they come; undefined when it is not there. Throws UnavailableError or RefusedError. */
export const readObject = async (key: string): Promise<AsyncIterable<Uint8Array> | undefined> => {
  const { s3, bucket } = open()
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return arriving(Body as Readable, key)
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined
    throw translate(error, key)
  }
}

async function* arriving(body: Readable, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>
  } catch (error) {
    throw translate(error, key)
  }
}

/** An object as the bucket lists it. An ETag is another when the content is another. */
type Listed = { key: string; bytes: number; etag: string | undefined }

/** Objects below a prefix, and with a delimiter the folders instead. 1,000 of them are one request. */
export const listObjects = async (
  prefix: string,
  delimiter?: '/',
): Promise<{ objects: Listed[]; folders: string[] }> => {
  const { s3, bucket } = open()
  const found = { objects: [] as Listed[], folders: [] as string[] }
  let token: string | undefined
  try {
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: delimiter, ContinuationToken: token }),
      )
      for (const { Key, Size, ETag } of page.Contents ?? [])
        found.objects.push({ key: Key!, bytes: Size ?? 0, etag: ETag })
      found.folders.push(...(page.CommonPrefixes ?? []).map((folder) => folder.Prefix!))
      token = page.NextContinuationToken
    } while (token)
  } catch (error) {
    throw translate(error, prefix)
  }
  return found
}

/** Names below a prefix: objects' keys, and with a delimiter the folders instead. */
export const list = async (prefix: string, delimiter?: '/'): Promise<{ keys: string[]; folders: string[] }> => {
  const { objects, folders } = await listObjects(prefix, delimiter)
  return { keys: objects.map(({ key }) => key), folders }
}

/** Throws unless the bucket is there and may be used. */
export const checkBucket = async (): Promise<string> => {
  const { s3, bucket, address } = open()
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }))
    return address
  } catch (error) {
    if (statusOf(error) === 404)
      throw new RefusedError(`There is no bucket at ${address}. Deploy first: npm run -s firn -- deploy`, {
        cause: error,
      })
    throw translate(error, '')
  }
}

/** Deletes every object, a page of at most 1,000 at a time. Gives how many. CloudFormation refuses to delete a bucket that holds any. */
export const emptyBucket = async (): Promise<number> => {
  const { s3, bucket } = open()
  const { keys } = await list('')
  for (let at = 0; at < keys.length; at += 1000) {
    const Objects = keys.slice(at, at + 1000).map((Key) => ({ Key }))
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
  }
  return keys.length
}
