/** A database and a bucket of their own on the twins, and tables staged in it as Extract would have left them. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { ChunkResult, Column, LoadMode, Part, TablePlan } from '../../../../lib/model.ts'
import { PartWriter } from '../../../../lib/parquet/parts.ts'
import { runFolder } from '../../../../lib/run-folder.ts'
import type { SnowflakeSettings } from '../../../../lib/settings.ts'
import { foundTarget, readCatalogue } from '../../../../lib/warehouses/snowflake/catalogue.ts'
import { connectSnowflake, type Row, type Warehouse } from '../../../../lib/warehouses/snowflake/connect.ts'
import { loadTable } from '../../../../lib/warehouses/snowflake/load-table.ts'
import { setupSql } from '../../../../lib/warehouses/snowflake/setup.ts'
import { type Stack, stackEnvironment } from '../../../../local/stack.ts'
import { stackForTests } from '../../../stack.ts'
import { type Cell, putRow } from '../../parquet/memory-store.ts'

export type Lab = { settings: SnowflakeSettings; warehouse: Warehouse; bucket: string }

/** Sets Snowflake up in a database and a bucket of its own, named after `purpose` (upper case), and the environment to match. */
export const openLab = async (purpose: string, stack: Stack = stackForTests()): Promise<Lab> => {
  // twins may be older than this test run: nothing of an earlier one may be found
  const name = `${purpose}_${randomBytes(4).toString('hex').toUpperCase()}`
  const bucket = name.toLowerCase().replaceAll('_', '-')
  Object.assign(process.env, stackEnvironment(stack), { FIRN_BUCKET: bucket, SNOWFLAKE_DATABASE: name })
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }))
  const { accessUrl, account, user, password, schema } = stack.snowflake
  const settings: SnowflakeSettings = { accessUrl, account, user, password, schema, database: name }
  const warehouse = await connectSnowflake(settings)
  const credentials = { endpoint: stack.s3.endpoint, accessKeyId: 'test', secretAccessKey: 'test' }
  for (const { sql } of setupSql({ settings, bucket, credentials })) await warehouse.query(sql)
  return { settings, warehouse, bucket }
}

/** Orders as a small MySQL table: a key, a text, money, and the cursor that the server keeps. */
export const COLUMNS: Column[] = [
  { name: 'order_id', type: 'varchar(32)', nullable: false },
  { name: 'note', type: 'text', nullable: true },
  { name: 'price', type: 'decimal(10,2)', nullable: true },
  { name: 'updated_at', type: 'timestamp(6)', nullable: false },
]

/** `[order_id, note, price, seconds]`: the cursor is that second of 2018-01-01 00:00. */
export type Order = [id: string, note: string | null, price: string | null, second: number]

export const moment = (second: number) => `2018-01-01 00:00:${String(second).padStart(2, '0')}.000000`

const cells = ([id, note, price, second]: Order) => [id, note, price, moment(second)]

/** The plan of a first load of orders: everything, replacing. */
export const orders = (lab: Lab, table: string, changes: Partial<TablePlan> = {}): TablePlan => ({
  table,
  columns: COLUMNS,
  key: ['order_id'],
  kind: 'window',
  publish: 'replace',
  window: { columns: ['updated_at'], low: null, from: null, high: moment(59), nullCursor: null },
  chunks: [{ id: '0', from: null, to: null, rows: null }],
  chunkColumns: [],
  where: null,
  targetFileBytes: 4 << 20,
  found: { columns: null, fence: false },
  sampleSql: null,
  estimatedRows: 0,
  estimatedBytes: 0,
  target: { database: lab.settings.database, schema: 'RAW', table: table.toUpperCase() },
  epoch: 1,
  drift: [],
  warnings: [],
  ...changes,
})

/** What comes after it: rows since second `low`, merged. */
export const later = (lab: Lab, table: string, low: number, changes: Partial<TablePlan> = {}): TablePlan =>
  orders(lab, table, {
    publish: 'merge',
    epoch: 2,
    window: { columns: ['updated_at'], low: moment(low), from: moment(low), high: moment(59), nullCursor: null },
    ...changes,
  })

/** Writes a chunk of rows, any cells as text, into the run's folder, as parts of at most `rowsPerPart`, row groups of some `rowGroupBytes`. */
export const stageChunk = async (
  runId: string,
  { table, columns }: Pick<TablePlan, 'table' | 'columns'>,
  rows: Cell[][],
  rowsPerPart = 2,
  rowGroupBytes?: number,
): Promise<ChunkResult> => {
  const folder = runFolder({ job: 'daily', runId })
  const parts: Part[] = []
  const plan = { table, columns, key: [], targetFileBytes: 1 << 30 }
  for (let at = 0; at < rows.length; at += rowsPerPart) {
    const writer = new PartWriter(plan, folder.partStore({ table, chunk: '0', attempt: `x${at}` }), { rowGroupBytes })
    for (const row of rows.slice(at, at + rowsPerPart)) await putRow(writer, row)
    parts.push(...(await writer.finish()))
  }
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  return {
    table,
    chunk: '0',
    attempt: 'x',
    rows: rows.length,
    bytes,
    parts,
    policies: [],
    pieces: 1,
    seconds: 0,
    peakMemoryMb: 0,
  }
}

/** A plan with how its target stands now, as Plan would have it. */
export const lookedAt = async (lab: Lab, plan: TablePlan): Promise<TablePlan> => ({
  ...plan,
  found: foundTarget(await readCatalogue(lab.warehouse, ''), plan.target),
})

type LoadOptions = {
  runId: string
  attempt?: string
  chunks?: ChunkResult[]
  mode?: LoadMode
  renew?: () => Promise<void>
}

/** Stages orders and loads them. */
export const loadOrders = async (lab: Lab, plan: TablePlan, rows: Order[], options: LoadOptions) => {
  const { runId, attempt = 'a1', mode = 'auto', renew = async () => {} } = options
  const chunks = options.chunks ?? [await stageChunk(runId, plan, rows.map(cells))]
  return loadTable(lab.warehouse, {
    ...{ job: 'daily', runId, attempt, suffix: '', chunks, mode, renew },
    plan: await lookedAt(lab, plan),
  })
}

/** What is in the target: `id note price seconds run`, in order of the key. */
export const rowsIn = async (lab: Lab, table: string): Promise<string[]> => {
  const rows: Row[] = await lab.warehouse.query(
    `SELECT ORDER_ID, NOTE, TO_VARCHAR(PRICE) AS PRICE, SECOND(UPDATED_AT) AS S, _FIRN_RUN_ID AS RUN FROM RAW.${table} ORDER BY 1, 2, 4`,
  )
  return rows.map(({ ORDER_ID, NOTE, PRICE, S, RUN }) => [ORDER_ID, NOTE, PRICE, S, RUN].join(' '))
}

/** Names of stage tables that are left. */
export const stagesLeft = async (lab: Lab): Promise<string[]> => {
  const rows = await lab.warehouse.query(
    `SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = '_FIRN' AND TABLE_NAME LIKE 'STAGE%'`,
  )
  return rows.map((row) => String(row.TABLE_NAME))
}

/** A worker that dies when so many of its transaction's statements have been done; nobody is there to tidy up. */
export const killedAfter = (statements: number, session: Warehouse): Warehouse => {
  let dead = false
  return {
    ...session,
    query: (sql, binds) => (dead ? Promise.reject(new Error('dead')) : session.query(sql, binds)),
    start: async (sql, deadline) => {
      if (typeof sql === 'string') return session.start(sql, deadline)
      dead = true
      const every = ['BEGIN TRANSACTION', ...sql, 'COMMIT']
      assert.ok(statements <= every.length, `of ${every.length} statements`)
      if (statements) await session.script(every.slice(0, statements))
      throw new Error(`killed after ${statements} of ${every.length}`)
    },
  }
}
