/** A MySQL database and a warehouse of a test's own: tables are loaded as runs load them, then compared. */
import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { stagedColumns } from '../../../lib/columns/staged.ts'
import type { ChunkResult, Metadata, RunRequest, TableMetadata, TablePlan } from '../../../lib/model.ts'
import { PartWriter } from '../../../lib/parquet/parts.ts'
import { type PlanInput, planTables, type Sides } from '../../../lib/plan/plan-tables.ts'
import { type Reconciled, reconcileTables } from '../../../lib/reconcile/reconcile.ts'
import { runFolder } from '../../../lib/run-folder.ts'
import { openMysql, withMysql } from '../../../lib/sources/mysql/connect.ts'
import { readChunk } from '../../../lib/sources/mysql/read.ts'
import { loadTable } from '../../../lib/warehouses/snowflake/load-table.ts'
import { makeDatabase, type TestDatabase } from '../sources/mysql/database.ts'
import { openLab } from '../warehouses/snowflake/lab.ts'

type Wishes = Parameters<typeof reconcileTables>[2]
type Meta = Partial<TableMetadata> & { table: string }

type ReconcileLab = {
  database: TestDatabase

  sides: Sides
  /** Runs one table's load, a full or an incremental one. */
  load: (meta: Meta, request?: RunRequest) => Promise<TablePlan>
  /** What a run of the table would be planned from. */
  input: (meta: Meta, request?: RunRequest) => PlanInput
  /** Reads and loads one table as a run's plan says. */
  loadPlanned: (plan: TablePlan, runId: string) => Promise<void>
  /** With what happens in between, if anything: called before each statement to the warehouse. */
  reconcile: (meta: Meta, wishes?: Partial<Wishes>, meanwhile?: (sql: string) => Promise<void>) => Promise<Reconciled>
}

const metadataOf = (meta: Meta): Metadata => ({
  folder: 'metadata',
  tables: [{ load_strategy: 'full', description: 'x', ...meta }],
  jobs: [{ job: 'daily', description: 'x', tables: '*', lag_seconds: 0, transform: false }],
  defaultJob: 'daily',
  schemas: {},
  digest: 'x',
})

const newId = () => `r${Date.now()}-${randomBytes(2).toString('hex')}`

const DIGITS = `(${Array.from({ length: 10 }, (_, i) => `SELECT ${i} AS i`).join(' UNION ALL ')})`

/** A table of the numbers 1 to `most`, as `seq`, of any server's; `most` is at most 10,000. */
export const numbers = (most: number): string =>
  `(SELECT a.i + b.i * 10 + c.i * 100 + d.i * 1000 + 1 AS seq FROM ${['a', 'b', 'c', 'd'].map((name) => `${DIGITS} AS ${name}`).join(', ')}
  WHERE a.i + b.i * 10 + c.i * 100 + d.i * 1000 < ${most}) AS numbers`

/** Opens both, named after `purpose` (upper case). They are closed when the file's tests are over. */
export const openReconcileLab = async (purpose: string): Promise<ReconcileLab> => {
  const lab = await openLab(purpose)
  const database = await makeDatabase(purpose.toLowerCase())
  after(() => lab.warehouse.close())
  const { warehouse, settings } = lab
  const salted = { ...database.settings, maskSalt: 'a salt of the tests, long enough' }
  const source = await openMysql(salted)
  after(() => source.end())
  const sides: Sides = { source, warehouse, settings }
  const inputOf = (meta: Meta, request: RunRequest, runId: string) => {
    const metadata = metadataOf(meta)
    const [job] = metadata.jobs
    return { names: { job: 'daily', runId }, request, metadata, job: job!, tables: metadata.tables, retried: null }
  }
  const read = async (plan: TablePlan, id: string, runId: string): Promise<ChunkResult> => {
    const names = { table: plan.table, chunk: id, attempt: 'x' }
    const writer = new PartWriter(
      { ...plan, columns: stagedColumns(plan) },
      runFolder({ job: 'daily', runId }).partStore(names),
    )
    const chunk = plan.chunks.find((each) => each.id === id)!
    const rows = await withMysql(salted, (connection) => readChunk(connection, plan, chunk, writer))
    const parts = await writer.finish()
    const bytes = parts.reduce((total, part) => total + part.bytes, 0)
    return { ...names, rows, bytes, parts, policies: [], pieces: 1, seconds: 0, peakMemoryMb: 0 } as ChunkResult
  }
  const loadPlanned = async (plan: TablePlan, runId: string) => {
    const chunks: ChunkResult[] = []
    for (const { id } of plan.chunks)
      chunks.push(await runFolder({ job: 'daily', runId }).putChunk(await read(plan, id, runId)))
    const names = { job: 'daily', runId, attempt: 'a1', suffix: '' }
    await loadTable(warehouse, { ...names, plan, chunks, renew: async () => {} })
  }
  return {
    database,
    sides,
    input: (meta, request = {}) => inputOf(meta, request, newId()),
    loadPlanned,
    load: async (meta, request = {}) => {
      const runId = newId()
      const planned = (await planTables(inputOf(meta, request, runId), sides)).tables[0]!
      const plan = { ...planned, epoch: Date.now() }
      await loadPlanned(plan, runId)
      return plan
    },
    reconcile: async (meta, wishes = {}, meanwhile = async () => {}) => {
      const query: Sides['warehouse']['query'] = async (sql, binds) => {
        await meanwhile(sql)
        return warehouse.query(sql, binds)
      }
      const input = inputOf(meta, {}, newId())
      const watched = { ...sides, warehouse: { ...warehouse, query } }
      return (await reconcileTables(input, watched, { fetch: false, repair: null, ...wishes }))[0]!
    },
  }
}
