/** Which way `auto` takes, and what it says of it. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { LoadMode } from '../../../../../lib/model.ts'
import { connectSnowflake } from '../../../../../lib/warehouses/snowflake/connect.ts'
import { type Lab, loadOrders, type Order, openLab, orders, rowsIn, stageChunk, stagesLeft } from '../lab.ts'

const labs: Lab[] = []
afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.warehouse.close()
})

/** What a route was found to be is kept by database, so each test has its own. `sent`: every statement's first two words. */
const opened = async (purpose: string) => {
  const lab = await openLab(purpose)
  labs.push(lab)
  const sent: string[] = []
  const { query, start } = lab.warehouse
  const note = (sql: string | string[]) => sent.push(String(sql).split(/\s+/, 2).join(' '))
  lab.warehouse.query = (sql, binds) => {
    note(sql)
    return query(sql, binds)
  }
  lab.warehouse.start = (sql, deadline) => {
    note(sql)
    return start(sql, deadline)
  }
  return { lab, sent }
}

const ROWS: Order[] = [
  ['o1', 'a', '1.00', 1],
  ['o2', null, '2.00', 2],
  ['o3', '', null, 3],
]

const load = async (lab: Lab, table: string, mode: LoadMode) => {
  const { route, routeReason } = await loadOrders(lab, orders(lab, table), ROWS, { runId: `run-${table}`, mode })
  assert.equal((await rowsIn(lab, table.toUpperCase())).length, ROWS.length)
  return [route, routeReason]
}

const elsewhere = (lab: Lab, bucket: string, endpoint: string) =>
  lab.warehouse.query(
    `CREATE OR REPLACE STAGE _FIRN.LAKE URL = 's3compat://${bucket}/' ENDPOINT = '${endpoint}' CREDENTIALS = (AWS_KEY_ID = 'a' AWS_SECRET_KEY = 'b')`,
  )

test('a bucket that Snowflake sees is read by Snowflake', async () => {
  const { lab, sent } = await opened('AUTO_SEEN')
  assert.deepEqual(await load(lab, 'seen', 'auto'), ['external', 'Snowflake reads the staging bucket itself'])
  assert.deepEqual(
    sent.filter((each) => /PUT|REMOVE|LIST/.test(each)),
    [],
  )
})

test('a store that Snowflake cannot reach, such as a MinIO at home, is gone round by uploads, and that is known from then on', async () => {
  const { lab, sent } = await opened('AUTO_UNREACHED')
  await elsewhere(lab, lab.bucket, 'http://127.0.0.1:1')
  const said = ['internal', 'Snowflake cannot see the staging bucket (091003)']
  assert.deepEqual(await load(lab, 'first', 'auto'), said)
  assert.equal(sent.filter((each) => each === 'COPY INTO').length, 2)
  assert.deepEqual(await load(lab, 'second', 'auto'), said)
  assert.equal(sent.filter((each) => each === 'COPY INTO').length, 3)
  assert.deepEqual(await lab.warehouse.query('LIST @_FIRN.FILES'), [])
})

test('a stage of another bucket, or none at all, is a bucket that is not seen', async () => {
  const { lab } = await opened('AUTO_OTHER')
  await elsewhere(lab, 'another', process.env.AWS_ENDPOINT_URL!)
  assert.deepEqual(await load(lab, 'other', 'auto'), ['internal', 'Snowflake cannot see the staging bucket (091016)'])
  const { lab: bare } = await opened('AUTO_NONE')
  await bare.warehouse.query('DROP STAGE _FIRN.LAKE')
  assert.deepEqual(await load(bare, 'none', 'auto'), ['internal', 'Snowflake cannot see the staging bucket (002003)'])
})

test('with no stage of either kind rows are inserted', async () => {
  const { lab } = await opened('AUTO_INSERT')
  await lab.warehouse.query('DROP STAGE _FIRN.LAKE')
  await lab.warehouse.query('DROP STAGE _FIRN.FILES')
  const [route, reason] = await load(lab, 'inserted', 'auto')
  assert.equal(route, 'insert')
  assert.match(reason!, /^Snowflake cannot see the staging bucket \(002003\); the stage _FIRN\.FILES cannot be used/)
})

test('a role that may not use the external stage and only read the internal one inserts', async () => {
  const { lab } = await opened('AUTO_GRANTS')
  const { database, user } = lab.settings
  const role = `${database}_ROLE`
  for (const sql of [
    `CREATE ROLE ${role}`,
    `GRANT ROLE ${role} TO USER ${user}`,
    `GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE ${role}`,
    `GRANT USAGE ON DATABASE ${database} TO ROLE ${role}`,
    `GRANT ALL PRIVILEGES ON ALL SCHEMAS IN DATABASE ${database} TO ROLE ${role}`,
    `GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA ${database}._FIRN TO ROLE ${role}`,
    `GRANT READ ON STAGE ${database}._FIRN.FILES TO ROLE ${role}`,
  ])
    await lab.warehouse.query(sql)
  const settings = { ...lab.settings, role, warehouse: 'COMPUTE_WH' }
  const restricted = { ...lab, settings, warehouse: await connectSnowflake(settings) }
  labs.push(restricted)
  const [route, reason] = await load(restricted, 'granted', 'auto')
  assert.equal(route, 'insert')
  assert.match(
    reason!,
    /^Snowflake cannot see the staging bucket \(00[23]00[13]\); the stage _FIRN\.FILES cannot be used \(003001/,
  )
})

test('a route that was set is not left: what keeps it from going is said', async () => {
  const { lab } = await opened('AUTO_SET')
  await elsewhere(lab, lab.bucket, 'http://127.0.0.1:1')
  await assert.rejects(load(lab, 'set', 'external'), {
    name: 'RefusedError',
    message: /^set: Snowflake cannot see the staging bucket \(091003\)\. .*setup snowflake.*SNOWFLAKE_LOAD_MODE=auto/,
  })
  await lab.warehouse.query('DROP STAGE _FIRN.FILES')
  await assert.rejects(load(lab, 'set', 'internal'), {
    name: 'RefusedError',
    message: /^set: the stage _FIRN\.FILES cannot be used \(002003; .*setup snowflake/,
  })
  assert.deepEqual(await stagesLeft(lab), [])
})

test('an error of the files is no reason for another route', async () => {
  const { lab, sent } = await opened('AUTO_FILES')
  const plan = orders(lab, 'broken')
  const chunk = await stageChunk('r1', plan, [['o1', 'a', '1.00', '2018-01-01 00:00:01.000000']])
  // the manifest says that there is a row more
  const [part] = chunk.parts
  const chunks = [{ ...chunk, rows: 2, parts: [{ ...part!, rows: 2 }] }]
  await assert.rejects(loadOrders(lab, plan, [], { runId: 'r1', mode: 'auto', chunks }), {
    name: 'AuditError',
    message: /holds 2 rows and 1 were loaded/,
  })
  assert.equal(sent.filter((each) => each === 'COPY INTO').length, 1)
  assert.deepEqual(await stagesLeft(lab), [])
})
