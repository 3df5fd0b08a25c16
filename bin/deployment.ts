/** The deployed stack: where its parts are, from its outputs. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { RefusedError, UnavailableError } from '../lib/errors.ts'
import { environmentName } from '../lib/settings.ts'

export type Deployment = {
  stateMachineArn: string
  bucket: string
  mysqlSecretArn: string
  snowflakeSecretArn: string
  snowflakeRoleArn: string
  /** What the functions become to log in by workload identity. */
  snowflakeLoginRoleArn: string
  metadataDigest: string
}

export const stackName = (): string => `Firn-${environmentName()}`

const NOT_DEPLOYED = 'Deploy first: npm run -s firn -- deploy'

/** What the stack says of itself. Throws RefusedError when nothing is deployed, UnavailableError when AWS does not answer. */
export const readDeployment = async (): Promise<Deployment> => {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL } = process.env
  // the SDK knows AWS_REGION and the profile's; a stand-in of AWS has no profile
  if (!AWS_REGION && (AWS_DEFAULT_REGION || AWS_ENDPOINT_URL))
    process.env.AWS_REGION = AWS_DEFAULT_REGION ?? 'us-east-1'
  const client = new CloudFormationClient({ maxAttempts: 2 })
  const where = process.env.AWS_ENDPOINT_URL ?? 'AWS'
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName() }))
    const outputs = new Map(Stacks?.[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue ?? '']))
    const output = (name: string) => {
      const value = outputs.get(name)
      if (!value)
        throw new RefusedError(
          `Stack ${stackName()} has no output ${name}: it was not deployed to its end. ${NOT_DEPLOYED}`,
        )
      return value
    }
    const deployment = {
      stateMachineArn: output('StateMachineArn'),
      bucket: output('BucketName'),
      mysqlSecretArn: output('MysqlSecretArn'),
      snowflakeSecretArn: output('SnowflakeSecretArn'),
      snowflakeRoleArn: output('SnowflakeRoleArn'),
      snowflakeLoginRoleArn: output('SnowflakeLoginRoleArn'),
      metadataDigest: output('MetadataDigest'),
    }
    process.env.FIRN_BUCKET = deployment.bucket
    return deployment
  } catch (error) {
    if (error instanceof RefusedError) throw error
    const { name, message } = error as Error
    if (/does not exist/.test(message))
      throw new RefusedError(`There is no stack ${stackName()} at ${where}. ${NOT_DEPLOYED}`)
    if (/Credentials|Token|AccessDenied|UnrecognizedClient/.test(name + message))
      throw new RefusedError(
        `AWS refuses the credentials at ${where} (${name}): set AWS_PROFILE or AWS_ACCESS_KEY_ID, or start the twins: npm run -s firn -- up`,
        { cause: error },
      )
    throw new UnavailableError(
      `AWS does not answer at ${where} (${name}). Are the twins up? npm run -s firn -- status`,
      { cause: error },
    )
  }
}
