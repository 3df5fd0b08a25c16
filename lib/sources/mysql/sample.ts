/**
 * Test mode's samples: few rows of each table that belong together, so that every sampled child has its sampled parents,
 * and a sampled order all its items.
 *
 * A table that is part of another takes the rows of the sampled parents. A table that others look up (customers of orders,
 * products of items) takes what their samples look up. Any other table takes its first rows. Children of what a limit
 * cut away are then left out as well.
 */
import type { SourceTable } from '../../model.ts'
import { type KeyGraph, keyGraph } from './foreign-keys.ts'
import { quoteMysql, quoteNames } from './quote.ts'
import { whereSql } from './where.ts'

const among = (columns: string[], sample: string, theirs: string[]) =>
  `(${quoteNames(columns)}) IN (SELECT ${quoteNames(theirs)} FROM ${sample})`

const unique = (names: string[]) => [...new Set(names)]

/** The WITH clause as it grows: for each table its candidates, and those of them whose parents are sampled too. */
class Samples {
  private readonly graph: KeyGraph
  private readonly limit: number
  /** The metadata's conditions, by table. */
  private readonly wheres: Map<string, string>
  private readonly clauses: string[] = []
  private readonly names = new Map<string, string>()

  constructor(graph: KeyGraph, limit: number, wheres: Map<string, string>) {
    this.graph = graph
    this.limit = limit
    this.wheres = wheres
  }

  /** The rows a table may take before its own parents are asked for, by key, so that every query means the same ones. */
  candidatesSql(table: SourceTable, columns: string[]): string {
    const { edges, drivers } = this.graph
    const conditions = drivers
      .get(table)!
      .map(({ columns, other, otherColumns }) => among(columns, this.candidates(other), otherColumns))
    const asParent = edges.filter((edge) => edge.parent === table)
    const order = table.key.length ? table.key : unique(asParent.flatMap((edge) => edge.key.parentColumns))
    // room for the parts of the rows taken, so that those are whole
    const limit = conditions.length === 0 && asParent.some((edge) => edge.owns) ? Math.ceil(this.limit / 2) : this.limit
    const where = this.metSql(table, conditions)
    const orderBy = order.length ? ` ORDER BY ${quoteNames(order)}` : ''
    return `SELECT ${quoteNames(columns)} FROM ${quoteMysql(table.table)}${where}${orderBy} LIMIT ${limit}`
  }

  /** For each foreign key: no parent, or one in its table's sample. */
  parentConditions(table: SourceTable): string[] {
    return this.graph.edges
      .filter((edge) => edge.child === table)
      .map(({ parent, key: { columns, parentColumns }, closesCircle }) => {
        const none = columns.map((name) => `${quoteMysql(name)} IS NULL`)
        const itself = columns.map((name, i) => `${quoteMysql(name)} = ${quoteMysql(parentColumns[i]!)}`).join(' AND ')
        if (!closesCircle) return [...none, among(columns, this.kept(parent), parentColumns)]
        return parent === table ? [...none, itself] : none
      })
      .map((alternatives) => `(${alternatives.join(' OR ')})`)
  }

  /** Any of the conditions, and the metadata's own: a sample is of rows that belong to the table. */
  private metSql({ table }: SourceTable, conditions: string[]): string {
    const own = this.wheres.get(table)
    if (own === undefined) return conditions.length ? ` WHERE ${conditions.join(' OR ')}` : ''
    const any = conditions.length ? `(${conditions.join(' OR ')}) AND ` : ''
    return ` WHERE ${any}${whereSql(own)}`
  }

  withSql(): string {
    return this.clauses.length ? `WITH ${this.clauses.join(',\n')}\n` : ''
  }

  private candidates(table: SourceTable): string {
    return this.define(`candidates of ${table.table}`, () => this.candidatesSql(table, this.comparedColumns(table)))
  }

  private kept(table: SourceTable): string {
    const conditions = this.parentConditions(table)
    const from = this.candidates(table)
    if (conditions.length === 0) return from
    return this.define(`kept of ${table.table}`, () => `SELECT * FROM ${from} WHERE ${conditions.join(' AND ')}`)
  }

  /** The key and both ends of foreign keys: a parent's other columns are of no use here. */
  comparedColumns(table: SourceTable): string[] {
    const ends = this.graph.edges.flatMap(({ child, parent, key }) => [
      ...(child === table ? key.columns : []),
      ...(parent === table ? key.parentColumns : []),
    ])
    return unique([...table.key, ...ends])
  }

  private define(what: string, makeSql: () => string): string {
    const found = this.names.get(what)
    if (found) return found
    const sql = makeSql()
    const name = `s${this.clauses.length}`
    this.clauses.push(`${name} AS (${sql})`)
    this.names.set(what, name)
    return name
  }
}

/**
 * A SELECT of at most `limit` rows with every column of the table, to be read in the table's place. `tables` are all that
 * the run moves, by name: foreign keys to others are not followed. A table without a key gives any of its rows. Needs
 * WITH: MySQL 8, MariaDB 10.2. `wheres` are the metadata's conditions, by table.
 */
export const sampleSql = (
  table: SourceTable,
  tables: Map<string, SourceTable>,
  limit: number,
  wheres: Map<string, string> = new Map(),
): string => {
  const samples = new Samples(keyGraph(new Map(tables).set(table.table, table)), limit, wheres)
  const conditions = samples.parentConditions(table)
  // also what is only compared, and not moved
  const columns = unique([...table.columns.map(({ name }) => name), ...samples.comparedColumns(table)])
  const candidates = samples.candidatesSql(table, columns)
  const select = conditions.length
    ? `SELECT * FROM (${candidates}) AS candidates WHERE ${conditions.join(' AND ')}`
    : candidates
  return `${samples.withSql()}${select}`
}
