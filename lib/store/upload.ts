/** A file that is sent to the staging bucket while it is made. */
import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { openStore, type Store, translateStore } from './client.ts'
import { putObject } from './objects.ts'

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

  /** SHA-256 of what was written so far, 64 hexadecimal digits. */
  digest(): string {
    return this.hash.copy().digest('hex')
  }

  /** Makes the object. A small one is put in one request. `etag` is what the store will call this content. Throws as `write` does. */
  async close(): Promise<{ key: string; sha256: string; etag?: string }> {
    const etag = this.uploadId === undefined ? await putObject(this.key, this.take()) : await this.complete()
    return { key: this.key, sha256: this.hash.digest('hex'), ...(etag ? { etag } : {}) }
  }

  /** Forgets what was written. Never throws: the bucket's lifecycle sweeps what stays. */
  async abandon(): Promise<void> {
    if (this.uploadId === undefined) return
    const abort = ({ s3, bucket }: Store, UploadId: string) =>
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

  private async ask<T>(request: (store: Store, uploadId: string) => Promise<T>): Promise<T> {
    const opened = openStore()
    const { s3, bucket } = opened
    try {
      this.uploadId ??= (await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: this.key }))).UploadId!
      return await request(opened, this.uploadId)
    } catch (error) {
      throw translateStore(error, this.key)
    }
  }
}

/** Begins an object that is written piece by piece, in little memory whatever its size. */
export const openObject = (key: string): Upload => new Upload(key)
