/** The dbt project on the Snowflake twin: a shop that is loaded in several runs, and everything its tests are there for. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dbt, unhappy } from './dbt.ts'
import { ask, load, openShop, replace, type Shop, type ShopRow, type Stamp } from './shop.ts'

/** A new one each time: what an earlier run of the tests left would be taken for the past. */
const DATABASE = `DBT_PROJECT_${process.pid}`
const FIRST: Stamp = { runId: 'r1', at: '2026-03-01 02:00:00' }
const SECOND: Stamp = { runId: 'r2', at: '2026-03-02 02:00:00' }
const THIRD: Stamp = { runId: 'r3', at: '2026-03-05 02:00:00' }
const EARLY = '2026-02-01 00:00:00'
const WITHOUT_UNIT_TESTS = ['--exclude-resource-type', 'unit_test']

const customer = (id: string, person: string, state = 'SP'): ShopRow => ({
  customer_id: id,
  customer_unique_id: person,
  customer_zip_code_prefix: '01000',
  customer_city: 'são paulo',
  customer_state: state,
})
const order = (id: string, customerId: string, status: string, more: ShopRow = {}): ShopRow => ({
  order_id: id,
  customer_id: customerId,
  order_status: status,
  order_purchase_timestamp: '2018-01-05 10:00:00',
  order_estimated_delivery_date: '2018-01-20 00:00:00',
  updated_at: EARLY,
  ...more,
})
const delivered = (day: number): ShopRow => ({
  order_delivered_customer_date: `2018-01-${String(day).padStart(2, '0')} 15:00:00`,
})
const item = (id: string, number: number, price: string, freight: string, more: ShopRow = {}): ShopRow => ({
  order_id: id,
  order_item_id: number,
  product_id: 'p1',
  seller_id: 's1',
  price,
  freight_value: freight,
  updated_at: EARLY,
  ...more,
})
const payment = (id: string, number: number, type: string, value: string, more: ShopRow = {}): ShopRow => ({
  order_id: id,
  payment_sequential: number,
  payment_type: type,
  payment_installments: 1,
  payment_value: value,
  updated_at: EARLY,
  ...more,
})
const review = (id: string, orderId: string, score: number): ShopRow => ({
  review_id: id,
  order_id: orderId,
  review_score: score,
  updated_at: EARLY,
})

const CUSTOMERS = [customer('c1', 'u1'), customer('c2', 'u2', 'RJ'), customer('c3', 'u1'), customer('c4', 'u3', 'MG')]
const PRODUCTS = [
  { product_id: 'p1', product_category_name: 'beleza_saude' },
  { product_id: 'p2', product_category_name: 'pc_gamer' },
  { product_id: 'p3', product_category_name: null },
]

const loadShop = async (shop: Shop): Promise<void> => {
  await load(shop, 'customers', FIRST, CUSTOMERS)
  await load(shop, 'products', FIRST, PRODUCTS)
  await load(shop, 'sellers', FIRST, [{ seller_id: 's1', seller_zip_code_prefix: '01000', seller_state: 'SP' }])
  await load(shop, 'product_category_name_translation', FIRST, [
    { product_category_name: 'beleza_saude', product_category_name_english: 'health_beauty' },
  ])
  for (const lat of ['-23.50000000000000', '-23.60000000000000', '48.85000000000000'])
    await load(shop, 'geolocation', FIRST, [
      { geolocation_zip_code_prefix: '01000', geolocation_lat: lat, geolocation_lng: '-46.12345600000000' },
    ])
  await load(shop, 'orders', FIRST, [
    order('a', 'c1', 'delivered', delivered(20)),
    order('b', 'c2', 'delivered', delivered(22)),
    order('c', 'c3', 'canceled'),
    order('gone', 'c4', 'shipped'),
  ])
  await load(shop, 'order_items', FIRST, [
    item('a', 1, '10.10', '1.00'),
    item('a', 2, '20.20', '2.00'),
    item('b', 1, '100.00', '9.90', { product_id: 'p3' }),
    item('gone', 1, '5.00', '1.00'),
  ])
  await load(shop, 'order_payments', FIRST, [
    payment('a', 1, 'credit_card', '30.00'),
    payment('a', 2, 'voucher', '3.30'),
    payment('b', 1, 'boleto', '109.90'),
    payment('c', 1, 'voucher', '50.00'),
    payment('gone', 1, 'debit_card', '6.00'),
  ])
  await load(shop, 'order_reviews', FIRST, [review('v1', 'a', 5), review('v1', 'b', 3), review('v2', 'b', 1)])
}

const home = mkdtempSync(join(tmpdir(), 'firn-dbt-test-'))
const run = (...args: string[]) => dbt(home, DATABASE, args)
const marts = (select: string, schema = 'MARTS') => ask(shop, select.replaceAll('MARTS.', `${DATABASE}.${schema}.`))
const raw = (sql: string) => shop.warehouse.query(sql.replaceAll('RAW.', `${DATABASE}.RAW.`))
let shop: Shop

const TOTALS = `SELECT order_id, order_total, payment_value, coalesce(customer_unique_id, '?') AS who FROM MARTS.fct_orders`

before(async () => {
  shop = await openShop(DATABASE, 'RAW')
  await loadShop(shop)
})
after(async () => {
  await shop.warehouse.close()
  rmSync(home, { recursive: true, force: true })
})

test('a first build: every model is built, every test passes, sums are exact', async () => {
  const ran = await run('build')
  assert.deepEqual(unhappy(ran), [], ran.log)
  assert.equal(ran.code, 0)
  assert.deepEqual(await marts(TOTALS), [
    'a 33.30 33.30 u1',
    'b 109.90 109.90 u2',
    'c 0.00 50.00 u1',
    'gone 6.00 6.00 u3',
  ])
  assert.deepEqual(
    await marts(
      `SELECT to_varchar(sales_month), order_count, sold_order_count, customer_count, sales_value, payment_value FROM MARTS.mart_monthly_sales`,
    ),
    ['2018-01-01 4 3 3 149.20 149.20'],
  )
  assert.deepEqual(
    await marts(
      `SELECT customer_state, delivered_order_count, late_order_count, late_share, most_days_late, average_review_score FROM MARTS.mart_delivery_performance`,
    ),
    ['RJ 1 1 1.0000 2 2.00', 'SP 1 0 0.0000 0 5.00'],
  )
  assert.deepEqual(
    await marts(`SELECT customer_unique_id, order_count, lifetime_payment_value, latitude FROM MARTS.dim_customers`),
    ['u1 2 83.30 -23.500000', 'u2 1 109.90 -23.500000', 'u3 1 6.00 -23.500000'],
  )
  assert.deepEqual(await marts(`SELECT product_id, category FROM MARTS.dim_products`), [
    'p1 health_beauty',
    'p2 pc_gamer',
    'p3 uncategorized',
  ])
})

test('docs: every column that a mart has is described, and lineage leads back to the sources', async () => {
  const ran = await run('docs', 'generate')
  assert.equal(ran.code, 0, ran.log)
  type Columns = { columns: Record<string, unknown> }
  const { nodes: found } = ran.artifact('catalog.json') as { nodes: Record<string, Columns> }
  const manifest = ran.artifact('manifest.json') as {
    nodes: Record<string, Columns & { schema: string }>
    parent_map: Record<string, string[]>
  }
  const names = (columns: Record<string, unknown>) =>
    Object.keys(columns)
      .map((name) => name.toLowerCase())
      .sort()
  const ids = Object.keys(found).filter((id) => manifest.nodes[id]?.schema === 'MARTS')
  assert.equal(ids.length, 7)
  for (const id of ids) assert.deepEqual(names(found[id]!.columns), names(manifest.nodes[id]!.columns), id)
  const sourcesOf = (id: string): string[] =>
    id.startsWith('source.') ? [id] : manifest.parent_map[id]!.flatMap(sourcesOf)
  assert.deepEqual([...new Set(sourcesOf('model.firn.mart_delivery_performance'))].sort(), [
    ...['customers', 'order_items', 'order_payments', 'order_reviews', 'orders'].map(
      (name) => `source.firn.raw.${name}`,
    ),
  ])
})

/** Every version that history has of a customer: the state, and whether it holds now. */
const versions = (id: string) =>
  marts(
    `SELECT state, CASE WHEN dbt_valid_to IS NULL THEN 'open' ELSE 'closed' END AS version FROM MARTS.snap_customers WHERE customer_id = '${id}'`,
    'SNAPSHOTS',
  )

/** What a sweep sets in the rows of the order that is gone, or is there again. */
const marked = ({ runId, at }: Stamp, isGone: boolean) =>
  `_firn_run_id = '${runId}', _firn_loaded_at = '${at}', _firn_deleted_at = ${isGone ? `'${at}'` : 'NULL'} WHERE order_id = 'gone'`

test('late parts, children before their parents, orders that are gone or marked, and a source left out', async () => {
  const late = { updated_at: '2026-03-02 01:00:00' }
  await load(shop, 'order_items', SECOND, [
    item('a', 3, '0.60', '0.10', late),
    item('d', 1, '7.00', '0.00', { ...late, product_id: 'p-new' }),
    item('e', 1, '8.00', '0.00', { updated_at: '2026-03-02 01:30:00' }),
  ])
  await load(shop, 'order_payments', SECOND, [
    payment('a', 3, 'voucher', '0.70', late),
    payment('d', 1, 'boleto', '7.00', late),
  ])
  await load(shop, 'orders', SECOND, [order('d', 'c-new', 'delivered', { ...delivered(10), ...late })])
  await raw(`DELETE FROM RAW.order_payments WHERE order_id = 'gone'`)
  for (const table of ['orders', 'order_items']) await raw(`UPDATE RAW.${table} SET ${marked(SECOND, true)}`)
  await raw(`UPDATE RAW.customers SET _firn_deleted_at = '${SECOND.at}' WHERE customer_id = 'c4'`)
  const ran = await run('build', ...WITHOUT_UNIT_TESTS, '--exclude', 'source:raw.order_reviews+')
  assert.deepEqual(unhappy(ran), [], ran.log)
  const names = ran.nodes.map(({ name }) => name)
  assert.ok(!names.includes('stg_order_reviews') && !names.includes('mart_delivery_performance'))
  const snapshots = async (...args: string[]) => (await run('ls', '--resource-type', 'snapshot', ...args)).log
  assert.match(await snapshots(), /snap_customers/)
  assert.doesNotMatch(await snapshots('--exclude', 'source:raw.customers+'), /snap_customers/, 'history waits for them')
  assert.deepEqual(await marts(TOTALS), ['a 34.00 34.00 u1', 'b 109.90 109.90 u2', 'c 0.00 50.00 u1', 'd 7.00 7.00 ?'])
  assert.equal(ran.nodes.find(({ name }) => name === 'fct_orders')!.rows, 2, 'a and d, and no other')
  const staged = (model: string) => marts(`SELECT count(*) FROM MARTS.${model} WHERE order_id = 'gone'`, 'STAGING')
  for (const model of ['stg_orders', 'stg_order_items']) assert.deepEqual(await staged(model), ['0'], model)
  assert.deepEqual(await versions('c4'), ['MG closed'], 'who is gone has no version that holds')
  assert.deepEqual(await versions('c1'), ['SP open'])
})

test('what came late, or is there again, has its place after the next run, what was left out catches up, and who moved has two versions', async () => {
  const moved = { ...customer('c2', 'u2', 'ES'), customer_city: 'vitória' }
  await replace(shop, 'customers', THIRD, [
    ...CUSTOMERS.filter(({ customer_id }) => customer_id !== 'c2'),
    ...[moved, customer('c-new', 'u4', 'BA'), customer('c-e', 'u2', 'RJ')],
  ])
  await replace(shop, 'products', THIRD, [...PRODUCTS, { product_id: 'p-new', product_category_name: null }])
  await load(shop, 'orders', THIRD, [order('e', 'c-e', 'shipped', { updated_at: '2026-03-05 01:00:00' })])
  for (const table of ['orders', 'order_items']) await raw(`UPDATE RAW.${table} SET ${marked(THIRD, false)}`)
  const ran = await run('build', ...WITHOUT_UNIT_TESTS)
  assert.deepEqual(unhappy(ran), [], ran.log)
  assert.deepEqual(await marts(TOTALS), [
    ...['a 34.00 34.00 u1', 'b 109.90 109.90 u2', 'c 0.00 50.00 u1', 'd 7.00 7.00 u4', 'e 8.00 0.00 u2'],
    'gone 6.00 0.00 u3',
  ])
  assert.equal(
    ran.nodes.find(({ name }) => name === 'fct_orders')!.rows,
    4,
    'b, d, e and what is there again, and no other',
  )
  assert.deepEqual(await marts(`SELECT customer_state, delivered_order_count FROM MARTS.mart_delivery_performance`), [
    ...['BA 1', 'ES 1', 'SP 1'],
  ])
  assert.deepEqual(await versions('c2'), ['ES open', 'RJ closed'])
  assert.deepEqual(await versions('c4'), ['MG closed', 'MG open'], 'who is there again has a new one')
})

test('a sample in schemas of its own: orders cut in the middle, old rows of another sample', async () => {
  const sample = await openShop(DATABASE, 'RAW_TEST')
  await loadShop(sample)
  await sample.warehouse.query(
    `DELETE FROM ${DATABASE}.RAW_TEST.order_items WHERE order_id = 'a' AND order_item_id = 2`,
  )
  await replace(sample, 'customers', SECOND, CUSTOMERS.slice(0, 3))
  const ran = await run('build', ...WITHOUT_UNIT_TESTS, '--vars', '{"schema_suffix":"_TEST"}')
  assert.deepEqual(unhappy(ran), [], ran.log)
  assert.deepEqual(await marts(`SELECT count(*) FROM MARTS.fct_orders`, 'MARTS_TEST'), ['4'])
  assert.deepEqual(await marts(`SELECT count(*) FROM MARTS.fct_orders`), ['6'])
})

test('every rule fails on what it forbids', async () => {
  const old = { updated_at: '2026-01-01 00:00:00' }
  await load(shop, 'orders', THIRD, [
    order('x1', 'nobody', 'lost', { order_delivered_customer_date: '2018-01-01 00:00:00' }),
    order('a', 'c1', 'delivered'),
  ])
  await load(shop, 'order_items', FIRST, [item('orphan', 1, '-1.00', '0.00', { ...old, product_id: 'p?' })])
  await load(shop, 'order_payments', FIRST, [
    payment('orphan', 1, 'promise', '1.00', old),
    payment('b', 2, 'boleto', '0.02', old),
  ])
  await load(shop, 'order_reviews', FIRST, [review('v1', 'a', 9)])
  await marts(`UPDATE MARTS.mart_monthly_sales SET sales_value = sales_value + 0.01`)
  await marts(`UPDATE MARTS.mart_delivery_performance SET late_order_count = late_order_count + 1`)
  await marts(`UPDATE MARTS.fct_order_items SET item_total = item_total + 0.01 WHERE order_id = 'b'`)
  const ran = await run('test', '--exclude-resource-type', 'unit_test')
  assert.equal(ran.code, 1)
  const failed = ran.nodes.filter(({ status }) => status === 'fail').map(({ name }) => name.split('__')[0])
  assert.deepEqual(failed.sort(), [
    'accepted_values_stg_order_payments_payment_type',
    'accepted_values_stg_order_reviews_review_score',
    'accepted_values_stg_orders_order_status',
    'delivery_performance_matches_orders',
    'every_order_is_in_the_fact',
    'monthly_sales_match_orders',
    'no_delivery_before_purchase',
    'not_negative_stg_order_items_price',
    'orders_match_their_items',
    'orders_match_their_payments',
    'payments_cover_delivered_orders',
    'relationships_as_loaded_stg_order_items_order_id',
    'relationships_as_loaded_stg_order_items_product_id',
    'relationships_as_loaded_stg_order_payments_order_id',
    'relationships_as_loaded_stg_orders_customer_id',
    'unique_int_orders_enriched_order_id',
    'unique_stg_orders_order_id',
    'unique_together_stg_order_reviews_review_id',
  ])
})
