/**
 * The autumn night in Berlin in which clocks show an hour twice, and the spring one in which they leave one out, read by a
 * DATETIME cursor that the application writes by its own clock: after every run the warehouse has what MySQL had.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { stagedColumns } from '../../lib/columns/staged.ts'
import type { ChunkResult, TablePlan } from '../../lib/model.ts'
import { PartWriter } from '../../lib/parquet/parts.ts'
import { shapeOfBackfill } from '../../lib/plan/backfill.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { openMysql, textRows } from '../../lib/sources/mysql/connect.ts'
import { readChunk } from '../../lib/sources/mysql/read.ts'
import { windowFor } from '../../lib/sources/mysql/window.ts'
import { loadTable } from '../../lib/warehouses/snowflake/load-table.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { type Lab, lookedAt, openLab, orders } from '../lib/warehouses/snowflake/lab.ts'

const LAG_SECONDS = 60
const ZONE = 'Europe/Berlin'
const META = {
  description: 'notes',
  load_strategy: 'incremental',
  incremental_column: 'at',
  cursor_time_zone: ZONE,
} as const
const WHOLE = { id: '0', from: null, to: null, rows: null }
const { settings, run, table } = await makeDatabase('autumn')

type Backfill = { from: string; to: string }

let lab: Lab
before(async () => {
  lab = await openLab('CLOCKS')
})
after(() => lab.warehouse.close())

/** What a run, or a backfill, at a moment in UTC reads and publishes, as Plan, Extract and Load do it. Gives where it ended, and what it kept. */
const runAt = async (name: string, moment: string, low: string | Backfill | null, epoch: number) => {
  const connection = await openMysql(settings)
  await connection.query(`SET timestamp = ${Date.parse(`${moment}Z`) / 1000}`)
  const ask = { columns: ['at'], overlap: 0, lagSeconds: LAG_SECONDS, nullCursor: null, zone: ZONE }
  const window =
    low === null || typeof low === 'string'
      ? await windowFor(connection, name, { ...ask, low })
      : (await shapeOfBackfill(connection, { ...META, table: name }, low)).window!
  const { columns } = await table(name)
  const publish = low === null ? 'replace' : 'merge'
  const changes: Partial<TablePlan> = { columns, key: ['id'], window, publish, epoch }
  const plan = await lookedAt(lab, orders(lab, name, changes))
  const names = { job: 'daily', runId: `${name}${epoch}` }
  const store = runFolder(names).partStore({ table: name, chunk: '0', attempt: 'a' })
  const writer = new PartWriter({ ...plan, columns: stagedColumns(plan) }, store)
  const rows = await readChunk(connection, plan, WHOLE, writer)
  await connection.end()
  const chunk: ChunkResult = {
    ...{ table: name, chunk: '0', attempt: 'a', rows, bytes: 0, parts: await writer.finish(), policies: [], pieces: 1 },
    ...{ seconds: 0, peakMemoryMb: 0 },
  }
  const load = { ...names, attempt: 'a', suffix: '', plan, chunks: [chunk], renew: async () => {} }
  const { kept } = await loadTable(lab.warehouse, load)
  return { high: window.high, kept }
}

const assertSame = async (name: string, moment: string) => {
  const connection = await openMysql(settings)
  const source = await textRows(connection, `SELECT CONCAT(id, ' ', note, ' ', at) FROM ${name} ORDER BY id`)
  await connection.end()
  const there = `SELECT ID || ' ' || NOTE || ' ' || TO_VARCHAR(AT, 'YYYY-MM-DD HH24:MI:SS') AS R FROM RAW.${name} ORDER BY ID`
  const target = await lab.warehouse.query(there)
  assert.deepEqual(
    target.map(({ R }) => R),
    source.map(([line]) => line),
    `after the run at ${moment}`,
  )
}

/** At each moment in UTC the application writes, and a run follows as much later as the lag. */
const story = async (name: string, moments: [moment: string, sql: string][]) => {
  await run(`CREATE TABLE ${name} (id INT PRIMARY KEY, note TEXT NOT NULL, at DATETIME NOT NULL, KEY (at))`)
  let [low, kept] = [null as string | null, 0]
  for (const [i, [moment, sql]] of moments.entries()) {
    await run(sql)
    const later = new Date(Date.parse(`${moment}Z`) + LAG_SECONDS * 1000).toISOString().replace('Z', '')
    const found = await runAt(name, later, low, i + 1)
    low = found.high
    kept += found.kept
    await assertSame(name, moment)
  }
  return kept
}

const put = (name: string, id: number, clock: string) => `INSERT INTO ${name} VALUES (${id}, 'at ${clock}', '${clock}')`
const touch = (name: string, id: number, clock: string) =>
  `UPDATE ${name} SET note = CONCAT('changed at ${clock} ', UUID()), at = '${clock}' WHERE id = ${id}`

test('clocks set back: rows that come, and rows that change, in the second of two equal hours are in the warehouse at once', async () => {
  const kept = await story('autumn', [
    ['2025-10-25T23:50:00', put('autumn', 1, '2025-10-26 01:50:00')],
    ['2025-10-26T00:20:00', put('autumn', 2, '2025-10-26 02:20:00')],
    ['2025-10-26T00:55:00', touch('autumn', 1, '2025-10-26 02:55:00')],
    ['2025-10-26T01:05:00', put('autumn', 3, '2025-10-26 02:05:00')],
    ['2025-10-26T01:10:00', touch('autumn', 1, '2025-10-26 02:10:00')],
    ['2025-10-26T01:30:00', touch('autumn', 1, '2025-10-26 02:30:00')],
    ['2025-10-26T02:10:00', touch('autumn', 2, '2025-10-26 03:10:00')],
    ['2025-10-26T02:20:00', put('autumn', 4, '2025-10-26 03:20:00')],
  ])
  assert.equal(kept, 0, '02:10 is not older than 02:55 then')
})

for (const [name, moment] of [
  ['that_night', '2025-10-26T01:11:00'],
  ['a_week_later', '2025-11-02T12:00:00'],
] as const)
  test(`a backfill over the hour that came twice, ${name}: there, what was read later is newer`, async () => {
    await run(`CREATE TABLE ${name} (id INT PRIMARY KEY, note TEXT NOT NULL, at DATETIME NOT NULL, KEY (at))`)
    await run(put(name, 1, '2025-10-26 02:55:00'))
    await runAt(name, '2025-10-26T00:56:00', null, 1)
    await run(touch(name, 1, '2025-10-26 02:10:00'))
    const { kept } = await runAt(name, moment, { from: '2025-10-26 02:00:00', to: '2025-10-26 02:30:00' }, 2)
    assert.equal(kept, 0, '02:10 is not older than 02:55 then')
    await assertSame(name, moment)
  })

test('clocks set forward: nothing is missed', async () => {
  await story('spring', [
    ['2025-03-30T00:50:00', put('spring', 1, '2025-03-30 01:50:00')],
    ['2025-03-30T00:59:30', put('spring', 2, '2025-03-30 01:59:30')],
    ['2025-03-30T01:00:00', put('spring', 3, '2025-03-30 03:00:00')],
    ['2025-03-30T01:00:10', touch('spring', 2, '2025-03-30 03:00:10')],
    ['2025-03-30T01:40:00', touch('spring', 1, '2025-03-30 03:40:00')],
  ])
})
