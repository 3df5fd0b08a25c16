import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { stageTable, stageTableSql } from '../../../../lib/warehouses/snowflake/ddl.ts'
import { dropStaleStages } from '../../../../lib/warehouses/snowflake/stale-stages.ts'
import { type Lab, openLab, orders, stagesLeft } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('STALE_TESTS')
})
after(() => lab.warehouse.close())

const leave = async (suffix: string, attempt: string) => {
  const { target, columns } = orders(lab, 'orders')
  await lab.warehouse.query(stageTableSql(stageTable(target, suffix, attempt), columns))
}

test('stage tables of killed attempts go when they are old enough, and nothing else does', async () => {
  await leave('', 'a1')
  await leave('', '9b')
  await leave('_TEST', 'c3')
  await lab.warehouse.query('CREATE TABLE _FIRN.STAGED (A INT)')
  assert.deepEqual(await dropStaleStages(lab.warehouse, ''), [], 'a day has not gone by')
  assert.deepEqual((await stagesLeft(lab)).sort(), ['STAGED', 'STAGE_ORDERS_A1', 'STAGE_ORDERS__9B'])
  assert.deepEqual((await dropStaleStages(lab.warehouse, '', 0)).sort(), ['STAGE_ORDERS_A1', 'STAGE_ORDERS__9B'])
  assert.deepEqual(await stagesLeft(lab), ['STAGED'])
  assert.deepEqual(await dropStaleStages(lab.warehouse, '_TEST', 0), ['STAGE_ORDERS_C3'])
  await lab.warehouse.query('SELECT COUNT(*) FROM _FIRN.LOADS')
})
