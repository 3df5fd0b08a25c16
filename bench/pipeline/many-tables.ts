/** A thousand small tables through the line, its events and bytes counted against the limits of the real Step Functions. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFolder } from '../../lib/run-folder.ts'
import { getJson } from '../../lib/store/objects.ts'
import { withConnection } from '../../local/olist/connection.ts'
import { historyOf, type Line } from './line.ts'

const DATABASE = 'many'
const ROWS = 10

/** Limits of "Step Functions service quotas". */
export const LIMITS = { events: 25_000, bytes: 262_144 }

/**
 * `events`: in the history of the execution itself. `eventsATable`: in that of a table's own execution, which the twin writes
 * into the same one; `eventsAtMost`: what a table of as many chunks as a plan may have would come to. `largest`: bytes of the
 * largest input or output of any state, or item of the Map.
 */
export type Many = {
  tables: number
  seconds: number
  plan: number
  published: number
  events: number
  eventsATable: number
  eventsAtMost: number
  largest: number
}

/** The most chunks a plan makes of a table. */
const MOST_CHUNKS = 1000

const name = (i: number) => `t${String(i).padStart(4, '0')}`

const makeTables = (line: Line, tables: number) =>
  withConnection(line.mysql, async (connection) => {
    await connection.query(`DROP DATABASE IF EXISTS ${DATABASE}`)
    await connection.query(`CREATE DATABASE ${DATABASE}`)
    for (let i = 0; i < tables; i++) {
      await connection.query(
        `CREATE TABLE ${DATABASE}.${name(i)} (id INT NOT NULL PRIMARY KEY, word VARCHAR(20), at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), KEY (at))`,
      )
      const rows = Array.from({ length: ROWS }, (_, row) => `(${row}, 'row ${row}')`).join(', ')
      await connection.query(`INSERT INTO ${DATABASE}.${name(i)} (id, word) VALUES ${rows}`)
    }
  })

const writeMetadata = (folder: string, tables: number): void => {
  const all = Array.from({ length: tables }, (_, i) => [
    name(i),
    { load_strategy: 'incremental', incremental_column: 'at', description: 'One of many' },
  ])
  writeFileSync(join(folder, 'table_metadata.json'), JSON.stringify(Object.fromEntries(all)))
  const job = { description: 'All of them', tables: '*', lag_seconds: 0, transform: false }
  writeFileSync(join(folder, 'jobs.json'), JSON.stringify({ default: 'many', jobs: { many: job } }))
}

const bytes = (text: string | undefined) => Buffer.byteLength(text ?? '')

const countEvents = async (arn: string, tables: number) => {
  const events = await historyOf(arn)
  const top = new Set(['Job', 'DefaultJob', 'Plan', 'Planned', 'Tables', 'Transform', 'Transformed', 'Report'])
  const into = events.map((event) => event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name)
  const inside = into.filter((state) => state !== undefined && !top.has(state)).length
  const sizes = events.flatMap(({ stateEnteredEventDetails: entered, stateExitedEventDetails: exited }) => [
    bytes(entered?.input),
    bytes(exited?.output),
  ])
  return { inside: inside / tables, outside: events.length - inside, largest: Math.max(...sizes) }
}

/** Events of a chunk in its Map: started, four states entered and left or asked and answered, succeeded. */
const EVENTS_A_CHUNK = 13
/** What a table's execution has besides: start, the Map itself, Load with its Choice and end. */
const EVENTS_BESIDES = 20

/** Makes the tables, deploys their metadata, runs. */
export const manyTables = async (line: Line, tables: number, log: (text: string) => void): Promise<Many> => {
  const folder = mkdtempSync(join(tmpdir(), 'firn-many-'))
  try {
    log(`making ${tables} tables`)
    await makeTables(line, tables)
    writeMetadata(folder, tables)
    process.env.MYSQL_DATABASE = DATABASE
    await line.deploy(folder)
    log('running')
    const ran = await line.run({ job: 'many', lagSeconds: 0 })
    const { inside, outside, largest } = await countEvents(ran.arn, tables)
    const items = await getJson<unknown[]>(runFolder({ job: 'many', runId: ran.report.runId }).tablesKey)
    const item = Math.max(...items!.value.map((each) => bytes(JSON.stringify(each))))
    return {
      ...{ tables, seconds: ran.seconds, plan: ran.stages.Plan! },
      published: ran.report.tables.filter(({ status }) => status === 'published').length,
      ...{ events: outside, eventsATable: Math.ceil(inside) },
      eventsAtMost: EVENTS_BESIDES + MOST_CHUNKS * EVENTS_A_CHUNK,
      largest: Math.max(largest, item),
    }
  } finally {
    rmSync(folder, { recursive: true })
    process.env.MYSQL_DATABASE = line.mysql.database
  }
}
