/** A store of parts in memory, and the shortest way from cells to a file. */
import type { Column, Part, PolicyCount } from '../../../lib/model.ts'
import { type PartStore, PartWriter, type WriterPlan } from '../../../lib/parquet/parts.ts'
import type { RejectedRow } from '../../../lib/parquet/quarantine.ts'
import { readBack } from './read-back.ts'

export type MemoryStore = PartStore & {
  /** Files that were closed, in order. */
  bodies: Buffer[]
  rejects: RejectedRow[]
  abandoned: number
}

/** `hold`: called before each write; what it gives is waited for. */
export const memoryStore = (hold: (part: number) => Promise<void> | undefined = () => undefined): MemoryStore => {
  const store: MemoryStore = {
    bodies: [],
    rejects: [],
    abandoned: 0,
    openPart: (part) => {
      const pieces: Uint8Array[] = []
      return {
        write: async (bytes) => {
          await hold(part)
          pieces.push(Buffer.from(bytes))
        },
        digest: () => '',
        close: async () => {
          store.bodies[part] = Buffer.concat(pieces)
          return { key: String(part), sha256: '' }
        },
        abandon: async () => void store.abandoned++,
      }
    },
    putRejects: async (rows) => {
      store.rejects.push(...rows)
      return 'rejects.parquet'
    },
  }
  return store
}

export const writerPlan = (columns: Column[], changes: Partial<WriterPlan> = {}): WriterPlan => ({
  ...{ table: 't', columns, key: [], targetFileBytes: 64 << 20 },
  ...changes,
})

export type Cell = string | Buffer | null

const lengthOf = (cell: Buffer): Buffer => {
  if (cell.length < 251) return Buffer.from([cell.length])
  const head = Buffer.alloc(9)
  head[0] = 254
  head.writeUIntLE(cell.length, 1, 6)
  return head
}

/** A row as the text protocol sends it. */
export const rowBytes = (cells: Cell[]): Buffer =>
  Buffer.concat(
    cells.flatMap((cell) => {
      if (cell === null) return [Buffer.from([251])]
      const bytes = Buffer.from(cell)
      return [lengthOf(bytes), bytes]
    }),
  )

/** Puts a row into a writer. */
export const putRow = (writer: PartWriter, cells: Cell[]): Promise<void> | null => {
  const bytes = rowBytes(cells)
  return writer.row(bytes, 0, bytes.length)
}

/** Rows of cells through a writer: the parts, the files' rows as an independent reader sees them, what policies did. */
export const written = async (
  plan: WriterPlan,
  rows: Cell[][],
  rowGroupBytes?: number,
): Promise<{ parts: Part[]; rows: Record<string, unknown>[]; policies: PolicyCount[]; bodies: Buffer[] }> => {
  const store = memoryStore()
  const writer = new PartWriter(plan, store, { rowGroupBytes })
  for (const row of rows) await putRow(writer, row)
  const parts = await writer.finish()
  const files = await Promise.all(store.bodies.map(readBack))
  return { parts, rows: files.flatMap((file) => file.rows), policies: writer.policies(), bodies: store.bodies }
}

/** One column's cells, there and back. */
export const roundTrip = async (column: Column, cells: Cell[]): Promise<unknown[]> => {
  const { rows } = await written(
    writerPlan([column]),
    cells.map((cell) => [cell]),
  )
  return rows.map((row) => row[column.name])
}
