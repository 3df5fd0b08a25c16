/** The two logins. They are made empty here and filled by `firn secrets put`, so that no value passes a template. */
import { SecretValue } from 'aws-cdk-lib'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import type { Deployment } from './deployment.ts'
import { removalPolicy } from './lifetime.ts'
import type { Login } from './stages.ts'

export type Secrets = Record<Login, Secret>

/** JSON without a `user`: what lib/settings.ts takes for "not filled yet". Changing this text would empty filled secrets. */
const NOT_FILLED = JSON.stringify({ fill: 'npm run -s firn -- secrets put' })

const secret = (scope: Construct, id: string, description: string, { env }: Deployment): Secret => {
  const made = new Secret(scope, id, {
    description,
    secretStringValue: SecretValue.unsafePlainText(NOT_FILLED),
    removalPolicy: removalPolicy(env),
  })
  accept(made, {
    SMG4: 'The login belongs to a database outside this stack, whose owner rotates it; every run reads it anew',
  })
  return made
}

/** Secrets without names of their own, so that a stack can be deleted and made again while old ones wait for deletion. */
export const loginSecrets = (scope: Construct, deployment: Deployment): Secrets => ({
  mysql: secret(
    scope,
    'MysqlSecret',
    'firn: host, port, user, password, database of the MySQL to read; readerHost, readerPort, ssl, sslCa, maskSalt where set',
    deployment,
  ),
  snowflake: secret(
    scope,
    'SnowflakeSecret',
    'firn: account, user, privateKey or password, warehouse, database, schema, role of the Snowflake to load',
    deployment,
  ),
})
