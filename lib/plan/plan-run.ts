/** Decides what a run moves: which tables, windows and chunks; refuses what it does not understand before anything moves. */
import type { Connection } from 'mysql2/promise'
import { RefusedError } from '../errors.ts'
import { releaseLease, takeLease, targetName } from '../lease.ts'
import type {
  Job,
  LoadKind,
  Metadata,
  Names,
  Plan,
  PublishMode,
  RunRequest,
  SourceTable,
  TableMetadata,
  TablePlan,
  Target,
  Window,
} from '../model.ts'
import { codeVersion, type SnowflakeSettings } from '../settings.ts'
import { discoverTables } from '../sources/mysql/discover.ts'
import { sampleSql } from '../sources/mysql/sample.ts'
import { splitTable } from '../sources/mysql/split.ts'
import { windowFor } from '../sources/mysql/window.ts'
import type { Warehouse } from '../warehouses/snowflake/connect.ts'
import { type Cursor, readCursors } from '../warehouses/snowflake/ledger.ts'
import { foldName } from '../warehouses/snowflake/quote.ts'
import { checkTable, keyOf } from './check-table.ts'

/** Rows a table moves in test mode. */
export const SAMPLE_ROWS = 1000
const CHUNK_ROWS = 500_000

export type PlanInput = {
  names: Names
  request: RunRequest
  metadata: Metadata
  job: Job
  tables: TableMetadata[]
  /** The plan of the run that is tried again: its windows are used as they were. */
  retried: Plan | null
}

export type Sides = { source: Connection; warehouse: Warehouse; settings: SnowflakeSettings }

type Shape = { kind: LoadKind; publish: PublishMode; window: Window | null }

/** Two tables of one name in the warehouse would replace each other, whichever jobs they are in. */
const clashes = (tables: TableMetadata[]): string[] => {
  const first = new Map<string, string>()
  return tables.flatMap(({ table }) => {
    const folded = foldName(table)
    const before = first.get(folded)
    first.set(folded, table)
    return before ? [`table_metadata.json: "${before}" and "${table}" would both be ${folded} in Snowflake`] : []
  })
}

const checkAll = (input: PlanInput, found: Map<string, SourceTable>) => {
  const findings = input.tables.map((meta) =>
    checkTable(meta, found.get(meta.table), input.metadata.schemas[meta.table]),
  )
  const problems = [...clashes(input.metadata.tables), ...findings.flatMap((each) => each.problems)]
  if (problems.length)
    throw new RefusedError(
      `Nothing was moved, since ${problems.length === 1 ? 'this does' : `these ${problems.length} do`} not hold:\n${problems.join('\n')}`,
    )
  return new Map(input.tables.map((meta, i) => [meta.table, findings[i]!.drift]))
}

/** The same window again, unless the table has been loaded past it since. */
const shapeOfRetry = (planned: TablePlan, cursor: Cursor | undefined): Shape => {
  const { kind, publish, window } = planned
  if (window && publish === 'merge' && (cursor?.high ?? null) !== window.low)
    throw new RefusedError(
      `${planned.table} has been loaded since that run, up to a later moment: there is nothing to retry. Start a new run: npm run -s firn -- run`,
    )
  return { kind, publish, window }
}

const shapeOf = async (
  input: PlanInput,
  meta: TableMetadata,
  cursor: Cursor | undefined,
  source: Connection,
): Promise<Shape> => {
  const planned = input.retried?.tables.find(({ table }) => table === meta.table)
  if (planned) return shapeOfRetry(planned, cursor)
  const column = meta.incremental_column
  // a sample never moves a cursor: it is always whole
  if (column === undefined || input.request.testMode) return { kind: 'full', publish: 'replace', window: null }
  const low = input.request.fullRefresh ? null : (cursor?.high ?? null)
  if (low !== null && cursor?.column && cursor.column !== column)
    throw new RefusedError(
      `table_metadata.json: ${meta.table}: incremental_column is "${column}", and the table was loaded by "${cursor.column}", whose values say nothing of it. Load all of it once: npm run -s firn -- run --full-refresh --tables ${meta.table}`,
    )
  const window = await windowFor(source, meta.table, {
    column,
    low,
    overlap: meta.overlap ?? 0,
    lagSeconds: input.request.lagSeconds ?? input.job.lag_seconds,
    nullCursor: meta.null_cursor ?? null,
  })
  return { kind: 'window', publish: low === null ? 'replace' : 'merge', window }
}

/** A merge reads few rows through the cursor's index: only whole tables are cut into chunks. */
const chunksOf = async (input: PlanInput, meta: TableMetadata, table: SourceTable, shape: Shape, source: Connection) =>
  shape.publish === 'merge' || input.request.testMode
    ? { column: null, chunks: [{ id: '0', from: null, to: null }] }
    : splitTable(source, table, meta.chunk_rows ?? CHUNK_ROWS)

const takeAll = async (targets: { target: Target; floor: number }[], runId: string): Promise<number[]> => {
  const taken: Target[] = []
  try {
    const epochs: number[] = []
    for (const { target, floor } of targets) {
      epochs.push((await takeLease(target, runId, floor)).epoch)
      taken.push(target)
    }
    return epochs
  } catch (error) {
    // all or none: a run that is refused must not stand in another's way
    for (const target of taken) await releaseLease(targetName(target), runId)
    throw error
  }
}

/** What a table costs to read: an estimate of its cells, since fresh tables have no honest estimate of bytes. */
const cells = (table: TablePlan): number => table.estimatedRows * table.columns.length

/** Leases are taken last, so that a refusal holds nothing; largest tables come first, so that none is waited for alone. */
export const planRun = async (input: PlanInput, { source, warehouse, settings }: Sides): Promise<Plan> => {
  const { request, metadata, tables } = input
  const suffix = request.testMode ? '_TEST' : ''
  const found = await discoverTables(
    source,
    tables.map(({ table }) => table),
  )
  const drift = checkAll(input, found)
  const targets = tables.map(
    ({ table }): Target => ({ database: settings.database, schema: settings.schema + suffix, table: foldName(table) }),
  )
  const everything = metadata.tables.map(({ table }) => table)
  const cursors = await readCursors(warehouse, { suffix, tables: everything.map(foldName) })
  const asked = new Set(tables.map(({ table }) => table))

  const planned: TablePlan[] = []
  for (const [i, meta] of tables.entries()) {
    const table = found.get(meta.table)!
    const target = targets[i]!
    const shape = await shapeOf(input, meta, cursors.get(target.table), source)
    const { column, chunks } = await chunksOf(input, meta, table, shape, source)
    planned.push({
      table: meta.table,
      columns: table.columns,
      key: keyOf(meta, table),
      ...shape,
      chunks,
      chunkColumn: column,
      sampleSql: request.testMode ? sampleSql(table, found, SAMPLE_ROWS) : null,
      estimatedRows: table.rows,
      estimatedBytes: table.bytes,
      target,
      epoch: 0,
      drift: drift.get(meta.table) ?? [],
    })
  }
  const epochs = await takeAll(
    planned.map(({ target }) => ({ target, floor: cursors.get(target.table)?.epoch ?? 0 })),
    input.names.runId,
  )
  return {
    ...input.names,
    request,
    codeVersion: codeVersion(),
    metadataDigest: metadata.digest,
    plannedAt: new Date().toISOString(),
    schemaSuffix: suffix,
    transform: input.job.transform,
    neverLoaded: everything.filter((table) => !asked.has(table) && !cursors.has(foldName(table))),
    tables: planned.map((table, i) => ({ ...table, epoch: epochs[i]! })).sort((a, b) => cells(b) - cells(a)),
  }
}
