/** dbt: the same dbt that the Snowflake twin runs, on the project in dbt/, against the settings in force. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Command } from 'commander'
import { snowflakeSettings } from '../../lib/settings.ts'
import { prepare } from '../../local/prepare.ts'
import { loadEnvironment, ROOT } from '../environment.ts'
import { answer, endWith, isJson, say } from '../terminal.ts'

/** Settings as dbt/profiles.yml asks for them. */
const profileEnvironment = async (): Promise<Record<string, string>> => {
  const settings = await snowflakeSettings()
  const url = settings.accessUrl ? new URL(settings.accessUrl) : undefined
  return {
    SNOWFLAKE_ACCOUNT: settings.account,
    SNOWFLAKE_USER: settings.user,
    SNOWFLAKE_PASSWORD: settings.password ?? '',
    SNOWFLAKE_DATABASE: settings.database,
    SNOWFLAKE_SCHEMA: settings.schema,
    ...(url
      ? { SNOWFLAKE_HOST: url.hostname, SNOWFLAKE_PORT: url.port, SNOWFLAKE_PROTOCOL: url.protocol.replace(':', '') }
      : {}),
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
  }
}

/** Adds the command. */
export const addDbt = (program: Command): void => {
  program
    .command('dbt')
    .argument('<args...>', 'what dbt is told, such as: docs generate')
    .allowUnknownOption()
    .passThroughOptions()
    .description('run dbt on dbt/ against the warehouse of the settings')
    .action(async (args: string[]) => {
      loadEnvironment()
      const { dbt } = await prepare({ root: ROOT, log: (line) => say(line) })
      const folder = join(ROOT, 'dbt')
      const child = spawn(dbt, [...args, '--project-dir', folder, '--profiles-dir', folder], {
        stdio: ['inherit', isJson() ? process.stderr : 'inherit', 'inherit'],
        env: { ...process.env, ...(await profileEnvironment()) },
      })
      const status = await new Promise<number>((ended, failed) =>
        child.on('error', failed).on('close', (code) => ended(code ?? 1)),
      )
      answer({ args, status }, '')
      endWith(status === 0 ? 0 : 1)
    })
}
