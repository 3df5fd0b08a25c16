/** Fills the deployed secrets from the settings in force; no value is ever on a command line. */
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { mysqlSettings, snowflakeSettings } from '../lib/settings.ts'
import type { Deployment } from './deployment.ts'

/** Puts MySQL's and Snowflake's settings into the stack's secrets. Throws RefusedError naming a setting that is missing. */
export const putSecrets = async ({ mysqlSecretArn, snowflakeSecretArn }: Deployment): Promise<void> => {
  const client = new SecretsManagerClient({})
  const put = (SecretId: string, value: object) =>
    client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }))
  const [mysql, snowflake] = [await mysqlSettings(), await snowflakeSettings()]
  await Promise.all([put(mysqlSecretArn, mysql), put(snowflakeSecretArn, snowflake)])
}
