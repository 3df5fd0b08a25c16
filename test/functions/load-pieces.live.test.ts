/** A Load whose time is over while the warehouse works: the next one goes on, and nothing happens twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TablePlan } from '../../lib/model.ts'
import { contentOf } from '../../lib/warehouses/snowflake/content.ts'
import { rowsIn, stagesLeft } from '../lib/warehouses/snowflake/lab.ts'
import { heldLoads, LONG, ledgerOf, load, placeOf, SHORT } from './held-loads.ts'

const { lab, hold, planned, loadedBefore } = await heldLoads('LOAD_PIECES')

const copyOf = (table: string) => `COPY INTO "${lab.settings.database}"."_FIRN"."STAGE_${table.toUpperCase()}_`
const ledgerRows = async (table: string) => {
  const [row] = await lab.warehouse.query(`SELECT COUNT(*) AS N FROM _FIRN.LOADS WHERE TARGET = ${ledgerOf(table)}`)
  return Number(row!.N)
}

/** Every row once, one ledger row, nothing left over. */
const isLoadedOnce = async (table: string, left = 0) => {
  assert.equal((await rowsIn(lab, table.toUpperCase())).length, 3)
  assert.equal(await ledgerRows(table), 1)
  assert.equal((await stagesLeft(lab)).filter((name) => name.startsWith(`STAGE_${table.toUpperCase()}_`)).length, left)
}

test('a COPY that outlives its Lambda is waited for by the next, and not sent again', async () => {
  const folder = await planned('copied')
  const first = hold(copyOf('copied'))
  assert.deepEqual(await load('copied', SHORT), { done: false })
  assert.ok(first.isHeld())
  const place = await placeOf(folder, 'copied')
  assert.deepEqual(
    [place.piece, place.files, place.route, place.running?.doing],
    [1, 0, 'external', 'copy from file 0'],
  )
  const second = hold(`${copyOf('copied')}${place.attempt.toUpperCase()}`)
  first.release()
  assert.deepEqual(await load('copied', LONG), { done: true })
  // the first COPY had passed the second hold's moment: one that was sent again would be held now
  const result = await folder.load('copied')
  assert.deepEqual(
    [result?.pieces, result?.attempt, result?.route, result?.inserted],
    [2, place.attempt, 'external', 3],
  )
  assert.ok(result!.used!.statements > place.used.statements)
  second.release()
  await isLoadedOnce('copied')
})

test('a publication that outlives two Lambdas is one publication', async () => {
  const folder = await planned('published')
  const held = hold(`INSERT INTO "${lab.settings.database}"."_FIRN"."LOADS"`)
  assert.deepEqual(await load('published', SHORT), { done: false })
  assert.equal((await placeOf(folder, 'published')).running?.doing, 'publish')
  assert.deepEqual(await load('published', SHORT), { done: false })
  const place = await placeOf(folder, 'published')
  assert.deepEqual([place.piece, place.running?.doing], [2, 'publish'])
  held.release()
  assert.deepEqual(await load('published', LONG), { done: true })
  const result = await folder.load('published')
  assert.deepEqual([result?.pieces, result?.attempt, result?.inserted], [3, place.attempt, 3])
  await isLoadedOnce('published')
})

test('a publication that ended while nobody waited is found in the ledger', async () => {
  const folder = await planned('ended')
  const held = hold(`INSERT INTO "${lab.settings.database}"."_FIRN"."LOADS"`)
  assert.deepEqual(await load('ended', SHORT), { done: false })
  held.release()
  while ((await ledgerRows('ended')) === 0);
  assert.deepEqual(await load('ended', LONG), { done: true })
  const result = await folder.load('ended')
  assert.deepEqual([result?.pieces, result?.route, result?.inserted], [2, 'external', 3])
  await isLoadedOnce('ended')
})

test('a Lambda that took a place and died is followed by one that begins anew; what the dead one began changes nothing', async () => {
  const folder = await planned('died')
  const held = hold(copyOf('died'))
  assert.deepEqual(await load('died', SHORT), { done: false })
  const place = await placeOf(folder, 'died')
  assert.equal(await folder.takeLoadPlace(place), true)
  // both COPYs go on, each into its own stage table
  const anew = load('died', LONG)
  held.release()
  assert.deepEqual(await anew, { done: true })
  assert.notEqual((await folder.load('died'))?.attempt, place.attempt)
  await isLoadedOnce('died', 1)
})

test('of two at once one goes on and the other begins anew: the rows are published once', async () => {
  await planned('twice')
  const held = hold(copyOf('twice'))
  assert.deepEqual(await load('twice', SHORT), { done: false })
  held.release()
  assert.deepEqual(await Promise.all([load('twice', LONG), load('twice', LONG)]), [{ done: true }, { done: true }])
  await isLoadedOnce('twice')
})

test('a COPY that failed while nobody waited has failed: another route is gone where that helps', async () => {
  const folder = await planned('failed')
  const held = hold(copyOf('failed'))
  assert.deepEqual(await load('failed', SHORT), { done: false })
  await lab.warehouse.query(
    `CREATE OR REPLACE STAGE _FIRN.LAKE URL = 's3compat://${lab.bucket}/' ENDPOINT = 'http://127.0.0.1:1' CREDENTIALS = (AWS_KEY_ID = 'a' AWS_SECRET_KEY = 'b')`,
  )
  held.release()
  assert.deepEqual(await load('failed', LONG), { done: true })
  const result = await folder.load('failed')
  assert.deepEqual(
    [result?.route, result?.routeReason],
    ['internal', 'Snowflake cannot see the staging bucket (091003)'],
  )
  await isLoadedOnce('failed')
})

test('files that were uploaded are copied by the next Lambda, and removed', async () => {
  // the stage LAKE is out of sight since the test before
  const folder = await planned('uploaded')
  const held = hold(copyOf('uploaded'))
  assert.deepEqual(await load('uploaded', SHORT), { done: false })
  const uploaded = await lab.warehouse.query('LIST @_FIRN.FILES')
  assert.equal(uploaded.length, 2)
  held.release()
  assert.deepEqual(await load('uploaded', LONG), { done: true })
  assert.equal((await folder.load('uploaded'))?.route, 'internal')
  assert.deepEqual(await lab.warehouse.query('LIST @_FIRN.FILES'), [])
  await isLoadedOnce('uploaded')
})

test('a publication overtaken by a later run while nobody waited publishes nothing', async () => {
  await planned('overtaken')
  const held = hold(`UPDATE "${lab.settings.database}"."_FIRN"."FENCE_RAW/OVERTAKEN"`)
  assert.deepEqual(await load('overtaken', SHORT), { done: false })
  // written otherwise, since it would be held as well
  await lab.warehouse.query(`UPDATE _FIRN."FENCE_RAW/OVERTAKEN" SET EPOCH = 800000000000000000, HOLDER = 'later'`)
  held.release()
  await assert.rejects(load('overtaken', LONG), { name: 'LeaseLostError' })
  assert.equal(await ledgerRows('overtaken'), 0)
  assert.deepEqual(await rowsIn(lab, 'OVERTAKEN'), [])
  assert.deepEqual(
    (await stagesLeft(lab)).filter((name) => name.startsWith('STAGE_OVERTAKEN_')),
    [],
  )
})

/** A whole copy that is in its target, and a second run that has read the same, or what the target was until somebody wrote to it. */
const copiedTwice = async (table: string) => {
  const whole: Partial<TablePlan> = { kind: 'full', window: null }
  const { plan, chunks, found } = await loadedBefore(table, whole)
  return planned(table, {
    ...whole,
    found,
    epoch: 1,
    lastCopy: { job: 'daily', runId: 'r1', content: contentOf(plan, chunks)! },
  })
}

test('a comparison with the last copy that outlives its Lambda is gone on with', async () => {
  const folder = await copiedTwice('compared')
  const held = hold(`INSERT INTO "${lab.settings.database}"."_FIRN"."LOADS"`)
  assert.deepEqual(await load('compared', SHORT), { done: false })
  assert.equal((await placeOf(folder, 'compared')).running?.doing, 'compare')
  held.release()
  assert.deepEqual(await load('compared', LONG), { done: true })
  const result = await folder.load('compared')
  assert.deepEqual(
    [result?.publish, result?.pieces, result?.kept, result?.routeReason],
    ['unchanged', 2, 3, "its files are those of the table's last load"],
  )
  assert.deepEqual([await ledgerRows('compared'), (await rowsIn(lab, 'COMPARED')).length], [2, 3])
})

test('a comparison that finds another target than the last copy left, after its Lambda, is followed by a load', async () => {
  const folder = await copiedTwice('touched')
  const held = hold('FENCE_RAW/TOUCHED')
  assert.deepEqual(await load('touched', SHORT), { done: false })
  await lab.warehouse.query("DELETE FROM RAW.TOUCHED WHERE ORDER_ID = 'o2'")
  held.release()
  assert.deepEqual(await load('touched', LONG), { done: true })
  const result = await folder.load('touched')
  assert.deepEqual([result?.publish, result?.pieces, result?.inserted], ['replace', 2, 3])
  assert.deepEqual([await ledgerRows('touched'), (await rowsIn(lab, 'TOUCHED')).length], [2, 3])
})
