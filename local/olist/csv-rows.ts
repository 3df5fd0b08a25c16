/** Rows of the Kaggle files against the tables they go to: cells, keys, parents, and what `updated_at` becomes. */
import { cellCheck } from './csv-cells.ts'
import { fileColumns } from './csv-file.ts'
import { type OlistColumn, type OlistTable, parentKey, TABLES, type TableName } from './tables.ts'

/** A row that was left out. `row` counts the header as row 1; `column` is null when the row as a whole is wrong. */
export type Refusal = { file: string; row: number; column: string | null; reason: string }

/** Values in the order of the table's columns. */
export type CheckedRow = { values: (string | null)[]; rounded: number }

/** Key, as text → the row it came with. */
type Keys = Map<string, number>
type Values = (string | null)[]

/** Of a row's dates the latest says when it last changed; an order's estimated delivery is a promise, no event. */
const EVENTS: Partial<Record<TableName, string[]>> = {
  orders: [
    'order_purchase_timestamp',
    'order_approved_at',
    'order_delivered_carrier_date',
    'order_delivered_customer_date',
  ],
  order_items: ['shipping_limit_date'],
  order_reviews: ['review_creation_date', 'review_answer_timestamp'],
}

/** The first moment a TIMESTAMP holds. */
const FIRST_MOMENT = '1970-01-01 00:00:01'

const cellsCheck = (columns: OlistColumn[]) => {
  const checks = columns.map(cellCheck)
  return (cells: string[]): CheckedRow | Omit<Refusal, 'file' | 'row'> => {
    if (cells.length !== columns.length)
      return { column: null, reason: `${cells.length} fields, where ${columns.length} belong` }
    const values: Values = []
    let rounded = 0
    for (const [i, check] of checks.entries()) {
      const cell = check(cells[i]!)
      if ('reason' in cell) return { column: columns[i]!.name, reason: cell.reason }
      if (cell.rounded) rounded++
      values.push(cell.value)
    }
    return { values, rounded }
  }
}

/**
 * Checks for the rows of one table after another, parents before their children, since keys are remembered. A check gives
 * the row as it goes in, or why it does not. `now`: no row changed later than that.
 */
export const rowChecks = (now: Date) => {
  const keysOf = new Map<TableName, Keys>()
  const orderChanged = new Map<string, string>()
  const latest = now.toISOString().slice(0, 19).replace('T', ' ')

  const changedAt = (name: TableName, valueIn: (column: string) => string) => {
    const events = (EVENTS[name] ?? []).map(valueIn)
    const found = events.length ? events.sort().at(-1)! : (orderChanged.get(valueIn('order_id')) ?? '')
    const changed = found > latest ? latest : found < FIRST_MOMENT ? FIRST_MOMENT : found
    if (name === 'orders') orderChanged.set(valueIn('order_id'), changed)
    return changed
  }

  return (table: OlistTable): ((cells: string[], row: number) => CheckedRow | Refusal) => {
    const { name, file, key, parents } = table
    const columns = fileColumns(table)
    const position = new Map(columns.map((column, i) => [column.name, i]))
    const check = cellsCheck(columns)
    const keys: Keys = new Map()
    keysOf.set(name, keys)
    const hasCursor = columns.length < table.columns.length
    return (cells, row) => {
      const checked = check(cells)
      if ('reason' in checked) return { file, row, ...checked }
      const valueIn = (column: string) => checked.values[position.get(column)!] ?? ''
      const orphan = parents.find((parent) => !keysOf.get(parent.table)!.has(valueIn(parent.column)))
      if (orphan) {
        const reason = `no row of ${TABLES[orphan.table].file} has this ${parentKey(orphan.table)}`
        return { file, row, column: orphan.column, reason }
      }
      // a line break is what a key has least
      const whole = key.map(valueIn).join('\n')
      const earlier = keys.get(whole)
      if (earlier !== undefined)
        return { file, row, column: key.join(', '), reason: `row ${earlier} has this key already` }
      if (key.length > 0) keys.set(whole, row)
      if (hasCursor) checked.values.push(changedAt(name, valueIn))
      return checked
    }
  }
}
