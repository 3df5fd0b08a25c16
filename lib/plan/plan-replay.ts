/** What a replay loads: an old run's staged files, as they are. MySQL is not asked. */
import { RefusedError } from '../errors.ts'
import type { Names, Plan, PublishMode, RunRequest, TableMetadata, TablePlan } from '../model.ts'
import { runFolder } from '../run-folder.ts'
import { type Catalogue, foundTarget, readCatalogue } from '../warehouses/snowflake/catalogue.ts'
import type { Warehouse } from '../warehouses/snowflake/connect.ts'
import { evolutionOf, misfitsIn } from '../warehouses/snowflake/evolve.ts'
import { ledgerName } from '../warehouses/snowflake/ledger.ts'
import { type NewestLoad, readNewestLoads } from '../warehouses/snowflake/ledger-history.ts'
import { foldName } from '../warehouses/snowflake/quote.ts'
import { type Cursor, readCursors } from '../warehouses/snowflake/standing.ts'
import { replayProblems } from './check-replay.ts'

type Replay = {
  suffix: Plan['schemaSuffix']
  tables: TablePlan[]
  cursors: Map<string, Cursor>
  filesOf: Names
  stale: Catalogue['stale']
}

const NEW_RUN = 'Start a new run: npm run -s firn -- run'

/** The run that read the files; a replay of a replay is one of the first. */
const origin = async (job: string, runId: string): Promise<{ plan: Plan; filesOf: Names }> => {
  const plan = await runFolder({ job, runId }).planIfAny()
  if (!plan)
    throw new RefusedError(
      `Run ${runId} of job ${job} has no plan, so nothing of it can be loaded again: it is another job's, or it was refused. See them: npm run -s firn -- runs`,
    )
  if (!plan.filesOf) return { plan, filesOf: { job, runId } }
  return { plan: await runFolder(plan.filesOf).plan(), filesOf: plan.filesOf }
}

const chosen = (plan: Plan, asked: string[] | undefined): TablePlan[] => {
  const unknown = (asked ?? []).filter((name) => !plan.tables.some(({ table }) => table === name))
  if (unknown.length)
    throw new RefusedError(
      `Run ${plan.runId} has no table ${unknown.map((name) => `"${name}"`).join(', ')}. It has: ${plan.tables.map(({ table }) => table).join(', ')}`,
    )
  return asked ? plan.tables.filter(({ table }) => asked.includes(table)) : plan.tables
}

/** Chunks of a table that the run never finished reading. */
const unread = async (filesOf: Names, { table, chunks }: TablePlan): Promise<number> => {
  const found = await Promise.all(chunks.map(({ id }) => runFolder(filesOf).chunk(table, id)))
  return found.filter((chunk) => chunk === null).length
}

/**
 * How the files become the target's rows. By key wherever there is one, so that nothing newer is overwritten. A whole table,
 * or rows without a key, take the place of what is there, which must then not be newer.
 */
const modeOf = (table: TablePlan, newest: NewestLoad | undefined): PublishMode | null => {
  const isMissing = table.found.columns === null
  if (table.kind !== 'full' && table.key.length > 0 && !(isMissing && table.publish === 'replace')) return 'merge'
  // what the run rebuilt has its columns by now, or else is told not to fit
  const whole = table.publish === 'rebuild' ? 'replace' : table.publish
  return newest && newest.epoch > table.epoch ? null : whole
}

type Replayed = { filesOf: Names; newest: NewestLoad | undefined; meta: TableMetadata | undefined }

/** The table as it is loaded again, or why it cannot be, in words. A table that the metadata has no more is as it was. */
const replayed = async (table: TablePlan, { filesOf, newest, meta }: Replayed) => {
  if (table.refused !== undefined) return `${table.table}: the run was refused it, and read nothing of it`
  const { schema, table: name } = table.target
  const missing = await unread(filesOf, table)
  if (missing > 0)
    return `${table.table}: ${missing} of its ${table.chunks.length} chunks were never read to their end, so the run has no whole copy of it`
  const otherwise = meta ? replayProblems(meta, table, newest?.terms ?? null) : []
  if (otherwise.length)
    return `${table.table}: run ${filesOf.runId} read it otherwise than the metadata says now: ${otherwise.join('; ')}. Read it again: npm run -s firn -- run --full-refresh --tables ${table.table}`
  const publish = modeOf(table, newest)
  if (publish === null)
    return `${table.table}: run ${newest!.runId} has loaded ${schema}.${name} since, at ${newest!.publishedAt} UTC, and what run ${filesOf.runId} read would replace it: it is older than what is published`
  const { sweep: _, ...loaded } = table
  const plan: TablePlan = { ...loaded, kind: 'replay', publish, drift: [], warnings: [] }
  const misfits = misfitsIn(evolutionOf(plan.target, plan.columns, plan.found.columns ?? []))
  if (plan.found.columns && misfits.length)
    return `${table.table}: what run ${filesOf.runId} read no longer fits ${schema}.${name}: ${misfits.join('; ')}`
  return plan
}

/**
 * The tables of the run that `request.replayOf` names, or those of them that are asked for, with files that are all there.
 * Throws RefusedError with every table that cannot be loaded again: one that was not read to its end, one whose whole copy
 * is older than what is published, one that today's metadata would read otherwise. `known`: the metadata's tables, whose
 * cursors are looked up before anything else of the ledger is.
 */
export const replayTables = async (
  job: string,
  request: RunRequest,
  warehouse: Warehouse,
  known: TableMetadata[],
): Promise<Replay> => {
  const { plan, filesOf } = await origin(job, request.replayOf!)
  const suffix = plan.schemaSuffix
  const tables = chosen(plan, request.tables)
  const cursors = await readCursors(warehouse, { suffix, tables: known.map(({ table }) => foldName(table)) })
  const targets = tables.map(({ target }) => ledgerName(target))
  const [catalogue, newest] = await Promise.all([
    readCatalogue(warehouse, suffix),
    readNewestLoads(warehouse, suffix, targets),
  ])
  const found = await Promise.all(
    tables.map((table) => {
      const looked = { ...table, found: foundTarget(catalogue, table.target) }
      const meta = known.find((each) => each.table === table.table)
      return replayed(looked, { filesOf, newest: newest.get(ledgerName(table.target)), meta })
    }),
  )
  const problems = found.filter((each) => typeof each === 'string')
  if (problems.length)
    throw new RefusedError(
      `Run ${filesOf.runId} was not loaded again:\n${problems.join('\n')}\n${problems.length < tables.length ? 'The others can be named: --tables. ' : ''}${NEW_RUN}`,
    )
  return { suffix, filesOf, cursors, tables: found.filter((each) => typeof each !== 'string'), stale: catalogue.stale }
}
