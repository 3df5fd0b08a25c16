import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cell, cellCheck } from '../../../local/olist/csv-cells.ts'
import { TABLES, type TableName } from '../../../local/olist/tables.ts'

const check = (table: TableName, column: string, cell: string): Cell =>
  cellCheck(TABLES[table].columns.find(({ name }) => name === column)!)(cell)

const cases: [table: TableName, column: string, cell: string, expected: Cell][] = [
  ['orders', 'order_approved_at', '', { value: null }],
  ['orders', 'order_purchase_timestamp', '', { reason: 'empty, and a value is needed' }],
  ['orders', 'order_purchase_timestamp', '2017-10-02 10:56:33', { value: '2017-10-02 10:56:33' }],
  ['orders', 'order_purchase_timestamp', '2017-10-02', { value: '2017-10-02 00:00:00' }],
  ['orders', 'order_purchase_timestamp', '2017-02-29 00:00:00', { reason: 'not a moment such as 2018-01-31 23:59:59' }],
  ['orders', 'order_purchase_timestamp', '02/10/2017 10:56', { reason: 'not a moment such as 2018-01-31 23:59:59' }],
  ['orders', 'order_purchase_timestamp', '0000-00-00 00:00:00', { reason: 'not a moment such as 2018-01-31 23:59:59' }],
  ['order_items', 'price', '29.99', { value: '29.99' }],
  ['order_items', 'price', '29.990', { value: '29.990' }],
  ['order_items', 'price', '29.999', { reason: 'more than 2 digits after the point' }],
  ['order_items', 'price', '29,99', { reason: 'not a decimal number' }],
  ['order_items', 'price', '123456789.00', { reason: 'a larger number than the column holds' }],
  ['geolocation', 'geolocation_lat', '-23.54562128115268', { value: '-23.54562128115268' }],
  ['geolocation', 'geolocation_lat', '-23.547807999999996', { value: '-23.547807999999996', rounded: true }],
  ['products', 'product_weight_g', '225', { value: '225' }],
  ['products', 'product_weight_g', '225.0', { value: '225' }],
  ['products', 'product_weight_g', '225.5', { reason: 'not a whole number' }],
  ['products', 'product_weight_g', '99999999999', { reason: 'a larger number than the column holds' }],
  ['products', 'product_category_name', '', { value: null }],
  ['customers', 'customer_zip_code_prefix', '01037', { value: '01037' }],
  ['customers', 'customer_zip_code_prefix', '010377', { reason: '6 characters, and the column holds 5' }],
  ['customers', 'customer_id', 'é'.repeat(32), { reason: 'other characters than ASCII in a key' }],
  ['order_reviews', 'review_comment_title', '👏'.repeat(255), { value: '👏'.repeat(255) }],
  ['order_reviews', 'review_comment_title', '👏'.repeat(256), { reason: '256 characters, and the column holds 255' }],
  [
    'order_reviews',
    'review_comment_message',
    'é'.repeat(32_768),
    { reason: '65536 bytes, and the column holds 65535' },
  ],
]

for (const [table, column, cell, expected] of cases)
  test(`${column}: ${cell.length > 30 ? `${cell.slice(0, 2)}… of ${cell.length}` : `"${cell}"`} is ${'reason' in expected ? `refused: ${expected.reason}` : 'taken'}`, () =>
    assert.deepEqual(check(table, column, cell), expected))
