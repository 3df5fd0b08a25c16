/** The ledger as people and repairs read it: what was loaded when, by whom, and how far. */
import type { Warehouse } from './connect.ts'
import { askLedger, checkSeals, loadsTable, SEALED_COLUMNS } from './ledger.ts'
import { quoteText } from './quote.ts'
import { textOrNull } from './rows.ts'

/** The last load that brought rows of MySQL to a target. `publishedAt`: UTC, as Snowflake writes it. `terms`: what its rows were read under. */
export type NewestLoad = { runId: string; epoch: number; publishedAt: string; terms: string | null }

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

/** When a row was written, and with which epoch, as one text: the largest is the newest row's, even if its epoch was set back by hand. */
const writtenSql = (alias = ''): string =>
  `TO_VARCHAR(${alias}PUBLISHED_AT, 'YYYY-MM-DD HH24:MI:SS.FF6') || LPAD(TO_VARCHAR(${alias}EPOCH), 19, '0')`

/** A load that brought rows. */
const BRINGS = "MODE <> 'none' AND KIND NOT IN ('replay', 'sweep')"

/** The newest load of each target is the first of its rows; the others would be that if nobody had changed them. */
const newestSql = (database: string, suffix: string, targets: string[]): string => {
  const loads = loadsTable(database, suffix)
  return `WITH STANDS AS (
  SELECT TARGET, MAX(EPOCH) AS LAST_EPOCH, MAX(IFF(${BRINGS}, EPOCH, NULL)) AS BROUGHT_EPOCH,
    MAX(${writtenSql()}) AS LAST_WRITTEN, MAX(IFF(${BRINGS}, ${writtenSql()}, NULL)) AS BROUGHT_WRITTEN
  FROM ${loads}
  WHERE TARGET IN (${targets.map(quoteText).join(', ')})
  GROUP BY TARGET
)
SELECT IFF(${BRINGS.replace(/\b(KIND|MODE)\b/g, 'L.$1')}, 1, 0) AS BRINGS, L.PUBLISHED_AT, ${SEALED_COLUMNS}
FROM ${loads} AS L
JOIN STANDS AS S ON S.TARGET = L.TARGET AND (L.EPOCH = S.LAST_EPOCH OR L.EPOCH >= S.BROUGHT_EPOCH
  OR ${writtenSql('L.')} IN (S.LAST_WRITTEN, S.BROUGHT_WRITTEN))
ORDER BY L.TARGET, BRINGS DESC, L.EPOCH DESC, L.PUBLISHED_AT DESC`
}

/**
 * Of these targets, by name, `RAW.ORDERS`. Replays bring nothing that was not there before, sweeps and corrections bring no
 * rows: they do not count. Throws RefusedError when somebody changed a row that counts.
 */
export const readNewestLoads = async (
  warehouse: Warehouse,
  suffix: string,
  targets: string[],
): Promise<Map<string, NewestLoad>> => {
  const rows = await askLedger(warehouse, suffix, newestSql(warehouse.database, suffix, targets))
  checkSeals(warehouse, suffix, rows)
  const firsts = rows.filter(({ TARGET, BRINGS }, i) => Number(BRINGS) === 1 && TARGET !== rows[i - 1]?.TARGET)
  return new Map(
    firsts.map((row) => [
      String(row.TARGET),
      {
        runId: String(row.RUN_ID),
        epoch: Number(row.EPOCH),
        publishedAt: String(row.PUBLISHED_AT),
        terms: textOrNull(row.TERMS),
      },
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
    low: textOrNull(row.LOW),
    high: textOrNull(row.HIGH),
    cursorColumn: textOrNull(row.CURSOR_COLUMN),
    rowsRead: Number(row.ROWS_READ),
    inserted: Number(row.INSERTED),
    updated: Number(row.UPDATED),
    kept: Number(row.KEPT),
    removed: Number(row.REMOVED),
    rowsInTarget: Number(row.ROWS_IN_TARGET),
    publishedAt: String(row.PUBLISHED_AT),
  }))
}
