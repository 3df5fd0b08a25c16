/** Run as a process of its own: reads a table as one chunk and prints rows, parts and peak memory. */
import type { TablePlan } from '../../../../lib/model.ts'
import { type PartStore, PartWriter } from '../../../../lib/parquet/parts.ts'
import type { MysqlSettings } from '../../../../lib/settings.ts'
import { withMysql } from '../../../../lib/sources/mysql/connect.ts'
import { discoverTables } from '../../../../lib/sources/mysql/discover.ts'
import { readChunk } from '../../../../lib/sources/mysql/read.ts'
import { peakMemoryMb } from '../../../../lib/stage.ts'

const { settings, table } = JSON.parse(process.argv[2]!) as { settings: MysqlSettings; table: string }

/** Takes everything and keeps nothing. */
const discarding: PartStore = {
  openPart: (part) => ({
    write: async () => {},
    digest: () => '',
    close: async () => ({ key: String(part), sha256: '' }),
    abandon: async () => {},
  }),
  putRejects: async () => '',
}

const outcome = await withMysql(settings, async (connection) => {
  const found = (await discoverTables(connection, [table])).get(table)!
  const plan = { ...found, chunkColumns: [], where: null, window: null, sampleSql: null } as unknown as TablePlan
  const writer = new PartWriter({ ...plan, targetFileBytes: 4 << 20 }, discarding)
  const rows = await readChunk(connection, plan, { id: '0', from: null, to: null, rows: null }, writer)
  const parts = await writer.finish()
  return { rows, parts: parts.length }
})
process.stdout.write(JSON.stringify({ ...outcome, peakMemoryMb: peakMemoryMb() }))
