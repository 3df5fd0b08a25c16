/** Reviews: mostly one an order; some orders have a second one, and some reviews speak of two orders. */
import { quoteText } from '../../../lib/sources/mysql/quote.ts'
import { hexKeySql, shuffledSql, weightedSql } from '../draw.ts'
import { ENDINGS, MIDDLES, OPENINGS, TITLES } from '../phrases.ts'
import { buildingName } from '../tables.ts'
import { ORDERS } from './orders.ts'
import { type Generation, momentSql, type Step } from './step.ts'

/** Out of 100 orders that came in time, or late. */
const SCORES: [number, number][] = [
  [5, 61],
  [4, 20],
  [3, 8],
  [2, 3],
  [1, 8],
]
const LATE_SCORES: [number, number][] = [
  [5, 22],
  [4, 12],
  [3, 12],
  [2, 8],
  [1, 46],
]

const oneOf = (draw: string, texts: string[]) =>
  `ELT(1 + ${draw} % ${texts.length}, ${texts.map(quoteText).join(', ')})`

const byMood = (draw: string, texts: Record<'pleased' | 'disappointed', string[]>) =>
  `IF(score >= 4, ${oneOf(draw, texts.pleased)}, ${oneOf(draw, texts.disappointed)})`

/**
 * Which reviews there are: orders in the order of a shuffle, `r` is the review's own number. Reviews that speak of two
 * orders are those of the first and of the last orders; second reviews are of the orders after the first.
 */
const numberedSql = ({ seed, shape }: Generation) => {
  const { reviewed, secondReviews, sharedReviews } = shape
  const again = `k >= ${reviewed - sharedReviews}`
  return `SELECT q, order_id, delivered, estimated, late, k < ${sharedReviews} OR ${again} AS shared,
      IF(second.n = 1, ${reviewed - sharedReviews} + k, IF(${again}, k - ${reviewed - sharedReviews}, k)) AS r
    FROM (SELECT o.*, ${shuffledSql(seed, 'review', 'q', shape.orders)} AS k FROM ${ORDERS} AS o) AS shuffled
    JOIN (SELECT 0 AS n UNION ALL SELECT 1) AS second
      ON second.n = 0 OR k BETWEEN ${sharedReviews} AND ${sharedReviews + secondReviews - 1}
    WHERE k < ${reviewed}`
}

/** What is shared must come out the same for both orders: its score does not ask whether this one was late. */
const reviewsSql = (generation: Generation) => {
  const { seed, draw } = generation
  const from = (tag: string) => draw(tag, 'r')
  const sent =
    "TIMESTAMP(DATE(COALESCE(delivered, LEAST(estimated, TIMESTAMP '2018-10-28 00:00:00')))) + INTERVAL 1 DAY"
  const answered = `TIMESTAMPADD(SECOND, 30000 + ${draw('answer', "CONCAT_WS(':', r, q)")} % 240000, sent)`
  return `INSERT INTO ${buildingName('order_reviews')}
SELECT ${hexKeySql(seed, 'review', 'r')}, order_id, score,
  IF(${from('titled')} % 1000 < 117, ${byMood(from('title'), TITLES)}, NULL),
  IF(${from('told')} % 1000 < IF(score >= 4, 345, IF(score = 3, 430, 760)),
    CONCAT(${byMood(from('opening'), OPENINGS)}, ${byMood(from('middle'), MIDDLES)}, ${byMood(from('ending'), ENDINGS)}), NULL),
  sent, answered, ${momentSql('answered', draw('review moment', "CONCAT_WS(':', r, q)"))}
FROM (
  SELECT r, q, order_id, score, sent, ${answered} AS answered
  FROM (
    SELECT r, q, order_id, ${sent} AS sent,
      IF(late AND NOT shared, ${weightedSql(from('score'), LATE_SCORES)}, ${weightedSql(from('score'), SCORES)}) AS score
    FROM (${numberedSql(generation)}) AS chosen
  ) AS scored
) AS reviews
ORDER BY 1, 2`
}

/** Makes the reviews. Needs orders. */
export const reviewsSteps = (generation: Generation): Step[] => [
  { fills: 'order_reviews', sql: reviewsSql(generation) },
]
