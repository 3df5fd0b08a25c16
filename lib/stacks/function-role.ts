/** The role of one function: its own log, its own secrets, its own part of the staging bucket, and nothing else. */
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { acceptBroad } from './accepted.ts'
import type { FunctionsProps } from './functions.ts'
import { NEEDS, type StageName } from './stages.ts'

type RoleProps = FunctionsProps & { stage: StageName; logGroup: LogGroup; readsMysql: boolean }

/** Network interfaces of a Lambda in a VPC (Lambda's guide, "Required IAM permissions"); these have no narrower resource. */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

const statements = ({ stage, logGroup, bucket, secrets, readsMysql, deployment }: RoleProps): PolicyStatement[] => {
  const { prefixes, logins } = NEEDS[stage]
  const allow = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources })
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
    allow(
      ['s3:GetObject', 's3:PutObject'],
      prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/*`)),
    ),
    // large files are sent in pieces, and those of a file given up are taken back
    ...(stage === 'extract' ? [allow(['s3:AbortMultipartUpload'], [bucket.arnForObjects('runs/*')])] : []),
    // Without it S3 says "access denied" of an object that is not there yet, instead of "no such key". A condition on
    // the prefix would bring that back, as a GetObject has none.
    allow(['s3:ListBucket'], [bucket.bucketArn]),
    ...logins.map((login) => allow(['secretsmanager:GetSecretValue'], [secrets[login].secretArn])),
    ...(readsMysql && deployment.network ? [allow(NETWORK_ACTIONS, ['*'])] : []),
  ]
}

/** Makes the role. CDK adds the sending of X-Ray's traces to it, and for Report that to its dead-letter queue. */
export const functionRole = (scope: Construct, id: string, props: RoleProps): Role => {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `firn ${props.deployment.env}: what the stage ${props.stage} may do`,
  })
  for (const statement of statements(props)) role.addToPolicy(statement)
  acceptBroad(role, '*', 'X-Ray takes traces, and EC2 network interfaces of a Lambda in a VPC, without a resource')
  acceptBroad(role, props.logGroup.logGroupArn, 'The streams of this one log group')
  for (const prefix of NEEDS[props.stage].prefixes)
    acceptBroad(role, props.bucket.arnForObjects(`${prefix}/*`), `Names under ${prefix}/ are made by runs`)
  return role
}
