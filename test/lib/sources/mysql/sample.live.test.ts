import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'
import { discoverTables } from '../../../../lib/sources/mysql/discover.ts'
import { sampleSql } from '../../../../lib/sources/mysql/sample.ts'
import { makeDatabase } from './database.ts'

const { reader, run } = await makeDatabase('sample')

const numbers = (count: number) =>
  `(WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n) AS n`

await run(`
  CREATE TABLE customers (id CHAR(32) PRIMARY KEY);
  CREATE TABLE products (id CHAR(32) PRIMARY KEY, note TEXT);
  CREATE TABLE sellers (id CHAR(32) PRIMARY KEY);
  CREATE TABLE orders (id CHAR(32) PRIMARY KEY, customer_id CHAR(32) NOT NULL, FOREIGN KEY (customer_id) REFERENCES customers (id));
  CREATE TABLE items (order_id CHAR(32), n INT, product_id CHAR(32), seller_id CHAR(32) NOT NULL, PRIMARY KEY (order_id, n),
    FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (product_id) REFERENCES products (id),
    FOREIGN KEY (seller_id) REFERENCES sellers (id));
  CREATE TABLE reviews (id CHAR(32), order_id CHAR(32), PRIMARY KEY (id, order_id), FOREIGN KEY (order_id) REFERENCES orders (id));
  CREATE TABLE refunds (id INT PRIMARY KEY, order_id CHAR(32), n INT, boss INT, FOREIGN KEY (order_id, n) REFERENCES items (order_id, n),
    FOREIGN KEY (boss) REFERENCES refunds (id));
  CREATE TABLE places (zip CHAR(5), name TEXT);
  INSERT INTO customers SELECT LEFT(SHA2(i, 256), 32) FROM ${numbers(600)};
  INSERT INTO products SELECT LEFT(SHA2(i, 256), 32), 'x' FROM ${numbers(400)};
  INSERT INTO sellers SELECT LEFT(SHA2(i, 256), 32) FROM ${numbers(300)};
  INSERT INTO orders SELECT LEFT(SHA2(CONCAT('o', i), 256), 32), LEFT(SHA2(i, 256), 32) FROM ${numbers(600)};
  INSERT INTO items SELECT LEFT(SHA2(CONCAT('o', 1 + i DIV 2), 256), 32), i, IF(i % 7 = 0, NULL, LEFT(SHA2(1 + i % 400, 256), 32)), LEFT(SHA2(1 + i % 300, 256), 32) FROM ${numbers(900)};
  INSERT INTO reviews SELECT LEFT(SHA2(CONCAT('r', i), 256), 32), LEFT(SHA2(CONCAT('o', i), 256), 32) FROM ${numbers(600)};
  INSERT INTO refunds SELECT i, LEFT(SHA2(CONCAT('o', 1 + i DIV 2), 256), 32), i, IF(i % 2, NULL, i - 1) FROM ${numbers(200)};
  INSERT INTO places SELECT '01000', i FROM ${numbers(500)}
`)

const NAMES = ['customers', 'products', 'sellers', 'orders', 'items', 'reviews', 'refunds', 'places']

/** Every table's sample, as rows by column name. */
const samplesOf = async (limit: number) => {
  const tables = await discoverTables(reader, NAMES)
  const samples = new Map<string, Record<string, string | null>[]>()
  for (const [name, table] of tables) {
    const rows = await textRows(reader, sampleSql(table, tables, limit))
    samples.set(
      name,
      rows.map((row) => Object.fromEntries(table.columns.map((column, i) => [column.name, row[i]!]))),
    )
  }
  return { tables, samples }
}

for (const limit of [3, 40, 1000])
  test(`samples of ${limit}: no table has more rows, and every child has its parents`, async () => {
    const { tables, samples } = await samplesOf(limit)
    for (const [name, rows] of samples) {
      assert.ok(rows.length <= limit, `${name} has ${rows.length}`)
      for (const { columns, parent, parentColumns } of tables.get(name)!.foreignKeys) {
        const there = new Set(
          samples.get(parent)!.map((row) => JSON.stringify(parentColumns.map((column) => row[column]))),
        )
        for (const row of rows) {
          const values = columns.map((column) => row[column])
          if (!values.includes(null)) assert.ok(there.has(JSON.stringify(values)), `${name} without its ${parent}`)
        }
      }
    }
    for (const name of ['orders', 'items', 'customers', 'products', 'sellers', 'reviews', 'places'])
      assert.ok(samples.get(name)!.length > 0, `${name} has none`)
  })

test('sampled orders have all their items', async () => {
  const { samples } = await samplesOf(1000)
  const orders = samples.get('orders')!
  assert.equal(orders.length, 500)
  const [[count]] = (await textRows(
    reader,
    `SELECT COUNT(*) FROM items WHERE order_id IN (SELECT id FROM (SELECT id FROM orders ORDER BY id LIMIT 500) AS o)`,
  )) as [[string]]
  assert.equal(samples.get('items')!.length, Number(count))
})
