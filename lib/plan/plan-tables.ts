/** What each table of a run moves: columns, window, chunks. Takes nothing, so that it may be asked for without moving anything. */
import type { Connection } from 'mysql2/promise'
import { RefusedError } from '../errors.ts'
import type {
  Drift,
  FoundTarget,
  Job,
  LoadKind,
  Metadata,
  Names,
  Plan,
  PublishMode,
  Resting,
  RunRequest,
  SourceTable,
  TableMetadata,
  TablePlan,
  Target,
  Window,
} from '../model.ts'
import type { SnowflakeSettings } from '../settings.ts'
import { discoverTables } from '../sources/mysql/discover.ts'
import { stalenessWarnings } from '../sources/mysql/replica.ts'
import { saltHash, saltProblems } from '../sources/mysql/salt.ts'
import { sampleSql } from '../sources/mysql/sample.ts'
import { windowFor } from '../sources/mysql/window.ts'
import { windowWarnings } from '../sources/mysql/window-gaps.ts'
import { type Catalogue, foundTarget, readCatalogue } from '../warehouses/snowflake/catalogue.ts'
import type { Warehouse } from '../warehouses/snowflake/connect.ts'
import { BESIDE_PREFIX } from '../warehouses/snowflake/ddl.ts'
import { goneError } from '../warehouses/snowflake/evolve.ts'
import { foldName, tableNameProblems } from '../warehouses/snowflake/quote.ts'
import { type Cursor, readCursors } from '../warehouses/snowflake/standing.ts'
import { shapeOfBackfill } from './backfill.ts'
import { withoutResting } from './cadence.ts'
import { checkTable } from './check-table.ts'
import { termsProblems } from './check-terms.ts'
import { whereProblems } from './check-where.ts'
import { planChunks } from './chunks.ts'
import { settleDrift } from './drift.ts'
import { targetFileBytes } from './file-size.ts'
import { cursorOf, keyOf } from './policies.ts'
import { planSweep, sweepProblems } from './sweep.ts'
import { termsOf } from './terms.ts'

/** Rows a table moves in test mode. */
export const SAMPLE_ROWS = 1000

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

/** `cursors`: how far every table of the metadata has been loaded, by its name in the warehouse. */
type PlannedTables = {
  suffix: '' | '_TEST'
  tables: TablePlan[]
  resting: Resting[]
  cursors: Map<string, Cursor>
  stale: Catalogue['stale']
}

/** How a table is read and published in this run. */
export type Shape = { kind: LoadKind; publish: PublishMode; window: Window | null }

/** Throws RefusedError when there are any. */
const refuseProblems = (problems: string[]): void => {
  if (problems.length)
    throw new RefusedError(
      `Nothing was moved, since ${problems.length === 1 ? 'this does' : `these ${problems.length} do`} not hold:\n${problems.join('\n')}`,
    )
}

const checkAll = async (input: PlanInput, live: Map<string, SourceTable>, source: Connection) => {
  const findings = input.tables.map((meta) =>
    checkTable(meta, live.get(meta.table), input.metadata.schemas[meta.table]),
  )
  const salt = await saltHash(source, input.tables)
  refuseProblems([
    ...tableNameProblems(input.metadata.tables.map(({ table }) => table)).map((each) => `table_metadata.json: ${each}`),
    ...findings.flatMap((each) => each.problems),
    ...sweepProblems(input.request, input.tables),
    ...(await whereProblems(source, input.tables, live)),
    ...saltProblems(input.tables, salt),
  ])
  return { salt, drift: new Map(input.tables.map((meta, i) => [meta.table, findings[i]!.drift])) }
}

const lagOf = ({ request, job }: PlanInput): number => request.lagSeconds ?? job.lag_seconds

/** The same window again, unless the table has been loaded past it since. */
const shapeOfRetry = (planned: TablePlan, cursor: Cursor | undefined): Shape => {
  const { kind, publish, window } = planned
  if (kind === 'window' && window && cursor?.high !== window.low)
    throw new RefusedError(
      `${planned.table} has been loaded since that run, up to a later moment: there is nothing to retry. Start a new run: npm run -s firn -- run`,
    )
  return { kind, publish, window }
}

/** All of a table is read as it is now, and ends where it ends now: the cursor does not go back to where the failed run saw it. */
const isWhole = ({ window, publish }: TablePlan): boolean =>
  window?.low === null && publish !== 'merge' && publish !== 'append'

const shapeOf = async (
  input: PlanInput,
  meta: TableMetadata,
  cursor: Cursor | undefined,
  source: Connection,
): Promise<Shape> => {
  const planned = input.retried?.tables.find(({ table }) => table === meta.table)
  if (planned && planned.refused === undefined && !isWhole(planned)) return shapeOfRetry(planned, cursor)
  const columns = cursorOf(meta)
  if (input.request.backfill) return shapeOfBackfill(source, meta, input.request.backfill)
  // a sample never moves a cursor: it is always whole
  if (columns.length === 0 || input.request.testMode) return { kind: 'full', publish: 'replace', window: null }
  const low = input.request.fullRefresh || input.request.accept ? null : (cursor?.high ?? null)
  if (low !== null && cursor?.column && cursor.column !== columns.join())
    throw new RefusedError(
      `table_metadata.json: ${meta.table}: incremental_column is "${columns.join()}", and the table was loaded by "${cursor.column}", whose values say nothing of it. Load all of it once: npm run -s firn -- run --full-refresh --tables ${meta.table}`,
    )
  const window = await windowFor(source, meta.table, {
    columns,
    low,
    overlap: meta.overlap ?? 0,
    lagSeconds: lagOf(input),
    nullCursor: meta.null_cursor ?? null,
    zone: meta.cursor_time_zone,
    where: meta.where ?? null,
  })
  const later = meta.load_strategy === 'append' ? 'append' : 'merge'
  return { kind: 'window', publish: low === null ? 'replace' : later, window }
}

/** What a table costs to read: an estimate of its cells, since fresh tables have no honest estimate of bytes. */
const cells = (table: TablePlan): number => table.estimatedRows * table.columns.length

const conditionsOf = ({ tables }: PlanInput) =>
  new Map(tables.flatMap(({ table, where }) => (where ? [[table, where] as const] : [])))

/** `accepted`: whether a person, or test mode, lets the target be rebuilt. */
type TableInput = {
  meta: TableMetadata
  live: SourceTable
  settled: ReturnType<typeof settleDrift>
  accepted: boolean
  found: FoundTarget
  target: Target
  cursor: Cursor | undefined
  terms: string
}

/** What a plan says of a table whether it moves or not. */
const tableFacts = ({ meta, settled, found, target, terms }: TableInput) => ({
  table: meta.table,
  columns: settled.source.columns,
  key: keyOf(meta, settled.source),
  where: meta.where ?? null,
  targetFileBytes: targetFileBytes(meta, settled.source),
  ...(meta.target_file_mb === undefined ? {} : { targetFileMb: meta.target_file_mb }),
  terms,
  found,
  sampleSql: null,
  estimatedRows: settled.source.rows,
  estimatedBytes: settled.source.bytes,
  target,
  epoch: 0,
  drift: settled.drift,
  warnings: [],
})

/** A table of which nothing moves, while the others do: no chunk is looked for. */
const refusedPlan = (table: TableInput, refused: string): TablePlan => ({
  ...tableFacts(table),
  ...{ kind: 'full', publish: 'none', window: null, chunks: [], chunkColumns: [] },
  refused,
})

/** What is accepted takes the target's place. */
const publishedAs = ({ accepted, found }: TableInput, { publish }: Shape): PublishMode =>
  accepted && publish === 'replace' && found.columns !== null ? 'rebuild' : publish

/** Where the table that is replaced goes, and for how long. */
const rebuildWarnings = ({ target }: TableInput, publish: PublishMode): string[] =>
  publish === 'rebuild'
    ? [
        `${target.schema}.${target.table} is rebuilt. As it was it can be had back as long as Snowflake's Time Travel goes (a day, if nobody has said otherwise): SHOW TABLES HISTORY LIKE '${BESIDE_PREFIX}${target.table}_%' IN SCHEMA ${target.schema}, then UNDROP TABLE`,
      ]
    : []

/**
 * A whole copy that nobody asked for by name need not be put away, nor published, twice. A retry is held against nothing: it
 * may be the last copy's files that cannot be loaded.
 */
const lastCopy = (
  { cursor, accepted }: TableInput,
  { kind }: Shape,
  { fullRefresh, retryOf }: RunRequest,
): Pick<TablePlan, 'lastCopy'> =>
  kind === 'full' && cursor?.copy && !fullRefresh && !accepted && !retryOf ? { lastCopy: cursor.copy } : {}

const planTable = async (
  input: PlanInput,
  sources: Map<string, SourceTable>,
  table: TableInput,
  connection: Connection,
): Promise<TablePlan> => {
  const { meta, settled, found, target, cursor } = table
  if (settled.refused !== undefined) return refusedPlan(table, settled.refused)
  const { testMode } = input.request
  const shape = await shapeOf(input, meta, cursor, connection)
  if (found.columns === null && shape.publish !== 'replace')
    return refusedPlan(table, goneError(meta.table, target).message)
  const request = { meta, source: settled.source, shape, sampled: !!testMode }
  const { columns, index, chunks, warnings } = await planChunks(connection, request)
  const whole = { ...settled.source, where: meta.where ?? null, ...shape }
  const gaps = shape.kind === 'window' ? await windowWarnings(connection, whole) : []
  const sweep = await planSweep(connection, { meta, source: settled.source, shape, cursor, request: input.request })
  const publish = publishedAs(table, shape)
  return {
    ...tableFacts(table),
    ...shape,
    publish,
    chunks,
    chunkColumns: columns,
    ...(index === null ? {} : { chunkIndex: index }),
    ...(sweep ? { sweep } : {}),
    ...lastCopy(table, shape, input.request),
    sampleSql: testMode ? sampleSql(settled.source, sources, SAMPLE_ROWS, conditionsOf(input)) : null,
    warnings: [...rebuildWarnings(table, publish), ...warnings, ...gaps],
  }
}

/** Every table with how its target stands, and what that means for it. */
const settleAll = (
  { tables, request }: PlanInput,
  { settings }: Sides,
  live: Map<string, SourceTable>,
  { catalogue, drift }: { catalogue: Catalogue; drift: Map<string, Drift[]> },
): Omit<TableInput, 'cursor' | 'terms'>[] =>
  tables.map((meta) => {
    const schema = settings.schema + suffixOf(request)
    const target = { database: settings.database, schema, table: foldName(meta.table) }
    const table = { meta, live: live.get(meta.table)!, target, found: foundTarget(catalogue, target) }
    const settle = (accept: boolean) => settleDrift({ ...table, fromFile: drift.get(meta.table) ?? [], accept })
    const asked = settle(request.accept === true)
    // a sample is nobody's history
    const accepted = request.accept === true || (request.testMode === true && asked.refused !== undefined)
    return { ...table, accepted, settled: accepted ? settle(true) : asked }
  })

const termsIn = ({ meta, settled: { source } }: Pick<TableInput, 'meta' | 'settled'>, salt: string | null): string =>
  termsOf({ columns: source.columns, key: keyOf(meta, source), where: meta.where ?? null }, salt)

const suffixOf = ({ testMode }: RunRequest) => (testMode ? '_TEST' : '')

/**
 * Plans every table of a request, largest first, so that none is waited for alone. Epochs are 0: no lease is taken. The
 * warehouse's catalogue and its ledger are read once each, for all of them.
 */
export const planTables = async (input: PlanInput, sides: Sides): Promise<PlannedTables> => {
  const { request, metadata, tables } = input
  const { source, warehouse } = sides
  const suffix = suffixOf(request)
  const live = await discoverTables(
    source,
    tables.map(({ table }) => table),
  )
  const { drift, salt } = await checkAll(input, live, source)
  const everything = metadata.tables.map(({ table }) => foldName(table))
  const late = await stalenessWarnings(source, lagOf(input))
  const cursors = await readCursors(warehouse, { suffix, tables: everything })
  const catalogue = await readCatalogue(warehouse, suffix)
  const everyone = settleAll(input, sides, live, { catalogue, drift }).map((table) => ({
    ...table,
    cursor: cursors.get(table.target.table),
    terms: termsIn(table, salt),
  }))
  const { moving: settled, resting } = withoutResting(everyone, request)
  const agreed = settled.filter(({ settled: { refused } }) => refused === undefined)
  refuseProblems(agreed.flatMap((table) => termsProblems({ ...table, source: table.settled.source, request })))
  const sources = new Map(settled.map((each) => [each.meta.table, each.settled.source]))
  const planned: TablePlan[] = []
  for (const table of settled) {
    const plan = await planTable(input, sources, table, source)
    planned.push({ ...plan, warnings: [...late, ...plan.warnings] })
  }
  return { suffix, tables: planned.sort((a, b) => cells(b) - cells(a)), resting, cursors, stale: catalogue.stale }
}
