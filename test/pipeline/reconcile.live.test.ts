/** The command line reconciles what the deployed pipeline has loaded: its exit status, its words, and no key unless asked for. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { listLeases } from '../../lib/lease.ts'
import type { Reconciled } from '../../lib/reconcile/reconcile.ts'
import type { Costs } from '../../lib/warehouses/snowflake/cost.ts'
import { firn } from '../command-line.ts'
import { deployForTests, onSource, warehouse } from './deployed.ts'

const TABLES = ['customers', 'order_items', 'order_payments', 'order_reviews', 'orders', 'products', 'sellers']

const reconcile = async (...args: string[]) => {
  const { status, document, said } = await firn<Reconciled[]>(['reconcile', ...args])
  return { status, said, found: new Map(document.map((each) => [each.table, each])), text: JSON.stringify(document) }
}

before(async () => {
  await deployForTests()
  const { status, said } = await firn(['run', 'load', '--full-refresh', '--lag', '0'])
  assert.equal(status, 0, said)
})

test('after a run every table is equal, column for column', async () => {
  const { status, said, found } = await reconcile()
  assert.equal(status, 0, said)
  for (const table of TABLES) {
    const { compared, differs, refused } = found.get(table)!
    assert.deepEqual([differs, refused], [false, null], table)
    assert.ok(compared!.rows.mysql > 0 && compared!.rows.mysql === compared!.rows.warehouse, table)
  }
  assert.deepEqual(
    [...found.values()].flatMap(({ compared }) => compared!.notCompared.map(({ column }) => column)),
    [],
  )
})

test('what was lost or changed is found without telling a value, told with its key when asked, and repaired', async () => {
  const [row] = await onSource<{ id: string; city: string }>(
    'SELECT seller_id AS id, seller_city AS city FROM sellers ORDER BY seller_id LIMIT 1',
  )
  const { id } = row!
  await warehouse(`UPDATE RAW.SELLERS SET SELLER_CITY = SELLER_CITY || ' ' WHERE SELLER_ID = '${id}'`)
  const differing = await reconcile('sellers', 'orders')
  assert.equal(differing.status, 1)
  assert.deepEqual(differing.found.get('sellers')!.compared!.columns, [{ column: 'seller_city', rows: 1 }])
  assert.equal(differing.found.get('orders')!.differs, false)
  assert.ok(!differing.text.includes(id) && !differing.said.includes(id), 'a key is a cell value')
  const shown = await reconcile('sellers', '--show-keys')
  assert.match(shown.text, new RegExp(id))

  const repaired = await reconcile('sellers', '--repair')
  assert.deepEqual([repaired.status, repaired.found.get('sellers')!.repaired!.updated], [0, 1])
  const { runId } = repaired.found.get('sellers')!.repaired!
  const { lines } = (await firn<Costs>(['cost', runId])).document
  assert.deepEqual(
    lines.map(({ job, run, what }) => [job, run, what]),
    [
      ['daily', runId, 'reconcile'],
      ['daily', runId, 'sellers'],
    ],
  )
  assert.equal((await reconcile('sellers')).status, 0)
  assert.deepEqual(
    (await listLeases()).filter(({ holder }) => holder !== null),
    [],
  )
})

test('wrong use ends with 2', async () => {
  assert.equal((await firn(['reconcile', 'nowhere'])).status, 2)
  assert.equal((await firn(['reconcile', 'sellers', '--repair', '--cap', '0'])).status, 2)
})
