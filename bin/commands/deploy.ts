/** deploy, destroy: the CDK app to where AWS_ENDPOINT_URL and the credentials point; the twin if it is up. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import type { Command } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import { environmentName } from '../../lib/settings.ts'
import { emptyBucket } from '../../lib/store/objects.ts'
import { cdk, cdkDeploy } from '../cdk.ts'
import { confirmed } from '../confirm.ts'
import { type Deployment, readDeployment, stackName } from '../deployment.ts'
import { isLocal, loadEnvironment } from '../environment.ts'
import { putSecrets } from '../secrets.ts'
import { setUpSnowflake, uploadDbt } from '../snowflake-setup.ts'
import { answer, say } from '../terminal.ts'

const TWIN_ACCOUNT = 'aws://000000000000/us-east-1'

const isBootstrapped = async (): Promise<boolean> => {
  try {
    await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: 'CDKToolkit' }))
    return true
  } catch {
    return false
  }
}

const hasSnowflake = () => Boolean(process.env.SNOWFLAKE_ACCOUNT)

/** The twin's Lambdas and warehouse are ready at once; a real account needs a person for its secrets and its trust. */
const afterDeploy = async (deployment: Deployment): Promise<string[]> => {
  if (isLocal()) {
    await putSecrets(deployment)
    await setUpSnowflake(deployment)
    await uploadDbt()
    return []
  }
  const left = ['npm run -s firn -- secrets put', 'npm run -s firn -- setup snowflake --run']
  if (!hasSnowflake()) return left
  try {
    await uploadDbt()
  } catch (error) {
    say(`the dbt project was not uploaded: ${(error as Error).message}`)
    left.push('npm run -s firn -- setup dbt')
  }
  return left
}

/** Deploys the stack and what belongs to it outside AWS. Gives what it is, and the commands a person still has to give. */
export const deploy = async (quiet: boolean): Promise<{ deployment: Deployment; left: string[] }> => {
  if (isLocal() && !(await isBootstrapped())) await cdk(['bootstrap', TWIN_ACCOUNT], quiet)
  await cdkDeploy([], quiet)
  const deployment = await readDeployment()
  return { deployment, left: await afterDeploy(deployment) }
}

/** Adds the commands. */
export const addDeploy = (program: Command): void => {
  program
    .command('deploy')
    .description('deploy the CDK app, and the dbt project to Snowflake')
    .action(async () => {
      loadEnvironment()
      const { deployment, left } = await deploy(false)
      const next = left.length
        ? `\nIf it has not been done yet, in this order:\n${left.map((line) => `  ${line}`).join('\n')}`
        : ''
      answer({ ...deployment, stack: stackName(), next: left }, `${stackName()} is deployed${next}`)
    })
  program
    .command('destroy')
    .description('take the stack away; the warehouse and MySQL stay')
    .option('--force', 'without asking')
    .action(async ({ force }: { force?: boolean }) => {
      loadEnvironment()
      await readDeployment()
      if (environmentName() === 'prod')
        throw new RefusedError(
          'prod is protected: take its termination protection away in CloudFormation first, then use cdk destroy',
        )
      if (!force && !isLocal() && !(await confirmed(`Delete ${stackName()} and every run folder in its bucket?`)))
        throw new RefusedError('nothing was destroyed: say --force, or answer yes')
      // what is in a MinIO stays; the stack's own bucket must be empty to go
      delete process.env.MINIO_ENDPOINT
      const objects = await emptyBucket()
      await cdk(['destroy', stackName(), '-c', `env=${environmentName()}`, '--force'])
      answer({ destroyed: stackName(), objects }, `${stackName()} is gone, with ${objects} objects of its bucket`)
    })
}
