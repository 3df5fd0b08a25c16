/** What the account tells of our statements, to a role that may see little, more, or all. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connectSnowflake } from '../../../../lib/warehouses/snowflake/connect.ts'
import { readCosts } from '../../../../lib/warehouses/snowflake/cost.ts'
import { type Lab, openLab } from './lab.ts'

let lab: Lab
const ROLE = 'COST_TESTS_WORKER'
const NAMES = { job: 'daily', run: 'cost-tests', table: 'orders' }

const asRole = () => {
  const settings = { ...lab.settings, role: ROLE, warehouse: 'COMPUTE_WH' }
  return { settings, warehouse: connectSnowflake(settings, { names: NAMES }) }
}

before(async () => {
  lab = await openLab('COST_TESTS')
  for (const sql of [
    `CREATE OR REPLACE ROLE ${ROLE}`,
    `GRANT ROLE ${ROLE} TO USER ${lab.settings.user}`,
    `GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE ${ROLE}`,
    `GRANT ALL PRIVILEGES ON DATABASE ${lab.settings.database} TO ROLE ${ROLE}`,
    `GRANT ALL PRIVILEGES ON ALL SCHEMAS IN DATABASE ${lab.settings.database} TO ROLE ${ROLE}`,
  ])
    await lab.warehouse.query(sql)
})
after(() => lab.warehouse.close())

test('seconds without a grant, credits with the one that is named, and requests of several statements count once', async () => {
  const { settings, warehouse: opening } = asRole()
  const warehouse = await opening
  await warehouse.transaction(['CREATE TABLE RAW.T AS SELECT 1 AS N', 'SELECT COUNT(*) AS N FROM RAW.T'])
  const { statements } = warehouse.used()
  const asked = { days: 7, run: NAMES.run }
  const without = await readCosts(warehouse, settings, asked)
  assert.deepEqual(
    without.lines.map(({ what, credits }) => [what, credits]),
    [['orders', null]],
  )
  // the question about credits, which was refused, is one of ours as well
  assert.equal(without.lines[0]!.statements, statements + 2)
  assert.match(without.notes[0]!, /GRANT DATABASE ROLE SNOWFLAKE\.USAGE_VIEWER TO ROLE COST_TESTS_WORKER/)
  await lab.warehouse.query(`GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE ${ROLE}`)
  const { lines, notes } = await readCosts(warehouse, settings, asked)
  assert.ok(lines[0]!.credits! > 0 && lines[0]!.seconds > 0)
  assert.match(notes[0]!, /8 hours later/)
  await warehouse.close()
})
