/**
 * Tables → one local Parquet file each, in one process, by the parts that Extract is made of. The server is what MYSQL_*
 * say. By hand, with the servers of `npm run bench -- serve` up, and for a profile:
 *
 *     node --cpu-prof bench/extract-ours.ts --tables geolocation --out /tmp/out
 */
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { PartWriter } from '../lib/parquet/parts.ts'
import { mysqlSettings } from '../lib/settings.ts'
import { withMysql } from '../lib/sources/mysql/connect.ts'
import { readChunk } from '../lib/sources/mysql/read.ts'
import { fileStore } from './file-store.ts'
import { plansOf } from './plan.ts'

const { values } = parseArgs({ options: { tables: { type: 'string' }, out: { type: 'string' } } })
if (!values.tables || !values.out) throw new Error('--tables NAME,… and --out FOLDER are needed')
mkdirSync(values.out, { recursive: true })

const settings = await mysqlSettings()
const startedAt = performance.now()
let rows = 0
await withMysql(settings, async (connection) => {
  // one chunk and one file, however large
  const plans = await plansOf(connection, values.tables!.split(','), { chunk_rows: 2 ** 40, target_file_mb: 2 ** 20 })
  for (const plan of plans) {
    const writer = new PartWriter(plan, fileStore(values.out!, plan.table))
    for (const chunk of plan.chunks) rows += await readChunk(connection, plan, chunk, writer)
    await writer.finish()
  }
})
console.log(JSON.stringify({ rows, seconds: (performance.now() - startedAt) / 1000 }))
