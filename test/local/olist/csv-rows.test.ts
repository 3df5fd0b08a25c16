import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckedRow, rowChecks } from '../../../local/olist/csv-rows.ts'
import { TABLES } from '../../../local/olist/tables.ts'

const id = (letter: string) => letter.repeat(32)
const customer = (letter: string) => [id(letter), id(letter), '01037', 'sao paulo', 'SP']
const order = (letter: string, of: string, dates: string[]) => [id(letter), id(of), 'delivered', ...dates]

const DATES = ['2017-01-01 00:00:00', '2017-01-02 00:00:00', '', '2017-01-09 00:00:00', '2017-02-01 00:00:00']

const begun = (now = new Date('2020-01-01T00:00:00Z')) => {
  const checks = rowChecks(now)
  const customers = checks(TABLES.customers)
  customers(customer('c'), 2)
  return { checks, customers, orders: checks(TABLES.orders) }
}
const changedAt = (row: unknown) => (row as CheckedRow).values.at(-1)

test('a key that is there already is refused with the row that has it', () => {
  const { customers } = begun()
  assert.deepEqual(customers(customer('c'), 3), {
    file: 'olist_customers_dataset.csv',
    row: 3,
    column: 'customer_id',
    reason: 'row 2 has this key already',
  })
})

test('a row without its parent is refused, and so are then its own children', () => {
  const { checks, orders } = begun()
  assert.deepEqual(orders(order('a', 'x', DATES), 2), {
    file: 'olist_orders_dataset.csv',
    row: 2,
    column: 'customer_id',
    reason: 'no row of olist_customers_dataset.csv has this customer_id',
  })
  const payment = checks(TABLES.order_payments)([id('a'), '1', 'boleto', '1', '10.00'], 2)
  assert.equal('reason' in payment && payment.column, 'order_id')
})

test('too few fields are refused as a row', () => {
  const { customers } = begun()
  assert.deepEqual(customers(['x'], 9), {
    file: 'olist_customers_dataset.csv',
    row: 9,
    column: null,
    reason: '1 fields, where 5 belong',
  })
})

test('a review may speak of two orders, but not twice of one', () => {
  const { checks, customers, orders } = begun()
  customers(customer('d'), 3)
  orders(order('a', 'c', DATES), 2)
  orders(order('b', 'd', DATES), 3)
  const reviews = checks(TABLES.order_reviews)
  const review = (of: string) => [id('f'), id(of), '5', '', '', '2017-01-10 00:00:00', '2017-01-11 00:00:00']
  assert.ok('values' in reviews(review('a'), 2))
  assert.ok('values' in reviews(review('b'), 3))
  const again = reviews(review('a'), 4)
  assert.equal('reason' in again && again.reason, 'row 2 has this key already')
})

test('an order changed at its latest event, not at its promise; a payment with its order; nothing in the future', () => {
  const { checks, orders } = begun()
  assert.equal(changedAt(orders(order('a', 'c', DATES), 2)), '2017-01-09 00:00:00')
  const payments = checks(TABLES.order_payments)
  assert.equal(changedAt(payments([id('a'), '1', 'boleto', '1', '10.00'], 2)), '2017-01-09 00:00:00')
  const earlier = begun(new Date('2017-01-05T12:00:00Z'))
  assert.equal(changedAt(earlier.orders(order('a', 'c', DATES), 2)), '2017-01-05 12:00:00')
})
