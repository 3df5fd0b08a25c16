/** setup: what Snowflake needs, printed or run; the dbt project, uploaded. */
import type { Command } from 'commander'
import { snowflakeSettings } from '../../lib/settings.ts'
import { cdkDeploy } from '../cdk.ts'
import { readDeployment } from '../deployment.ts'
import { loadEnvironment } from '../environment.ts'
import { setUpSnowflake, setupStatements, shownStatements, type Trust, uploadDbt } from '../snowflake-setup.ts'
import { answer } from '../terminal.ts'

/** CloudFormation keeps parameters from one deployment to the next, so this is said once. */
const completeTrust = ({ iamUserArn, externalId }: Trust) =>
  cdkDeploy(['--parameters', `SnowflakeIamUserArn=${iamUserArn}`, '--parameters', `SnowflakeExternalId=${externalId}`])

/** Adds the commands. */
export const addSetup = (program: Command): void => {
  const setup = program.command('setup').description('prepare Snowflake')
  setup
    .command('snowflake')
    .description(
      'print (or with --run: run) the SQL that makes database, schemas, role, warehouse, stages, file format and ledger',
    )
    .option('--run', 'run it as the user of the settings, who must be allowed to')
    .action(async ({ run }: { run?: boolean }) => {
      loadEnvironment()
      const deployment = await readDeployment()
      const statements = shownStatements(setupStatements(await snowflakeSettings(), deployment))
      if (!run) return answer(statements, statements.map(({ why, sql }) => `-- ${why}\n${sql};`).join('\n\n'))
      const trust = await setUpSnowflake(deployment)
      if (trust) await completeTrust(trust)
      await uploadDbt()
      answer(
        { statements: statements.length, trust },
        trust ? "Snowflake is set up, and the bucket's role trusts its storage integration" : 'Snowflake is set up',
      )
    })
  setup
    .command('dbt')
    .description('upload dbt/ and make the DBT PROJECT object of it')
    .action(async () => {
      loadEnvironment()
      await uploadDbt()
      answer({ uploaded: true }, 'the dbt project is uploaded')
    })
}
