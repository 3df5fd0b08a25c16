/** Orders: what was ordered when, and how far it came. */
import { customerIdSql, type Draw, depthSql, hexKeySql, shuffledSql, weightedSql } from '../draw.ts'
import { buildingName } from '../tables.ts'
import { NUMBERS } from './numbers.ts'
import { type Generation, momentSql, type Step, valuesSql } from './step.ts'

/**
 * Orders by number, the earliest month first: `q, order_id, status, items, payments, number` (of the first payment),
 * `free` (nothing was to be paid), `purchased, approved, handed, delivered, estimated, latest, late`.
 */
export const ORDERS = 'work_orders'

const MONTH_TABLE = 'work_months'
const STATUS_TABLE = 'work_statuses'

/** The last thing that the real data tells of. */
const LAST_MOMENT = "TIMESTAMP '2018-10-17 17:30:18'"

/** Out of 100 orders, in the hour of day. */
const HOURS = [2, 1, 1, 0, 0, 0, 1, 1, 3, 5, 6, 7, 6, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6, 3].map(
  (weight, hour): [number, number] => [hour, weight],
)

/** Black Friday of 2017 sold a sixth of its month. */
const daySql = (draw: string) => `IF(day = '2017-11-01' AND ${draw} % 100 < 14, 23, ${draw} DIV 100 % days)`

/** Where an order stands in every respect that is not a date. Only orders with items have more than one of anything. */
const placedSql = ({ seed, shape }: Generation) => {
  const sold = shape.itemLayers[0]!
  const respect = (tag: string) => `IF(p < ${sold}, ${shuffledSql(seed, tag, `(p % ${sold})`, sold)}, p)`
  return `SELECT q, p, day, days, ${respect('items')} AS by_items, ${respect('payments')} AS by_payments
  FROM (
    SELECT n.n AS q, ${shuffledSql(seed, 'status', 'n.n', shape.orders)} AS p, m.day, m.days
    FROM ${MONTH_TABLE} AS m JOIN ${NUMBERS} AS n ON n.n BETWEEN m.first AND m.first + m.size - 1
  ) AS dated`
}

/** Moments follow one another; each is as long after the one before as its draw says. */
const momentsSql = (generation: Generation) => {
  const { draw } = generation
  const later = (moment: string, seconds: string) =>
    `LEAST(TIMESTAMPADD(SECOND, ${seconds}, ${moment}), ${LAST_MOMENT})`
  const purchased = `TIMESTAMPADD(SECOND, (${daySql(draw('day', 'q'))}) * 86400 + ${weightedSql(draw('hour', 'q'), HOURS)} * 3600 + ${draw('second', 'q')} % 3600, day)`
  const approval = `IF(${draw('approval', 'q')} % 10 < 8, 600 + ${draw('approved', 'q')} % 2400, 43200 + ${draw('approved', 'q')} % 172800)`
  const handing = `20000 + ${draw('handing', 'q')} % 300000 + IF(${draw('handed late', 'q')} % 10 = 0, 500000, 0)`
  const delivery = `100000 + ${draw('delivery', 'q')} % 900000 + (${draw('way', 'q')} % 1000) * (${draw('weather', 'q')} % 1000)
      + IF(${draw('trouble', 'q')} % 1000 < 55, 1000000 + ${draw('trouble', 'q')} % 1500000, 0)`
  const promise = `13 + ${draw('promise', 'q')} % 13 + ${draw('distance', 'q')} % 13`
  // LIMIT makes the server finish a subquery before it goes on, instead of working out its columns wherever they are used
  const finished = `LIMIT ${generation.shape.orders}`
  return `SELECT handled.*, ${later('handed', delivery)} AS delivered FROM (
    SELECT accepted.*, ${later('approved', handing)} AS handed FROM (
      SELECT bought.*, ${later('purchased', approval)} AS approved,
        TIMESTAMPADD(DAY, ${promise}, TIMESTAMP(DATE(purchased))) AS estimated
      FROM (
        SELECT placed.*, LEAST(${purchased}, ${LAST_MOMENT}) AS purchased FROM (${placedSql(generation)}) AS placed ${finished}
      ) AS bought
    ) AS accepted ${finished}
  ) AS handled ${finished}`
}

/** Which moments an order of a status has come to. A few delivered ones lack a date that they should have. */
const reachedSql = (draw: Draw) => {
  const chance = (tag: string, parts: number) => `${draw(tag, 'o.q')} % ${parts}`
  const approved = `s.status <> 'created' AND NOT (s.status = 'canceled' AND ${chance('never approved', 100)} < 23)
      AND NOT (s.status = 'delivered' AND ${chance('approval lost', 7000)} = 0)`
  const handed = `s.status = 'shipped' OR s.status = 'delivered' AND ${chance('handing lost', 48_000)} <> 0
      OR s.status = 'canceled' AND s.has_items AND ${chance('called back', 100)} BETWEEN 50 AND 65`
  const delivered = `s.status = 'delivered' AND ${chance('delivery lost', 12_000)} <> 0
      OR s.status = 'canceled' AND s.has_items AND ${chance('called back', 100)} = 60`
  return `IF(${approved}, approved, NULL) AS approved,
    IF(${handed}, handed, NULL) AS handed,
    IF(${delivered}, delivered, NULL) AS delivered`
}

/** How an order is paid: one by nothing known, a few of those canceled without items by nothing at all. */
const paidSql = ({ shape }: Generation) => {
  const sold = shape.itemLayers[0]!
  const unpaid = shape.paymentLayers[0]! < shape.orders ? `o.by_payments = ${sold - 1}` : 'FALSE'
  const { first, size } = shape.statuses.find(({ status, hasItems }) => status === 'canceled' && !hasItems)!
  const free = `o.p BETWEEN ${first} AND ${first + Math.min(size, shape.paidByNothing) - 1}`
  return `IF(${unpaid}, 0, ${depthSql('o.by_payments', shape.paymentLayers)}) AS payments,
    IF(o.by_payments BETWEEN ${sold - 1 - shape.numberedFromTwo} AND ${sold - 2}, 2, 1) AS number,
    ${free} AS free`
}

const workSql = (generation: Generation) => {
  const { seed, shape, draw } = generation
  return `INSERT INTO ${ORDERS}
SELECT q, order_id, status, items, payments, number, free, purchased, approved, handed, delivered, estimated,
  COALESCE(delivered, handed, approved, purchased), COALESCE(delivered > estimated, 0)
FROM (
  SELECT o.q, ${hexKeySql(seed, 'order', 'o.q')} AS order_id, s.status,
    IF(s.has_items, ${depthSql('o.by_items', shape.itemLayers)}, 0) AS items,
    ${paidSql(generation)},
    purchased, estimated,
    ${reachedSql(draw)}
  FROM (${momentsSql(generation)}) AS o JOIN ${STATUS_TABLE} AS s ON o.p BETWEEN s.first AND s.first + s.size - 1
) AS w`
}

const ordersSql = ({ seed, draw }: Generation) => `INSERT INTO ${buildingName('orders')}
SELECT order_id, ${customerIdSql(seed, 'q')}, status, purchased, approved, handed, delivered, estimated,
  ${momentSql('latest', draw('order moment', 'q'))}
FROM ${ORDERS}
ORDER BY order_id`

/** Makes the orders. Needs numbers. */
export const ordersSteps = (generation: Generation): Step[] => [
  {
    sql: `CREATE TEMPORARY TABLE ${MONTH_TABLE} (first INT NOT NULL, size INT NOT NULL, day DATE NOT NULL, days INT NOT NULL)`,
  },
  {
    sql: valuesSql(
      MONTH_TABLE,
      generation.shape.months.map(({ first, size, day, days }) => [first, size, day, days]),
    ),
  },
  {
    sql: `CREATE TEMPORARY TABLE ${STATUS_TABLE} (first INT NOT NULL, size INT NOT NULL, status VARCHAR(20) NOT NULL,
  has_items INT NOT NULL) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  },
  {
    sql: valuesSql(
      STATUS_TABLE,
      generation.shape.statuses.map(({ first, size, status, hasItems }) => [first, size, status, hasItems ? 1 : 0]),
    ),
  },
  {
    sql: `CREATE TEMPORARY TABLE ${ORDERS} (q INT NOT NULL PRIMARY KEY,
  order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, status VARCHAR(20) NOT NULL,
  items INT NOT NULL, payments INT NOT NULL, number INT NOT NULL, free INT NOT NULL, purchased DATETIME NOT NULL,
  approved DATETIME NULL, handed DATETIME NULL, delivered DATETIME NULL, estimated DATETIME NOT NULL,
  latest DATETIME NOT NULL, late INT NOT NULL) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  },
  { sql: workSql(generation) },
  { fills: 'orders', sql: ordersSql(generation) },
]
