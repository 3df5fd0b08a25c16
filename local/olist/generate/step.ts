/** What every step of the generator is given, and what it is. */
import { quoteText } from '../../../lib/sources/mysql/quote.ts'
import { type Draw, drawsFor } from '../draw.ts'
import { type Shape, shapeAt } from '../shape.ts'
import type { TableName } from '../tables.ts'

export type Generation = { seed: number; shape: Shape; draw: Draw }

/** A statement. `fills` names the table whose rows it inserts; without it the statement is on a temporary table. */
export type Step = { fills?: TableName; sql: string }

/** The same seed and scale, the same rows. */
export const generationOf = (seed: number, scale: number): Generation => ({
  seed,
  shape: shapeAt(scale),
  draw: drawsFor(seed),
})

const literal = (value: string | number | null) =>
  value === null ? 'NULL' : typeof value === 'number' ? String(value) : quoteText(value)

/** INSERT of rows that the program brings along. */
export const valuesSql = (table: string, rows: (string | number | null)[][]): string =>
  `INSERT INTO ${table} VALUES\n${rows.map((row) => `(${row.map(literal).join(', ')})`).join(',\n')}`

/** The hash's last digits as microseconds: rows that changed in the same second are told apart. */
export const momentSql = (seconds: string, draw: string): string =>
  `TIMESTAMPADD(MICROSECOND, ${draw} % 1000000, ${seconds})`
