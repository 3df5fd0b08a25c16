/** Values that nothing covers: counted by column and reason, their rows put into quarantine, the table failed by name. */
import type { Rejection } from '../columns/builders.ts'
import { actingPolicies } from '../columns/types.ts'
import { ValueError } from '../errors.ts'
import type { Column, TablePlan } from '../model.ts'
import { QUARANTINE_BYTES, QUARANTINE_ROWS, type RejectedRow, rejectedText } from './quarantine.ts'

/** What each reason means, and what mends it. */
const REASONS: Record<Rejection, { what: (column: Column) => string; remedy: (column: Column) => string }> = {
  type: { what: ({ type }) => `not exact as ${type}`, remedy: () => 'correct them at the source' },
  zero_date: {
    what: () => 'no date of any calendar (zero, or a day that no month has)',
    remedy: () => 'correct them, or set "zero_date": "null" or "sentinel"',
  },
  tinyint1: { what: () => 'neither 0 nor 1', remedy: () => 'set "tinyint1": "number"' },
  oversize: {
    what: () => 'longer than the warehouse takes',
    // a document or a shape that is cut is none any more
    remedy: (column) =>
      `${actingPolicies(column).includes('oversize') ? 'set "oversize": "truncate", or ' : ''}leave the column out ("exclude")`,
  },
  invalid_utf8: { what: () => 'no valid UTF-8', remedy: () => 'correct them, or set "invalid_utf8": "replace"' },
  decimal_overflow: { what: () => 'of too many digits', remedy: () => 'set "decimal_overflow": "string"' },
  mask: { what: () => 'not masked', remedy: () => 'correct the mask' },
}

const counted = (count: number) => `${count} ${count === 1 ? 'value' : 'values'}`

export class Rejects {
  /** Rows with at least one value that was not taken. */
  rows = 0
  private readonly plan: Pick<TablePlan, 'table' | 'columns' | 'key'>
  private readonly put: (rows: RejectedRow[]) => Promise<string>
  private bytes = 0
  private readonly kept: RejectedRow[] = []
  private readonly counts = new Map<string, { column: Column; reason: Rejection; count: number }>()

  constructor(plan: Pick<TablePlan, 'table' | 'columns' | 'key'>, put: (rows: RejectedRow[]) => Promise<string>) {
    this.plan = plan
    this.put = put
  }

  /** Notes a row and why its values were not taken. `cells` are in the columns' order. */
  add(cells: (Buffer | null)[], reasons: { at: number; reason: Rejection }[]): void {
    this.rows++
    for (const { at, reason } of reasons) {
      const column = this.plan.columns[at]!
      const found = this.counts.get(`${at} ${reason}`)
      if (found) found.count++
      else this.counts.set(`${at} ${reason}`, { column, reason, count: 1 })
    }
    this.keep(cells, reasons[0]!)
  }

  private keep(cells: (Buffer | null)[], { at, reason }: { at: number; reason: Rejection }): void {
    if (this.kept.length === QUARANTINE_ROWS || this.bytes > QUARANTINE_BYTES) return
    const rejected = this.rejected(cells, this.plan.columns[at]!, reason)
    // the first row is kept whatever its size: its long values are cut
    for (const text of Object.values(rejected.row)) this.bytes += text?.length ?? 0
    this.kept.push(rejected)
  }

  /** Throws ValueError when there was any, after their rows were put into quarantine. */
  async check(): Promise<void> {
    if (this.rows === 0) return
    const key = await this.put(this.kept)
    const { table } = this.plan
    const found = [...this.counts.values()]
    const said = found.map(
      ({ column, reason, count }) => `${table}.${column.name}: ${counted(count)} ${REASONS[reason].what(column)}`,
    )
    const remedies = [...new Set(found.map(({ column, reason }) => REASONS[reason].remedy(column)))]
    const rows = `${this.rows} ${this.rows === 1 ? 'row' : 'rows'}`
    const shown = this.kept.length < this.rows ? `the first ${this.kept.length}` : `all`
    throw new ValueError(
      `${said.join('; ')}. Nothing of the table was published; ${rows}, ${shown} of them in quarantine: ${key}. To mend it, ${remedies.join('; or ')} (table_metadata.json, for the table or in "column_policies"), then start a new run: npm run -s firn -- run`,
    )
  }

  private rejected(cells: (Buffer | null)[], column: Column, reason: Rejection): RejectedRow {
    const { table, columns, key } = this.plan
    const row = Object.fromEntries(columns.map((each, i) => [each.name, rejectedText(each, cells[i]!)] as const))
    return { table, key: JSON.stringify(key.map((name) => row[name] ?? null)), column: column.name, reason, row }
  }
}
