/** Windows of a DATETIME that shows a zone's own clocks, on a server whose clock is set: over the hours that come twice, or never. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { TablePlan, Window } from '../../../../lib/model.ts'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'
import { chunkSelectSql } from '../../../../lib/sources/mysql/select.ts'
import { windowFor } from '../../../../lib/sources/mysql/window.ts'
import { makeDatabase } from './database.ts'

const { reader, run, table } = await makeDatabase('clocks')
await run('CREATE TABLE notes (id INT PRIMARY KEY, at DATETIME NOT NULL, day DATE NULL, KEY (at))')
afterEach(() => run('DELETE FROM notes'))

/** What the application writes, as its own clock in Berlin shows it. */
const note = (id: number, clock: string) => run(`INSERT INTO notes (id, at) VALUES (${id}, '${clock}')`)

/** A window as a run would plan it at a moment in UTC; `zone`: undefined where nobody declared one. */
const windowAt = async (
  moment: string,
  low: string | null,
  overlap = 0,
  zone: string | undefined = 'Europe/Berlin',
) => {
  await reader.query(`SET timestamp = ${Date.parse(`${moment}Z`) / 1000}`)
  const request = { columns: ['at'], low, overlap, lagSeconds: 120, nullCursor: null, zone }
  return windowFor(reader, 'notes', request)
}

const idsIn = async (window: Window): Promise<number[]> => {
  const plan = { ...(await table('notes')), chunkColumns: [], window, sampleSql: null, publish: 'append' }
  const rows = await textRows(
    reader,
    chunkSelectSql(plan as unknown as TablePlan, { id: '0', from: null, to: null, rows: null }),
  )
  return rows.map(([id]) => Number(id)).sort()
}

test('the lag counts from what the zone’s clocks show: east of UTC, and west of it where UTC would protect nothing', async () => {
  await note(1, '2025-07-01 11:57:00')
  await note(2, '2025-07-01 11:59:00')
  const window = await windowAt('2025-07-01 10:00:00', null)
  assert.equal(window.high, '2025-07-01 11:58:00.000000')
  assert.equal((await windowAt('2025-07-01 16:00:00', null, 0, 'America/New_York')).high, '2025-07-01 11:58:00.000000')
  const undeclared = await windowAt('2025-07-01 16:00:00', null, 0, '')
  assert.equal(
    undeclared.high,
    '2025-07-01 11:59:00.000000',
    'UTC is four hours ahead: a row still open would be missed',
  )
})

test('clocks set back: what is written in the second of two equal hours is read, whatever was read of the first', async () => {
  await note(1, '2025-10-26 02:40:00')
  const first = await windowAt('2025-10-26 00:50:00', '2025-10-26 01:30:00')
  assert.deepEqual([first.high, first.repeated], ['2025-10-26 02:40:00.000000', undefined])
  await note(2, '2025-10-26 02:05:00')
  const second = await windowAt('2025-10-26 01:20:00', first.high)
  assert.deepEqual([second.from, second.high], ['2025-10-26 02:00:00.000000', first.high])
  assert.deepEqual(second.repeated, { from: '2025-10-26 02:00:00.000', to: '2025-10-26 03:00:00.000' })
  assert.deepEqual(await idsIn(second), [1, 2])
  await note(3, '2025-10-26 02:30:00')
  const after = await windowAt('2025-10-26 02:10:00', second.high)
  assert.deepEqual(await idsIn(after), [1, 2, 3], 'written after the run, and below where it ended')
  await note(4, '2025-10-26 03:20:00')
  const late = await windowAt('2025-10-26 03:00:00', after.high)
  assert.deepEqual([late.high, await idsIn(late)], ['2025-10-26 03:20:00.000000', [1, 2, 3, 4]])
  assert.deepEqual(await idsIn(await windowAt('2025-10-26 04:00:00', late.high)), [4], 'the hour is over')
})

test('what the first of two equal hours has beyond the second’s now comes as soon as the clocks show it again', async () => {
  await note(1, '2025-10-26 02:50:00')
  const window = await windowAt('2025-10-26 01:10:00', '2025-10-26 01:30:00')
  assert.deepEqual([window.high, await idsIn(window)], ['2025-10-26 02:08:00.000000', []])
  assert.deepEqual(await idsIn(await windowAt('2025-10-26 02:10:00', window.high)), [1])
})

test('clocks set forward: lag and overlap are of time that passed, not of what clocks show', async () => {
  await note(1, '2025-03-30 01:55:00')
  await note(2, '2025-03-30 03:01:00')
  const window = await windowAt('2025-03-30 01:01:30', '2025-03-30 01:50:00')
  assert.deepEqual([window.high, await idsIn(window)], ['2025-03-30 01:59:30.000000', [1]])
  const later = await windowAt('2025-03-30 01:20:00', '2025-03-30 03:05:00', 900)
  assert.deepEqual([later.from, await idsIn(later)], ['2025-03-30 01:50:00.000000', [1, 2]])
})

test('a day is that of the zone', async () => {
  await run("INSERT INTO notes VALUES (1, '2025-07-02', '2025-07-02'), (2, '2025-07-03', '2025-07-03')")
  await reader.query(`SET timestamp = ${Date.parse('2025-07-01T22:30:00Z') / 1000}`)
  const ask = { columns: ['day'], low: '2025-07-01', overlap: 0, lagSeconds: 0, nullCursor: 'exclude' as const }
  const high = async (zone: string | undefined) => (await windowFor(reader, 'notes', { ...ask, zone })).high
  assert.deepEqual([await high('Europe/Berlin'), await high(undefined)], ['2025-07-02', '2025-07-01'])
})
