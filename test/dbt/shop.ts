/** A small shop in RAW as firn would have loaded it, in a database of its own on the Snowflake twin. */

import { connectSnowflake, type Warehouse } from '../../lib/warehouses/snowflake/connect.ts'
import { quoteText } from '../../lib/warehouses/snowflake/quote.ts'
import { stackForTests } from '../stack.ts'

const MOMENT = 'TIMESTAMP_NTZ(6)'

/** Columns as the pipeline makes them of MySQL's. */
const TABLES = {
  customers:
    'customer_id VARCHAR(32), customer_unique_id VARCHAR(32), customer_zip_code_prefix VARCHAR(5), customer_city VARCHAR(64), customer_state VARCHAR(2)',
  geolocation:
    'geolocation_zip_code_prefix VARCHAR(5), geolocation_lat NUMBER(17,14), geolocation_lng NUMBER(17,14), geolocation_city VARCHAR(64), geolocation_state VARCHAR(2)',
  orders: `order_id VARCHAR(32), customer_id VARCHAR(32), order_status VARCHAR(20), order_purchase_timestamp ${MOMENT}, order_approved_at ${MOMENT}, order_delivered_carrier_date ${MOMENT}, order_delivered_customer_date ${MOMENT}, order_estimated_delivery_date ${MOMENT}, updated_at ${MOMENT}`,
  order_items: `order_id VARCHAR(32), order_item_id NUMBER(10,0), product_id VARCHAR(32), seller_id VARCHAR(32), shipping_limit_date ${MOMENT}, price NUMBER(10,2), freight_value NUMBER(10,2), updated_at ${MOMENT}`,
  order_payments: `order_id VARCHAR(32), payment_sequential NUMBER(10,0), payment_type VARCHAR(20), payment_installments NUMBER(10,0), payment_value NUMBER(10,2), updated_at ${MOMENT}`,
  order_reviews: `review_id VARCHAR(32), order_id VARCHAR(32), review_score NUMBER(3,0), review_comment_title VARCHAR(100), review_comment_message VARCHAR, review_creation_date ${MOMENT}, review_answer_timestamp ${MOMENT}, updated_at ${MOMENT}`,
  products:
    'product_id VARCHAR(32), product_category_name VARCHAR(64), product_name_lenght NUMBER(10,0), product_description_lenght NUMBER(10,0), product_photos_qty NUMBER(10,0), product_weight_g NUMBER(10,0), product_length_cm NUMBER(10,0), product_height_cm NUMBER(10,0), product_width_cm NUMBER(10,0)',
  sellers: 'seller_id VARCHAR(32), seller_zip_code_prefix VARCHAR(5), seller_city VARCHAR(64), seller_state VARCHAR(2)',
  product_category_name_translation: 'product_category_name VARCHAR(64), product_category_name_english VARCHAR(64)',
}
export type Table = keyof typeof TABLES

/** Which run loaded rows, and when: what firn stamps them with. */
export type Stamp = { runId: string; at: string }
type Cell = string | number | null
/** Columns by name; those left out are NULL. */
export type ShopRow = Record<string, Cell>

/** A schema of the shop: `RAW`, or `RAW_TEST`. */
export type Shop = { warehouse: Warehouse; database: string; raw: string }

/** Makes the database, if it is not there, and the nine empty tables in schema `raw`. */
export const openShop = async (database: string, raw: string): Promise<Shop> => {
  const { accessUrl, account, user, password, schema } = stackForTests().snowflake
  const warehouse = await connectSnowflake({ accessUrl, account, user, password, schema, database })
  await warehouse.query(`CREATE DATABASE IF NOT EXISTS ${database}`)
  await warehouse.query(`CREATE SCHEMA IF NOT EXISTS ${database}.${raw}`)
  for (const [table, columns] of Object.entries(TABLES))
    await warehouse.query(
      `CREATE OR REPLACE TABLE ${database}.${raw}.${table} (${columns}, _firn_run_id VARCHAR, _firn_loaded_at ${MOMENT}, _firn_deleted_at ${MOMENT})`,
    )
  return { warehouse, database, raw }
}

const literal = (cell: Cell) => (cell === null ? 'NULL' : typeof cell === 'number' ? String(cell) : quoteText(cell))

/** Adds rows, stamped as one load. */
export const load = async (shop: Shop, table: Table, { runId, at }: Stamp, rows: ShopRow[]): Promise<void> => {
  for (const row of rows) {
    const stamped = { ...row, _firn_run_id: runId, _firn_loaded_at: at }
    await shop.warehouse.query(
      `INSERT INTO ${shop.database}.${shop.raw}.${table} (${Object.keys(stamped).join(', ')}) VALUES (${Object.values(stamped).map(literal).join(', ')})`,
    )
  }
}

/** A table that is copied whole: the old rows go. */
export const replace = async (shop: Shop, table: Table, stamp: Stamp, rows: ShopRow[]): Promise<void> => {
  await shop.warehouse.query(`DELETE FROM ${shop.database}.${shop.raw}.${table}`)
  await load(shop, table, stamp, rows)
}

/** Rows as text, columns joined by a space, ordered. */
export const ask = async (shop: Shop, select: string): Promise<string[]> => {
  const rows = await shop.warehouse.query(select)
  return rows.map((row) => Object.values(row).join(' ')).sort()
}
