import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { changeOlist } from '../../../local/olist/change.ts'
import { importOlist } from '../../../local/olist/csv.ts'
import { seededAs, seedOlist } from '../../../local/olist/seed.ts'
import { TABLE_NAMES, TABLES } from '../../../local/olist/tables.ts'
import { makeDatabase } from '../../lib/sources/mysql/database.ts'
import { digestsOf } from './digest.ts'

/** A few rows of each file, written as Kaggle writes them. */
const KAGGLE = join(import.meta.dirname, 'kaggle')
const REVIEWS = 'olist_order_reviews_dataset.csv'
const ORDERS = 'olist_orders_dataset.csv'
const ITEMS = 'olist_order_items_dataset.csv'

const database = await makeDatabase('olist_csv')
const { settings, ask } = database

const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true })
})

/** A copy of the folder, with one file rewritten, or left out where `rewrite` gives null. */
const copyWith = (changes: Record<string, (text: string) => string | Buffer | null> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'firn-olist-'))
  made.push(folder)
  for (const file of readdirSync(KAGGLE)) {
    const change = changes[file]
    if (!change) copyFileSync(join(KAGGLE, file), join(folder, file))
    const content = change?.(readFileSync(join(KAGGLE, file), 'utf8'))
    if (content) writeFileSync(join(folder, file), content)
  }
  return folder
}

const importFrom = async (folder: string) => {
  const said: string[] = []
  const result = await importOlist(settings, folder, { log: (line) => said.push(line) })
  return { ...result, said: said.join('\n') }
}

const refusal = async (folder: string): Promise<string> => {
  try {
    await importOlist(settings, folder, { log: () => {} })
  } catch (error) {
    assert.equal((error as Error).name, 'RefusedError', String(error))
    return (error as Error).message
  }
  assert.fail('it was imported')
}

test('the files as they are: every row, nothing refused, the last digits of coordinates told', async () => {
  const { rows, refused, rounded, refusals } = await importFrom(KAGGLE)
  assert.deepEqual(rows, {
    customers: 4,
    geolocation: 4,
    sellers: 2,
    products: 2,
    product_category_name_translation: 2,
    orders: 4,
    order_items: 3,
    order_payments: 4,
    order_reviews: 4,
  })
  assert.ok(Object.values(refused).every((count) => count === 0))
  assert.deepEqual(refusals, [])
  assert.equal(rounded.geolocation, 2)
  assert.deepEqual(await seededAs(settings), { scale: null, seed: null, version: 1, source: 'files' })
})

test('line breaks, quotes, emoji and backslashes arrive as they are, an empty field as NULL', async () => {
  const reviews = await ask(
    'SELECT review_comment_title, review_comment_message FROM order_reviews ORDER BY review_id, order_id',
  )
  assert.deepEqual(reviews, [
    [
      null,
      'Não testei o produto ainda,\nmas ele veio "correto" e em boas condições 👏.\r\n\r\nApenas a caixa veio amassada; obrigada!',
    ],
    ['Recomendo ⭐', null],
    ['Recomendo ⭐', null],
    ['a\\b "c" \'d\'', '0'],
  ])
  assert.deepEqual(
    await ask('SELECT product_category_name, product_photos_qty, product_height_cm FROM products ORDER BY product_id'),
    [
      ['perfumaria', 1, 10],
      [null, null, 16],
    ],
  )
})

test('the byte order mark is no part of a name, zeros of a postal code stay, coordinates keep 14 digits', async () => {
  assert.deepEqual(await ask('SELECT * FROM product_category_name_translation ORDER BY 1'), [
    ['beleza_saude', 'health_beauty'],
    ['perfumaria', 'perfumery'],
  ])
  assert.deepEqual(await ask('SELECT geolocation_zip_code_prefix, geolocation_lat, geolocation_lng FROM geolocation'), [
    ['01037', '-23.54562128115268', '-46.63929204800168'],
    ['01037', '-23.54562128115268', '-46.63929204800168'],
    ['01046', '-23.54780800000000', '-46.60000000000000'],
    ['29654', '29.40925200000000', '-98.48412000000000'],
  ])
})

test('updated_at is the row’s own latest date; a payment has its order’s', async () => {
  const dates = async (table: string, key: string) =>
    (await ask(`SELECT CAST(updated_at AS CHAR) FROM ${table} ORDER BY ${key}`)).flat()
  assert.deepEqual(await dates('orders', 'order_id'), [
    '2017-10-10 21:25:13.000000',
    '2018-07-26 14:31:00.000000',
    '2018-08-08 08:38:49.000000',
    '2016-10-07 13:18:03.000000',
  ])
  assert.equal((await dates('order_items', 'order_id, order_item_id'))[0], '2017-10-06 11:07:15.000000')
  assert.equal((await dates('order_payments', 'order_id, payment_sequential'))[0], '2017-10-10 21:25:13.000000')
  assert.equal((await dates('order_reviews', 'review_id, order_id'))[0], '2017-10-12 03:43:48.000000')
})

test('what cannot be is left out and told by file, row and column, never by value', async () => {
  const folder = copyWith({
    [ORDERS]: (text) => text.replace('2018-07-24 20:41:37', '24/07/2018 20:41'),
    [ITEMS]: (text) =>
      `${text}"${'a'.repeat(31)}1",3,"${'0'.repeat(32)}","${'e'.repeat(31)}1",2017-10-06 11:07:15,secret,8.72\n`,
    [REVIEWS]: (text) => `${text}${text.split('\n').at(-2)}\ntoo,few\n`,
  })
  const { refused, refusals, rows, said } = await importFrom(folder)
  assert.deepEqual(refusals, [
    { file: ORDERS, row: 3, column: 'order_purchase_timestamp', reason: 'not a moment such as 2018-01-31 23:59:59' },
    { file: ITEMS, row: 4, column: 'order_id', reason: `no row of ${ORDERS} has this order_id` },
    { file: ITEMS, row: 5, column: 'price', reason: 'not a decimal number' },
    {
      file: 'olist_order_payments_dataset.csv',
      row: 4,
      column: 'order_id',
      reason: `no row of ${ORDERS} has this order_id`,
    },
    // the first review has line breaks within quotes: it is row 2 all the same
    { file: REVIEWS, row: 3, column: 'order_id', reason: `no row of ${ORDERS} has this order_id` },
    { file: REVIEWS, row: 6, column: 'review_id, order_id', reason: 'row 5 has this key already' },
    { file: REVIEWS, row: 7, column: null, reason: '2 fields, where 7 belong' },
  ])
  assert.equal(refused.order_reviews, 3)
  assert.equal(rows.orders, 3)
  assert.match(said, /olist_orders_dataset.csv: row 3, column order_purchase_timestamp: not a moment/)
  assert.doesNotMatch(said, /secret|24\/07/)
})

const REFUSED: [what: string, changes: Parameters<typeof copyWith>[0], message: RegExp][] = [
  ['a missing file', { [REVIEWS]: () => null }, /olist_order_reviews_dataset\.csv is missing/],
  [
    'a column under another name',
    { [ITEMS]: (text) => text.replace('"price"', '"value"') },
    /olist_order_items_dataset\.csv: column 6 should be "price" and is "value"/,
  ],
  [
    'a column that is missing',
    { [ITEMS]: (text) => text.replace(',"freight_value"', '') },
    /olist_order_items_dataset\.csv: column 7 should be "freight_value" and is missing/,
  ],
  [
    'a column more',
    { [ORDERS]: (text) => text.replace('"order_estimated_delivery_date"', '$&,"note"') },
    /olist_orders_dataset\.csv: column "note" is not one of Olist's/,
  ],
  ['an empty file', { [ORDERS]: () => Buffer.from('\n') }, /olist_orders_dataset\.csv is empty/],
  [
    'quotes that do not match',
    { [ITEMS]: (text) => text.replace('118.70', '"118.70') },
    /olist_order_items_dataset\.csv: line \d+ is not CSV \(CSV_QUOTE_NOT_CLOSED\)/,
  ],
  [
    'another encoding than UTF-8',
    { [REVIEWS]: (text) => Buffer.from(text, 'latin1') },
    /olist_order_reviews_dataset\.csv is not UTF-8/,
  ],
]
for (const [what, changes, message] of REFUSED)
  test(`${what} is refused by name, and the tables are as they were`, async () => {
    await importFrom(KAGGLE)
    const earlier = await digestsOf(database)
    assert.match(await refusal(copyWith(changes)), message)
    assert.deepEqual(await digestsOf(database), earlier)
    assert.equal((await ask('SHOW TABLES')).length, TABLE_NAMES.length)
  })

test('everything wrong with the files is told at once, and a folder that is not there', async () => {
  const message = await refusal(
    copyWith({ [REVIEWS]: () => null, [ORDERS]: (text) => text.replace('order_status', 'x') }),
  )
  assert.match(message, /reviews_dataset\.csv is missing/)
  assert.match(message, /orders_dataset\.csv: column 3/)
  assert.match(await refusal(join(KAGGLE, 'nowhere')), /no folder .*nowhere.*Kaggle/)
})

/** A table as Kaggle would write it. */
const csvOf = async (name: (typeof TABLE_NAMES)[number]): Promise<string> => {
  const columns = TABLES[name].columns.map((column) => column.name).filter((column) => column !== 'updated_at')
  const cell = (value: unknown) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`)
  const rows = await ask(`SELECT ${columns.join(', ')} FROM ${name}`)
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('')
}

test('generated rows, written as files and read again, are the same; and change like any others', async () => {
  await seedOlist(settings, { scale: 0.01, seed: 42, log: () => {} })
  const earlier = await digestsOf(database, false)
  const folder = mkdtempSync(join(tmpdir(), 'firn-olist-'))
  made.push(folder)
  for (const name of TABLE_NAMES) writeFileSync(join(folder, TABLES[name].file), await csvOf(name))
  const { refused } = await importFrom(folder)
  assert.ok(Object.values(refused).every((count) => count === 0))
  assert.deepEqual(await digestsOf(database, false), earlier)
  const { orders } = await changeOlist(settings, { fraction: 0.01, seed: 1 })
  assert.deepEqual(orders, { inserted: 10, updated: 10 })
})
