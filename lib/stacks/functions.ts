/** The Lambda functions, one a file of functions/, each with a role of its own that may do only what its stage does. */
import { Duration } from 'aws-cdk-lib'
import { Architecture, Function as Lambda, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { Metadata } from '../model.ts'
import { stageCode } from './bundling.ts'
import type { Deployment } from './deployment.ts'
import { functionRole } from './function-role.ts'
import { removalPolicy } from './lifetime.ts'
import { vpcProps } from './network.ts'
import type { Secrets } from './secrets.ts'
import { EXTRACT_NODE_OPTIONS, type Login, NEEDS, STAGES, type StageName, stateName } from './stages.ts'

export type Functions = Record<StageName, Lambda>

export type FunctionsProps = {
  deployment: Deployment
  metadata: Metadata
  bucket: Bucket
  secrets: Secrets
  /** Where events go that Report could not be given. */
  undelivered: Queue
}

type Network = ReturnType<typeof vpcProps>

const SETTING: Record<Login, string> = {
  mysql: 'FIRN_MYSQL_SECRET',
  snowflake: 'FIRN_SNOWFLAKE_SECRET',
}

const environment = (stage: StageName, { deployment, metadata, bucket, secrets }: FunctionsProps) => ({
  FIRN_ENV: deployment.env,
  FIRN_BUCKET: bucket.bucketName,
  FIRN_DEFAULT_JOB: metadata.defaultJob,
  FIRN_CODE_VERSION: deployment.codeVersion,
  ...Object.fromEntries(NEEDS[stage].logins.map((login) => [SETTING[login], secrets[login].secretArn])),
  POWERTOOLS_SERVICE_NAME: 'firn',
  POWERTOOLS_METRICS_NAMESPACE: 'Firn',
  POWERTOOLS_LOG_LEVEL: deployment.logLevel,
  NODE_OPTIONS: `--enable-source-maps${stage === 'extract' ? ` ${EXTRACT_NODE_OPTIONS}` : ''}`,
  // In plain sight of whoever may read the function: a MinIO is a store at home or in a test, not one on AWS, where the
  // bucket of this stack is used through the function's role and there is no password at all.
  ...deployment.minio,
})

const stageFunction = (scope: Construct, stage: StageName, props: FunctionsProps, network: Network): Lambda => {
  const { deployment, undelivered } = props
  const id = stateName(stage)
  const functionName = `firn-${deployment.env}-${stage}`
  const needs = NEEDS[stage]
  const readsMysql = needs.logins.includes('mysql')
  const logGroup = new LogGroup(scope, `${id}Log`, {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: removalPolicy(deployment.env),
  })
  return new Lambda(scope, id, {
    functionName,
    description: `firn ${deployment.env}: the stage ${stage}`,
    code: stageCode(stage, deployment.metadataFolder),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: needs.memoryMb,
    timeout: stage === 'extract' ? Duration.seconds(deployment.extractSeconds) : Duration.minutes(needs.minutes),
    role: functionRole(scope, `${id}Role`, { stage, logGroup, readsMysql, ...props }),
    logGroup,
    tracing: Tracing.ACTIVE,
    environment: environment(stage, props),
    ...(readsMysql ? network : {}),
    ...(stage === 'extract' && deployment.extractConcurrency !== null
      ? { reservedConcurrentExecutions: deployment.extractConcurrency }
      : {}),
    // only Report is called by an event, without anyone waiting for its answer
    ...(stage === 'report' ? { deadLetterQueue: undelivered } : {}),
  })
}

/** Every function, by stage. */
export const stageFunctions = (scope: Construct, props: FunctionsProps): Functions => {
  const network = vpcProps(scope, props.deployment.network)
  return Object.fromEntries(STAGES.map((stage) => [stage, stageFunction(scope, stage, props, network)])) as Functions
}
