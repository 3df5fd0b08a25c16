/** The ledger as people and repairs read it: what was loaded when, by whom, and how far. */
import type { Warehouse } from './connect.ts'
import { askLedger, loadsTable } from './ledger.ts'
import { quoteText } from './quote.ts'

/** The last load that brought rows of MySQL to a target. `publishedAt`: UTC, as Snowflake writes it. */
export type NewestLoad = { runId: string; epoch: number; publishedAt: string }

/** One ledger row, as it is shown. `target`: `RAW.ORDERS`. Moments are UTC, as Snowflake writes them. */
export type LedgerRow = {
  target: string
  runId: string
  job: string
  kind: string
  mode: string
  epoch: number
  low: string | null
  high: string | null
  cursorColumn: string | null
  rowsRead: number
  inserted: number
  updated: number
  kept: number
  removed: number
  rowsInTarget: number
  publishedAt: string
}

const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))

/** By target, `RAW.ORDERS`. Replays bring nothing that was not there before, sweeps and corrections bring no rows: they do not count. */
export const readNewestLoads = async (warehouse: Warehouse, suffix: string): Promise<Map<string, NewestLoad>> => {
  const rows = await askLedger(
    warehouse,
    suffix,
    `SELECT TARGET, RUN_ID, EPOCH, PUBLISHED_AT FROM ${loadsTable(warehouse.database, suffix)}
WHERE MODE <> 'none' AND KIND NOT IN ('replay', 'sweep')
QUALIFY ROW_NUMBER() OVER (PARTITION BY TARGET ORDER BY EPOCH DESC, PUBLISHED_AT DESC) = 1`,
  )
  return new Map(
    rows.map((row) => [
      String(row.TARGET),
      { runId: String(row.RUN_ID), epoch: Number(row.EPOCH), publishedAt: String(row.PUBLISHED_AT) },
    ]),
  )
}

/** Ledger rows, newest first: at most `most` of each target, or of the one that is named. Throws RefusedError when there is no ledger. */
export const readLedger = async (
  warehouse: Warehouse,
  { suffix, target, most }: { suffix: string; target?: string; most: number },
): Promise<LedgerRow[]> => {
  const rows = await askLedger(
    warehouse,
    suffix,
    `SELECT TARGET, RUN_ID, JOB, KIND, MODE, EPOCH, LOW, HIGH, CURSOR_COLUMN, ROWS_READ, INSERTED, UPDATED, KEPT, REMOVED, ROWS_IN_TARGET, PUBLISHED_AT
FROM ${loadsTable(warehouse.database, suffix)}${target ? `\nWHERE TARGET = ${quoteText(target)}` : ''}
QUALIFY ROW_NUMBER() OVER (PARTITION BY TARGET ORDER BY EPOCH DESC, PUBLISHED_AT DESC) <= ${most}
ORDER BY TARGET, EPOCH DESC, PUBLISHED_AT DESC`,
  )
  return rows.map((row) => ({
    target: String(row.TARGET),
    runId: String(row.RUN_ID),
    job: String(row.JOB),
    kind: String(row.KIND),
    mode: String(row.MODE),
    epoch: Number(row.EPOCH),
    low: text(row.LOW),
    high: text(row.HIGH),
    cursorColumn: text(row.CURSOR_COLUMN),
    rowsRead: Number(row.ROWS_READ),
    inserted: Number(row.INSERTED),
    updated: Number(row.UPDATED),
    kept: Number(row.KEPT),
    removed: Number(row.REMOVED),
    rowsInTarget: Number(row.ROWS_IN_TARGET),
    publishedAt: String(row.PUBLISHED_AT),
  }))
}
