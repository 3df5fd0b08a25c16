import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadMode } from '../../../../lib/model.ts'
import { type SetupInput, setupSql } from '../../../../lib/warehouses/snowflake/setup.ts'

const settings = {
  account: 'a',
  user: 'LOADER',
  database: 'FIRN',
  schema: 'RAW',
  role: 'FIRN_ROLE',
  warehouse: 'FIRN_WH',
}
const deployed: SetupInput = { settings, bucket: 'lake', integration: 'FIRN_S3', roleArn: 'arn:aws:iam::1:role/x' }
const text = (input: SetupInput) => setupSql(input).map(({ sql }) => sql)

test('every statement says why, may be run again, and ends without a semicolon', () => {
  for (const { why, sql } of setupSql(deployed)) {
    assert.match(why, /^[A-Z].*\.$/s)
    assert.match(
      sql,
      /^(CREATE [A-Z ]+ IF NOT EXISTS|CREATE OR REPLACE STAGE|GRANT|ALTER TABLE .* (ADD COLUMN IF NOT EXISTS|SET DATA TYPE)) /,
    )
    assert.doesNotMatch(sql, /;/)
  }
})

test('test mode has schemas and a ledger of its own', () => {
  const sql = text(deployed)
  for (const name of ['RAW', 'RAW_TEST', '_FIRN_TEST', 'MARTS', 'SNAPSHOTS_TEST'])
    assert.ok(sql.includes(`CREATE SCHEMA IF NOT EXISTS "FIRN"."${name}"`), name)
  for (const schema of ['_FIRN', '_FIRN_TEST'])
    assert.ok(sql.some((each) => each.startsWith(`CREATE TABLE IF NOT EXISTS "FIRN"."${schema}"."LOADS" (`)))
})

test('the bucket is read by an integration where there is a role in AWS, else with keys', () => {
  assert.ok(
    text(deployed).some((sql) => /STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role\/x'.*\('s3:\/\/lake\/'\)/.test(sql)),
  )
  assert.ok(text(deployed).some((sql) => /"LAKE" URL = 's3:\/\/lake\/' STORAGE_INTEGRATION = "FIRN_S3"$/.test(sql)))
  const credentials = { endpoint: 'http://127.0.0.1:1', accessKeyId: 'k', secretAccessKey: 's' }
  const twin = text({ settings: { ...settings, accessUrl: 'http://127.0.0.1:2' }, bucket: 'lake', credentials })
  assert.ok(
    twin.some((sql) => /"LAKE" URL = 's3compat:\/\/lake\/' ENDPOINT = 'http:\/\/127\.0\.0\.1:1' CREDENTIALS/.test(sql)),
  )
  assert.ok(!twin.some((sql) => sql.includes('INTEGRATION')))
})

test('what a real Snowflake cannot see, or is not to read, has no external stage; files are uploaded then', () => {
  const home = (endpoint: string, loadMode: LoadMode = 'auto') =>
    text({
      settings: { ...settings, loadMode },
      bucket: 'b',
      credentials: { endpoint, accessKeyId: 'k', secretAccessKey: 's' },
    })
  const seen = (sql: string[]) => sql.some((each) => each.includes('"LAKE"'))
  for (const endpoint of [
    'http://localhost:9000',
    'http://127.0.0.1:9000',
    'http://192.168.1.2:9000',
    'http://172.20.0.3:9000',
  ])
    assert.ok(!seen(home(endpoint)), endpoint)
  assert.ok(
    home('http://localhost:9000').some((sql) => sql.startsWith('CREATE STAGE IF NOT EXISTS "FIRN"."_FIRN"."FILES"')),
  )
  assert.ok(home('https://minio.example:9000').some((sql) => sql.includes(`ENDPOINT = 'minio.example:9000'`)))
  assert.ok(seen(home('http://localhost:9000', 'external')))
  for (const loadMode of ['internal', 'insert'] as const) {
    const sql = text({ ...deployed, settings: { ...settings, loadMode } })
    assert.ok(!seen(sql) && !sql.some((each) => each.includes('INTEGRATION')), loadMode)
  }
  assert.ok(text(deployed).some((sql) => /^GRANT READ, WRITE ON STAGE .*"FILES" TO ROLE/.test(sql)))
})

test('without a role nothing is granted, without a warehouse none is made', () => {
  const { role, warehouse, ...bare } = settings
  assert.ok(
    !text({ ...deployed, settings: bare }).some((sql) =>
      /GRANT|ROLE |WAREHOUSE/.test(sql.replace('STORAGE_AWS_ROLE_ARN', '')),
    ),
  )
  assert.ok(
    text(deployed).some((sql) => sql.includes('AUTO_SUSPEND = 60') && sql.includes('INITIALLY_SUSPENDED = TRUE')),
  )
})

test('C41: every warehouse that a job names is made as the other is, once, and sleeps after a minute', () => {
  const made = text({ ...deployed, jobWarehouses: ['HOURLY_WH', 'FIRN_WH', 'HOURLY_WH'] }).filter((sql) =>
    sql.startsWith('CREATE WAREHOUSE'),
  )
  assert.equal(made.length, 2)
  assert.match(made[1]!, /^CREATE WAREHOUSE IF NOT EXISTS "HOURLY_WH" WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 /)
  assert.ok(
    text({ ...deployed, jobWarehouses: ['HOURLY_WH'] }).includes(
      'GRANT USAGE, OPERATE ON WAREHOUSE "HOURLY_WH" TO ROLE "FIRN_ROLE"',
    ),
  )
})

test('a user of workload identity is tied to the role that the functions become, or to the last that is named', () => {
  const of = (workloadIdentity: SetupInput['settings']['workloadIdentity'], loginRoleArn?: string) =>
    setupSql({ ...deployed, settings: { ...settings, workloadIdentity }, loginRoleArn })[0]!
  const arn = 'arn:aws:iam::1:role/SnowflakeLogin'
  assert.equal(
    of({ provider: 'AWS' }, arn).sql,
    `CREATE USER IF NOT EXISTS "LOADER" TYPE = SERVICE DEFAULT_ROLE = "FIRN_ROLE" WORKLOAD_IDENTITY = (TYPE = AWS ARN = '${arn}')`,
  )
  assert.match(of({ provider: 'AWS', impersonationPath: ['a', 'b'] }, arn).sql, /ARN = 'b'\)$/)
  for (const provider of ['AZURE', 'GCP', 'OIDC'] as const) assert.equal(of({ provider }).byHand, true, provider)
  assert.ok(!text(deployed).some((sql) => sql.startsWith('CREATE USER')))
})
