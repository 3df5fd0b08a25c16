import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import {
  buildArgs,
  createDbtProjectSql,
  executeDbtSql,
  isAlreadyRunning,
  profileYaml,
  putFolderSql,
} from '../../../../lib/warehouses/snowflake/dbt-project.ts'

test('the uploaded profile names no account, no user, no environment', () => {
  const yaml = profileYaml('firn', { database: 'FIRN', role: 'R', warehouse: undefined })
  assert.deepEqual(parse(yaml).firn.outputs.snowflake, {
    type: 'snowflake',
    account: '',
    user: '',
    role: 'R',
    database: 'FIRN',
    schema: 'PUBLIC',
    threads: 4,
    query_tag: "{{ var('query_tag', '') }}",
  })
  assert.doesNotMatch(yaml, /env_var/)
})

test('a build leaves out what lies downstream of tables that were not published', () => {
  const args = buildArgs({ vars: { schema_suffix: '_TEST' }, leftOut: ['orders', 'sellers'], fullRefresh: false })
  assert.equal(
    args,
    `build --exclude-resource-type unit_test --exclude source:raw.orders+ source:raw.sellers+ --vars '{"schema_suffix":"_TEST"}'`,
  )
  assert.equal(
    executeDbtSql({ database: 'FIRN', args }),
    `EXECUTE DBT PROJECT "FIRN"."_FIRN"."FIRN_DBT" ARGS = 'build --exclude-resource-type unit_test --exclude source:raw.orders+ source:raw.sellers+ --vars ''{"schema_suffix":"_TEST"}'''`,
  )
})

test('a full refresh builds incremental models anew', () =>
  assert.match(buildArgs({ vars: {}, leftOut: [], fullRefresh: true }), /^build --full-refresh /))

test('files go where the object is made of', () => {
  assert.equal(
    putFolderSql('FIRN', '/tmp/x/1', 'v1/models'),
    `PUT 'file:///tmp/x/1/*' @FIRN._FIRN.DBT_FILES/v1/models AUTO_COMPRESS = FALSE OVERWRITE = TRUE`,
  )
  assert.equal(
    createDbtProjectSql('FIRN', 'v1'),
    `CREATE OR REPLACE DBT PROJECT "FIRN"."_FIRN"."FIRN_DBT" FROM '@FIRN._FIRN.DBT_FILES/v1' DBT_VERSION = '1.10.15'`,
  )
})

test('a refusal because of another execution is told from a build that failed', () => {
  assert.ok(isAlreadyRunning('DBT PROJECT F.G.H is already being executed; only one execution at a time is allowed.'))
  assert.ok(!isAlreadyRunning('DBT PROJECT execution failed:\n10:00:00  relation already exists'))
})
