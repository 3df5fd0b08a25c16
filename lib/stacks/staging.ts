/** The staging bucket: run folders, leases, claims of schedules. */
import { Aws, Duration } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import type { Deployment } from './deployment.ts'
import { removalPolicy } from './lifetime.ts'

/**
 * `firn-<env>-staging-<account>-<region>`: encrypted, private, TLS only. Not versioned: files carry their attempt in the
 * name and results are put once, so nothing of worth is ever overwritten, while an old version of a lease brought back
 * would be a lie.
 */
export const stagingBucket = (scope: Construct, { env, keepRunsDays }: Deployment): Bucket => {
  const bucket = new Bucket(scope, 'Staging', {
    bucketName: `firn-${env}-staging-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: removalPolicy(env),
    lifecycleRules: [
      { id: 'runs', prefix: 'runs/', expiration: Duration.days(keepRunsDays) },
      { id: 'schedules', prefix: 'schedules/', expiration: Duration.days(keepRunsDays) },
      { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
  })
  accept(bucket, {
    S1: 'Only the roles of this stack can read it and every run writes down what it did; an account that wants each access logged turns on CloudTrail data events',
  })
  return bucket
}
