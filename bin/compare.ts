/** Asks both ends the same question: rows, and exact sums of every DECIMAL column, in MySQL and in the warehouse. */
import type { Connection } from 'mysql2/promise'
import type { Plan, TablePlan } from '../lib/model.ts'
import { mysqlSettings } from '../lib/settings.ts'
import { openMysql } from '../lib/sources/mysql/connect.ts'
import { quoteMysql } from '../lib/sources/mysql/quote.ts'
import type { Warehouse } from '../lib/warehouses/snowflake/connect.ts'
import { foldName, quoteSnowflake } from '../lib/warehouses/snowflake/quote.ts'
import { withWarehouse } from './warehouse.ts'

export type Comparison = { table: string; mysqlRows: number; warehouseRows: number; sums: number; differs: string[] }

const decimals = (table: TablePlan) =>
  table.columns.filter(({ type }) => type.startsWith('decimal')).map(({ name }) => name)

const inMysql = async (source: Connection, table: TablePlan): Promise<string[]> => {
  const sums = decimals(table).map((name) => `CAST(SUM(${quoteMysql(name)}) AS CHAR)`)
  const [rows] = await source.query({
    sql: `SELECT ${['CAST(COUNT(*) AS CHAR)', ...sums].join(', ')} FROM ${quoteMysql(table.table)}`,
    rowsAsArray: true,
  })
  return (rows as (string | null)[][])[0]!.map((value) => value ?? 'NULL')
}

const inWarehouse = async (warehouse: Warehouse, { target, ...table }: TablePlan): Promise<string[]> => {
  const sums = decimals({ target, ...table }).map(
    (name, i) => `TO_VARCHAR(SUM(${quoteSnowflake(foldName(name))})) AS S${i}`,
  )
  const from = [target.database, target.schema, target.table].map(quoteSnowflake).join('.')
  const [row] = await warehouse.query(`SELECT ${['TO_VARCHAR(COUNT(*)) AS N', ...sums].join(', ')} FROM ${from}`)
  return Object.values(row!).map((value) => (value === null || value === undefined ? 'NULL' : String(value)))
}

const compareTable = async (source: Connection, warehouse: Warehouse, table: TablePlan): Promise<Comparison> => {
  const [here, there] = await Promise.all([inMysql(source, table), inWarehouse(warehouse, table)])
  const names = ['rows', ...decimals(table)]
  return {
    table: table.table,
    mysqlRows: Number(here[0]),
    warehouseRows: Number(there[0]),
    sums: names.length - 1,
    differs: names.filter((_, i) => here[i] !== there[i]),
  }
}

/** Every table of a plan; `differs` names what is not equal, `rows` or a column. */
export const compare = async (plan: Plan): Promise<Comparison[]> => {
  const source = await openMysql(await mysqlSettings())
  try {
    return await withWarehouse(async (warehouse) => {
      const found: Comparison[] = []
      for (const table of plan.tables) found.push(await compareTable(source, warehouse, table))
      return found
    })
  } finally {
    await source.end()
  }
}
