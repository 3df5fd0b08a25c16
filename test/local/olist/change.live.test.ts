import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeOlist } from '../../../local/olist/change.ts'
import { seedOlist } from '../../../local/olist/seed.ts'
import { TABLE_NAMES, TABLES, type TableName } from '../../../local/olist/tables.ts'
import { makeDatabase } from '../../lib/sources/mysql/database.ts'

const CHANGING = ['orders', 'order_items', 'order_payments', 'order_reviews'] as const

const { settings, ask, run } = await makeDatabase('olist_change')
const number = async (sql: string) => Number((await ask(sql))[0]![0])

/** A copy of the changing tables, to be compared with afterwards. */
const remember = async () => {
  for (const name of CHANGING)
    await run(
      `DROP TABLE IF EXISTS old_${name}; CREATE TABLE old_${name} LIKE ${name}; INSERT INTO old_${name} SELECT * FROM ${name}`,
    )
}

const joined = (name: TableName) =>
  `FROM ${name} AS n LEFT JOIN old_${name} AS o USING (${TABLES[name].key.join(', ')}) WHERE`
const difference = (name: TableName) =>
  TABLES[name].columns
    .filter((column) => column.name !== 'updated_at')
    .map((column) => `NOT n.${column.name} <=> o.${column.name}`)
    .join(' OR ')

const countRows = async () => {
  const rows: Record<string, number> = {}
  for (const name of TABLE_NAMES) rows[name] = await number(`SELECT COUNT(*) FROM ${name}`)
  return rows
}

test('without tables it is refused with the command that makes them', () =>
  assert.rejects(changeOlist(settings, { fraction: 0.01, seed: 1 }), {
    name: 'RefusedError',
    message: /orders.* doesn't exist.*seed olist/,
  }))

test('a fraction that makes no sense is refused', () =>
  assert.rejects(async () => changeOlist(settings, { fraction: 2, seed: 1 }), { name: 'RefusedError' }))

test('the counts it gives are those that moved, and updated_at tells the same', async () => {
  await seedOlist(settings, { scale: 0.02, seed: 42, log: () => {} })
  await remember()
  const earlier = await countRows()
  const changes = await changeOlist(settings, { fraction: 0.01, seed: 7 })
  const later = await countRows()
  for (const name of TABLE_NAMES) assert.equal(later[name]! - earlier[name]!, changes[name].inserted, name)
  for (const name of CHANGING) {
    const key = `o.${TABLES[name].columns.at(-1)!.name}`
    assert.equal(await number(`SELECT COUNT(*) ${joined(name)} ${key} IS NULL`), changes[name].inserted, name)
    assert.equal(
      await number(`SELECT COUNT(*) ${joined(name)} ${key} IS NOT NULL AND (${difference(name)})`),
      changes[name].updated,
      name,
    )
    const touched = `n.updated_at > (SELECT MAX(updated_at) FROM old_${name})`
    const { inserted, updated } = changes[name]
    assert.equal(await number(`SELECT COUNT(*) ${joined(name)} ${touched}`), inserted + updated, name)
  }
  const expected = Math.round(earlier.orders! * 0.01)
  assert.deepEqual(changes.orders, { inserted: expected, updated: expected })
  assert.equal(changes.customers.inserted, expected)
  for (const name of CHANGING) assert.ok(changes[name].inserted > 0 && changes[name].updated > 0, name)
})

test('each call adds other rows, the same seed or not, and all of it still fits together', async () => {
  const earlier = await countRows()
  const again = await changeOlist(settings, { fraction: 0.05, seed: 7 })
  assert.equal((await countRows()).orders, earlier.orders! + again.orders.inserted)
  const mismatches = `SELECT COUNT(*)
    FROM (SELECT order_id, SUM(price + freight_value) AS total FROM order_items GROUP BY order_id) AS i
    JOIN (SELECT order_id, SUM(payment_value) AS paid FROM order_payments GROUP BY order_id) AS p USING (order_id)
    WHERE total <> paid`
  assert.equal(await number(mismatches), 0)
  assert.equal(await number('SELECT COUNT(*) FROM orders WHERE order_purchase_timestamp > order_approved_at'), 0)
  assert.equal(
    await number('SELECT COUNT(*) FROM orders WHERE order_delivered_carrier_date > order_delivered_customer_date'),
    0,
  )
  assert.equal(
    await number("SELECT COUNT(*) FROM orders WHERE order_status = 'shipped' AND order_delivered_carrier_date IS NULL"),
    0,
  )
  assert.equal(await number('SELECT COUNT(*) FROM order_reviews WHERE review_score NOT BETWEEN 1 AND 5'), 0)
})

test('told to add none, it only changes', async () => {
  const earlier = await countRows()
  const { orders } = await changeOlist(settings, { fraction: 0.01, seed: 8, adds: false })
  assert.deepEqual(orders, { inserted: 0, updated: Math.round(earlier.orders! * 0.01) })
  assert.deepEqual(await countRows(), earlier)
})

test('a small shop changes by one order at least', async () => {
  await seedOlist(settings, { scale: 0.0001, seed: 42, log: () => {} })
  const changes = await changeOlist(settings, { fraction: 0.01, seed: 7 })
  assert.deepEqual(changes.orders, { inserted: 1, updated: 1 })
})
