/** How many of everything, at any scale: the real data's own counts, so that scale 1 has its size to the row. */
import { CATEGORIES, TRANSLATIONS } from './categories.ts'
import { CITIES, STATES } from './cities.ts'
import type { TableName } from './tables.ts'

const REAL = { orders: 99_441, products: 32_951, sellers: 3095, places: 19_015, geolocation: 1_000_163 }

/** Orders by the month they were placed in; `days` after `first` for the months that have no more. */
const MONTHS: [first: string, days: number, orders: number][] = [
  ['2016-09-04', 12, 4],
  ['2016-10-02', 9, 324],
  ['2016-12-23', 1, 1],
  ['2017-01-05', 27, 800],
  ['2017-02-01', 28, 1780],
  ['2017-03-01', 31, 2682],
  ['2017-04-01', 30, 2404],
  ['2017-05-01', 31, 3700],
  ['2017-06-01', 30, 3245],
  ['2017-07-01', 31, 4026],
  ['2017-08-01', 31, 4331],
  ['2017-09-01', 30, 4285],
  ['2017-10-01', 31, 4631],
  ['2017-11-01', 30, 7544],
  ['2017-12-01', 31, 5673],
  ['2018-01-01', 31, 7269],
  ['2018-02-01', 28, 6728],
  ['2018-03-01', 31, 7211],
  ['2018-04-01', 30, 6939],
  ['2018-05-01', 31, 6873],
  ['2018-06-01', 30, 6167],
  ['2018-07-01', 31, 6292],
  ['2018-08-01', 31, 6512],
  ['2018-09-03', 27, 16],
  ['2018-10-01', 17, 4],
]

/** Orders by status; those without items come last, so that the others are numbered from 0 without a gap. */
const STATUSES: [status: string, hasItems: boolean, orders: number][] = [
  ['delivered', true, 96_478],
  ['shipped', true, 1106],
  ['invoiced', true, 312],
  ['processing', true, 301],
  ['approved', true, 2],
  ['canceled', true, 461],
  ['unavailable', true, 6],
  ['unavailable', false, 603],
  ['canceled', false, 164],
  ['created', false, 5],
  ['invoiced', false, 2],
  ['shipped', false, 1],
]

/** How many have at least 2, 3, 4 … of something. */
const ORDERS_OF_PERSONS = [2997, 252, 49, 19, 11, 5, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1]
const ITEMS_OF_ORDERS = [9803, 2287, 965, 460, 256, 58, 36, 28, 25, 17, 13, 8, 7, 5, 3, 3, 3, 3, 3, 1]
const PAYMENTS_OF_ORDERS = [
  2959, 581, 278, 170, 118, 82, 54, 43, 34, 29, 21, 13, 10, 8, 6, 6, 6, 6, 4, 4, 3, 2, 2, 2, 2, 1, 1, 1,
]

/** Orders without a review; second reviews of an order; reviews that speak of a second order; payments numbered from 2. */
const REVIEWS = { none: 768, second: 551, shared: 814 }
const NUMBERED_FROM_TWO = 80
const PAID_BY_NOTHING = 3

/** A run of consecutive numbers, `first` ≤ number < `first` + `size`. */
export type Span = { first: number; size: number }

export type Shape = {
  scale: number
  orders: number
  places: number
  /** Number of places by city. */
  cities: Span[]
  months: (Span & { day: string; days: number })[]
  statuses: (Span & { status: string; hasItems: boolean })[]
  categories: (Span & { name: string | null })[]
  /** `[n]`: how many persons have more than n orders; likewise items and payments of orders. */
  personLayers: number[]
  itemLayers: number[]
  paymentLayers: number[]
  numberedFromTwo: number
  paidByNothing: number
  /** Orders with a review, and how many of those have a second one, or share theirs with another order. */
  reviewed: number
  secondReviews: number
  sharedReviews: number
  rows: Record<TableName, number>
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

/** Whole numbers in proportion to weights, adding up to `total` exactly, each at least `least` (largest remainders). */
export const apportion = (total: number, weights: number[], least = 0): number[] => {
  const whole = sum(weights)
  const exact = weights.map((weight) => (total * weight) / whole)
  const parts = exact.map((part) => Math.max(least, Math.floor(part)))
  const missing = total - sum(parts)
  const remainder = (i: number) => exact[i]! - parts[i]!
  const byRemainder = exact.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a) || a - b)
  for (const i of byRemainder.slice(0, Math.max(0, missing))) parts[i]!++
  // what the least of the small ones cost is taken from the largest
  if (missing < 0) parts[parts.indexOf(Math.max(...parts))]! += missing
  return parts
}

const spans = <T>(items: T[], sizes: number[]): (T & Span)[] => {
  let first = 0
  return items.map((item, i) => {
    const span = { ...item, first, size: sizes[i]! }
    first += span.size
    return span
  })
}

/** Every kind is there once the whole is large enough to have it beside the others. */
const atLeast = (total: number, kinds: number) => (total >= kinds * 2 ? 1 : 0)

const divided = (total: number, weights: number[]) => apportion(total, weights, atLeast(total, weights.length))

const citiesOf = (places: number) =>
  spans(
    CITIES.map(() => ({})),
    divided(
      places,
      CITIES.map(({ state, share }) => share * STATES.find((each) => each.state === state)!.customers),
    ),
  )

const monthsOf = (orders: number) =>
  spans(
    MONTHS.map(([day, days]) => ({ day, days })),
    divided(
      orders,
      MONTHS.map(([, , size]) => size),
    ),
  )

const statusesOf = (orders: number) =>
  spans(
    STATUSES.map(([status, hasItems]) => ({ status, hasItems })),
    divided(
      orders,
      STATUSES.map(([, , size]) => size),
    ),
  )

const categoriesOf = (products: number) =>
  spans(
    CATEGORIES.map(({ name }) => ({ name })),
    divided(
      products,
      CATEGORIES.map((category) => category.products),
    ),
  )

/**
 * The size of everything at a scale above 0, where 1 is the real data's 1,550,922 rows. Every table has a row at least;
 * the 71 translations are always all there.
 */
export const shapeAt = (scale: number): Shape => {
  const scaled = (real: number) => Math.round(real * scale)
  const least1 = (real: number) => Math.max(1, scaled(real))
  const layers = (first: number, rest: number[]) => [first, ...rest.map(scaled).filter((size) => size > 0)]
  const orders = least1(REAL.orders)
  const products = least1(REAL.products)
  // there are no more postal codes than that
  const places = Math.min(least1(REAL.places), REAL.places)
  const statuses = statusesOf(orders)
  const sold = Math.max(1, sum(statuses.filter(({ hasItems }) => hasItems).map(({ size }) => size)))
  const itemLayers = layers(sold, ITEMS_OF_ORDERS)
  const paymentLayers = layers(Math.max(1, orders - 1), PAYMENTS_OF_ORDERS)
  const repeated = ORDERS_OF_PERSONS.map(scaled)
  const reviewed = Math.max(1, orders - scaled(REVIEWS.none))
  const secondReviews = scaled(REVIEWS.second)
  return {
    scale,
    orders,
    places,
    cities: citiesOf(places),
    months: monthsOf(orders),
    statuses,
    categories: categoriesOf(products),
    personLayers: layers(orders - sum(repeated), ORDERS_OF_PERSONS),
    itemLayers,
    paymentLayers,
    numberedFromTwo: scaled(NUMBERED_FROM_TWO),
    paidByNothing: Math.max(1, scaled(PAID_BY_NOTHING)),
    reviewed,
    secondReviews,
    sharedReviews: Math.min(scaled(REVIEWS.shared), Math.floor(reviewed / 4)),
    rows: {
      customers: orders,
      geolocation: Math.max(places, scaled(REAL.geolocation)),
      sellers: least1(REAL.sellers),
      products,
      product_category_name_translation: TRANSLATIONS.length,
      orders,
      order_items: sum(itemLayers),
      order_payments: sum(paymentLayers),
      order_reviews: reviewed + secondReviews,
    },
  }
}
