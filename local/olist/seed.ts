/** Fills MySQL with the Olist tables, made by the server itself from a fixed seed. */
import type { ResultSetHeader } from 'mysql2/promise'
import { RefusedError } from '../../lib/errors.ts'
import { buildTables, type Filled, VERSION } from './build.ts'
import { type Connection, type MysqlSettings, withConnection } from './connection.ts'
import { catalogueSteps } from './generate/catalogue.ts'
import { FEW, NUMBERS, numbersSteps } from './generate/numbers.ts'
import { ordersSteps } from './generate/orders.ts'
import { placedSteps } from './generate/places.ts'
import { reviewsSteps } from './generate/reviews.ts'
import { salesSteps } from './generate/sales.ts'
import { type Generation, generationOf, type Step } from './generate/step.ts'
import type { TableName } from './tables.ts'

export { type Seeded, seededAs } from './build.ts'

/** `scale` 1 is the real data's size; `seed` is a whole number from 0. `log` is told each table. */
type SeedOptions = { scale: number; seed: number; log: (line: string) => void }
type SeedResult = Filled

type Rows = Partial<Record<TableName, number>>

/** What is sold to whom is one half, in the order that one step needs another; what is where is the other. */
const soldSteps = (generation: Generation): Step[] => {
  const { rows, itemLayers, paymentLayers } = generation.shape
  return [
    ...numbersSteps(NUMBERS, Math.max(rows.orders, rows.products)),
    ...numbersSteps(FEW, Math.max(itemLayers.length, paymentLayers.length) + 1),
    ...catalogueSteps(generation),
    ...ordersSteps(generation),
    ...salesSteps(generation),
    ...reviewsSteps(generation),
  ]
}

const runSteps = async (connection: Connection, steps: Step[], log: (line: string) => void): Promise<Rows> => {
  const rows: Rows = {}
  for (const { sql, fills } of steps) {
    const start = performance.now()
    const [{ affectedRows }] = await connection.query<ResultSetHeader>(sql)
    if (!fills) continue
    rows[fills] = affectedRows
    log(`${fills}: ${affectedRows} rows in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  }
  return rows
}

/** Both or neither: one that fails waits for the other, so that nothing writes any more when the error is told. */
const together = async (one: Promise<Rows>, other: Promise<Rows>) => {
  const ended = await Promise.allSettled([one, other])
  const failed = ended.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  return ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}

/**
 * Puts the nine tables in place of those that are there, all or nothing: killed on the way, the old ones stay and
 * `seededAs` knows. The same scale and seed give the same rows on MariaDB and MySQL. Throws RefusedError for a scale that
 * is not above 0 or a seed that is not whole, and as a connection does.
 */
export const seedOlist = (settings: MysqlSettings, { scale, seed, log }: SeedOptions): Promise<SeedResult> => {
  if (!(Number.isFinite(scale) && scale > 0))
    throw new RefusedError(`The scale is ${scale}: a number above 0 is needed`)
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new RefusedError(`The seed is ${seed}: a whole number from 0 is needed`)
  const generation = generationOf(seed, scale)
  return buildTables(settings, { scale, seed, version: VERSION, source: 'generated' }, log, async (connection) => {
    // two halves on two connections: a server works on each with one core
    const placed = withConnection(settings, (own) => runSteps(own, placedSteps(generation), log))
    const rows = await together(runSteps(connection, soldSteps(generation), log), placed)
    return Object.assign({}, ...rows) as Record<TableName, number>
  })
}
