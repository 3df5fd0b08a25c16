import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { WarehouseError } from '../../../../lib/errors.ts'
import type { Target } from '../../../../lib/model.ts'
import { dropStale, foundTarget, readCatalogue } from '../../../../lib/warehouses/snowflake/catalogue.ts'
import type { Warehouse } from '../../../../lib/warehouses/snowflake/connect.ts'
import { besideTable, createTargetSql, stageTable, stageTableSql } from '../../../../lib/warehouses/snowflake/ddl.ts'
import { makeFenceSql } from '../../../../lib/warehouses/snowflake/fence.ts'
import { COLUMNS, type Lab, loadOrders, openLab, orders, rowsIn } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('CATALOGUE_TESTS')
})
after(() => lab.warehouse.close())

const targetOf = (table: string): Target => ({ database: lab.settings.database, schema: 'RAW', table })

test('targets with their columns, fences and views in one query, whatever lies beside them', async () => {
  const { warehouse } = lab
  await warehouse.query(createTargetSql(targetOf('ONE'), COLUMNS))
  await warehouse.script(makeFenceSql({ target: targetOf('ONE'), suffix: '' }))
  await warehouse.query('CREATE TABLE RAW.TWO (A INT NOT NULL, "b c" BINARY(16))')
  await warehouse.query(`ALTER TABLE RAW.TWO ALTER COLUMN A COMMENT 'of people'`)
  await warehouse.query('CREATE VIEW RAW.SEEN AS SELECT A FROM RAW.TWO')
  let queries = 0
  const counting: Warehouse = {
    ...warehouse,
    query: (sql, binds) => {
      queries++
      return warehouse.query(sql, binds)
    },
  }
  const found = await readCatalogue(counting, '')
  assert.equal(queries, 1)
  const one = foundTarget(found, targetOf('ONE'))
  assert.equal(one.fence, true)
  assert.deepEqual(one.columns!.slice(0, 3), [
    { name: 'ORDER_ID', type: 'VARCHAR(32)' },
    { name: 'NOTE', type: 'VARCHAR(16777216)' },
    { name: 'PRICE', type: 'NUMBER(10,2)' },
  ])
  assert.deepEqual(foundTarget(found, targetOf('TWO')), {
    fence: false,
    columns: [
      { name: 'A', type: 'NUMBER(38,0)', notNull: true, comment: 'of people' },
      { name: 'b c', type: 'BINARY(16)' },
    ],
  })
  assert.equal(foundTarget(found, targetOf('SEEN')).isView, true)
  assert.deepEqual(foundTarget(found, targetOf('NONE')), { columns: null, fence: false })
  assert.deepEqual(foundTarget(await readCatalogue(warehouse, '_TEST'), targetOf('ONE')), {
    columns: null,
    fence: false,
  })
})

test('what killed attempts left goes when it is old enough, and nothing else does', async () => {
  const { warehouse } = lab
  const target = targetOf('ORDERS')
  await warehouse.query(createTargetSql(target, COLUMNS))
  for (const [suffix, attempt] of [
    ['', 'a1'],
    ['', '9b'],
    ['_TEST', 'c3'],
  ] as const)
    await warehouse.query(stageTableSql(stageTable(target, suffix, attempt), COLUMNS))
  await warehouse.query(`CREATE TABLE RAW.${besideTable(target, 'a1').table} (A INT)`)
  await warehouse.query('CREATE TABLE _FIRN.STAGED (A INT)')
  await warehouse.query('CREATE TABLE RAW.STAGE_ORDERS_OF_PEOPLE (A INT)')
  const stale = async (suffix: string, hours?: number) => {
    const found = (await readCatalogue(warehouse, suffix, hours)).stale
    await dropStale(warehouse, found)
    return found.map(({ schema, table }) => `${schema}.${table}`).sort()
  }
  assert.deepEqual(await stale(''), [], 'a day has not gone by')
  const old = ['RAW._FIRN_REBUILD_ORDERS_A1', '_FIRN.STAGE_ORDERS_A1', '_FIRN.STAGE_ORDERS__9B']
  assert.deepEqual(await stale('', 0), old)
  assert.deepEqual(await stale('', 0), [])
  assert.deepEqual(await stale('_TEST', 0), ['_FIRN_TEST.STAGE_ORDERS_C3'])
  for (const table of ['RAW.ORDERS', '_FIRN.STAGED', 'RAW.STAGE_ORDERS_OF_PEOPLE', '_FIRN.LOADS'])
    await warehouse.query(`SELECT COUNT(*) FROM ${table}`)
})

test('a catalogue that cannot be read says so; one that shows nothing makes no table anew (C34)', async () => {
  await loadOrders(lab, orders(lab, 'there'), [['o1', 'x', '1.00', 1]], { runId: 'r1' })
  const failing: Warehouse = { ...lab.warehouse, query: () => Promise.reject(new WarehouseError('503')) }
  await assert.rejects(readCatalogue(failing, ''), { name: 'WarehouseError' })
  // as a role sees it that may look at nothing
  const { loadTable } = await import('../../../../lib/warehouses/snowflake/load-table.ts')
  const plan = orders(lab, 'there', { publish: 'merge', epoch: 2, found: { columns: null, fence: false } })
  const blind = { job: 'daily', runId: 'r2', attempt: 'a1', suffix: '', chunks: [], plan, renew: async () => {} }
  await assert.rejects(loadTable(lab.warehouse, blind), { name: 'DriftError', message: /THERE is not there/ })
  assert.deepEqual(await rowsIn(lab, 'THERE'), ['o1 x 1.00 1 r1'])
})
