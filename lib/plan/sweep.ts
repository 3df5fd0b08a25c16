/** When a table's keys are read to find what was deleted in MySQL, and by which chunks. */
import type { Connection } from 'mysql2/promise'
import type { RunRequest, SourceTable, Sweep, TableMetadata } from '../model.ts'
import { sweepId } from '../sweep.ts'
import type { Cursor } from '../warehouses/snowflake/standing.ts'
import { isDueAgain } from './cadence.ts'
import { CHUNK_ROWS, planChunks } from './chunks.ts'
import type { Shape } from './plan-tables.ts'

/** At most one sweep a day. */
const HOURS = 24
/** Per cent of the target's rows. */
const CAP = 10
/** Beside those of the window: a state machine's history is not endless. */
const MOST_CHUNKS = 500

type SweepInput = {
  meta: TableMetadata
  source: SourceTable
  shape: Shape
  cursor: Cursor | undefined
  request: RunRequest
}

const isSwept = ({ deletes = 'ignore' }: TableMetadata) => deletes !== 'ignore'

/**
 * Whether it is time. A whole copy leaves nothing to sweep; a replay may have brought back what was deleted, so that the
 * next run sweeps whatever the cadence (`sweptSecondsAgo` is null then).
 */
const isDue = ({ meta, shape, cursor, request }: SweepInput): boolean => {
  if (!isSwept(meta) || shape.kind !== 'window' || shape.publish !== 'merge') return false
  if (request.sweep !== undefined) return request.sweep
  return isDueAgain(meta.sweep_hours ?? HOURS, cursor?.sweptSecondsAgo ?? null)
}

/** Why nobody can sweep what is asked for, in words; nothing when somebody can, or nobody asked. */
export const sweepProblems = ({ sweep }: RunRequest, tables: TableMetadata[]): string[] =>
  sweep && !tables.some(isSwept)
    ? [
        `table_metadata.json: a sweep is asked for, and ${tables.map(({ table }) => table).join(', ')} ${tables.length === 1 ? 'has' : 'have'} no "deletes": say "soft" or "hard", and deploy: npm run -s firn -- deploy`,
      ]
    : []

/** The sweep of a table in this run; undefined when it has none. Throws as planChunks. */
export const planSweep = async (connection: Connection, input: SweepInput): Promise<Sweep | undefined> => {
  if (!isDue(input)) return undefined
  const { meta, source, request } = input
  const whole: Shape = { kind: 'full', publish: 'replace', window: null }
  const chunkRows = Math.max(meta.chunk_rows ?? CHUNK_ROWS, Math.ceil(source.rows / MOST_CHUNKS))
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
