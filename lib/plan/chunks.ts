/** How a table is cut into chunks for one run. */
import type { Connection } from 'mysql2/promise'
import type { Chunk, SourceTable, TableMetadata } from '../model.ts'
import { splitTable } from '../sources/mysql/split.ts'
import type { Shape } from './plan-tables.ts'

const CHUNK_ROWS = 500_000

export type ChunksRequest = {
  meta: TableMetadata
  source: SourceTable
  shape: Shape
  /** Test mode: a sample is one chunk. */
  sampled: boolean
}

export type PlannedChunks = { columns: string[]; chunks: Chunk[]; warnings: string[] }

/** A merge reads few rows through the cursor's index: only whole tables are cut into chunks. */
export const planChunks = async (connection: Connection, request: ChunksRequest): Promise<PlannedChunks> => {
  const { meta, source, shape, sampled } = request
  if (shape.publish === 'merge' || sampled)
    return { columns: [], chunks: [{ id: '0', from: null, to: null, rows: null }], warnings: [] }
  return { ...(await splitTable(connection, source, meta.chunk_rows ?? CHUNK_ROWS)), warnings: [] }
}
