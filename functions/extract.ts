/** Extract: one chunk of one table, read in one snapshot and put away as Parquet parts. Doing it twice is doing it once. */
import { randomBytes } from 'node:crypto'
import { renewLease } from '../lib/lease.ts'
import type { Chunk, ChunkNames, ChunkResult, TablePlan } from '../lib/model.ts'
import { PartWriter } from '../lib/parquet/parts.ts'
import { type RunFolder, runFolder } from '../lib/run-folder.ts'
import { mysqlSettings } from '../lib/settings.ts'
import { withMysql } from '../lib/sources/mysql/connect.ts'
import { readChunk } from '../lib/sources/mysql/read.ts'
import { peakMemoryMb, stage } from '../lib/stage.ts'

const planned = async (folder: RunFolder, names: ChunkNames): Promise<{ plan: TablePlan; chunk: Chunk }> => {
  const plan = (await folder.plan()).tables.find(({ table }) => table === names.table)
  const chunk = plan?.chunks.find(({ id }) => id === names.chunk)
  if (!plan || !chunk) throw new Error(`The plan of run ${names.runId} has no chunk ${names.chunk} of ${names.table}`)
  return { plan, chunk }
}

const extract = async (folder: RunFolder, plan: TablePlan, chunk: Chunk): Promise<ChunkResult> => {
  const startedAt = performance.now()
  const names = { table: plan.table, chunk: chunk.id, attempt: randomBytes(4).toString('hex') }
  const writer = new PartWriter(plan, folder.partStore(names))
  const rows = await withMysql(await mysqlSettings(), (connection) => readChunk(connection, plan, chunk, writer))
  const parts = await writer.finish()
  return {
    ...names,
    rows,
    bytes: parts.reduce((bytes, part) => bytes + part.bytes, 0),
    parts,
    policies: writer.policies(),
    pieces: 1,
    seconds: (performance.now() - startedAt) / 1000,
    peakMemoryMb: peakMemoryMb(),
  }
}

export const handler = stage('extract', async (names: ChunkNames): Promise<{ done: true }> => {
  const folder = runFolder(names)
  if (await folder.chunk(names.table, names.chunk)) return { done: true }
  const { plan, chunk } = await planned(folder, names)
  await renewLease(plan.target, names.runId, plan.epoch)
  // of two attempts at once the first result counts, and the other's files are named by nobody
  await folder.putChunk(await extract(folder, plan, chunk))
  return { done: true }
})
