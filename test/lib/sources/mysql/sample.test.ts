import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceTable } from '../../../../lib/model.ts'
import { sampleSql } from '../../../../lib/sources/mysql/sample.ts'

const table = (name: string, key: string[], parents: [string, string, string][] = []): SourceTable => ({
  table: name,
  columns: [...new Set([...key, ...parents.map(([column]) => column), 'x'])].map((column) => ({
    name: column,
    type: 'int',
    nullable: false,
  })),
  key,
  foreignKeys: parents.map(([column, parent, parentColumn]) => ({
    columns: [column],
    parent,
    parentColumns: [parentColumn],
  })),
  indexes: [],
  rows: 1,
  bytes: 1,
})
const among = (...tables: SourceTable[]) => new Map(tables.map((each) => [each.table, each]))

test('a table by itself: its first rows by key; without a key, any', () => {
  const alone = table('t', ['id'])
  assert.equal(sampleSql(alone, among(alone), 10), 'SELECT `id`, `x` FROM `t` ORDER BY `id` LIMIT 10')
  const keyless = table('t', [])
  assert.equal(sampleSql(keyless, among(keyless), 10), 'SELECT `x` FROM `t` LIMIT 10')
})

test('parts follow the rows they are part of, which leave room for them', () => {
  const orders = table('orders', ['id'])
  const items = table('items', ['order_id', 'n'], [['order_id', 'orders', 'id']])
  assert.equal(
    sampleSql(items, among(orders, items), 10),
    [
      'WITH s0 AS (SELECT `id` FROM `orders` ORDER BY `id` LIMIT 5)',
      'SELECT * FROM (SELECT `order_id`, `n`, `x` FROM `items` WHERE (`order_id`) IN (SELECT `id` FROM s0) ORDER BY `order_id`, `n` LIMIT 10) AS candidates WHERE (`order_id` IS NULL OR (`order_id`) IN (SELECT `id` FROM s0))',
    ].join('\n'),
  )
})

test('a table that others look up is what they look up', () => {
  const customers = table('customers', ['id'])
  const orders = table('orders', ['id'], [['customer_id', 'customers', 'id']])
  assert.equal(
    sampleSql(customers, among(customers, orders), 10),
    'WITH s0 AS (SELECT `id`, `customer_id` FROM `orders` ORDER BY `id` LIMIT 10)\nSELECT `id`, `x` FROM `customers` WHERE (`id`) IN (SELECT `customer_id` FROM s0) ORDER BY `id` LIMIT 10',
  )
})

test('a row that is its own parent, or has none, stands for a table that points to itself', () => {
  const staff = table('staff', ['id'], [['boss_id', 'staff', 'id']])
  assert.match(sampleSql(staff, among(staff), 10), /WHERE \(`boss_id` IS NULL OR `boss_id` = `id`\)$/)
})

test('parents that the run does not move are not followed', () => {
  const orders = table('orders', ['id'], [['customer_id', 'customers', 'id']])
  assert.doesNotMatch(sampleSql(orders, among(orders), 10), /customers/)
})

test('two tables that wait for each other come to an end, the same whichever is asked for first', () => {
  const a = table('a', ['id'])
  const b = table('b', ['id'])
  const ofA = table(
    'of_a',
    ['a_id', 'n'],
    [
      ['a_id', 'a', 'id'],
      ['b_id', 'b', 'id'],
    ],
  )
  const ofB = table(
    'of_b',
    ['b_id', 'n'],
    [
      ['b_id', 'b', 'id'],
      ['a_id', 'a', 'id'],
    ],
  )
  for (const order of [
    [a, b, ofA, ofB],
    [ofB, ofA, b, a],
  ])
    assert.deepEqual(
      [a, b, ofA, ofB].map((each) => sampleSql(each, among(...order), 10)),
      [a, b, ofA, ofB].map((each) => sampleSql(each, among(a, b, ofA, ofB), 10)),
    )
})

test('the metadata’s conditions hold in a sample, and in the samples that it follows', () => {
  const orders = table('orders', ['id'])
  const items = table('items', ['order_id', 'n'], [['order_id', 'orders', 'id']])
  const wheres = new Map([
    ['orders', "kind = 'a' OR kind = 'b'"],
    ['items', 'n < 3'],
  ])
  assert.equal(
    sampleSql(items, among(orders, items), 10, wheres),
    [
      "WITH s0 AS (SELECT `id` FROM `orders` WHERE (\nkind = 'a' OR kind = 'b'\n) ORDER BY `id` LIMIT 5)",
      'SELECT * FROM (SELECT `order_id`, `n`, `x` FROM `items` WHERE ((`order_id`) IN (SELECT `id` FROM s0)) AND (\nn < 3\n) ORDER BY `order_id`, `n` LIMIT 10) AS candidates WHERE (`order_id` IS NULL OR (`order_id`) IN (SELECT `id` FROM s0))',
    ].join('\n'),
  )
})

test('what rows are compared by is in the sample even when it does not move', () => {
  const orders = table('orders', ['id'])
  const items = table('items', ['order_id', 'n'], [['order_id', 'orders', 'id']])
  items.columns = items.columns.filter(({ name }) => name === 'x')
  assert.match(sampleSql(items, among(orders, items), 10), /SELECT `x`, `order_id`, `n` FROM `items`/)
})
