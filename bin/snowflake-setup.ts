/** What Snowflake needs before the first run: database, schemas, stage, ledger; and the dbt project. */
import { join } from 'node:path'
import { environmentName, type SnowflakeSettings, snowflakeSettings, storeSettings } from '../lib/settings.ts'
import type { Warehouse } from '../lib/warehouses/snowflake/connect.ts'
import { uploadDbtProject } from '../lib/warehouses/snowflake/dbt-project.ts'
import { quoteText } from '../lib/warehouses/snowflake/quote.ts'
import { type SetupStatement, setupSql } from '../lib/warehouses/snowflake/setup.ts'
import type { Deployment } from './deployment.ts'
import { askedMetadata, ROOT } from './environment.ts'
import { withWarehouse } from './warehouse.ts'

/** What Snowflake says of a storage integration: whom our role must trust. */
export type Trust = { iamUserArn: string; externalId: string }

/** One an environment, for each has a role and a bucket of its own. */
const integrationName = () => `FIRN_S3_${environmentName().toUpperCase()}`

/** A stage with keys is for stores that no integration reaches: a twin, or a MinIO that Snowflake can see. */
const stageCredentials = () => {
  const { endpoint, accessKeyId, secretAccessKey } = storeSettings()
  if (!endpoint) return undefined
  return {
    endpoint,
    accessKeyId: accessKeyId ?? process.env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: secretAccessKey ?? process.env.AWS_SECRET_ACCESS_KEY ?? '',
  }
}

/** The statements, each with a sentence for people. */
export const setupStatements = (settings: SnowflakeSettings, deployment: Deployment): SetupStatement[] => {
  const credentials = stageCredentials()
  const integration = settings.storageIntegration ?? integrationName()
  return setupSql({
    settings,
    bucket: storeSettings().bucket,
    jobWarehouses: askedMetadata().jobs.flatMap(({ warehouse }) => warehouse ?? []),
    loginRoleArn: deployment.snowflakeLoginRoleArn,
    ...(credentials ? { credentials } : { integration, roleArn: deployment.snowflakeRoleArn }),
  })
}

/** The same, to be shown: without keys. */
export const shownStatements = (statements: SetupStatement[]): SetupStatement[] => {
  const { accessKeyId, secretAccessKey } = stageCredentials() ?? {}
  const keys = [accessKeyId, secretAccessKey].filter((key) => key).map((key) => quoteText(key!))
  const masked = (sql: string) => keys.reduce((text, key) => text.replaceAll(key, "'********'"), sql)
  return statements.map((each) => ({ ...each, sql: masked(each.sql) }))
}

/** Runs every statement, as the user's own default role; again changes nothing. Gives whom the role must trust, when there is an integration. */
export const setUpSnowflake = async (deployment: Deployment): Promise<Trust | null> => {
  const settings = await snowflakeSettings()
  const work = async (warehouse: Warehouse): Promise<Trust | null> => {
    for (const { sql, byHand } of setupStatements(settings, deployment)) if (!byHand) await warehouse.query(sql)
    if (stageCredentials() || settings.loadMode === 'internal' || settings.loadMode === 'insert') return null
    const described = await warehouse.query(`DESC INTEGRATION ${settings.storageIntegration ?? integrationName()}`)
    const value = (property: string) => String(described.find((row) => row.property === property)?.property_value ?? '')
    return { iamUserArn: value('STORAGE_AWS_IAM_USER_ARN'), externalId: value('STORAGE_AWS_EXTERNAL_ID') }
  }
  // the role is made here: on a fresh account nobody can log in with it
  return withWarehouse(work, { ...settings, role: undefined })
}

/** Uploads dbt/ and makes the DBT PROJECT object of it. */
export const uploadDbt = async (): Promise<void> => {
  const settings = await snowflakeSettings()
  await withWarehouse((warehouse) => uploadDbtProject(warehouse, join(ROOT, 'dbt'), settings))
}
