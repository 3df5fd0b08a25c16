/** `firn plan` shows a run before anything is written, and writes nothing. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ShownPlan } from '../../bin/plan-text.ts'
import type { RunReport } from '../../lib/model.ts'
import { list } from '../../lib/store/objects.ts'
import { firn } from '../command-line.ts'
import { ROOT } from '../stack.ts'
import { deployForTests, onSource, warehouse } from './deployed.ts'

const folder = mkdtempSync(join(tmpdir(), 'plan-'))
after(() => rmSync(folder, { recursive: true }))
before(deployForTests)

/** Everything that a run would write to: the bucket's keys, the warehouse's tables and columns, its ledger, its targets. */
const world = async () => ({
  keys: (await list('')).keys.sort(),
  columns: await warehouse(
    'SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM FIRN.INFORMATION_SCHEMA.COLUMNS ORDER BY 1, 2, 3',
  ),
  ledger: await warehouse('SELECT COUNT(*) AS N, MAX(PUBLISHED_AT) AS LAST FROM _FIRN.LOADS'),
})

const preview = async (...args: string[]) => {
  const { status, document, said } = await firn<ShownPlan>(['plan', ...args])
  assert.equal(status, 0, said)
  return document
}
const tableOf = ({ tables }: ShownPlan, name: string) => tables.find(({ table }) => table === name)!

test('before the first run: every table, its statements and its cost; nothing is written anywhere', async () => {
  const before = await world()
  // a schema that nothing was loaded into: other tests may have run on these twins
  const { status, document: shown, said } = await firn<ShownPlan>(['plan'], { SNOWFLAKE_SCHEMA: 'UNTOUCHED' })
  assert.equal(status, 0, said)
  await preview('--test-mode')
  assert.deepEqual(await world(), before)
  assert.equal(shown.tables.length, 9)
  const orders = tableOf(shown, 'orders')
  assert.deepEqual([orders.kind, orders.publish, orders.window!.low], ['window', 'replace', null])
  assert.match(orders.mysql[0]!.sql, /^SELECT .*`order_id`.* FROM `orders`/)
  assert.match(
    orders.snowflake.map(({ sql }) => sql).join('\n'),
    /CREATE TABLE IF NOT EXISTS "FIRN"\."UNTOUCHED"\."ORDERS"/,
  )
  assert.ok(shown.cost.gbSeconds > 0 && shown.cost.usd > 0 && shown.cost.usd < 0.1)
})

test('after a run: windows begin where it ended, and the cost is reckoned from what it took', async () => {
  const { status, document: report, said } = await firn<RunReport>(['run', 'load', '--lag', '0'])
  assert.equal(status, 0, said)
  await onSource("UPDATE orders SET order_status = 'shipped' LIMIT 3")
  const before = await world()
  const shown = await preview('load', '--lag', '0')
  assert.deepEqual(await world(), before)
  const orders = tableOf(shown, 'orders')
  assert.equal(orders.publish, 'merge')
  assert.equal(orders.window!.low, report.tables.find(({ table }) => table === 'orders')!.load!.high)
  assert.ok(orders.rows < 1000, `${orders.rows} rows of a window that holds three`)
  assert.match(orders.mysql[0]!.sql, /`updated_at` >= .* AND `updated_at` <= /)
  assert.match(orders.snowflake.map(({ sql }) => sql).join('\n'), /MERGE INTO "FIRN"\."RAW"\."ORDERS"/)
  const geolocation = shown.cost.stages.find(({ stage, table }) => stage === 'extract' && table === 'geolocation')!
  assert.ok(geolocation.from.includes(`run ${report.runId}`), geolocation.from)
})

test('drift of the target: a column that is missing is added, one of another type is refused', async () => {
  await warehouse('ALTER TABLE RAW.SELLERS DROP COLUMN SELLER_CITY')
  const sellers = tableOf(await preview('--tables', 'sellers'), 'sellers')
  assert.deepEqual(
    sellers.drift.map(({ column, change }) => [column, change]),
    [['seller_city', 'added']],
  )
  assert.match(sellers.snowflake[0]!.sql, /^ALTER TABLE .* ADD COLUMN IF NOT EXISTS "SELLER_CITY"/)
  await warehouse('ALTER TABLE RAW.SELLERS ADD COLUMN SELLER_CITY NUMBER(3,0)')
  const { status, document } = await firn<ShownPlan>(['plan', '--tables', 'sellers'])
  assert.equal(status, 2)
  assert.match(tableOf(document, 'sellers').problems.join(), /SELLER_CITY is NUMBER\(3,0\)/)
  await warehouse('DROP TABLE RAW.SELLERS')
})

test('a refused plan says all its findings at once', async () => {
  cpSync(join(ROOT, 'metadata'), folder, { recursive: true })
  const file = join(folder, 'table_metadata.json')
  const tables = JSON.parse(readFileSync(file, 'utf8'))
  tables.orders.incremental_column = 'order_status'
  tables.sellers.unique_key = ['seller']
  writeFileSync(file, JSON.stringify(tables))
  const before = await world()
  const { status, said } = await firn(['plan'], { FIRN_METADATA: folder })
  assert.equal(status, 2)
  assert.match(said, /orders: incremental_column "order_status" is varchar/)
  assert.match(said, /sellers: unique_key has "seller"/)
  assert.deepEqual(await world(), before)
})
