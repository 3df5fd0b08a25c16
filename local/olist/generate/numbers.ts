/** Tables of numbers, temporary: what everything is counted off with. No server has a way of its own that the other knows. */
import type { Step } from './step.ts'

/** 0, 1, 2 … as many as there are orders, by key. */
export const NUMBERS = 'work_numbers'
/** The same, few: for joins that go through all of it. */
export const FEW = 'work_few'

const DIGITS = `(${Array.from({ length: 10 }, (_, digit) => `SELECT ${digit}${digit ? '' : ' AS d'}`).join(' UNION ALL ')})`

const fillSql = (table: string, count: number): string => {
  const places = Math.max(1, Math.ceil(Math.log10(count)))
  const powers = Array.from({ length: places }, (_, power) => power)
  const number = powers.map((power) => `d${power}.d * ${10 ** power}`).join(' + ')
  return `INSERT INTO ${table} SELECT ${number} AS n FROM ${powers.map((power) => `${DIGITS} AS d${power}`).join(', ')} WHERE ${number} < ${count}`
}

/** Makes a table of the numbers below `count`. */
export const numbersSteps = (table: string, count: number): Step[] => [
  { sql: `CREATE TEMPORARY TABLE ${table} (n INT NOT NULL PRIMARY KEY)` },
  { sql: fillSql(table, count) },
]
