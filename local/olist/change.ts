/** What a day in the shop does to the tables: orders go on, reviews are corrected, new orders come in. */
import type { ResultSetHeader } from 'mysql2/promise'
import { RefusedError } from '../../lib/errors.ts'
import { type Connection, type MysqlSettings, rowsOf, withConnection } from './connection.ts'
import { type Known, newOrders } from './new-orders.ts'
import { CURSOR, TABLE_NAMES, TABLES, type TableName } from './tables.ts'

/** `fraction` of the orders is changed, one at least, and as many are added, if any; `seed` is any whole number. */
type ChangeOptions = { fraction: number; seed: number; adds?: boolean }

/** Rows that were not there before, and other rows that came out different; exact, by table. */
export type Changes = Record<TableName, { inserted: number; updated: number }>

/** How far an order may still go. */
const OPEN = ['created', 'approved', 'processing', 'invoiced', 'shipped']
/** New orders are made after rows that are there: of so many is chosen. */
const KNOWN_ROWS = 2000
const BATCH_ROWS = 1000
const NO_SUCH_TABLE = 1146

const pick = (connection: Connection, statuses: string[], seed: number, count: number) =>
  rowsOf<{ id: string }>(
    connection,
    `SELECT order_id AS id FROM orders WHERE order_status IN (?) ORDER BY SHA2(CONCAT(order_id, ?), 256) LIMIT ?`,
    [statuses, seed, count],
  ).then((rows) => rows.map(({ id }) => id))

/** Assignments see those before them, so the status is the last. Every row comes out different: the server sees to updated_at. */
const ORDERS_SQL = `UPDATE orders SET
  order_delivered_customer_date = CASE order_status
    WHEN 'shipped' THEN COALESCE(order_delivered_carrier_date, order_approved_at, order_purchase_timestamp) + INTERVAL 5 DAY
    WHEN 'delivered' THEN COALESCE(order_delivered_customer_date, order_estimated_delivery_date) + INTERVAL 1 HOUR
    ELSE order_delivered_customer_date END,
  order_delivered_carrier_date = CASE order_status
    WHEN 'invoiced' THEN COALESCE(order_approved_at, order_purchase_timestamp) + INTERVAL 2 DAY
    ELSE order_delivered_carrier_date END,
  order_approved_at = CASE order_status
    WHEN 'created' THEN order_purchase_timestamp + INTERVAL 1 HOUR
    ELSE order_approved_at END,
  order_status = CASE order_status
    WHEN 'created' THEN 'approved' WHEN 'approved' THEN 'processing' WHEN 'processing' THEN 'invoiced'
    WHEN 'invoiced' THEN 'shipped' ELSE 'delivered' END
WHERE order_id IN (?)`

const ITEMS_SQL = `UPDATE order_items SET shipping_limit_date = shipping_limit_date + INTERVAL 1 DAY WHERE order_id IN (?)`

const PAYMENTS_SQL = `UPDATE order_payments SET payment_installments = payment_installments + 1
WHERE payment_type = 'credit_card' AND order_id IN (?)`

const REVIEWS_SQL = `UPDATE order_reviews SET review_score = IF(review_score < 5, review_score + 1, 4),
  review_answer_timestamp = review_answer_timestamp + INTERVAL 1 HOUR WHERE order_id IN (?)`

const update = async (connection: Connection, sql: string, ids: string[]): Promise<number> => {
  if (ids.length === 0) return 0
  const [{ affectedRows, changedRows }] = await connection.query<ResultSetHeader>(sql, [ids])
  if (affectedRows !== changedRows)
    throw new Error(`Of ${affectedRows} rows only ${changedRows} came out different: ${sql}`)
  return changedRows
}

/** Half of the orders are still on their way, as far as there are so many; of delivered ones the reviews change too. */
const updateRows = async (connection: Connection, count: number, seed: number) => {
  const open = await pick(connection, OPEN, seed, Math.ceil(count / 2))
  const delivered = await pick(connection, ['delivered'], seed, count - open.length)
  return {
    orders: await update(connection, ORDERS_SQL, [...open, ...delivered]),
    order_items: await update(connection, ITEMS_SQL, open),
    order_payments: await update(connection, PAYMENTS_SQL, open),
    order_reviews: await update(connection, REVIEWS_SQL, delivered.slice(0, Math.ceil(delivered.length / 2))),
  }
}

/** What new orders are made after. The salt is another one whenever the orders are others: no key comes twice. */
const readKnown = async (connection: Connection, seed: number): Promise<Known> => {
  const [state] = await rowsOf<{ orders: number; latest: string | null; changed: string }>(
    connection,
    `SELECT COUNT(*) AS orders, MAX(order_purchase_timestamp) AS latest, MAX(${CURSOR}) AS changed FROM orders`,
  )
  if (!state?.latest)
    throw new RefusedError('Table orders is empty, so nothing can change. Fill it: npm run -s firn -- seed olist')
  return {
    orders: Number(state.orders),
    latest: state.latest,
    salt: `${seed}:${state.orders}:${state.changed}`,
    items: await rowsOf(
      connection,
      `SELECT product_id, seller_id, price, freight_value FROM order_items
       ORDER BY SHA2(CONCAT(order_id, order_item_id, ?), 256) LIMIT ${KNOWN_ROWS}`,
      [seed],
    ),
    customers: await rowsOf(
      connection,
      `SELECT customer_unique_id, customer_zip_code_prefix, customer_city, customer_state FROM customers
       ORDER BY SHA2(CONCAT(customer_id, ?), 256) LIMIT ${KNOWN_ROWS}`,
      [seed],
    ),
  }
}

/** Every column but the cursor, which the server fills. */
const insert = async (connection: Connection, name: TableName, rows: unknown[][]): Promise<number> => {
  const columns = TABLES[name].columns.map((column) => column.name).filter((column) => column !== CURSOR)
  let inserted = 0
  for (let from = 0; from < rows.length; from += BATCH_ROWS) {
    const [{ affectedRows }] = await connection.query<ResultSetHeader>('INSERT INTO ?? (??) VALUES ?', [
      name,
      columns,
      rows.slice(from, from + BATCH_ROWS),
    ])
    inserted += affectedRows
  }
  return inserted
}

/**
 * Changes about a fraction of the orders and adds as many, unless told to add none, with their customers, items, payments and reviews, in one
 * transaction; `updated_at` is left to the server. Every call adds other rows. Throws RefusedError when the tables are
 * not there or empty or the fraction is not between 0 and 1, and as a connection does.
 */
export const changeOlist = (
  settings: MysqlSettings,
  { fraction, seed, adds = true }: ChangeOptions,
): Promise<Changes> => {
  if (!(fraction > 0 && fraction <= 1))
    throw new RefusedError(`The fraction is ${fraction}: a number up to 1 is needed`)
  return withConnection(settings, async (connection) => {
    await connection.beginTransaction()
    const known = await readKnown(connection, seed).catch((error: Error & { errno?: number }) => {
      if (error.errno !== NO_SUCH_TABLE) throw error
      throw new RefusedError(`${error.message}. Fill the tables: npm run -s firn -- seed olist`, { cause: error })
    })
    const count = Math.max(1, Math.round(known.orders * fraction))
    const updated: Partial<Record<TableName, number>> = await updateRows(connection, count, seed)
    const added = adds ? newOrders(count, known) : {}
    const changes: Partial<Changes> = {}
    for (const name of TABLE_NAMES)
      changes[name] = { inserted: await insert(connection, name, added[name] ?? []), updated: updated[name] ?? 0 }
    await connection.commit()
    return changes as Changes
  })
}
