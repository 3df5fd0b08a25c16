/** setup: what Snowflake needs, printed or run; the dbt project, uploaded. */
import type { Command } from 'commander'
import { snowflakeSettings } from '../../lib/settings.ts'
import { readDeployment } from '../deployment.ts'
import { loadEnvironment } from '../environment.ts'
import { setUpSnowflake, setupStatements, uploadDbt } from '../snowflake-setup.ts'
import { answer } from '../terminal.ts'

const trustText = (trust: { iamUserArn: string; externalId: string }) =>
  `Snowflake is set up. One step is left, so that it may read the bucket. Put these two lines into .env:

SNOWFLAKE_IAM_USER_ARN=${trust.iamUserArn}
SNOWFLAKE_EXTERNAL_ID=${trust.externalId}

and deploy again: npm run -s firn -- deploy`

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
      const statements = setupStatements(await snowflakeSettings(), deployment)
      if (!run) return answer(statements, statements.map(({ why, sql }) => `-- ${why}\n${sql};`).join('\n\n'))
      const trust = await setUpSnowflake(deployment)
      answer({ statements: statements.length, trust }, trust ? trustText(trust) : 'Snowflake is set up')
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
