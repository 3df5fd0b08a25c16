/** A job's own warehouse computes for dbt as well; without one, what the session has does. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dbt, unhappy } from './dbt.ts'
import { openShop, type Shop } from './shop.ts'

const DATABASE = `DBT_WAREHOUSE_${process.pid}`
const OWN = 'DBT_TESTS_WH'
const home = mkdtempSync(join(tmpdir(), 'dbt-'))
let shop: Shop

before(async () => {
  shop = await openShop(DATABASE, 'RAW')
  await shop.warehouse.query(`CREATE OR REPLACE WAREHOUSE ${OWN} AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = TRUE`)
  await shop.warehouse.query('USE WAREHOUSE COMPUTE_WH')
})
after(async () => {
  rmSync(home, { recursive: true })
  await shop.warehouse.query(`DROP WAREHOUSE ${OWN}`)
  await shop.warehouse.close()
})

const KINDS = `CASE WHEN QUERY_TEXT ILIKE '%should_error%' THEN 'test' WHEN QUERY_TEXT ILIKE 'create%table%' THEN 'model' END`

/** Which warehouses computed for which kinds of dbt's nodes in the last build. */
const computed = async (since: string) =>
  (
    await shop.warehouse.query(
      `SELECT DISTINCT ${KINDS} AS KIND, WAREHOUSE_NAME AS WH FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY
      WHERE START_TIME >= '${since}'::TIMESTAMP_LTZ AND DATABASE_NAME = '${DATABASE}' AND WAREHOUSE_SIZE IS NOT NULL AND ${KINDS} IS NOT NULL ORDER BY 1, 2`,
    )
  ).map(({ KIND, WH }) => `${KIND} ${WH}`)

test("models and tests compute on the job's warehouse when it has one", async () => {
  const build = (...vars: string[]) =>
    dbt(home, DATABASE, [
      'build',
      '--select',
      'stg_geolocation',
      'int_zip_code_locations',
      '--exclude-resource-type',
      'unit_test',
      ...vars,
    ])
  for (const [vars, expected] of [
    [[], 'COMPUTE_WH'],
    [['--vars', JSON.stringify({ warehouse: OWN })], OWN],
  ] as const) {
    const since = new Date().toISOString()
    const ran = await build(...vars)
    assert.deepEqual(unhappy(ran), [], ran.log)
    assert.deepEqual(await computed(since), [`model ${expected}`, `test ${expected}`])
  }
})
