/** A bucket of a test's own, in the store that tests share. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { stackForTests } from '../../stack.ts'

/** Makes it, and this process one that writes there. */
export const useBucket = async (bucket: string): Promise<void> => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: stackForTests().s3.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    FIRN_BUCKET: bucket,
  })
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }))
}
