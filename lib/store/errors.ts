/** What a store says, in our words: which error of ours it is, and what mends it. */
import { RefusedError, UnavailableError } from '../errors.ts'

/** The HTTP status of a store's answer; undefined when there was none. */
export const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode

/**
 * How stores say that nothing more goes into them: MinIO's XMinioStorageFull (507) and XMinioAdminBucketQuotaExceeded (400),
 * Ceph's QuotaExceeded (403), others' InsufficientStorage (507), and what a disk says, in the text of a 500. S3 itself is never full.
 */
const FULL = /StorageFull|QuotaExceeded|InsufficientStorage|no space left|quota exceeded/i

const isFull = (error: Error, code: number): boolean => code === 507 || FULL.test(`${error.name} ${error.message}`)

/**
 * The error of ours for one of the SDK's. `address`: the bucket with its store; `key`: what was to be read or written. Codes:
 * Amazon S3 API reference, "Error responses".
 */
export const storeError = (thrown: unknown, address: string, key: string): Error => {
  const error = thrown as Error
  if (error instanceof RefusedError) return error
  const code = statusOf(error)
  const { name } = error
  const place = `${address}/${key}`
  if (code !== undefined && isFull(error, code))
    return new RefusedError(
      `The staging bucket is full (${name}): ${place} could not be written. Make room (run folders below runs/ that nobody replays any more may go) or raise its quota, then retry the run: npm run -s firn -- retry RUN`,
      { cause: error },
    )
  if (code === undefined || code >= 500 || code === 429 || name === 'SlowDown')
    return new UnavailableError(`The staging bucket does not answer (${name}) at ${place}`, { cause: error })
  if (name === 'NoSuchBucket' || code === 301)
    return new RefusedError(`There is no bucket at ${address}. Deploy first: npm run -s firn -- deploy`, {
      cause: error,
    })
  if (code === 403 || code === 401)
    return new RefusedError(`Access to ${place} is refused (${name}): check the credentials, or the function's role`, {
      cause: error,
    })
  return error
}
