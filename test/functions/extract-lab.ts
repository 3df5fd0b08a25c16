/** Extract called by hand: a database of a test's own, and a bucket. */
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Part } from '../../lib/model.ts'
import type { MysqlSettings } from '../../lib/mysql-settings.ts'
import { readBack } from '../lib/parquet/read-back.ts'
import { useBucket } from '../lib/store/bucket.ts'

export const s3Client = () => new S3Client({ forcePathStyle: true })

/** Makes the bucket, and this process one that reads this database and writes there. */
export const useForExtract = async (bucket: string, settings: MysqlSettings): Promise<void> => {
  Object.assign(process.env, {
    MYSQL_HOST: settings.host,
    MYSQL_PORT: String(settings.port),
    MYSQL_USER: settings.user,
    MYSQL_PASSWORD: settings.password,
    MYSQL_DATABASE: settings.database,
  })
  await useBucket(bucket)
}

export const bodyOf = async (key: string): Promise<Uint8Array> => {
  const { Body } = await s3Client().send(new GetObjectCommand({ Bucket: process.env.FIRN_BUCKET, Key: key }))
  return Body!.transformToByteArray()
}

/** The column `id` of files, in order. */
export const idsIn = async (parts: Part[]): Promise<unknown[]> => {
  const found: unknown[] = []
  for (const { key } of parts) found.push(...(await readBack(await bodyOf(key))).rows.map(({ id }) => id))
  return found
}
