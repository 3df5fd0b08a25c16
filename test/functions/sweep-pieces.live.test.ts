/** A sweep whose Lambda's time is over goes on in the next, before its window, and happens once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TablePlan } from '../../lib/model.ts'
import type { RunFolder } from '../../lib/run-folder.ts'
import { sweepPlan } from '../../lib/sweep.ts'
import { moment, orders, stageChunk, stagesLeft } from '../lib/warehouses/snowflake/lab.ts'
import { heldLoads, LONG, ledgerOf, load, placeOf, SHORT } from './held-loads.ts'

const { lab, hold, planned, loadedBefore } = await heldLoads('SWEEP_PIECES')

/** Of the rows of the last load o9 is gone since; o1 to o3 come with the window of this run. */
const BEFORE = ['o1', 'o9'].map((id) => [id, null, '0.00', moment(1)])
const KEYS = [['o1'], ['o2'], ['o3']]

/** A run folder with a window and a sweep, as Plan and Extract leave it. */
const toSweep = async (table: string): Promise<RunFolder> => {
  const { found } = await loadedBefore(table, {}, BEFORE)
  const changes: Partial<TablePlan> = {
    ...{ publish: 'merge', found, epoch: 1 },
    window: { columns: ['updated_at'], low: moment(1), from: moment(1), high: moment(59), nullCursor: null },
    sweep: {
      ...{ how: 'soft', chunkColumns: ['order_id'], cap: 60 },
      chunks: [{ id: 's0', from: null, to: null, rows: null }],
    },
  }
  const folder = await planned(table, changes)
  const keys = await stageChunk(`keys-${table}`, sweepPlan(orders(lab, table, changes)), KEYS)
  await folder.putChunk({ ...keys, chunk: 's0' })
  return folder
}

/** Every row once and o9 marked, a ledger row of each kind, no stage table but so many. */
const isSweptOnce = async (table: string, folder: RunFolder, pieces: number, left = 0) => {
  const ask = async (sql: string) => (await lab.warehouse.query(sql)).map((row) => Object.values(row).join(' '))
  assert.deepEqual(
    await ask(`SELECT ORDER_ID, IFF(_FIRN_DELETED_AT IS NULL, 'there', 'gone') FROM RAW.${table} ORDER BY 1`),
    ['o1 there', 'o2 there', 'o3 there', 'o9 gone'],
  )
  assert.deepEqual(
    await ask(`SELECT KIND, REMOVED FROM _FIRN.LOADS WHERE TARGET = ${ledgerOf(table)} ORDER BY PUBLISHED_AT`),
    ['window 0', 'sweep 1', 'window 0'],
  )
  assert.equal((await stagesLeft(lab)).filter((name) => name.startsWith(`STAGE_${table.toUpperCase()}_`)).length, left)
  const result = await folder.load(table)
  assert.deepEqual([result?.pieces, result?.removed, result?.inserted], [pieces, 1, 2])
  assert.deepEqual(result?.swept, { how: 'soft', keys: 3, removed: 1, returned: 0 })
}

const stageOf = (table: string) => `"${lab.settings.database}"."_FIRN"."STAGE_${table.toUpperCase()}_`
const LEDGER = `INSERT INTO "${lab.settings.database}"."_FIRN"."LOADS"`

test('the keys are still being copied: the next Lambda waits for them, sweeps, and loads the window', async () => {
  const folder = await toSweep('copied')
  const held = hold(`COPY INTO ${stageOf('copied')}`)
  assert.deepEqual(await load('copied', SHORT), { done: false })
  const place = await placeOf(folder, 'copied')
  assert.deepEqual([place.sweeping, place.running?.doing], [true, 'copy from file 0'])
  held.release()
  assert.deepEqual(await load('copied', LONG), { done: true })
  await isSweptOnce('copied', folder, 2)
})

test('the sweep is still being published', async () => {
  const folder = await toSweep('published')
  const held = hold(LEDGER)
  assert.deepEqual(await load('published', SHORT), { done: false })
  const place = await placeOf(folder, 'published')
  assert.deepEqual([place.sweeping, place.running?.doing], [true, 'publish'])
  held.release()
  assert.deepEqual(await load('published', LONG), { done: true })
  await isSweptOnce('published', folder, 2)
})

test('the sweep is published, and the window is not: the next Lambda goes on with the window', async () => {
  const folder = await toSweep('windowed')
  const held = hold(`MERGE INTO "${lab.settings.database}"."RAW"."WINDOWED"`)
  assert.deepEqual(await load('windowed', SHORT), { done: false })
  const place = await placeOf(folder, 'windowed')
  assert.deepEqual([place.sweeping, place.running?.doing], [undefined, 'publish'])
  held.release()
  assert.deepEqual(await load('windowed', LONG), { done: true })
  await isSweptOnce('windowed', folder, 2)
})

test('a Lambda that took the place of a sweep and died is followed by one that begins anew', async () => {
  const folder = await toSweep('died')
  const held = hold(`COPY INTO ${stageOf('died')}`)
  assert.deepEqual(await load('died', SHORT), { done: false })
  assert.equal(await folder.takeLoadPlace(await placeOf(folder, 'died')), true)
  const anew = load('died', LONG)
  held.release()
  assert.deepEqual(await anew, { done: true })
  await isSweptOnce('died', folder, 2, 1)
})
