/** What a run of one table would do, as text, from the same functions that a run makes its statements with. Pure. */
import { stagedColumns } from '../../columns/staged.ts'
import { snowflakeType } from '../../columns/types.ts'
import type {
  Chunk,
  ColumnPolicies,
  Drift,
  LoadKind,
  PublishMode,
  Sweep,
  TablePlan,
  Target,
  Window,
} from '../../model.ts'
import { chunkSelectSql } from '../../sources/mysql/select.ts'
import { sweepPlan } from '../../sweep.ts'
import { auditSql } from '../../warehouses/snowflake/audit.ts'
import { besideSql } from '../../warehouses/snowflake/beside.ts'
import { besideTable, dropTableSql, stageTable, stageTableSql } from '../../warehouses/snowflake/ddl.ts'
import { deletedAtSql, evolveSql, marksSql } from '../../warehouses/snowflake/evolve.ts'
import { makeFenceSql } from '../../warehouses/snowflake/fence.ts'
import type { Load } from '../../warehouses/snowflake/ledger.ts'
import { publishSql } from '../../warehouses/snowflake/publish/publish.ts'
import { externalCopySql } from '../../warehouses/snowflake/routes/external.ts'
import { heldOf, sweepAuditSql } from '../../warehouses/snowflake/sweep-audit.ts'

/** Stands for what only a run has. */
export const PLACEHOLDERS = { runId: '<run>', attempt: '<attempt>', startedAt: '<started>' }

/** `what`: in words, for people. */
export type Statement = { what: string; sql: string }

export type PreviewedColumn = { name: string; mysql: string; snowflake: string; policies: ColumnPolicies }

/** Statements of a sweep, which come before those of its table; `mysql` as a table's. */
type SweepPreview = Pick<Sweep, 'how' | 'cap' | 'chunks'> & { mysql: Statement[]; snowflake: Statement[] }

/**
 * `rows`, `bytes`: estimates of what is read, bytes as MySQL keeps them. `problems`: why this table would fail although the
 * plan is good. `mysql`: a statement a chunk, in order.
 */
export type TablePreview = {
  table: string
  target: string
  kind: LoadKind
  publish: PublishMode
  window: Window | null
  key: string[]
  chunkColumns: string[]
  chunks: Chunk[]
  rows: number
  bytes: number
  columns: PreviewedColumn[]
  drift: Drift[]
  warnings: string[]
  problems: string[]
  mysql: Statement[]
  snowflake: Statement[]
  /** Where the run would look for deleted rows. */
  sweep?: SweepPreview
}

/** `prefix`: where the run folder would be. `rows`: about how many would be read. */
type Previewed = {
  plan: TablePlan
  job: string
  suffix: string
  prefix: string
  rows: number
}

const nameOf = ({ database, schema, table }: Target) => `${database}.${schema}.${table}`

/** The target made, or its columns brought up to date, or a table made beside it; nothing of one that is refused. */
const prepared = ({ plan }: Previewed): Statement[] => {
  if (plan.refused !== undefined) return []
  if (plan.kind === 'sweep')
    return deletedAtSql(plan.target, plan.found).map((sql) => ({ what: 'give the target the mark, once', sql }))
  if (plan.publish === 'rebuild')
    return besideSql(plan, besideTable(plan.target, PLACEHOLDERS.attempt)).map((sql) => ({
      what: 'make a table beside the target',
      sql,
    }))
  const what = plan.found.columns ? "bring the target's columns up to date" : 'make the target'
  return [...evolveSql(plan), ...marksSql(plan, PLACEHOLDERS.runId)].map((sql) => ({ what, sql }))
}

/** The ledger row of a run that is not: counts and epoch are what the run will know. */
const loadOf = ({ plan, job, suffix }: Previewed): Load => ({
  ...PLACEHOLDERS,
  ...{ job, suffix, epoch: 0, target: plan.target, kind: plan.kind, publish: plan.publish },
  low: plan.window?.low ?? null,
  high: plan.window?.high ?? null,
  cursorColumn: plan.window?.columns.join() ?? null,
  ...{ rowsRead: 0, rowsStaged: 0, duplicates: 0, boundaryRows: 0, content: null, terms: plan.terms ?? null },
})

/** Rows of either kind, so that the statements for both are shown. */
const SOME = { rows: 1, gone: 1, returned: 1 }

/** Every statement Load would send for the plan of a window, or of a sweep, in its order. */
const snowflakeSql = (previewed: Previewed): Statement[] => {
  const { plan, suffix, prefix } = previewed
  const stage = stageTable(plan.target, suffix, PLACEHOLDERS.attempt)
  const files = [`${prefix}<table>/<chunk>-<attempt>-<part>.parquet`]
  const isSweep = plan.kind === 'sweep'
  const sweep = isSweep ? { sweep: { how: plan.sweep!.how, counts: SOME } } : {}
  const publish = publishSql({ load: loadOf(previewed), plan, stage, ...sweep })
  return [
    ...prepared(previewed),
    ...(plan.found.fence
      ? []
      : makeFenceSql({ target: plan.target, suffix }).map((sql) => ({ what: "make the target's fence, once", sql }))),
    { what: 'make the stage table', sql: stageTableSql(stage, stagedColumns(plan)) },
    { what: 'copy the staged files', sql: externalCopySql(stage, files) },
    {
      what: isSweep ? 'audit what was staged, count what is gone' : 'audit what was staged',
      sql: isSweep ? sweepAuditSql(heldOf(plan, stage)) : auditSql(plan, stage),
    },
    { what: 'publish, in one transaction', sql: ['BEGIN TRANSACTION', ...publish, 'COMMIT'].join(';\n') },
    { what: 'drop the stage table', sql: dropTableSql(stage) },
    ...(plan.publish === 'rebuild'
      ? [
          {
            what: 'drop the table as it was',
            sql: dropTableSql(besideTable(plan.target, PLACEHOLDERS.attempt)),
          },
        ]
      : []),
  ]
}

const spanOf = ({ from, to }: Chunk): string =>
  from === null && to === null
    ? 'all of it'
    : [from && `after (${from.join(', ')})`, to && `up to (${to.join(', ')})`].filter(Boolean).join(', ')

/** Bytes in proportion to the rows; all of the table's when nobody knows how many rows it has. */
const bytesOf = ({ plan, rows }: Previewed): number =>
  plan.estimatedRows ? Math.round(plan.estimatedBytes * Math.min(1, rows / plan.estimatedRows)) : plan.estimatedBytes

/** A statement a chunk. */
const mysqlSql = (plan: TablePlan): Statement[] =>
  plan.chunks.map((chunk) => ({
    what: `${plan.kind === 'sweep' ? 'keys, ' : ''}chunk ${chunk.id}: ${spanOf(chunk)}`,
    sql: chunkSelectSql(plan, chunk),
  }))

const sweepOf = (previewed: Previewed): { sweep?: SweepPreview } => {
  if (!previewed.plan.sweep) return {}
  const { how, cap, chunks } = previewed.plan.sweep
  const plan = sweepPlan(previewed.plan)
  return { sweep: { how, cap, chunks, mysql: mysqlSql(plan), snowflake: snowflakeSql({ ...previewed, plan }) } }
}

/** One table's preview. Throws what its statements' functions throw for a plan that makes no sense. */
export const previewTable = (previewed: Previewed): TablePreview => {
  const { plan, rows } = previewed
  const problems = plan.refused === undefined ? [] : [plan.refused]
  const { table, kind, publish, window, key, chunkColumns, chunks, warnings } = plan
  return {
    ...{ table, kind, publish, window, key, chunkColumns, chunks, warnings, rows, problems },
    target: nameOf(plan.target),
    bytes: bytesOf(previewed),
    columns: plan.columns.map((column) => ({
      name: column.name,
      mysql: `${column.type}${column.nullable ? '' : ' not null'}`,
      snowflake: snowflakeType(column),
      policies: column.policies ?? {},
    })),
    drift: plan.drift,
    mysql: mysqlSql(plan),
    snowflake: problems.length ? [] : snowflakeSql(previewed),
    ...sweepOf(previewed),
  }
}
