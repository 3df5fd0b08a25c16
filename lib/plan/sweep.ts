/** When a table's keys are read to find what was deleted in MySQL, and by which chunks. */
import type { Connection } from 'mysql2/promise'
import type { RunRequest, SourceTable, Sweep, TableMetadata } from '../model.ts'
import { sweepId } from '../sweep.ts'
import type { Cursor } from '../warehouses/snowflake/ledger.ts'
import { planChunks } from './chunks.ts'
import type { Shape } from './plan-tables.ts'

/** At most one sweep a day. */
const HOURS = 24
/** Per cent of the target's rows. */
const CAP = 10
/** Keys are narrow: a Lambda reads more of them than of rows. */
const TIMES_CHUNK_ROWS = 4
const CHUNK_ROWS = 500_000
/** Two runs that start at one time of day are never a whole day apart. */
const SLACK_SECONDS = 600

type SweepInput = {
  meta: TableMetadata
  source: SourceTable
  shape: Shape
  cursor: Cursor | undefined
  request: RunRequest
}

/**
 * Whether it is time. A whole copy leaves nothing to sweep; a replay may have brought back what was deleted, so that the
 * next run sweeps whatever the cadence (`sweptSecondsAgo` is null then).
 */
const isDue = ({ meta, shape, cursor, request }: SweepInput): boolean => {
  if ((meta.deletes ?? 'ignore') === 'ignore' || shape.kind !== 'window' || shape.publish !== 'merge') return false
  if (request.sweep !== undefined) return request.sweep
  const ago = cursor?.sweptSecondsAgo ?? null
  return ago === null || ago >= (meta.sweep_hours ?? HOURS) * 3600 - SLACK_SECONDS
}

/** The sweep of a table in this run; undefined when it has none. Throws as planChunks. */
export const planSweep = async (connection: Connection, input: SweepInput): Promise<Sweep | undefined> => {
  if (!isDue(input)) return undefined
  const { meta, source, request } = input
  const whole: Shape = { kind: 'full', publish: 'replace', window: null }
  const chunkRows = (meta.chunk_rows ?? CHUNK_ROWS) * TIMES_CHUNK_ROWS
  const planned = await planChunks(connection, {
    ...{ meta: { ...meta, chunk_rows: chunkRows }, source, shape: whole, sampled: false },
  })
  return {
    how: meta.deletes === 'soft' ? 'soft' : 'hard',
    chunks: planned.chunks.map((chunk) => ({ ...chunk, id: sweepId(chunk.id) })),
    chunkColumns: planned.columns,
    ...(planned.index === null ? {} : { chunkIndex: planned.index }),
    cap: request.sweepCap ?? meta.sweep_cap ?? CAP,
  }
}
