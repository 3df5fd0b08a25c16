/** What was in the orders, and how it was paid: the payments of an order add up to its items and their freight. */
import { skewedSql, weightedSql } from '../draw.ts'
import { buildingName } from '../tables.ts'
import { PRODUCTS } from './catalogue.ts'
import { FEW } from './numbers.ts'
import { ORDERS } from './orders.ts'
import { type Generation, momentSql, type Step } from './step.ts'

/** What an order comes to: `order_id, cents`. */
const TOTALS = 'work_totals'

/** Out of 100 payments by credit card. */
const INSTALLMENTS: [number, number][] = [
  [1, 33],
  [2, 16],
  [3, 13],
  [4, 9],
  [5, 7],
  [6, 5],
  [7, 2],
  [8, 6],
  [9, 1],
  [10, 7],
  [12, 1],
]

/** More than one item of an order is mostly more of the same. One freight in 300 is free. */
const itemsSql = ({ shape, draw }: Generation) => {
  const product = skewedSql(draw('product', "CONCAT_WS(':', q, j)"), shape.rows.products)
  const item = "CONCAT_WS(':', q, n)"
  const freight = `IF(${draw('free freight', item)} % 300 = 0, 0,
      760 + ${draw('freight', item)} % 1100 + grams DIV 5 + (${draw('far', item)} % 20 = 0) * (${draw('far', item)} % 6000))`
  const limit = `TIMESTAMPADD(SECOND, 259200 + ${draw('limit', 'q')} % 432000, COALESCE(approved, purchased))`
  return `INSERT INTO ${buildingName('order_items')}
SELECT order_id, n, product_id, seller_id, shipping, cents * 0.01, freight * 0.01,
  ${momentSql('shipping', draw('item moment', item))}
FROM (
  SELECT i.order_id, i.q, i.n, p.product_id, p.seller_id, p.cents, ${limit} AS shipping, ${freight} AS freight
  FROM (
    SELECT o.q, o.order_id, o.approved, o.purchased, f.n,
      IF(${draw('another', "CONCAT_WS(':', o.q, f.n)")} % 10 < 3, f.n, 1) AS j
    FROM ${ORDERS} AS o JOIN ${FEW} AS f ON f.n BETWEEN 1 AND o.items
  ) AS i JOIN ${PRODUCTS} AS p ON p.rank_ = ${product}
) AS items
ORDER BY order_id, n`
}

const totalsSql = `INSERT INTO ${TOTALS}
SELECT order_id, SUM(price + freight_value) * 100 FROM ${buildingName('order_items')} GROUP BY order_id`

/** Up to where an order is paid by its first payments: cuts never cross, and the last one is the whole. */
const paidUpToSql = (payment: string, { draw }: Generation) =>
  `IF(${payment} = payments, cents, IF(${payment} = 0, 0,
      cents * (10 * ${payment} + ${draw('cut', `CONCAT_WS(':', q, ${payment})`)} % 9 - 4) DIV (10 * payments)))`

const typeSql = ({ draw }: Generation) => {
  const way = `${draw('way to pay', 'q')} % 10000`
  return `CASE WHEN free AND payments = 1 THEN 'not_defined' WHEN n > 1 THEN 'voucher' WHEN payments > 1 THEN 'credit_card'
      WHEN ${way} < 7660 THEN 'credit_card' WHEN ${way} < 9705 THEN 'boleto' WHEN ${way} < 9842 THEN 'voucher' ELSE 'debit_card' END`
}

const paymentsSql = (generation: Generation) => {
  const { draw } = generation
  return `INSERT INTO ${buildingName('order_payments')}
SELECT order_id, sequential, type, IF(type = 'credit_card', ${weightedSql(draw('installments', 'q'), INSTALLMENTS)}, 1),
  cents * 0.01, ${momentSql('moment', draw('payment moment', "CONCAT_WS(':', q, sequential)"))}
FROM (
  SELECT order_id, q, n + number - 1 AS sequential, ${typeSql(generation)} AS type,
    ${paidUpToSql('n', generation)} - ${paidUpToSql('(n - 1)', generation)} AS cents,
    COALESCE(approved, purchased) AS moment
  FROM (
    SELECT o.*, f.n, COALESCE(t.cents, IF(o.free, 0, 2000 + ${draw('lost', 'o.q')} % 20000)) AS cents
    FROM ${ORDERS} AS o JOIN ${FEW} AS f ON f.n BETWEEN 1 AND o.payments
    LEFT JOIN ${TOTALS} AS t ON t.order_id = o.order_id
  ) AS paid
) AS payments
ORDER BY order_id, sequential`
}

/** Makes items and payments. Needs orders, products and numbers. */
export const salesSteps = (generation: Generation): Step[] => [
  { fills: 'order_items', sql: itemsSql(generation) },
  {
    sql: `CREATE TEMPORARY TABLE ${TOTALS} (order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  cents BIGINT NOT NULL)`,
  },
  { sql: totalsSql },
  { fills: 'order_payments', sql: paymentsSql(generation) },
]
