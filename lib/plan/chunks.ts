/** How a table is cut into chunks for one run, and in which order they are read. */
import type { Connection } from 'mysql2/promise'
import type { Chunk, SourceTable, TableMetadata, Window } from '../model.ts'
import { windowSql } from '../sources/mysql/select.ts'
import { splitWalk } from '../sources/mysql/split/split.ts'
import { cursorWalk, isClustered, keyWalk, type Walk } from '../sources/mysql/split/walk.ts'
import type { Shape } from './plan-tables.ts'

/** About how many rows a chunk has where nobody says otherwise. */
export const CHUNK_ROWS = 500_000
/** A window that is estimated at this part of the table is read along the key: single rows cost more than a scan then. */
const MUCH = 0.5

type ChunksRequest = {
  meta: TableMetadata
  source: SourceTable
  shape: Shape
  /** Test mode: a sample is one chunk. */
  sampled: boolean
}

/** `index`: along which `columns` are read; null when there are none. */
type PlannedChunks = { columns: string[]; index: string | null; chunks: Chunk[]; warnings: string[] }

const WHOLE: Chunk = { id: '0', from: null, to: null, rows: null }

const along = ({ columns, index }: Walk, chunks: Chunk[]): PlannedChunks => ({
  columns: columns.map(({ name }) => name),
  index,
  chunks,
  warnings: [],
})

const uncounted = (chunks: Chunk[]): Chunk[] => chunks.map((chunk) => ({ ...chunk, rows: null }))

const inNoOrder = ({ table, rows }: SourceTable, chunkRows: number): PlannedChunks => ({
  ...{ columns: [], index: null, chunks: [WHOLE] },
  warnings:
    rows > chunkRows
      ? [
          `${table} has no unique key that can be walked (whole columns, NOT NULL, moved unmasked, of a number, date, text or bytes), and about ${rows} rows: read as one stream in no order, which cannot be gone on with after a Lambda's time. Declare a primary key in MySQL`,
        ]
      : [],
})

/** By the cursor's values when its index serves; null when the table is better read along its key. */
const windowChunks = async (
  connection: Connection,
  source: SourceTable,
  window: Window,
  chunkRows: number,
): Promise<PlannedChunks | null> => {
  const walk = cursorWalk(source, window.columns)
  if (!walk || window.high === null) return null
  const within = [windowSql(window, [walk.columns[0]!])]
  const chunks = await splitWalk(connection, { walk, chunkRows, rows: null, within })
  const rows = chunks.reduce((sum, chunk) => sum + (chunk.rows ?? 0), 0)
  return rows > chunkRows && rows >= MUCH * source.rows ? null : along(walk, chunks)
}

/**
 * Whole tables are split by key. A window is read by the cursor where that is indexed, else everything along the
 * key: as one chunk when most of it will not be in the window. `rows` is null where a condition leaves out nobody knows how
 * many. Throws UnavailableError, RefusedError, DriftError.
 */
export const planChunks = async (connection: Connection, request: ChunksRequest): Promise<PlannedChunks> => {
  const { meta, source, shape, sampled } = request
  if (sampled) return { columns: [], index: null, chunks: [WHOLE], warnings: [] }
  const chunkRows = meta.chunk_rows ?? CHUNK_ROWS
  const key = keyWalk(source)
  const counted = (planned: PlannedChunks) => (meta.where ? { ...planned, chunks: uncounted(planned.chunks) } : planned)
  const isWindow = (shape.publish === 'merge' || shape.publish === 'append') && shape.window !== null
  const byCursor = isWindow ? await windowChunks(connection, source, shape.window!, chunkRows) : null
  if (byCursor) return counted(byCursor)
  if (!key) return inNoOrder(source, chunkRows)
  const isSparse = isWindow && (shape.window!.high === null || cursorWalk(source, shape.window!.columns) === null)
  if (isSparse) return isClustered(key) ? along(key, [WHOLE]) : inNoOrder(source, chunkRows)
  const chunks = await splitWalk(connection, { walk: key, chunkRows, rows: source.rows, within: [] })
  return isWindow ? along(key, uncounted(chunks)) : counted(along(key, chunks))
}
