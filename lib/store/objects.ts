/** The staging bucket's objects: written whole or on a condition, read, listed. */
import type { Readable } from 'node:stream'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { RefusedError } from '../errors.ts'
import { stackStoreSettings } from '../settings.ts'
import { openStore, storeClient, translateStore } from './client.ts'
import { statusOf } from './errors.ts'

/**
 * Writes what Step Functions itself reads (the Map's items): always into the stack's own bucket, for Step Functions
 * cannot see a MinIO. Gives that bucket's name.
 */
export const putForStateMachine = async (key: string, body: string): Promise<string> => {
  const settings = stackStoreSettings()
  const { bucket } = settings
  if (bucket === openStore().bucket) {
    await putObject(key, body)
    return bucket
  }
  await storeClient(settings).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
  return bucket
}

/** Writes an object whole. Gives its ETag. Throws UnavailableError or RefusedError. */
export const putObject = async (key: string, body: Uint8Array | string): Promise<string | undefined> => {
  const { s3, bucket } = openStore()
  try {
    return (await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))).ETag
  } catch (error) {
    throw translateStore(error, key)
  }
}

/**
 * Writes only if the object is as expected: absent (`ifAbsent`), or still of that ETag. Gives the new ETag, or
 * undefined when someone else was there first. 412 and 409 are S3's two ways to say so ("Conditional requests").
 */
export const putIf = async (key: string, body: string, expected: { ifAbsent: true } | { etag: string }) => {
  const { s3, bucket } = openStore()
  const condition = 'etag' in expected ? { IfMatch: expected.etag } : { IfNoneMatch: '*' }
  try {
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...condition }))
    return ETag ?? ''
  } catch (error) {
    if ([409, 412].includes(statusOf(error) ?? 0)) return undefined
    throw translateStore(error, key)
  }
}

/** Reads an object as JSON with its ETag; undefined when it is not there. Throws RefusedError when it is no JSON, and as the others. */
export const getJson = async <T>(key: string): Promise<{ value: T; etag: string } | undefined> => {
  const { s3, bucket } = openStore()
  try {
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return { value: parsed(await Body!.transformToString(), key) as T, etag: ETag ?? '' }
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined
    throw translateStore(error, key)
  }
}

const parsed = (text: string, key: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new RefusedError(
      `${openStore().address}/${key} is no JSON: it was cut short, or somebody wrote over it. Delete it, and start a new run: npm run -s firn -- run`,
    )
  }
}

/**
 * An object's bytes as they come, or its first so many if it is still of that ETag; undefined when it is not there, or
 * another. Throws UnavailableError or RefusedError.
 */
export const readObject = async (
  key: string,
  first?: { bytes: number; etag: string },
): Promise<AsyncIterable<Uint8Array> | undefined> => {
  const { s3, bucket } = openStore()
  const part = first && { Range: `bytes=0-${first.bytes - 1}`, IfMatch: first.etag }
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...part }))
    return arriving(Body as Readable, key)
  } catch (error) {
    if ([404, 412].includes(statusOf(error) ?? 0) && (error as Error).name !== 'NoSuchBucket') return undefined
    throw translateStore(error, key)
  }
}

/** What the store says of an object. `writtenAt`, `expiresAt` in milliseconds since 1970; null where no rule ends its life. */
type Looked = { bytes: number; etag: string | undefined; writtenAt: number; expiresAt: number | null }

/** Looks at an object without reading it; undefined when it is not there. Throws UnavailableError or RefusedError. */
export const lookAtObject = async (key: string): Promise<Looked | undefined> => {
  const { s3, bucket } = openStore()
  try {
    const found = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    // expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="…" ("HeadObject")
    const expiry = /expiry-date="([^"]+)"/.exec(found.Expiration ?? '')
    return {
      bytes: found.ContentLength ?? 0,
      etag: found.ETag,
      writtenAt: found.LastModified?.getTime() ?? 0,
      expiresAt: expiry ? Date.parse(expiry[1]!) : null,
    }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw translateStore(error, key)
  }
}

async function* arriving(body: Readable, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>
  } catch (error) {
    throw translateStore(error, key)
  }
}

/** An object as the bucket lists it. An ETag is another when the content is another. */
type Listed = { key: string; bytes: number; etag: string | undefined }

/** Objects below a prefix, and with a delimiter the folders instead. 1,000 of them are one request. */
export const listObjects = async (
  prefix: string,
  delimiter?: '/',
): Promise<{ objects: Listed[]; folders: string[] }> => {
  const { s3, bucket } = openStore()
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
    throw translateStore(error, prefix)
  }
  return found
}

/** Names below a prefix: objects' keys, and with a delimiter the folders instead. */
export const list = async (prefix: string, delimiter?: '/'): Promise<{ keys: string[]; folders: string[] }> => {
  const { objects, folders } = await listObjects(prefix, delimiter)
  return { keys: objects.map(({ key }) => key), folders }
}

/** Deletes every object, a page of at most 1,000 at a time. Gives how many. CloudFormation refuses to delete a bucket that holds any. */
export const emptyBucket = async (): Promise<number> => {
  const { s3, bucket } = openStore()
  const { keys } = await list('')
  for (let at = 0; at < keys.length; at += 1000) {
    const Objects = keys.slice(at, at + 1000).map((Key) => ({ Key }))
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
  }
  return keys.length
}
