/** secrets put: the settings of .env and the environment, into the deployed secrets. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Command } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import { readDeployment } from '../deployment.ts'
import { isLocal, loadEnvironment } from '../environment.ts'
import { putSecrets } from '../secrets.ts'
import { answer } from '../terminal.ts'

/** Asks without showing what is typed. */
const askHidden = async (question: string): Promise<string> => {
  process.stderr.write(`${question}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  const typed = await lines.question('')
  lines.close()
  process.stderr.write('\n')
  return typed
}

/** A password that is nowhere is asked for, when there is someone to ask. */
const askForMissing = async () => {
  if (!process.stdin.isTTY) return
  if (!process.env.MYSQL_PASSWORD) process.env.MYSQL_PASSWORD = await askHidden('MYSQL_PASSWORD')
  const { SNOWFLAKE_PASSWORD, SNOWFLAKE_PRIVATE_KEY, SNOWFLAKE_PRIVATE_KEY_PATH } = process.env
  if (!SNOWFLAKE_PASSWORD && !SNOWFLAKE_PRIVATE_KEY && !SNOWFLAKE_PRIVATE_KEY_PATH)
    process.env.SNOWFLAKE_PASSWORD = await askHidden('SNOWFLAKE_PASSWORD (trial accounts; a key pair is better)')
}

/** Adds the command. */
export const addSecrets = (program: Command): void => {
  const secrets = program.command('secrets').description('what the deployed functions log in with')
  secrets
    .command('put')
    .description(
      'fill the deployed secrets with MYSQL_* and SNOWFLAKE_* of .env and the environment; passwords that are missing are asked for',
    )
    .action(async () => {
      const ofTwins = loadEnvironment()
      if (!isLocal() && ofTwins.some((name) => name === 'MYSQL_HOST' || name === 'SNOWFLAKE_ACCOUNT'))
        throw new RefusedError(
          'MYSQL_* or SNOWFLAKE_* is not set, and the logins of the local twins are no use in AWS: fill them in .env',
        )
      const deployment = await readDeployment()
      await askForMissing()
      await putSecrets(deployment)
      answer({ filled: [deployment.mysqlSecretArn, deployment.snowflakeSecretArn] }, 'both secrets are filled')
    })
}
