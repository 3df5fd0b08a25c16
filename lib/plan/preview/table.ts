/** What a run of one table would do, as text, from the same functions that a run makes its statements with. Pure. */
import { stagedColumns } from '../../columns/staged.ts'
import { snowflakeType } from '../../columns/types.ts'
import { DriftError } from '../../errors.ts'
import type { Chunk, ColumnPolicies, Drift, LoadKind, PublishMode, TablePlan, Target, Window } from '../../model.ts'
import { chunkSelectSql } from '../../sources/mysql/select.ts'
import { auditSql } from '../../warehouses/snowflake/audit.ts'
import { missingColumns } from '../../warehouses/snowflake/catalogue.ts'
import {
  addColumnSql,
  createTargetSql,
  dropTableSql,
  stageTable,
  stageTableSql,
} from '../../warehouses/snowflake/ddl.ts'
import { makeFenceSql } from '../../warehouses/snowflake/fence.ts'
import type { Load } from '../../warehouses/snowflake/ledger.ts'
import { publishSql } from '../../warehouses/snowflake/publish/publish.ts'
import { externalCopySql } from '../../warehouses/snowflake/routes/external.ts'

/** Stands for what only a run has. */
export const PLACEHOLDERS = { runId: '<run>', attempt: '<attempt>', startedAt: '<started>' }

/** `what`: in words, for people. */
export type Statement = { what: string; sql: string }

export type PreviewedColumn = { name: string; mysql: string; snowflake: string; policies: ColumnPolicies }

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
}

/** `prefix`: where the run folder would be. `rows`: about how many would be read. */
type Previewed = {
  plan: TablePlan
  job: string
  suffix: string
  prefix: string
  rows: number
}

type Prepared = { statements: Statement[]; drift: Drift[]; problems: string[] }

const nameOf = ({ database, schema, table }: Target) => `${database}.${schema}.${table}`

/** The target made, or widened by the columns it lacks; or why it cannot be loaded as it is. */
const prepared = ({ plan }: Previewed): Prepared => {
  const { target, columns } = plan
  const there = plan.found.columns
  if (!there && plan.publish !== 'replace')
    return {
      ...{ statements: [], drift: [] },
      problems: [
        `${nameOf(target)} is not there, and its ledger says it was loaded before. Load all of it: npm run -s firn -- run --full-refresh --tables ${plan.table}`,
      ],
    }
  if (!there)
    return { statements: [{ what: 'make the target', sql: createTargetSql(target, columns) }], drift: [], problems: [] }
  try {
    const added = missingColumns(target, columns, there)
    return {
      statements: added.map((column) => ({ what: 'add a column to the target', sql: addColumnSql(target, column) })),
      drift: added.map((column) => ({
        column: column.name,
        change: 'added',
        detail: `${snowflakeType(column)}, not yet in ${nameOf(target)}; NULL in rows loaded before`,
      })),
      problems: [],
    }
  } catch (error) {
    if (!(error instanceof DriftError)) throw error
    return { statements: [], drift: [], problems: [error.message] }
  }
}

/** The ledger row of a run that is not: counts and epoch are what the run will know. */
const loadOf = ({ plan, job, suffix }: Previewed): Load => ({
  ...PLACEHOLDERS,
  ...{ job, suffix, epoch: 0, target: plan.target, kind: plan.kind, publish: plan.publish },
  low: plan.window?.low ?? null,
  high: plan.window?.high ?? null,
  cursorColumn: plan.window?.columns.join() ?? null,
  ...{ rowsRead: 0, rowsStaged: 0, duplicates: 0, boundaryRows: 0 },
})

/** Every statement Load would send, in its order. */
const snowflakeSql = (previewed: Previewed, before: Statement[]): Statement[] => {
  const { plan, suffix, prefix } = previewed
  const stage = stageTable(plan.target, suffix, PLACEHOLDERS.attempt)
  const files = [`${prefix}<table>/<chunk>-<attempt>-<part>.parquet`]
  const publish = publishSql({ load: loadOf(previewed), plan, stage })
  return [
    ...before,
    ...(plan.found.fence
      ? []
      : makeFenceSql({ target: plan.target, suffix }).map((sql) => ({ what: "make the target's fence, once", sql }))),
    { what: 'make the stage table', sql: stageTableSql(stage, stagedColumns(plan)) },
    { what: 'copy the staged files', sql: externalCopySql(stage, files) },
    { what: 'audit what was staged', sql: auditSql(plan, stage) },
    { what: 'publish, in one transaction', sql: ['BEGIN TRANSACTION', ...publish, 'COMMIT'].join(';\n') },
    { what: 'drop the stage table', sql: dropTableSql(stage) },
  ]
}

const spanOf = ({ from, to }: Chunk): string =>
  from === null && to === null
    ? 'all of it'
    : [from && `after (${from.join(', ')})`, to && `up to (${to.join(', ')})`].filter(Boolean).join(', ')

/** Bytes in proportion to the rows; all of the table's when nobody knows how many rows it has. */
const bytesOf = ({ plan, rows }: Previewed): number =>
  plan.estimatedRows ? Math.round(plan.estimatedBytes * Math.min(1, rows / plan.estimatedRows)) : plan.estimatedBytes

/** One table's preview. Throws what its statements' functions throw for a plan that makes no sense. */
export const previewTable = (previewed: Previewed): TablePreview => {
  const { plan, rows } = previewed
  const { statements, drift, problems } = prepared(previewed)
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
    drift: [...plan.drift, ...drift],
    mysql: chunks.map((chunk) => ({
      what: `chunk ${chunk.id}: ${spanOf(chunk)}`,
      sql: chunkSelectSql(plan, chunk),
    })),
    snowflake: problems.length ? [] : snowflakeSql(previewed, statements),
  }
}
