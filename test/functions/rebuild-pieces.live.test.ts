/** A long rebuilding goes on in the next Lambda, wherever its time was over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COLUMNS } from '../lib/warehouses/snowflake/lab.ts'
import { CELLS, heldLoads, LONG, ledgerOf, load, placeOf, SHORT } from './held-loads.ts'

const { lab, hold, planned, loadedBefore } = await heldLoads('REBUILD_PIECES')

/** A target of a type that MySQL has no more, and a run for which that was accepted. */
const toRebuild = async (table: string) => {
  const { found } = await loadedBefore(table, {}, CELLS.slice(0, 2))
  const columns = COLUMNS.map((column) => (column.name === 'price' ? { ...column, type: 'varchar(20)' } : column))
  return planned(table, { publish: 'rebuild', columns, found })
}

/** The type of the price, rows, the ledger's modes, and what stands beside the target. */
const rebuilt = async (table: string) => {
  const name = table.toUpperCase()
  const ask = async (sql: string) => (await lab.warehouse.query(sql)).map((row) => Object.values(row).join())
  const [type] = await ask(
    `SELECT DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'RAW' AND TABLE_NAME = '${name}' AND COLUMN_NAME = 'PRICE'`,
  )
  return {
    type,
    rows: Number((await ask(`SELECT COUNT(*) FROM RAW.${name}`))[0]),
    modes: await ask(`SELECT MODE FROM _FIRN.LOADS WHERE TARGET = ${ledgerOf(table)} ORDER BY EPOCH`),
    beside: await ask(
      `SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE '%FIRN_REBUILD_${name}_%'`,
    ),
  }
}
const REBUILT = { type: 'TEXT', rows: 3, modes: ['replace', 'rebuild'], beside: [] }

for (const [what, table, where] of [
  ['rows are written beside', 'beside', 'INSERT INTO'],
  ['names are changed', 'swapped', 'ALTER TABLE'],
  ['the ledger is written', 'noted', 'LOADS'],
] as const)
  test(`a rebuilding that outlives its Lambda while ${what} goes on, and is one`, async () => {
    const { database } = lab.settings
    const folder = await toRebuild(table)
    const beside = `"${database}"."RAW"."_FIRN_REBUILD_${table.toUpperCase()}_`
    const texts = {
      'INSERT INTO': `INSERT INTO ${beside}`,
      'ALTER TABLE': `SWAP WITH ${beside}`,
      LOADS: `INSERT INTO "${database}"."_FIRN"."LOADS"`,
    }
    const held = hold(texts[where])
    assert.deepEqual(await load(table, SHORT), { done: false })
    assert.ok(held.isHeld())
    const place = await placeOf(folder, table)
    assert.equal(place.running?.doing, 'publish')
    held.release()
    assert.deepEqual(await load(table, LONG), { done: true })
    const result = await folder.load(table)
    assert.deepEqual([result?.publish, result?.pieces, result?.attempt], ['rebuild', 2, place.attempt])
    assert.deepEqual(await rebuilt(table), REBUILT)
  })

test('a rebuilding whose Lambda died is begun anew by the next, and what it left changes no name any more', async () => {
  const folder = await toRebuild('begun')
  const held = hold(`SWAP WITH "${lab.settings.database}"."RAW"."_FIRN_REBUILD_BEGUN_`)
  assert.deepEqual(await load('begun', SHORT), { done: false })
  const place = await placeOf(folder, 'begun')
  assert.equal(await folder.takeLoadPlace(place), true)
  const anew = load('begun', LONG)
  held.release()
  assert.deepEqual(await anew, { done: true })
  const { beside, ...found } = await rebuilt('begun')
  assert.deepEqual({ ...found, beside: [] }, REBUILT)
  assert.ok(beside.length <= 1, 'what is left of the dead one is stale one day')
})
