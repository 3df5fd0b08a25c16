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

export type StageName = 'plan' | 'extract' | 'load' | 'transform' | 'fail' | 'report'
export type Functions = Record<StageName, Lambda>

/** What a stage needs. `prefixes`: where in the staging bucket it reads and writes. */
export type Needs = {
  memoryMb: number
  minutes: number
  secrets: (keyof Secrets)[]
  prefixes: ('runs' | 'leases' | 'schedules')[]
}

/**
 * Memory is sized by the CPU that comes with it (a whole one at 1,769 MB); time, where a stage can say "go on from
 * here", is the most that Lambda has.
 */
export const NEEDS: Record<StageName, Needs> = {
  plan: { memoryMb: 1024, minutes: 15, secrets: ['mysql', 'snowflake'], prefixes: ['runs', 'leases', 'schedules'] },
  extract: { memoryMb: 2048, minutes: 15, secrets: ['mysql'], prefixes: ['runs'] },
  load: { memoryMb: 1024, minutes: 15, secrets: ['snowflake'], prefixes: ['runs', 'leases'] },
  transform: { memoryMb: 512, minutes: 5, secrets: ['snowflake'], prefixes: ['runs'] },
  fail: { memoryMb: 256, minutes: 1, secrets: [], prefixes: ['runs'] },
  report: { memoryMb: 512, minutes: 5, secrets: [], prefixes: ['runs', 'leases'] },
}

const STAGES = Object.keys(NEEDS) as StageName[]

export type FunctionsProps = {
  deployment: Deployment
  metadata: Metadata
  bucket: Bucket
  secrets: Secrets
  /** Where events go that Report could not be given. */
  undelivered: Queue
}

const SECRET_SETTING: Record<keyof Secrets, string> = {
  mysql: 'FIRN_MYSQL_SECRET',
  snowflake: 'FIRN_SNOWFLAKE_SECRET',
}

const environment = (stage: StageName, { deployment, metadata, bucket, secrets }: FunctionsProps) => ({
  FIRN_ENV: deployment.env,
  FIRN_BUCKET: bucket.bucketName,
  FIRN_DEFAULT_JOB: metadata.defaultJob,
  FIRN_CODE_VERSION: deployment.codeVersion,
  ...Object.fromEntries(NEEDS[stage].secrets.map((name) => [SECRET_SETTING[name], secrets[name].secretArn])),
  POWERTOOLS_SERVICE_NAME: 'firn',
  POWERTOOLS_METRICS_NAMESPACE: 'Firn',
  POWERTOOLS_LOG_LEVEL: deployment.logLevel,
  NODE_OPTIONS: '--enable-source-maps',
  // In plain sight of whoever may read the function: a MinIO is a store at home or in a test, not one on AWS, where the
  // bucket of this stack is used through the function's role and there is no password at all.
  ...deployment.minio,
})

const stageFunction = (scope: Construct, stage: StageName, props: FunctionsProps): Lambda => {
  const { deployment, undelivered } = props
  const id = stage[0]!.toUpperCase() + stage.slice(1)
  const functionName = `firn-${deployment.env}-${stage}`
  const needs = NEEDS[stage]
  const readsMysql = needs.secrets.includes('mysql')
  const logGroup = new LogGroup(scope, `${id}Log`, {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: removalPolicy(deployment.env),
  })
  return new Lambda(scope, id, {
    functionName,
    description: `firn ${deployment.env}: the stage ${stage}`,
    code: stageCode(stage, STAGES, deployment.metadataFolder),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: needs.memoryMb,
    timeout: Duration.minutes(needs.minutes),
    role: functionRole(scope, `${id}Role`, { stage, logGroup, readsMysql, ...props }),
    logGroup,
    tracing: Tracing.ACTIVE,
    environment: environment(stage, props),
    ...(readsMysql ? vpcProps(scope, deployment.network) : {}),
    ...(stage === 'extract' && deployment.extractConcurrency !== null
      ? { reservedConcurrentExecutions: deployment.extractConcurrency }
      : {}),
    // only Report is called by an event, without anyone waiting for its answer
    ...(stage === 'report' ? { deadLetterQueue: undelivered } : {}),
  })
}

/** Every function, by stage. */
export const stageFunctions = (scope: Construct, props: FunctionsProps): Functions =>
  Object.fromEntries(STAGES.map((stage) => [stage, stageFunction(scope, stage, props)])) as Functions
