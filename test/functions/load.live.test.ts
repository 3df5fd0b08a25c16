import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { handler } from '../../functions/load.ts'
import { releaseLease, takeLease, targetName } from '../../lib/lease.ts'
import type { Plan } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { logger } from '../../lib/stage.ts'
import { putObject } from '../../lib/store/objects.ts'
import { FULL, refusingStore } from '../lib/store/refusing-store.ts'
import { type Lab, moment, openLab, orders, rowsIn, stageChunk } from '../lib/warehouses/snowflake/lab.ts'

let lab: Lab
before(async () => {
  logger.setLogLevel('SILENT')
  lab = await openLab('LOAD_FUNCTION_TESTS')
})
after(() => lab.warehouse.close())

const context = {} as never
const load = (names: { job: string; runId: string; table: string }) => handler(names, context)

/** A run folder as Plan and Extract leave it, the lease taken. */
const planned = async (runId: string, table: string) => {
  const names = { job: 'daily', runId, table }
  const folder = runFolder(names)
  const { epoch } = await takeLease(orders(lab, table).target, runId)
  const plan: Plan = {
    ...names,
    request: {},
    codeVersion: 'test',
    metadataDigest: '',
    plannedAt: '2026-01-01T00:00:00Z',
    schemaSuffix: '',
    transform: true,
    neverLoaded: [],
    tables: [orders(lab, table, { epoch })],
  }
  await folder.putPlan(plan)
  const chunk = await stageChunk(runId, plan.tables[0]!, [
    ['o1', null, '1.00', moment(1)],
    ['o2', null, '2.00', moment(2)],
    ['o3', null, '3.00', moment(3)],
  ])
  return { names, folder, chunk, target: targetName(plan.tables[0]!.target) }
}

test('Load publishes a table from its names alone, once', async () => {
  const { names, folder, chunk } = await planned('r1', 'named')
  await folder.putChunk(chunk)
  assert.deepEqual(await load(names), { done: true })
  const result = await folder.load('named')
  assert.deepEqual([result?.status, result?.rowsInTarget, result?.bytes], ['published', 3, chunk.bytes])
  assert.deepEqual(await load(names), { done: true })
  assert.equal((await rowsIn(lab, 'NAMED')).length, 3)
})

test('Load goes by the mode of the settings, and says so in its result', async (t) => {
  t.after(() => {
    delete process.env.SNOWFLAKE_LOAD_MODE
  })
  for (const [runId, table, mode, route, reason] of [
    ['m1', 'by_insert', 'insert', 'insert', 'SNOWFLAKE_LOAD_MODE=insert'],
    ['m2', 'by_internal', 'internal', 'internal', 'SNOWFLAKE_LOAD_MODE=internal'],
    ['m3', 'by_auto', '', 'external', 'Snowflake reads the staging bucket itself'],
  ] as const) {
    process.env.SNOWFLAKE_LOAD_MODE = mode
    const { names, folder, chunk } = await planned(runId, table)
    await folder.putChunk(chunk)
    assert.deepEqual(await load(names), { done: true })
    const result = (await folder.load(table))!
    assert.deepEqual([result.route, result.routeReason, result.rowsInTarget], [route, reason, 3])
  }
})

test('C49: a Load that died between COMMIT and load.json is found in the ledger, whoever holds the lease by now', async () => {
  const { names, folder, chunk, target } = await planned('r2', 'died')
  await folder.putChunk(chunk)
  await load(names)
  const first = await folder.load('died')
  await releaseLease(target, 'r2')
  await takeLease(orders(lab, 'died').target, 'r3')
  // the same run as it was before load.json was put
  const again = runFolder({ job: 'again', runId: 'r2' })
  await again.putPlan({ ...(await folder.plan()), job: 'again' })
  await again.putChunk(chunk)
  assert.deepEqual(await load({ ...names, job: 'again' }), { done: true })
  const apart = { seconds: 0, peakMemoryMb: 0, used: undefined, route: null, routeReason: null }
  assert.deepEqual({ ...(await again.load('died')), ...apart }, { ...first, ...apart })
})

test('without the lease, or with a chunk missing, nothing is loaded', async () => {
  const { names, folder, chunk, target } = await planned('r4', 'refused')
  await assert.rejects(async () => load(names), /refused\/0\.json is missing/)
  await folder.putChunk(chunk)
  await releaseLease(target, 'r4')
  await assert.rejects(async () => load(names), { name: 'LeaseLostError' })
  assert.equal(await folder.load('refused'), null)
})

test('a stage that is full is refused before anything is published; what is published when it fills up is found', async (t) => {
  const { names, folder, chunk } = await planned('r5', 'packed')
  await folder.putChunk(chunk)
  const store = await refusingStore(t, lab.bucket)
  const published = async () => (await lab.warehouse.query("SELECT * FROM _FIRN.LOADS WHERE RUN_ID = 'r5'")).length
  const refused = {
    name: 'RefusedError',
    message: /^The staging bucket is full \(XMinioAdminBucketQuotaExceeded\): .*retry RUN/,
  }
  store.refuse(/^PUT /, FULL[1]!)
  await assert.rejects(async () => load(names), refused)
  assert.equal(await published(), 0)
  store.refuse(/^PUT .*load\.json/, FULL[1]!)
  await assert.rejects(async () => load(names), refused)
  assert.deepEqual([await published(), (await rowsIn(lab, 'PACKED')).length], [1, 3])
  store.refuse(/^PUT /, null)
  assert.deepEqual(await load(names), { done: true })
  assert.deepEqual([await published(), (await rowsIn(lab, 'PACKED')).length], [1, 3])
  assert.equal((await folder.load('packed'))!.rowsInTarget, 3)
})

test('a manifest that is cut short, or names a file twice, or another content: refused by name, and nothing is published', async () => {
  const { names, folder, chunk } = await planned('r6', 'manifests')

  const [first, second] = chunk.parts

  const key = `${folder.prefix}manifests/0.json`
  const twice = { ...chunk, rows: 2 * first!.rows, parts: [first!, first!] }
  const swapped = { ...chunk, parts: [{ ...first!, sha256: second!.sha256, etag: second!.etag }, second!] }
  for (const [manifest, name, message] of [
    [
      JSON.stringify(chunk).slice(0, -20),
      'RefusedError',
      /runs\/daily\/r6\/manifests\/0\.json is no JSON: it was cut short.*start a new run/,
    ],
    [JSON.stringify(twice), 'AuditError', /manifests: the file .*x0-0\.parquet is named twice.*retry r6/],
    [
      JSON.stringify(swapped),
      'AuditError',
      /manifests: the file .*x0-0\.parquet is not the one that was written.*retry r6/,
    ],
    [JSON.stringify({ ...chunk, rows: 4 }), 'AuditError', /manifests: .*4.*3/],
  ] as const) {
    await putObject(key, manifest)
    await assert.rejects(async () => load(names), { name, message })
    assert.deepEqual(await lab.warehouse.query("SELECT * FROM _FIRN.LOADS WHERE RUN_ID = 'r6'"), [])
  }
  await putObject(key, JSON.stringify(chunk))
  assert.deepEqual(await load(names), { done: true })
})
