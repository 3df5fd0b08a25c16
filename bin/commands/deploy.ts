/** deploy, destroy: the CDK app to where AWS_ENDPOINT_URL and the credentials point; the twin if it is up. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import type { Command } from 'commander'
import { environmentName } from '../../lib/settings.ts'
import { cdk } from '../cdk.ts'
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

/** Whom the bucket's role trusts, once Snowflake has told: kept in .env, since every deploy must say it again. */
const trust = (): string[] => {
  const { SNOWFLAKE_IAM_USER_ARN: user, SNOWFLAKE_EXTERNAL_ID: external } = process.env
  return user && external ? ['-c', `snowflakeIamUserArn=${user}`, '-c', `snowflakeExternalId=${external}`] : []
}

/** Deploys the stack and what belongs to it outside AWS. Gives what it is, and the commands a person still has to give. */
export const deploy = async (quiet: boolean): Promise<{ deployment: Deployment; left: string[] }> => {
  if (isLocal() && !(await isBootstrapped())) await cdk(['bootstrap', TWIN_ACCOUNT], quiet)
  const approval = isLocal() ? 'never' : 'broadening'
  await cdk(
    ['deploy', stackName(), '-c', `env=${environmentName()}`, '--require-approval', approval, '--ci', ...trust()],
    quiet,
  )
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
      await cdk(['destroy', stackName(), '-c', `env=${environmentName()}`, ...(force || isLocal() ? ['--force'] : [])])
      answer({ destroyed: stackName() }, `${stackName()} is gone`)
    })
}
