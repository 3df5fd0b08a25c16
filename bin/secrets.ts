/** Fills the deployed secrets from the settings in force; no value is ever on a command line. */
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { mysqlSettings, type SnowflakeSettings, snowflakeSettings } from '../lib/settings.ts'
import type { Deployment } from './deployment.ts'

/** The salt that is deployed: with another one, or none, what was hashed before is equal to nothing any more. */
const deployedSalt = async (client: SecretsManagerClient, SecretId: string): Promise<{ maskSalt?: string }> => {
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }))
  const { maskSalt } = JSON.parse(SecretString) as { maskSalt?: string }
  return maskSalt === undefined ? {} : { maskSalt }
}

/** On AWS each function has a role of its own, and a user of Snowflake is tied to one: the functions become that one to log in. */
const workloadIdentityOf = ({ workloadIdentity }: SnowflakeSettings, roleArn: string) =>
  workloadIdentity?.provider === 'AWS' && !workloadIdentity.impersonationPath
    ? { workloadIdentity: { ...workloadIdentity, impersonationPath: [roleArn] } }
    : {}

/** Puts MySQL's and Snowflake's settings into the stack's secrets. Throws RefusedError naming a setting that is missing. A salt that is deployed stays unless another is set. */
export const putSecrets = async ({
  mysqlSecretArn,
  snowflakeSecretArn,
  snowflakeLoginRoleArn,
}: Deployment): Promise<void> => {
  const client = new SecretsManagerClient({})
  const put = (SecretId: string, value: object) =>
    client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }))
  const [mysql, snowflake] = [await mysqlSettings(), await snowflakeSettings()]
  const salt = mysql.maskSalt === undefined ? await deployedSalt(client, mysqlSecretArn) : {}
  const deployed = { ...snowflake, ...workloadIdentityOf(snowflake, snowflakeLoginRoleArn) }
  await Promise.all([put(mysqlSecretArn, { ...mysql, ...salt }), put(snowflakeSecretArn, deployed)])
}
