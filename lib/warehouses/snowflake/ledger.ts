/** The ledger `_FIRN.LOADS`: a row for every load of a target, committed with the rows it covers. Nothing else remembers a cursor. */
import { RefusedError } from '../../errors.ts'
import type { LoadKind, PublishMode, Target } from '../../model.ts'
import type { Row, Warehouse } from './connect.ts'
import { FIRN_SCHEMA, firnTable } from './ddl.ts'
import { quoteTarget, quoteText } from './quote.ts'
import { textOrNull } from './rows.ts'
import { type Sealed, sealOf } from './seal.ts'
import { isMissing, isUnknownColumn } from './translate.ts'

/**
 * Columns of LOADS in order. LOW and HIGH are the cursor's bounds as the exact text the source gave. Counts and epochs have
 * the digits that eight bytes hold, as every plan compares them over all of history; a hash needs one more.
 */
export const LOADS_COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['RUN_ID', 'VARCHAR(255)'],
  ['JOB', 'VARCHAR(255)'],
  ['TARGET', 'VARCHAR(600)'],
  ['KIND', 'VARCHAR(20)'],
  ['MODE', 'VARCHAR(20)'],
  ['ATTEMPT', 'VARCHAR(64)'],
  ['EPOCH', 'NUMBER(18,0)'],
  ['LOW', 'VARCHAR(255)'],
  ['HIGH', 'VARCHAR(255)'],
  ['CURSOR_COLUMN', 'VARCHAR(16777216)'],
  ['ROWS_READ', 'NUMBER(18,0)'],
  ['ROWS_STAGED', 'NUMBER(18,0)'],
  ['DUPLICATES', 'NUMBER(18,0)'],
  ['BOUNDARY_ROWS', 'NUMBER(18,0)'],
  ['ROWS_BEFORE', 'NUMBER(18,0)'],
  ['INSERTED', 'NUMBER(18,0)'],
  ['UPDATED', 'NUMBER(18,0)'],
  ['KEPT', 'NUMBER(18,0)'],
  ['REMOVED', 'NUMBER(18,0)'],
  ['ROWS_IN_TARGET', 'NUMBER(18,0)'],
  ['STARTED_AT', 'TIMESTAMP_NTZ(6)'],
  ['PUBLISHED_AT', 'TIMESTAMP_NTZ(6)'],
  ['SEAL', 'VARCHAR(64)'],
  // what a whole copy brought, and what the target was when it had been brought
  ['CONTENT', 'VARCHAR(64)'],
  ['TARGET_HASH', 'NUMBER(19,0)'],
  // what its rows were read under, as lib/plan/terms.ts says
  ['TERMS', 'VARCHAR(16777216)'],
]

/** One load, whose files are counted and audited: what its ledger row says before it is published. */
export type Load = {
  job: string
  runId: string
  attempt: string
  epoch: number
  target: Target
  suffix: string
  kind: LoadKind
  publish: PublishMode
  low: string | null
  high: string | null
  /** The column the bounds are of; null for a load without a window. */
  cursorColumn: string | null
  rowsRead: number
  rowsStaged: number
  duplicates: number
  boundaryRows: number
  /** ISO 8601, UTC. */
  startedAt: string
  /** What a whole copy brings; null for any other load. */
  content: string | null
  /** What its rows were read under (lib/plan/terms.ts); null when nobody said. */
  terms: string | null
}

/** A ledger row as it stands. `kept`: rows that were read and not taken, since the target has them, or newer ones. */
export type Published = {
  publish: PublishMode
  attempt: string
  epoch: number
  rowsRead: number
  rowsStaged: number
  duplicates: number
  boundaryRows: number
  inserted: number
  updated: number
  kept: number
  /** Rows that went, or were marked as deleted; 0 where all rows were replaced. */
  removed: number
  rowsInTarget: number
  low: string | null
  high: string | null
}

/** How a target is called in the ledger: `RAW.ORDERS`. */
export const ledgerName = ({ schema, table }: Target): string => `${schema}.${table}`

export const loadsTable = (database: string, suffix: string): string =>
  quoteTarget(firnTable(database, suffix, 'LOADS'))

/** Which load a ledger row is of: at most one of a kind. */
type LoadKey = Pick<Load, 'target' | 'suffix' | 'runId' | 'kind'>

/** Condition on LOADS, under an alias: the row of this run for this target. */
export const isLoad = ({ target, runId, kind }: LoadKey, alias: string): string => {
  const at = (column: string, value: string) => `${alias}.${column} = ${quoteText(value)}`
  return [at('RUN_ID', runId), at('TARGET', ledgerName(target)), at('KIND', kind)].join(' AND ')
}

const publishedSql = (load: LoadKey): string =>
  `SELECT L.MODE, L.ATTEMPT, L.EPOCH, L.ROWS_READ, L.ROWS_STAGED, L.DUPLICATES, L.BOUNDARY_ROWS,
  L.INSERTED, L.UPDATED, L.KEPT, L.REMOVED, L.ROWS_IN_TARGET, L.LOW, L.HIGH
FROM ${loadsTable(load.target.database, load.suffix)} AS L WHERE ${isLoad(load, 'L')}`

const published = (row: Row): Published => ({
  publish: String(row.MODE) as PublishMode,
  attempt: String(row.ATTEMPT),
  epoch: Number(row.EPOCH),
  rowsRead: Number(row.ROWS_READ),
  rowsStaged: Number(row.ROWS_STAGED),
  duplicates: Number(row.DUPLICATES),
  boundaryRows: Number(row.BOUNDARY_ROWS),
  inserted: Number(row.INSERTED),
  updated: Number(row.UPDATED),
  kept: Number(row.KEPT),
  removed: Number(row.REMOVED),
  rowsInTarget: Number(row.ROWS_IN_TARGET),
  low: textOrNull(row.LOW),
  high: textOrNull(row.HIGH),
})

/** A statement on the ledger. Throws RefusedError with the command that mends it when there is none, or an older one. */
export const askLedger = async (warehouse: Warehouse, suffix: string, sql: string): Promise<Row[]> => {
  try {
    return await warehouse.query(sql)
  } catch (error) {
    if (isUnknownColumn(error))
      throw new RefusedError(
        `The ledger ${warehouse.database}.${FIRN_SCHEMA}${suffix}.LOADS was made by an earlier release and has too few columns. Give it those that are new: npm run -s firn -- setup snowflake --run`,
        { cause: error },
      )
    if (!isMissing(error)) throw error
    throw new RefusedError(
      `Snowflake has no ledger ${warehouse.database}.${FIRN_SCHEMA}${suffix}.LOADS, or this user may not see it. Make it: npm run -s firn -- setup snowflake --run`,
      { cause: error },
    )
  }
}

/** What this run has published to its target already; null for nothing. Throws RefusedError when there is no ledger. */
export const readPublished = async (warehouse: Warehouse, load: LoadKey): Promise<Published | null> => {
  const [row] = await askLedger(warehouse, load.suffix, publishedSql(load))
  return row === undefined ? null : published(row)
}

/** A ledger row's columns that checkSeals looks at. */
export const SEALED_COLUMNS =
  'L.TARGET, L.RUN_ID, L.KIND, L.MODE, L.ATTEMPT, L.EPOCH, L.LOW, L.HIGH, L.CURSOR_COLUMN, L.TERMS, L.SEAL'

const sealed = (row: Row): Sealed => ({
  runId: String(row.RUN_ID),
  name: String(row.TARGET),
  kind: String(row.KIND) as LoadKind,
  publish: String(row.MODE) as PublishMode,
  attempt: String(row.ATTEMPT),
  epoch: Number(row.EPOCH),
  low: textOrNull(row.LOW),
  high: textOrNull(row.HIGH),
  cursorColumn: textOrNull(row.CURSOR_COLUMN),
  terms: textOrNull(row.TERMS),
})

const checkSeal = (row: Row, where: string): void => {
  const found = sealed(row)
  if (sealOf(found) === row.SEAL) return
  const table = found.name.slice(found.name.indexOf('.') + 1)
  throw new RefusedError(
    `${where} was changed by hand: its row of run ${found.runId} for ${found.name} (${found.kind}, up to ${found.high ?? 'no cursor'}) is not as that run wrote it, so nobody can say how far the table is loaded. Put it back as it was, or delete that row; then npm run -s firn -- state rewind|reset for ${table}, which write rows of their own`,
  )
}

/** Throws RefusedError when one of the rows, which have SEALED_COLUMNS, is not as a load wrote it. */
export const checkSeals = ({ database }: Warehouse, suffix: string, rows: Row[]): void => {
  for (const row of rows) checkSeal(row, `The ledger ${database}.${FIRN_SCHEMA}${suffix}.LOADS`)
}
