/** The query that reads one chunk: its span of keys, within the window, of the sample. Text only. */

import { READ_AT, stagedColumns } from '../../columns/staged.ts'
import type { Chunk, Column, TablePlan, Window } from '../../model.ts'
import { spanSql } from './bounds.ts'
import { columnSql } from './cells.ts'
import { cursorSql, mayBeNull } from './cursor.ts'
import { literalSql, quoteMysql } from './quote.ts'
import { whereSql } from './where.ts'

const named = (columns: Column[], name: string): Column => {
  const column = columns.find((each) => each.name === name)
  if (!column) throw new Error(`The plan speaks of column ${name}, which is not among the table's columns`)
  return column
}

/** `from <= cursor <= high`, or without a cursor where that is the policy. Nothing has a cursor while `high` is null. */
export const windowSql = (window: Window, columns: Column[]): string => {
  const cursor = cursorSql(columns)
  const bounds = [
    ...(window.from === null ? [] : [`${cursor} >= ${literalSql(columns[0]!, window.from)}`]),
    window.high === null ? 'FALSE' : `${cursor} <= ${literalSql(columns[0]!, window.high)}`,
  ].join(' AND ')
  return window.nullCursor === 'include' ? `(${bounds} OR ${cursor} IS NULL)` : bounds
}

/**
 * What a replacing load reads of a table with a cursor: every row, also those that changed after the window was fixed,
 * since what is left out of a replacement is gone from the target. The window's end is only where the next run begins.
 */
const replacedSql = ({ nullCursor }: Window, columns: Column[]): string[] =>
  mayBeNull(columns) && nullCursor !== 'include' ? [`${cursorSql(columns)} IS NOT NULL`] : []

const withinSql = ({ publish, columns }: TablePlan, window: Window): string[] => {
  const cursor = window.columns.map((name) => named(columns, name))
  return publish === 'replace' || publish === 'rebuild' ? replacedSql(window, cursor) : [windowSql(window, cursor)]
}

/** The plan's index, which the optimizer might leave for a scan and a sort of everything. */
const alongSql = ({ table, chunkIndex }: TablePlan): string =>
  quoteMysql(table) + (chunkIndex === undefined ? '' : ` FORCE INDEX (${quoteMysql(chunkIndex)})`)

/** In the order of chunkColumns, so that reading can be gone on with after any row. The names are the table's, not those of the cells. */
const orderSql = ({ table, chunkColumns, sampleSql }: TablePlan): string =>
  chunkColumns.length && sampleSql === null
    ? ` ORDER BY ${chunkColumns.map((name) => `${quoteMysql(table)}.${quoteMysql(name)}`).join(', ')}`
    : ''

/** Its own clock gives a statement one moment, which is right after its snapshot began. */
const readSql = (column: Column): string =>
  column === READ_AT ? `UTC_TIMESTAMP(6) AS ${quoteMysql(column.name)}` : columnSql(column)

/** The whole query of one chunk, its columns in the plan's order, its rows in that of chunkColumns. */
export const chunkSelectSql = (plan: TablePlan, chunk: Chunk): string => {
  const { columns, chunkColumns, window, sampleSql } = plan
  const read = stagedColumns(plan).map(readSql).join(', ')
  if (chunkColumns.length === 0 && (chunk.from !== null || chunk.to !== null))
    throw new Error(`Chunk ${chunk.id} of ${plan.table} has bounds, and the plan names no column for them`)
  const order = chunkColumns.map((name) => named(columns, name))
  const conditions = [
    ...spanSql(order, chunk.from, chunk.to),
    ...(window === null ? [] : withinSql(plan, window)),
    // a sample's rows meet it already
    ...(plan.where && sampleSql === null ? [whereSql(plan.where)] : []),
  ]
  const source = sampleSql === null ? alongSql(plan) : `(${sampleSql}) AS sampled`
  const all = conditions.length ? ` WHERE ${conditions.join(' AND ')}` : ''
  return `SELECT ${read} FROM ${source}${all}${orderSql(plan)}`
}
