/** What Snowflake needs before the first run, as statements that may be run again: each with a sentence for people. */
import type { SnowflakeSettings, WorkloadIdentity } from '../../settings.ts'
import { DBT_FILES } from './dbt-project.ts'
import { addColumnSql, FIRN_SCHEMA, firnTable, widenColumnSql } from './ddl.ts'
import { LOADS_COLUMNS, loadsTable } from './ledger.ts'
import { quoteSnowflake, quoteText } from './quote.ts'
import { LAKE } from './routes/external.ts'
import { FILES } from './routes/internal.ts'

/** `byHand`: something has to be filled in first, so it is printed and not run. */
export type SetupStatement = { why: string; sql: string; byHand?: boolean }

export type SetupInput = {
  settings: SnowflakeSettings
  /** The staging bucket. */
  bucket: string
  /** Warehouses that jobs have of their own. */
  jobWarehouses?: string[]
  /** The AWS role that logs in, for a user of workload identity without another. */
  loginRoleArn?: string
  /** Storage integration that may read the bucket, and the AWS role it assumes. */
  integration?: string
  roleArn?: string
  /** Instead of an integration, for a store that none reaches: a twin, or a MinIO that Snowflake can see. */
  credentials?: { endpoint: string; accessKeyId: string; secretAccessKey: string }
}

/** Test mode's schemas end in `_TEST`: a real account can be tried without touching what is there. */
const SUFFIXES = ['', '_TEST'] as const
const LAYERS = ['STAGING', 'INTERMEDIATE', 'MARTS', 'SNAPSHOTS'] as const

const statement = (why: string, sql: string): SetupStatement => ({ why, sql })

const columns = (of: readonly (readonly [string, string])[]) =>
  of.map(([name, type]) => `${quoteSnowflake(name)} ${type}`).join(', ')

const roleSql = ({ role, user }: SnowflakeSettings): SetupStatement[] => {
  if (!role) return []
  const name = quoteSnowflake(role)
  return [
    statement('The role that loads and transforms: it owns nothing else.', `CREATE ROLE IF NOT EXISTS ${name}`),
    statement('The user of the settings may take that role.', `GRANT ROLE ${name} TO USER ${quoteSnowflake(user)}`),
    statement('Administrators see what the role makes.', `GRANT ROLE ${name} TO ROLE SYSADMIN`),
  ]
}

/** What ties the user to a workload: "CREATE USER", WORKLOAD_IDENTITY. */
const identity = (
  { provider, impersonationPath }: WorkloadIdentity,
  loginRoleArn = '<the ARN of the role>',
): string => {
  switch (provider) {
    case 'AWS':
      return `TYPE = AWS ARN = ${quoteText(impersonationPath?.at(-1) ?? loginRoleArn)}`
    case 'AZURE':
      return `TYPE = AZURE ISSUER = 'https://login.microsoftonline.com/<tenant>/v2.0' SUBJECT = '<object id of the managed identity>'`
    case 'GCP':
      return `TYPE = GCP SUBJECT = '<unique id of the service account>'`
    case 'OIDC':
      return `TYPE = OIDC ISSUER = '<the issuer>' SUBJECT = '<the subject of its tokens>'`
  }
}

const userSql = ({ user, role, workloadIdentity }: SnowflakeSettings, loginRoleArn?: string): SetupStatement[] => {
  if (!workloadIdentity) return []
  const tie = identity(workloadIdentity, loginRoleArn)
  const defaults = role ? ` DEFAULT_ROLE = ${quoteSnowflake(role)}` : ''
  return [
    {
      ...statement(
        'The user that logs in by what it runs as, without a secret. Where something stands in <>, fill it in and run it by hand.',
        `CREATE USER IF NOT EXISTS ${quoteSnowflake(user)} TYPE = SERVICE${defaults} WORKLOAD_IDENTITY = (${tie})`,
      ),
      ...(tie.includes('<') ? { byHand: true } : {}),
    },
  ]
}

const warehouseSql = ({ role }: SnowflakeSettings, warehouse: string): SetupStatement[] => {
  const name = quoteSnowflake(warehouse)
  const made = statement(
    'A warehouse of the smallest size: it is billed while it runs, at least a minute, and sleeps after one.',
    `CREATE WAREHOUSE IF NOT EXISTS ${name} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE`,
  )
  if (!role) return [made]
  const grant = `GRANT USAGE, OPERATE ON WAREHOUSE ${name} TO ROLE ${quoteSnowflake(role)}`
  return [made, statement('The role may compute with it.', grant)]
}

const warehouses = ({ settings: { warehouse }, jobWarehouses = [] }: SetupInput): string[] => [
  ...new Set([...(warehouse ? [warehouse] : []), ...jobWarehouses]),
]

const schemaSql = ({ database, schema }: SnowflakeSettings): SetupStatement[] => {
  const db = quoteSnowflake(database)
  const made = SUFFIXES.flatMap((suffix) =>
    [schema, FIRN_SCHEMA, ...LAYERS].map((name) =>
      statement(`Schema ${name + suffix}.`, `CREATE SCHEMA IF NOT EXISTS ${db}.${quoteSnowflake(name + suffix)}`),
    ),
  )
  return [statement('The database.', `CREATE DATABASE IF NOT EXISTS ${db}`), ...made]
}

/** Columns of the ledger that its first release had not. */
const LATER_COLUMNS = new Set(['CONTENT', 'TARGET_HASH', 'TERMS'])

const ledgerSql = ({ database }: SnowflakeSettings): SetupStatement[] =>
  SUFFIXES.flatMap((suffix) => [
    statement(
      `The ledger${suffix && ' of test mode'}: a row for every load, committed with the rows it covers.`,
      `CREATE TABLE IF NOT EXISTS ${loadsTable(database, suffix)} (${columns(LOADS_COLUMNS)})`,
    ),
    ...LOADS_COLUMNS.filter(([name]) => LATER_COLUMNS.has(name)).map(([name, type]) =>
      statement(
        'A ledger that an earlier release made has no such column.',
        addColumnSql(firnTable(database, suffix, 'LOADS'), { name, type }),
      ),
    ),
    ...LOADS_COLUMNS.filter(([name]) => name === 'CURSOR_COLUMN').map(([name, type]) =>
      statement(
        'An earlier release made it too short for a cursor of several columns.',
        widenColumnSql(firnTable(database, suffix, 'LOADS'), { name, type }),
      ),
    ),
  ])

/** On this machine or in a private network (RFC 1918), which a real Snowflake cannot reach. */
const isAtHome = (endpoint: string): boolean =>
  /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\])/.test(new URL(endpoint).hostname)

/** Whether Snowflake is to read the bucket itself: unless it is told not to, or cannot. Then files are uploaded. */
const readsBucket = ({ settings: { loadMode = 'auto', accessUrl }, credentials }: SetupInput): boolean =>
  loadMode === 'external' ||
  (loadMode === 'auto' && (accessUrl !== undefined || !isAtHome(credentials?.endpoint ?? 'https://s3')))

const integrationSql = (input: SetupInput): SetupStatement[] => {
  const {
    settings: { role },
    integration,
    roleArn,
    bucket,
  } = input
  if (!integration || !readsBucket(input)) return []
  const name = quoteSnowflake(integration)
  const made = roleArn
    ? [
        statement(
          'How Snowflake reads the staging bucket without a key: it assumes a role in AWS. Needs ACCOUNTADMIN.',
          `CREATE STORAGE INTEGRATION IF NOT EXISTS ${name} TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE STORAGE_AWS_ROLE_ARN = ${quoteText(roleArn)} STORAGE_ALLOWED_LOCATIONS = (${quoteText(`s3://${bucket}/`)})`,
        ),
      ]
    : []
  if (!role) return made
  const grant = `GRANT USAGE ON INTEGRATION ${name} TO ROLE ${quoteSnowflake(role)}`
  return [...made, statement('The role may read through it.', grant)]
}

/** A real Snowflake takes a host's name, and speaks https with it; only a twin is told how to speak. */
const endpointOf = ({ settings: { accessUrl }, credentials }: SetupInput): string =>
  accessUrl ? credentials!.endpoint : new URL(credentials!.endpoint).host

const lakeOptions = (input: SetupInput): string => {
  const { integration, credentials, bucket } = input
  if (credentials)
    return `URL = ${quoteText(`s3compat://${bucket}/`)} ENDPOINT = ${quoteText(endpointOf(input))} CREDENTIALS = (AWS_KEY_ID = ${quoteText(credentials.accessKeyId)} AWS_SECRET_KEY = ${quoteText(credentials.secretAccessKey)})`
  const through = integration ? ` STORAGE_INTEGRATION = ${quoteSnowflake(integration)}` : ''
  return `URL = ${quoteText(`s3://${bucket}/`)}${through}`
}

const stagesSql = (input: SetupInput): SetupStatement[] => {
  const firn = `${quoteSnowflake(input.settings.database)}.${quoteSnowflake(FIRN_SCHEMA)}`
  const lake = statement(
    'The staging bucket as COPY sees it. Made anew each time, since the bucket may be another one now; it holds no file itself.',
    `CREATE OR REPLACE STAGE ${firn}.${quoteSnowflake(LAKE)} ${lakeOptions(input)}`,
  )
  return [
    ...(readsBucket(input) ? [lake] : []),
    statement(
      'How the staged files are written, for those who query them by hand.',
      `CREATE FILE FORMAT IF NOT EXISTS ${firn}."PARQUET_FILES" TYPE = PARQUET USE_LOGICAL_TYPE = TRUE USE_VECTORIZED_SCANNER = TRUE BINARY_AS_TEXT = FALSE`,
    ),
    statement(
      'Where files are uploaded to when the staging bucket cannot be seen. Encrypted by the server, so that no second copy is made on the way.',
      `CREATE STAGE IF NOT EXISTS ${firn}.${quoteSnowflake(FILES)} ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')`,
    ),
    statement(
      'Where the dbt project is uploaded to.',
      `CREATE STAGE IF NOT EXISTS ${firn}.${quoteSnowflake(DBT_FILES)}`,
    ),
  ]
}

const grantsSql = (input: SetupInput): SetupStatement[] => {
  const { database, role } = input.settings
  if (!role) return []
  const to = `TO ROLE ${quoteSnowflake(role)}`
  const db = quoteSnowflake(database)
  const within = (suffix: string) => `${db}.${quoteSnowflake(FIRN_SCHEMA + suffix)}`
  return [
    statement('The role may use the database.', `GRANT USAGE, CREATE SCHEMA ON DATABASE ${db} ${to}`),
    statement(
      'It makes and owns what is in the schemas.',
      `GRANT ALL PRIVILEGES ON ALL SCHEMAS IN DATABASE ${db} ${to}`,
    ),
    ...SUFFIXES.map((suffix) =>
      statement(
        `It writes the ledger${suffix && ' of test mode'}.`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${within(suffix)} ${to}`,
      ),
    ),
    ...(readsBucket(input)
      ? [statement('It reads the staging bucket.', `GRANT USAGE ON STAGE ${within('')}.${quoteSnowflake(LAKE)} ${to}`)]
      : []),
    statement('It uploads files.', `GRANT READ, WRITE ON STAGE ${within('')}.${quoteSnowflake(FILES)} ${to}`),
    statement(
      'It uploads the dbt project.',
      `GRANT READ, WRITE ON STAGE ${within('')}.${quoteSnowflake(DBT_FILES)} ${to}`,
    ),
    statement('It reads with the file format.', `GRANT USAGE ON FILE FORMAT ${within('')}."PARQUET_FILES" ${to}`),
  ]
}

/**
 * Every statement, in order: user, role, warehouse, database, schemas, ledger, integration, stages, grants. Run again they
 * change nothing but where the staging bucket is. With `credentials` the text holds a secret: do not log it.
 */
export const setupSql = (input: SetupInput): SetupStatement[] => [
  ...userSql(input.settings, input.loginRoleArn),
  ...roleSql(input.settings),
  ...warehouses(input).flatMap((name) => warehouseSql(input.settings, name)),
  ...schemaSql(input.settings),
  ...ledgerSql(input.settings),
  ...integrationSql(input),
  ...stagesSql(input),
  ...grantsSql(input),
]
