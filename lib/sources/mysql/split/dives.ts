/** Single looks into an index, each of one row or none: which key is there, and about how many are. */
import type { Connection } from 'mysql2/promise'
import type { Column } from '../../../model.ts'
import { textRows } from '../connect.ts'
import { estimateRows } from '../estimate.ts'
import { boundSql, literalSql, quoteMysql } from '../quote.ts'
import { type Alphabet, readAlphabet } from './alphabet.ts'
import { type Guess, guessFor, isText } from './guess.ts'
import type { Leaf } from './leaves.ts'
import { steer } from './steer.ts'
import type { Walk } from './walk.ts'

/** After so many cuts that missed the middle, the server's estimates lead there. */
export const MISSES = 3

type Comparison = '<' | '<=' | '>' | '>='
type Order = 'ASC' | 'DESC'

const whereSql = (conditions: string[]): string => (conditions.length ? ` WHERE ${conditions.join(' AND ')}` : '')

/** With the walk's index, which the optimizer may not leave for another. */
const alongSql = ({ table, index }: Walk): string => `FROM ${quoteMysql(table)} FORCE INDEX (${quoteMysql(index)})`

/**
 * Explained and never run. A count, which reads no more than the index: of a query for columns, whose index is forced, MySQL
 * leaves out the estimate and says one row ("Range Optimization": skipping index dives).
 */
const spanRowsSql = (walk: Walk, conditions: string[]): string =>
  `SELECT COUNT(*) ${alongSql(walk)}${whereSql(conditions)}`

/**
 * About how many rows of a walk meet the conditions, all of them for none; none is read. InnoDB counts exactly within ten
 * pages; beyond, it may say twice as many, and never more than half the rows that its statistics give the table
 * (btr_estimate_n_rows_in_range). Throws as estimateRows does.
 */
export const walkRows = async (connection: Connection, walk: Walk, conditions: string[]): Promise<number> =>
  (await estimateRows(connection, spanRowsSql(walk, conditions))) ?? 0

/** How many rows there are, counted; null when they are more than `most`, of which no more are read. Throws as textRows does. */
export const rowsUpTo = async (connection: Connection, walk: Walk, most: number): Promise<number | null> => {
  const some = `SELECT 1 ${alongSql(walk)} LIMIT ${most + 1}`
  const rows = Number((await textRows(connection, `SELECT COUNT(*) FROM (${some}) AS some_rows`))[0]?.[0])
  return rows > most ? null : rows
}

/** The column at a place of the walk, of the first row, or with DESC the last, that meets the conditions. */
const keySql = (walk: Walk, at: number, conditions: string[], order: Order): string => {
  const column = walk.columns[at]!
  return `SELECT ${boundSql(column)} ${alongSql(walk)}${whereSql(conditions)} ORDER BY ${quoteMysql(column.name)} ${order} LIMIT 1`
}

export class Dives {
  /** Statements so far. */
  spent = 0
  private readonly connection: Connection
  private readonly walk: Walk
  private readonly within: string[]
  private readonly most: number
  private readonly alphabets = new Map<string, Alphabet>()
  private readonly guesses = new Map<string, Guess>()

  /**
   * `within`: conditions on the walk's first column that every row meets. `most`: the most that an estimate can be, which
   * is half of what the server believes there is: one of so many says only that there are so many or more.
   */
  constructor(connection: Connection, walk: Walk, { within, most }: { within: string[]; most: number }) {
    this.connection = connection
    this.walk = walk
    this.within = within
    this.most = most
  }

  /** About how many rows the two parts of a leaf have: where one is too many to tell, it is what the other leaves over. */
  async rowsOf(whole: Leaf, [first, second]: [Leaf, Leaf]): Promise<[number, number]> {
    const [a, b] = [await this.estimated(first), await this.estimated(second)]
    const rows = (own: number, other: number) =>
      own < this.most ? own : Math.max(own, other < this.most ? whole.rows - other : whole.rows / 2)
    return [rows(a, b), rows(b, a)]
  }

  /** The whole of the rows whose leading columns have the values `fixed`; null when there are none. */
  async whole(fixed: string[], end: string[] | null, rows: number): Promise<Leaf | null> {
    const conditions = this.fixed(fixed)
    const low = await this.key(fixed.length, conditions, 'ASC')
    const to = low === null ? null : await this.key(fixed.length, conditions, 'DESC')
    return low === null || to === null ? null : { fixed, from: null, low, to, end, rows, misses: 0, isWhole: false }
  }

  /**
   * Two leaves of one, cut at a key that the server found between its ends; null when all its rows share one value. `low`
   * of the second is where its first guess begins: no key lies between the key found and the guess above it.
   */
  async cut(leaf: Leaf): Promise<[Leaf, Leaf] | null> {
    const middle = await this.middleOf(leaf)
    const inside = [...this.above(leaf), this.compared(leaf, '<', leaf.to)]
    const find = (comparison: Comparison, order: Order) =>
      this.key(leaf.fixed.length, [...inside, this.compared(leaf, comparison, middle)], order)
    const below = await find('<=', 'DESC')
    const at = below ?? (await find('>=', 'ASC'))
    if (at === null) return null
    return [
      { ...leaf, to: at, end: [...leaf.fixed, at] },
      { ...leaf, from: at, low: below === null ? at : middle },
    ]
  }

  private estimated(leaf: Leaf): Promise<number> {
    this.spent++
    return walkRows(this.connection, this.walk, [...this.above(leaf), this.compared(leaf, '<=', leaf.to)])
  }

  private fixed(values: string[]): string[] {
    const { walk, within } = this
    const equal = values.map(
      (value, i) => `${quoteMysql(walk.columns[i]!.name)} = ${literalSql(walk.columns[i]!, value)}`,
    )
    return [...within, ...equal]
  }

  private above(leaf: Leaf): string[] {
    return [...this.fixed(leaf.fixed), ...(leaf.from === null ? [] : [this.compared(leaf, '>', leaf.from)])]
  }

  private compared({ fixed }: Leaf, comparison: Comparison, value: string): string {
    const column = this.walk.columns[fixed.length]!
    return `${quoteMysql(column.name)} ${comparison} ${literalSql(column, value)}`
  }

  private async key(at: number, conditions: string[], order: Order): Promise<string | null> {
    this.spent++
    return (await textRows(this.connection, keySql(this.walk, at, conditions, order)))[0]?.[0] ?? null
  }

  /** Where to look for a key about halfway. */
  private async middleOf(leaf: Leaf): Promise<string> {
    const column = this.walk.columns[leaf.fixed.length]!
    if (leaf.misses >= MISSES && isText(column)) return this.steered(leaf, await this.alphabetOf(column))
    const known = this.guesses.get(column.name) ?? (await guessFor(column, () => this.alphabetOf(column)))
    this.guesses.set(column.name, known)
    return known(leaf.low, leaf.to)
  }

  private steered(leaf: Leaf, { order }: Alphabet): Promise<string> {
    const { to, rows } = leaf
    const halves = (text: string): [Leaf, Leaf] => [
      { ...leaf, to: text },
      { ...leaf, from: text },
    ]
    return steer(order, { to, rows, rowsUpTo: async (text) => (await this.rowsOf(leaf, halves(text)))[0] })
  }

  private async alphabetOf(column: Column): Promise<Alphabet> {
    const known = this.alphabets.get(column.name) ?? (await readAlphabet(this.connection, this.walk.table, column.name))
    this.alphabets.set(column.name, known)
    return known
  }
}
