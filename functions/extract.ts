/**
 * Extract: one chunk of one table, read in one snapshot and put away as Parquet parts. Doing it twice is doing it once. A
 * chunk that will not be finished before the Lambda's time is over is read in pieces, by one invocation after the other.
 */
import { randomBytes } from 'node:crypto'
import { chunkResult } from '../lib/chunk-pieces.ts'
import { stagedColumns } from '../lib/columns/staged.ts'
import { copyingOf } from '../lib/copied-files.ts'
import { type Deadline, deadlineIn } from '../lib/deadline.ts'
import { renewLease } from '../lib/lease.ts'
import type { Chunk, ChunkNames, ChunkPiece, Part, TablePlan } from '../lib/model.ts'
import { PartWriter } from '../lib/parquet/parts.ts'
import { type RunFolder, runFolder } from '../lib/run-folder.ts'
import { mysqlSettings, openWith } from '../lib/settings.ts'
import { openMysql } from '../lib/sources/mysql/connect.ts'
import { type KeyedSink, type Read, readPiece } from '../lib/sources/mysql/read.ts'
import { logger, peakMemoryMb, stage } from '../lib/stage.ts'
import { planOfChunk } from '../lib/sweep.ts'

type Planned = { plan: TablePlan; chunk: Chunk; plannedAt: string }

const planned = async (folder: RunFolder, names: ChunkNames): Promise<Planned> => {
  const { tables, plannedAt } = await folder.plan()
  const plan = tables.find(({ table }) => table === names.table)
  const found = plan && planOfChunk(plan, names.chunk)
  if (!found) throw new Error(`The plan of run ${names.runId} has no chunk ${names.chunk} of ${names.table}`)
  return { ...found, plannedAt }
}

/** On a connection of its own, which a read that was stopped leaves cut. */
const read = async ({ plan, chunk, plannedAt }: Planned, sink: KeyedSink, deadline: Deadline): Promise<Read> => {
  const connection = await openWith(mysqlSettings, { since: plannedAt }, openMysql)
  const found = await readPiece(connection, plan, chunk, sink, deadline)
  if (found.reached === null) await connection.end()
  return found
}

/** What one invocation reads of a chunk; `reached` is null when that was its end. */
type Extracted = Omit<ChunkPiece, 'reached'> & { reached: string[] | null }

const extract = async (folder: RunFolder, found: Planned, piece: number, deadline: Deadline): Promise<Extracted> => {
  const { plan, chunk } = found
  const startedAt = performance.now()
  const names = { table: plan.table, chunk: chunk.id, attempt: randomBytes(4).toString('hex') }
  const copying = await copyingOf(plan, { runId: folder.runId, chunk: chunk.id, isBegun: piece > 1 })
  const writer = new PartWriter({ ...plan, columns: stagedColumns(plan) }, folder.partStore(names), { copying })
  try {
    const { rows, reached } = await read(found, writer, deadline)
    const parts = await writer.finish()
    const held = new Set<Part>(copying?.last?.parts)
    return {
      ...names,
      rows,
      bytes: parts.reduce((bytes, part) => bytes + (held.has(part) ? 0 : part.bytes), 0),
      parts,
      policies: writer.policies(),
      piece,
      reached,
      seconds: (performance.now() - startedAt) / 1000,
      peakMemoryMb: peakMemoryMb(),
    }
  } catch (error) {
    // an upload that hangs must not take the time in which this can still be told
    await Promise.race([writer.abandon(), deadline.overdue])
    throw error
  }
}

export const handler = stage('extract', async (names: ChunkNames, { remaining }): Promise<{ done: boolean }> => {
  const deadline = deadlineIn(remaining())
  try {
    const folder = runFolder(names)
    if (await folder.chunk(names.table, names.chunk)) return { done: true }
    const found = await planned(folder, names)
    const { plan, chunk } = found
    await renewLease(plan.target, names.runId, plan.epoch)
    const before = await folder.pieces(names.table, names.chunk)
    const rest = { ...chunk, from: before.at(-1)?.reached ?? chunk.from }
    const { reached, ...last } = await extract(folder, { ...found, chunk: rest }, before.length + 1, deadline)
    logger.info('read', { piece: last.piece, rows: last.rows, plannedRows: chunk.rows, isLast: reached === null })
    // of two attempts at once the first result counts, and the other's files are named by nobody
    if (reached === null) await folder.putChunk(chunkResult(before, last))
    else await folder.putPiece({ ...last, reached })
    return { done: reached === null }
  } finally {
    deadline.clear()
  }
})
