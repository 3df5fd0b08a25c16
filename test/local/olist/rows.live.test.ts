/** What the generated rows are like: the shapes of the real data that a pipeline stumbles over, and that models rely on. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { seedOlist } from '../../../local/olist/seed.ts'
import { makeDatabase } from '../../lib/sources/mysql/database.ts'

const { settings, ask } = await makeDatabase('olist_rows')

const number = async (sql: string) => Number((await ask(sql))[0]![0])
const none = async (from: string) => assert.equal(await number(`SELECT COUNT(*) FROM ${from}`), 0)
const some = async (from: string) => assert.ok((await number(`SELECT COUNT(*) FROM ${from}`)) > 0)
/** Shares come from the real data; a fiftieth of it strays. */
const share = async (sql: string, from: number, to: number) => {
  const found = await number(sql)
  assert.ok(found >= from && found <= to, `${found} is not from ${from} to ${to}: ${sql}`)
}

before(() => seedOlist(settings, { scale: 0.02, seed: 42, log: () => {} }))

test('keys are 32 hexadecimal digits, postal codes five with leading zeros', async () => {
  await none("orders WHERE NOT order_id REGEXP '^[0-9a-f]{32}$' OR NOT customer_id REGEXP '^[0-9a-f]{32}$'")
  await none("order_reviews WHERE NOT review_id REGEXP '^[0-9a-f]{32}$'")
  await none("geolocation WHERE NOT geolocation_zip_code_prefix REGEXP '^[0-9]{5}$'")
  await some("customers WHERE customer_zip_code_prefix LIKE '0%'")
})

test('reviews have accents, emoji, quotes and line breaks of both kinds; most have no title, more than half no text', async () => {
  const text = 'order_reviews WHERE review_comment_message'
  for (const part of ['ã', '👏', '"', '\n', '%']) await some(`${text} LIKE BINARY '%${part === '%' ? '\\%' : part}%'`)
  await some(`${text} LIKE '%\r\n%'`)
  await some(`${text} LIKE "%'%"`)
  await share('SELECT AVG(review_comment_title IS NULL) FROM order_reviews', 0.86, 0.91)
  await share('SELECT AVG(review_comment_message IS NULL) FROM order_reviews', 0.55, 0.63)
  await share('SELECT AVG(review_score = 5) FROM order_reviews', 0.53, 0.62)
})

test('a review may speak of two orders, saying the same of both; an order may have two reviews', async () => {
  await some('(SELECT review_id FROM order_reviews GROUP BY review_id HAVING COUNT(*) > 1) AS shared')
  await some('(SELECT order_id FROM order_reviews GROUP BY order_id HAVING COUNT(*) > 1) AS twice')
  await none(
    "(SELECT review_id FROM order_reviews GROUP BY review_id HAVING COUNT(DISTINCT review_score, COALESCE(review_comment_message, '')) > 1) AS differing",
  )
})

test('statuses have their shares, and the dates that they have come to', async () => {
  await share("SELECT AVG(order_status = 'delivered') FROM orders", 0.96, 0.98)
  assert.equal(await number('SELECT COUNT(DISTINCT order_status) FROM orders'), 8)
  await none("orders WHERE order_status = 'created' AND order_approved_at IS NOT NULL")
  await none("orders WHERE order_status = 'shipped' AND order_delivered_carrier_date IS NULL")
  await none("orders WHERE order_delivered_customer_date IS NOT NULL AND order_status NOT IN ('delivered', 'canceled')")
  await share(
    "SELECT AVG(order_delivered_customer_date IS NULL) FROM orders WHERE order_status = 'delivered'",
    0,
    0.005,
  )
})

test('one moment follows another, from September 2016 to October 2018, and the shop grows', async () => {
  await none('orders WHERE order_purchase_timestamp > order_approved_at')
  await none('orders WHERE order_approved_at > order_delivered_carrier_date')
  await none('orders WHERE order_delivered_carrier_date > order_delivered_customer_date')
  await none('orders WHERE order_purchase_timestamp NOT BETWEEN "2016-09-01" AND "2018-10-31"')
  await none('order_reviews WHERE review_answer_timestamp <= review_creation_date')
  await share('SELECT AVG(order_delivered_customer_date > order_estimated_delivery_date) FROM orders', 0.05, 0.11)
  const year = (of: number) => number(`SELECT COUNT(*) FROM orders WHERE YEAR(order_purchase_timestamp) = ${of}`)
  assert.ok((await year(2016)) < (await year(2017)) && (await year(2017)) < (await year(2018)))
})

test('the payments of an order add up to its items and their freight', async () => {
  await none(`(SELECT order_id, SUM(price + freight_value) AS total FROM order_items GROUP BY order_id) AS i
    JOIN (SELECT order_id, SUM(payment_value) AS paid FROM order_payments GROUP BY order_id) AS p USING (order_id)
    WHERE total <> paid`)
  await none('order_payments WHERE payment_value < 0 OR payment_installments < 1')
  await none('order_items WHERE price <= 0 OR freight_value < 0')
  await some('(SELECT order_id FROM order_payments GROUP BY order_id HAVING COUNT(*) > 5) AS many')
  assert.equal(await number('SELECT COUNT(DISTINCT payment_type) FROM order_payments'), 5)
  await share("SELECT AVG(payment_type = 'credit_card') FROM order_payments", 0.7, 0.78)
  await share("SELECT AVG(payment_type = 'boleto') FROM order_payments", 0.16, 0.23)
})

test('there are orders without items, one without a payment, and payments numbered from 2', async () => {
  await some('orders AS o LEFT JOIN order_items AS i USING (order_id) WHERE i.order_id IS NULL')
  assert.equal(
    await number(
      'SELECT COUNT(*) FROM orders AS o LEFT JOIN order_payments AS p USING (order_id) WHERE p.order_id IS NULL',
    ),
    1,
  )
  await some('(SELECT order_id FROM order_payments GROUP BY order_id HAVING MIN(payment_sequential) = 2) AS from_two')
})

test('items are numbered from 1 without a gap, and up to many', async () => {
  await none(
    '(SELECT order_id FROM order_items GROUP BY order_id HAVING MIN(order_item_id) <> 1 OR MAX(order_item_id) <> COUNT(*)) AS gaps',
  )
  await some('order_items WHERE order_item_id >= 5')
})

test('about 3 % of persons come back, always from the same place', async () => {
  const persons =
    'SELECT COUNT(*) AS n, COUNT(DISTINCT customer_zip_code_prefix) AS zips FROM customers GROUP BY customer_unique_id'
  await share(`SELECT AVG(n > 1) FROM (${persons}) AS persons`, 0.025, 0.04)
  await none(`(${persons}) AS persons WHERE zips > 1`)
})

test('some products have no category, and two categories no translation', async () => {
  await share('SELECT AVG(product_category_name IS NULL) FROM products', 0.01, 0.03)
  const untranslated = await ask(`SELECT DISTINCT p.product_category_name FROM products AS p
    LEFT JOIN product_category_name_translation AS t USING (product_category_name)
    WHERE p.product_category_name IS NOT NULL AND t.product_category_name IS NULL ORDER BY 1`)
  assert.deepEqual(untranslated.flat(), ['pc_gamer', 'portateis_cozinha_e_preparadores_de_alimentos'])
})

test('points are in Brazil, exact to 14 digits, a quarter of them twice; every customer’s prefix has some, in one state', async () => {
  await none('geolocation WHERE geolocation_lat NOT BETWEEN -34 AND 6 OR geolocation_lng NOT BETWEEN -74 AND -34')
  await share("SELECT AVG(geolocation_lat LIKE '%0') FROM geolocation", 0.05, 0.15)
  const points = await number('SELECT COUNT(*) FROM (SELECT DISTINCT * FROM geolocation) AS points')
  const share_ = points / (await number('SELECT COUNT(*) FROM geolocation'))
  assert.ok(share_ > 0.7 && share_ < 0.8, String(share_))
  await none('customers WHERE customer_zip_code_prefix NOT IN (SELECT geolocation_zip_code_prefix FROM geolocation)')
  await none(
    '(SELECT geolocation_zip_code_prefix FROM geolocation GROUP BY 1 HAVING COUNT(DISTINCT geolocation_state) > 1) AS torn',
  )
  assert.equal(await number('SELECT COUNT(DISTINCT geolocation_state) FROM geolocation'), 27)
  await some("geolocation WHERE geolocation_city = CONVERT('são paulo' USING utf8mb4) COLLATE utf8mb4_bin")
  await some("geolocation WHERE geolocation_city = CONVERT('sao paulo' USING utf8mb4) COLLATE utf8mb4_bin")
})

for (const name of ['orders', 'order_items', 'order_payments', 'order_reviews'])
  test(`${name}.updated_at is spread over the past, told apart by microseconds, and kept by the server`, async () => {
    await none(`${name} WHERE updated_at > "2018-12-31"`)
    await share(`SELECT COUNT(DISTINCT updated_at) / COUNT(*) FROM ${name}`, 0.999, 1)
    await share(`SELECT AVG(MICROSECOND(updated_at) % 1000 = 0) FROM ${name}`, 0, 0.01)
    await share(`SELECT DATEDIFF(MAX(updated_at), MIN(updated_at)) FROM ${name}`, 600, 900)
  })
