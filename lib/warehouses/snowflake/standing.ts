/**
 * Where every target stands: how far it is loaded, and by whom last. Two statements: one adds up all of the ledger, a few
 * columns of it, and finds since when a target's rows matter; the other reads those. So a plan costs the same after ten
 * thousand runs as after ten.
 */
import type { Names } from '../../model.ts'
import type { Row, Warehouse } from './connect.ts'
import { askLedger, checkSeals, loadsTable, SEALED_COLUMNS } from './ledger.ts'
import { quoteText } from './quote.ts'
import { textOrNull } from './rows.ts'

/** `column`: what `high` is a value of; a cursor of another column means nothing. */
export type Cursor = {
  high: string | null
  column: string | null
  epoch: number
  /** Since the target last had nothing that MySQL had not: a sweep, or a whole copy. Null when it never had, or was replayed since. */
  sweptSecondsAgo: number | null
  /** The last load of the target, if that was a whole copy: the run, and what it brought. */
  copy: (Names & { content: string }) | null
  /** What the rows of the last load were read under; null when nobody remembers. */
  lastTerms: string | null
  /** What rows up to `high` were read under (lib/plan/terms.ts); null when nobody remembers. */
  terms: string | null
  /** The epoch of the oldest of its ledger rows that says any of this, but for sweeps. */
  since: number
}

/** Kinds of loads that move the cursor: an old run replayed must never move it back. */
const CURSOR_KINDS = ['window', 'rewind', 'reset']

/** A load that moved its target's cursor: one whose window read nothing because the source had no row yet moves none. */
const MOVES = `KIND IN (${CURSOR_KINDS.map(quoteText).join(', ')}) AND (HIGH IS NOT NULL OR KIND = 'reset' OR MODE IN ('replace', 'rebuild'))`

/** A load after which the target had nothing that MySQL had not. */
const SWEEPS = `KIND = 'sweep' OR KIND IN ('window', 'full') AND MODE IN ('replace', 'rebuild', 'unchanged')`

/** Which targets, of one schema. `suffix`: of the schemas, as in a test run. */
type Asked = { suffix: string; tables: string[] }

const targetsSql = ({ schema }: Warehouse, { suffix, tables }: Asked): string =>
  tables.map((table) => quoteText(`${schema}${suffix}.${table}`)).join(', ')

/** What grows with history is only added up. The row that was written last counts whatever its epoch, which somebody may have set back. */
const standsSql = (warehouse: Warehouse, asked: Asked): string => {
  const latest = (condition: string) => `MAX(IFF(${condition}, PUBLISHED_AT, NULL))`
  return `SELECT TARGET, LEAST(COALESCE(MAX(IFF(${MOVES}, EPOCH, NULL)), MAX(EPOCH)), MAX_BY(EPOCH, PUBLISHED_AT)) AS SINCE,
  IFF(${latest("KIND = 'replay'")} > ${latest(SWEEPS)}, NULL,
    DATEDIFF('second', ${latest(SWEEPS)}, CURRENT_TIMESTAMP()::TIMESTAMP_NTZ(6))) AS SWEPT_SECONDS_AGO
FROM ${loadsTable(warehouse.database, asked.suffix)}
WHERE TARGET IN (${targetsSql(warehouse, asked)})
GROUP BY TARGET`
}

/**
 * Of rows since an epoch: the last load that moved its target's cursor (a replacement or `reset` without an end takes it
 * away), first of its target's rows, and the highest epoch that published to it. The others are those that would have been
 * the first if nobody had changed them: the newest by epoch and by time, and what names a cursor since.
 */
const rowsSql = (warehouse: Warehouse, asked: Asked, since: number): string => {
  const loads = loadsTable(warehouse.database, asked.suffix)
  const last = (column: string) =>
    `FIRST_VALUE(L.${column}) OVER (PARTITION BY L.TARGET ORDER BY L.EPOCH DESC, L.PUBLISHED_AT DESC)`
  return `WITH STANDS AS (
  SELECT TARGET, MAX(EPOCH) AS LAST_EPOCH, MAX(IFF(${MOVES}, EPOCH, NULL)) AS MOVED_EPOCH, MAX(PUBLISHED_AT) AS LAST_AT
  FROM ${loads}
  WHERE TARGET IN (${targetsSql(warehouse, asked)}) AND EPOCH >= ${since}
  GROUP BY TARGET
)
SELECT S.LAST_EPOCH, ${last('CONTENT')} AS LAST_CONTENT, ${last('JOB')} AS LAST_JOB, ${last('RUN_ID')} AS LAST_RUN,
  ${last('TERMS')} AS LAST_TERMS,
  IFF(L.EPOCH = S.MOVED_EPOCH AND ${MOVES.replace(/\b(KIND|HIGH|MODE)\b/g, 'L.$1')}, 1, 0) AS MOVES,
  ${SEALED_COLUMNS}
FROM ${loads} AS L
JOIN STANDS AS S ON S.TARGET = L.TARGET AND (L.EPOCH = S.LAST_EPOCH OR L.EPOCH = S.MOVED_EPOCH
  OR L.PUBLISHED_AT = S.LAST_AT OR L.EPOCH > S.MOVED_EPOCH AND (L.CURSOR_COLUMN IS NOT NULL OR L.MODE = 'none'))
WHERE L.EPOCH >= ${since}
ORDER BY L.TARGET, MOVES DESC, L.EPOCH DESC, L.PUBLISHED_AT DESC`
}

const cursorOf = (row: Row, stands: Row | undefined): Cursor => {
  const moves = Number(row.MOVES) === 1
  const swept = stands?.SWEPT_SECONDS_AGO ?? null
  const content = textOrNull(row.LAST_CONTENT)
  return {
    high: moves ? textOrNull(row.HIGH) : null,
    column: moves ? textOrNull(row.CURSOR_COLUMN) : null,
    epoch: Number(row.LAST_EPOCH),
    sweptSecondsAgo: swept === null ? null : Number(swept),
    copy: content === null ? null : { content, job: String(row.LAST_JOB), runId: String(row.LAST_RUN) },
    lastTerms: textOrNull(row.LAST_TERMS),
    terms: moves ? textOrNull(row.TERMS) : null,
    since: Number(stands?.SINCE ?? row.EPOCH),
  }
}

const cursorsSince = async (
  warehouse: Warehouse,
  asked: Asked,
  { since, stands }: { since: number; stands: Row[] },
): Promise<Map<string, Cursor>> => {
  const rows = await askLedger(warehouse, asked.suffix, rowsSql(warehouse, asked, since))
  checkSeals(warehouse, asked.suffix, rows)
  const standOf = new Map(stands.map((row) => [row.TARGET, row]))
  const firsts = rows.filter(({ TARGET }, i) => TARGET !== rows[i - 1]?.TARGET)
  const begin = `${warehouse.schema}${asked.suffix}.`.length
  return new Map(firsts.map((row) => [String(row.TARGET).slice(begin), cursorOf(row, standOf.get(row.TARGET))]))
}

const oldest = (epochs: number[]): number => (epochs.length ? Math.min(...epochs) : 0)

/**
 * Cursor and epoch by table; a table never loaded is not in the map. Throws RefusedError when there is no ledger, or when
 * somebody changed a row of it that counts.
 */
export const readCursors = async (warehouse: Warehouse, asked: Asked): Promise<Map<string, Cursor>> => {
  if (asked.tables.length === 0) return new Map()
  const stands = await askLedger(warehouse, asked.suffix, standsSql(warehouse, asked))
  const known = stands.map(({ SINCE }) => Number(SINCE))
  return cursorsSince(warehouse, asked, { since: oldest(known), stands })
}

/**
 * Who has published, or moved a cursor, since these were read, of the same tables or some of them: epoch and end by table, as
 * readCursors gives them. One statement, which looks at no older rows. Throws as readCursors.
 */
export const readCursorsAgain = async (
  warehouse: Warehouse,
  asked: Asked,
  before: Map<string, Cursor>,
): Promise<Map<string, Pick<Cursor, 'epoch' | 'high'>>> => {
  if (asked.tables.length === 0) return new Map()
  // epochs grow by the clock, so what came since is above any of these, also of a table that had none
  const known = asked.tables.flatMap((table) => before.get(table)?.since ?? [])
  return cursorsSince(warehouse, asked, { since: oldest(known), stands: [] })
}
