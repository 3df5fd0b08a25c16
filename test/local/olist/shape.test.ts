import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CATEGORIES, TRANSLATIONS } from '../../../local/olist/categories.ts'
import { CITIES, STATES, unaccented } from '../../../local/olist/cities.ts'
import { shapeAt } from '../../../local/olist/shape.ts'
import { TABLE_NAMES, TABLES } from '../../../local/olist/tables.ts'

/** The rows of the nine files as Kaggle has them. */
const REAL_ROWS = {
  customers: 99_441,
  geolocation: 1_000_163,
  order_items: 112_650,
  order_payments: 103_886,
  order_reviews: 99_224,
  orders: 99_441,
  products: 32_951,
  sellers: 3095,
  product_category_name_translation: 71,
}

const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0)

test('scale 1 has the real data’s rows, table by table, 1,550,922 in all', () => {
  const { rows } = shapeAt(1)
  assert.deepEqual({ ...rows }, REAL_ROWS)
  assert.equal(total(Object.values(rows)), 1_550_922)
})

test('scale 1 has the real orders by status and month, and persons', () => {
  const { statuses, months, personLayers, reviewed, itemLayers, paymentLayers } = shapeAt(1)
  const delivered = statuses.find(({ status }) => status === 'delivered')!
  assert.equal(delivered.size, 96_478)
  assert.equal(months.find(({ day }) => day === '2017-11-01')!.size, 7544)
  assert.equal(personLayers[0], 96_096)
  assert.equal(reviewed, 98_673)
  assert.equal(itemLayers[0], 99_441 - 775)
  assert.equal(paymentLayers[0], 99_440)
})

for (const scale of [1e-6, 0.0003, 0.001, 0.02, 0.37, 3])
  test(`at scale ${scale} every table has rows, and every span adds up`, () => {
    const shape = shapeAt(scale)
    for (const name of TABLE_NAMES) assert.ok(shape.rows[name] >= 1, name)
    const sizes = (spans: { size: number }[]) => total(spans.map(({ size }) => size))
    assert.equal(sizes(shape.months), shape.orders)
    assert.equal(sizes(shape.statuses), shape.orders)
    assert.equal(sizes(shape.categories), shape.rows.products)
    assert.equal(sizes(shape.cities), shape.places)
    assert.equal(total(shape.personLayers), shape.orders)
    assert.ok(shape.rows.geolocation >= shape.places)
    for (const layers of [shape.personLayers, shape.itemLayers, shape.paymentLayers])
      assert.deepEqual(
        layers,
        [...layers].sort((a, b) => b - a),
      )
  })

test('a fiftieth of the data still has every status, month, state and category', () => {
  const shape = shapeAt(0.02)
  for (const spans of [shape.statuses, shape.months, shape.cities, shape.categories])
    assert.ok(spans.every(({ size }) => size >= 1))
})

test('71 translations, and two categories more that have none', () => {
  assert.equal(TRANSLATIONS.length, 71)
  assert.equal(new Set(TRANSLATIONS.map(([name]) => name)).size, 71)
  const untranslated = CATEGORIES.filter(({ name }) => name && !TRANSLATIONS.some(([known]) => known === name))
  assert.deepEqual(
    untranslated.map(({ name }) => name),
    ['pc_gamer', 'portateis_cozinha_e_preparadores_de_alimentos'],
  )
})

test('every state has a city, and no two states share a postal code', () => {
  assert.equal(STATES.length, 27)
  for (const { state } of STATES)
    assert.ok(
      CITIES.some((city) => city.state === state),
      state,
    )
  for (const [i, { firstZip }] of STATES.slice(1).entries()) assert.ok(firstZip > STATES[i]!.lastZip)
  assert.equal(unaccented('são joão d’aliança'), 'sao joao d’alianca')
})

test('the columns that the source misspells are misspelt here', () => {
  const names = TABLES.products.columns.map(({ name }) => name)
  assert.ok(names.includes('product_name_lenght') && names.includes('product_description_lenght'))
})
