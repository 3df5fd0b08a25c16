/** The staging bucket's client: for S3, or for anything that speaks its language. This folder alone does. */
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { RefusedError } from '../errors.ts'
import { type StoreSettings, storeSettings } from '../settings.ts'
import { statusOf, storeError } from './errors.ts'

export type Store = { s3: S3Client; bucket: string; address: string }

let client: Store | undefined

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

/** The staging bucket as the settings say it, with a client that is used again. Throws RefusedError when they do not. */
export const openStore = (): Store => {
  const settings = storeSettings()
  const { bucket, endpoint } = settings
  const address = `${endpoint ?? 's3'}/${bucket}`
  if (client?.address === address) return client
  client = { s3: storeClient(settings), bucket, address }
  return client
}

/** In our words; `key`: what was to be read or written. */
export const translateStore = (error: unknown, key: string): Error => storeError(error, client?.address ?? '', key)

/**
 * Seconds this machine's clock is behind the store's (negative: ahead), by the Date of the store's answers. The
 * SDK keeps it, to sign by the store's clock.
 */
export const secondsBehindStore = (): number => Math.round(openStore().s3.config.systemClockOffset / 1000)

/** Throws unless the bucket is there and may be used. */
export const checkBucket = async (): Promise<string> => {
  const { s3, bucket, address } = openStore()
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }))
    return address
  } catch (error) {
    if (statusOf(error) === 404)
      throw new RefusedError(`There is no bucket at ${address}. Deploy first: npm run -s firn -- deploy`, {
        cause: error,
      })
    throw translateStore(error, '')
  }
}
