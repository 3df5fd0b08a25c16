/** The pipeline as one stack: joins the rooms of this folder. */
import { CfnOutput, Stack, Tags } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Metadata } from '../model.ts'
import type { Deployment } from './deployment.ts'
import { stageFunctions } from './functions.ts'
import { jobSchedules } from './schedules.ts'
import { loginSecrets } from './secrets.ts'
import { snowflakeLoginRole } from './snowflake-login-role.ts'
import { snowflakeRole } from './snowflake-role.ts'
import { stagingBucket } from './staging.ts'
import { pipelineMachine } from './state-machine.ts'
import { alarms, endingsRule, undeliveredQueue } from './watch.ts'

type PipelineStackProps = { deployment: Deployment; metadata: Metadata }

/** `Firn-<env>`. Without account or region, so that its template is the same wherever it goes. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, { deployment, metadata }: PipelineStackProps) {
    super(scope, `Firn-${deployment.env}`, {
      description: `firn ${deployment.env}: MySQL to Snowflake, job by job, as metadata/ says`,
      terminationProtection: deployment.env === 'prod',
    })
    const bucket = stagingBucket(this, deployment)
    const secrets = loginSecrets(this, deployment)
    const undelivered = undeliveredQueue(this, deployment)
    const functions = stageFunctions(this, { deployment, metadata, bucket, secrets, undelivered })
    const { defaultJob, jobs } = metadata
    const machine = pipelineMachine(this, { deployment, defaultJob, functions, bucket })
    jobSchedules(this, { deployment, jobs, machine, undelivered })
    endingsRule(this, machine, functions.report, undelivered)
    const topic = alarms(this, deployment, machine, undelivered)
    const role = snowflakeRole(this, deployment, bucket)
    const loginRole = snowflakeLoginRole(this, deployment, functions)

    Tags.of(this).add('project', 'firn')
    Tags.of(this).add('environment', deployment.env)
    for (const [name, value] of Object.entries({
      StateMachineArn: machine.stateMachineArn,
      BucketName: bucket.bucketName,
      MysqlSecretArn: secrets.mysql.secretArn,
      SnowflakeSecretArn: secrets.snowflake.secretArn,
      SnowflakeRoleArn: role.roleArn,
      SnowflakeLoginRoleArn: loginRole.roleArn,
      AlertsTopicArn: topic.topicArn,
      MetadataDigest: metadata.digest,
    }))
      new CfnOutput(this, name, { value })
  }
}
