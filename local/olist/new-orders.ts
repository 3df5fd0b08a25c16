/** New orders for a shop that is running: made here, of customers and items like those that are there. */
import { createHash } from 'node:crypto'
import { ENDINGS, MIDDLES, OPENINGS, TITLES } from './phrases.ts'
import type { TableName } from './tables.ts'

/** What is there: number and latest purchase of the orders, and rows to make others after. `salt` goes into every key. */
export type Known = {
  orders: number
  latest: string
  salt: string
  items: { product_id: string; seller_id: string; price: string; freight_value: string }[]
  customers: {
    customer_unique_id: string
    customer_zip_code_prefix: string
    customer_city: string
    customer_state: string
  }[]
}

/** Rows by table, each with its columns in order but for `updated_at`. */
type NewRows = Partial<Record<TableName, unknown[][]>>

type Order = { i: number; id: string; key: (tag: string) => string; chance: (tag: string, size: number) => number }

const DAY_SECONDS = 86_400

/** Out of 20 new orders, how far they have come. */
const STATUSES = [
  ...Array(12).fill('delivered'),
  ...Array(3).fill('shipped'),
  'invoiced',
  'processing',
  'approved',
  'created',
  'canceled',
] as string[]

/** Wall clock, as the database writes it. */
const later = (moment: string, seconds: number) =>
  new Date(Date.parse(`${moment.replace(' ', 'T')}Z`) + seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')

/** `12.30` → 1230, exact for what DECIMAL(10,2) holds. */
const cents = (text: string) => Math.round(Number(text) * 100)
const reais = (amount: number) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

const orderOf = (i: number, salt: string): Order => {
  const digest = (tag: string) => createHash('sha256').update(`${salt}:${i}:${tag}`).digest('hex')
  const key = (tag: string) => digest(tag).slice(0, 32)
  return { i, id: key('order'), key, chance: (tag, size) => Number.parseInt(digest(tag).slice(0, 12), 16) % size }
}

/** One in 30 is somebody who bought before. */
const customerRow = ({ key, chance }: Order, { customers }: Known) => {
  const like = customers[chance('like', customers.length)]!
  const person = chance('again', 30) === 0 ? like.customer_unique_id : key('person')
  return [key('customer'), person, like.customer_zip_code_prefix, like.customer_city, like.customer_state]
}

const momentsOf = ({ chance }: Order, status: string, purchased: string) => {
  const reached = ['created', 'approved', 'processing', 'invoiced', 'shipped', 'delivered'].indexOf(status)
  const approved = later(purchased, 600 + chance('approved', 3000))
  const handed = later(approved, DAY_SECONDS + chance('handed', 2 * DAY_SECONDS))
  const delivered = later(handed, 2 * DAY_SECONDS + chance('delivered', 9 * DAY_SECONDS))
  return {
    approved: reached >= 1 ? approved : null,
    handed: reached >= 4 ? handed : null,
    delivered: reached >= 5 ? delivered : null,
    estimated: `${later(purchased, (15 + chance('promise', 15)) * DAY_SECONDS).slice(0, 10)} 00:00:00`,
  }
}

const itemRows = ({ id, chance }: Order, { items }: Known, purchased: string) =>
  items.length === 0
    ? []
    : Array.from({ length: 1 + (chance('more', 8) === 0 ? 1 : 0) + (chance('most', 40) === 0 ? 1 : 0) }, (_, n) => {
        const item = items[chance(`item ${n}`, items.length)]!
        return [
          id,
          n + 1,
          item.product_id,
          item.seller_id,
          later(purchased, 4 * DAY_SECONDS),
          item.price,
          item.freight_value,
        ]
      })

/** One in 20 pays a part by voucher; the payments add up to the items. */
const paymentRows = ({ id, chance }: Order, total: number) => {
  const voucher = chance('voucher', 20) === 0 ? Math.floor(total / 3) : 0
  const byCard = voucher > 0 || chance('way', 5) > 0
  const first = [id, 1, byCard ? 'credit_card' : 'boleto', byCard ? 1 + chance('parts', 10) : 1, reais(total - voucher)]
  return voucher > 0 ? [first, [id, 2, 'voucher', 1, reais(voucher)]] : [first]
}

const reviewRow = ({ id, key, chance }: Order, delivered: string) => {
  const score = [5, 5, 5, 5, 5, 5, 4, 4, 3, 1][chance('score', 10)]!
  const mood = score >= 4 ? 'pleased' : 'disappointed'
  const one = (tag: string, texts: typeof TITLES) => texts[mood][chance(tag, texts[mood].length)]!
  const sent = `${later(delivered, DAY_SECONDS).slice(0, 10)} 00:00:00`
  const title = chance('titled', 8) === 0 ? one('title', TITLES) : null
  const message =
    chance('told', 5) < 2 ? one('opening', OPENINGS) + one('middle', MIDDLES) + one('ending', ENDINGS) : null
  return [key('review'), id, score, title, message, sent, later(sent, 30_000 + chance('answer', 2 * DAY_SECONDS))]
}

/**
 * So many new orders, placed over the day after the latest one, each with a customer of its own, items, payments and, once
 * delivered, a review. The same `known`, the same rows.
 */
export const newOrders = (count: number, known: Known): NewRows => {
  const customers: unknown[][] = []
  const orders: unknown[][] = []
  const items: unknown[][] = []
  const payments: unknown[][] = []
  const reviews: unknown[][] = []
  for (let i = 0; i < count; i++) {
    const order = orderOf(i, known.salt)
    const status = STATUSES[order.chance('status', STATUSES.length)]!
    const purchased = later(known.latest, Math.ceil(((i + 1) * DAY_SECONDS) / count))
    const { approved, handed, delivered, estimated } = momentsOf(order, status, purchased)
    const bought = itemRows(order, known, purchased)
    const total = bought.reduce((sum, row) => sum + cents(row[5] as string) + cents(row[6] as string), 0)
    customers.push(customerRow(order, known))
    orders.push([order.id, order.key('customer'), status, purchased, approved, handed, delivered, estimated])
    items.push(...bought)
    payments.push(...paymentRows(order, total))
    if (delivered) reviews.push(reviewRow(order, delivered))
  }
  return { customers, orders, order_items: items, order_payments: payments, order_reviews: reviews }
}
