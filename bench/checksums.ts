/** What a table's values come to, by the server itself: how many there are in each column, and an exact sum over them. */
import { type Connection, rowsOf } from '../local/olist/connection.ts'

/**
 * How a column is summed: `number` by its value, `double` by the whole part of value × 2^33, which any order of adding
 * leaves the same; `moment` by microseconds since 1970, `date` by days; `text` by eight digits of each value's MD5.
 */
type SumKind = 'number' | 'double' | 'moment' | 'date' | 'text'
type SummedColumn = { name: string; kind: SumKind; scale: number }

/** `sums`: by column, the count and the sum as text. */
export type Checksums = { rows: number; columns: SummedColumn[]; sums: Record<string, [count: string, sum: string]> }

/** MySQL's COLUMN_TYPE → how it is summed. Throws for a type that the bench's tables do not have. */
export const summedAs = (name: string, type: string): SummedColumn => {
  const [, word = '', sizes = ''] = /^(\w+)(?:\(([^)]*)\))?/.exec(type.toLowerCase()) ?? []
  const as = (kind: SumKind, scale = 0): SummedColumn => ({ name, kind, scale })
  if (/^(tiny|small|medium|big)?int$/.test(word)) return as('number')
  if (word === 'decimal') return as('number', Number(sizes.split(',')[1] ?? 0))
  if (word === 'double') return as('double')
  if (word === 'datetime' || word === 'timestamp') return as('moment')
  if (word === 'date') return as('date')
  if (/^((var)?char|(tiny|medium|long)?text|enum)$/.test(word)) return as('text')
  throw new Error(`${name} is ${type}: no sum is defined for it`)
}

const EXPRESSIONS: Record<SumKind, (column: string) => string> = {
  number: (column) => column,
  double: (column) => `CAST(FLOOR(${column} * 8589934592e0) AS DECIMAL(38,0))`,
  moment: (column) => `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', ${column})`,
  date: (column) => `DATEDIFF(${column}, '1970-01-01')`,
  text: (column) => `CAST(CONV(LEFT(MD5(${column}), 8), 16, 10) AS UNSIGNED)`,
}

/** One query for the whole table: its rows, then each column's count and sum, all as text. */
export const checksumsSql = (table: string, columns: SummedColumn[]): string => {
  const sums = columns.map(({ name, kind }) => {
    const column = `\`${name}\``
    return `CAST(COUNT(${column}) AS CHAR), CAST(COALESCE(SUM(${EXPRESSIONS[kind](column)}), 0) AS CHAR)`
  })
  return `SELECT CAST(COUNT(*) AS CHAR), ${sums.join(', ')} FROM \`${table}\``
}

/** Asks the server, which reads every row for it: afterwards the table is in its memory. */
export const checksumsOf = async (connection: Connection, table: string): Promise<Checksums> => {
  const found = await rowsOf<{ name: string; type: string }>(
    connection,
    `SELECT column_name AS name, column_type AS type FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`,
    [table],
  )
  const columns = found.map(({ name, type }) => summedAs(name, type))
  const [rows] = await connection.query({ sql: checksumsSql(table, columns), rowsAsArray: true })
  const [all, ...texts] = (rows as string[][])[0]!
  const sums = Object.fromEntries(
    columns.map(({ name }, i): [string, [string, string]] => [name, [texts[i * 2]!, texts[i * 2 + 1]!]]),
  )
  return { rows: Number(all), columns, sums }
}
