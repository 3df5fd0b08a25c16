/** The role that Snowflake's storage integration assumes to read staged files. */
import { Aws, CfnCondition, CfnParameter, Fn } from 'aws-cdk-lib'
import { ArnPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { acceptBroad } from './accepted.ts'
import type { Deployment } from './deployment.ts'

/**
 * Parameters of the stack, not context: CloudFormation keeps them from one deployment to the next, so a plain
 * `cdk deploy` never undoes the trust that `firn setup snowflake` has set.
 */
const trust = (scope: Construct) => {
  const user = new CfnParameter(scope, 'SnowflakeIamUserArn', {
    description: 'STORAGE_AWS_IAM_USER_ARN of DESC INTEGRATION. Empty until the integration is there',
    default: '',
    allowedPattern: '^$|^arn:aws[a-z-]*:iam::\\d{12}:(user|role)/.+$',
    constraintDescription: 'the ARN of an IAM user or role, as DESC INTEGRATION tells it',
  })
  const externalId = new CfnParameter(scope, 'SnowflakeExternalId', {
    description: 'STORAGE_AWS_EXTERNAL_ID of DESC INTEGRATION',
    default: 'not-set-up-yet',
    minLength: 2,
  })
  const known = new CfnCondition(scope, 'SnowflakeIsKnown', {
    expression: Fn.conditionNot(Fn.conditionEquals(user.valueAsString, '')),
  })
  const nobodyElse = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`
  return {
    principal: Fn.conditionIf(known.logicalId, user.valueAsString, nobodyElse).toString(),
    externalId: externalId.valueAsString,
  }
}

/** Reads `runs/*` of the staging bucket, nothing else, and for nobody but the integration with its external id. */
export const snowflakeRole = (scope: Construct, { env }: Deployment, bucket: Bucket): Role => {
  const { principal, externalId } = trust(scope)
  const files = bucket.arnForObjects('runs/*')
  const role = new Role(scope, 'SnowflakeRole', {
    assumedBy: new ArnPrincipal(principal).withConditions({ StringEquals: { 'sts:ExternalId': externalId } }),
    description: `firn ${env}: lets the storage integration of Snowflake read staged files`,
  })
  role.addToPolicy(
    new PolicyStatement({
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [files],
    }),
  )
  role.addToPolicy(
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': ['runs/*'] } },
    }),
  )
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetBucketLocation'], resources: [bucket.bucketArn] }))
  acceptBroad(role, files, 'The files of every run: what there is to load')
  return role
}
