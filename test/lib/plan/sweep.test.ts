/** When a table is swept, by its metadata, its ledger and what is asked for; which chunks that takes is told by chunks.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from 'mysql2/promise'
import type { RunRequest, SourceTable, TableMetadata } from '../../../lib/model.ts'
import type { Shape } from '../../../lib/plan/plan-tables.ts'
import { planSweep, sweepProblems } from '../../../lib/plan/sweep.ts'

/** Of a table that no index walks nothing is asked before it is read. */
const NOBODY = new Proxy({} as Connection, {
  get: () => {
    throw new Error('MySQL was asked')
  },
})
const source: SourceTable = {
  ...{ table: 'orders', key: ['id'], foreignKeys: [], indexes: [], rows: 10, bytes: 1 },
  columns: [{ name: 'id', type: 'int', nullable: false }],
}
const meta: TableMetadata = {
  ...{ table: 'orders', load_strategy: 'incremental', incremental_column: 'at', description: 'x', deletes: 'soft' },
}
const MERGE: Shape = {
  ...{ kind: 'window', publish: 'merge' },
  window: { columns: ['at'], low: '1', from: '1', high: '9', nullCursor: null },
}
const HOUR = 3600

type Asked = { meta?: Partial<TableMetadata>; shape?: Shape; ago?: number | null; request?: RunRequest }

const swept = ({ meta: changes = {}, shape = MERGE, ago, request = {} }: Asked) =>
  planSweep(NOBODY, {
    ...{ meta: { ...meta, ...changes }, source, shape, request },
    cursor:
      ago === undefined
        ? undefined
        : {
            high: '1',
            column: 'at',
            epoch: 1,
            sweptSecondsAgo: ago,
            copy: null,
            lastTerms: null,
            terms: null,
            since: 1,
          },
  })
const isSwept = async (asked: Asked) => (await swept(asked)) !== undefined

test('once a day; a nightly run that comes a little early sweeps as well', async () => {
  assert.equal(await isSwept({ ago: 20 * HOUR }), false)
  assert.equal(await isSwept({ ago: 23 * HOUR }), true)
  assert.equal(await isSwept({ ago: 5 * HOUR, meta: { sweep_hours: 6 } }), false)
  assert.equal(await isSwept({ ago: 5.5 * HOUR, meta: { sweep_hours: 6 } }), true)
  assert.equal(await isSwept({ ago: 0, meta: { sweep_hours: 0 } }), true)
})

test('at once, where no sweep is known of: of a table that has none yet, or was replayed since', async () => {
  assert.equal(await isSwept({ ago: null }), true)
  assert.equal(await isSwept({}), true)
})

test('a person may ask for it, or go without', async () => {
  assert.equal(await isSwept({ ago: 1, request: { sweep: true } }), true)
  assert.equal(await isSwept({ ago: null, request: { sweep: false } }), false)
})

test('never of a table without deletes, of one that is copied whole, nor where nothing is merged', async () => {
  const request = { sweep: true }
  assert.equal(await isSwept({ meta: { deletes: 'ignore' }, request }), false)
  const { deletes: _, ...without } = meta
  assert.equal(await planSweep(NOBODY, { meta: without, source, shape: MERGE, cursor: undefined, request }), undefined)
  for (const shape of [
    { ...MERGE, publish: 'replace' },
    { ...MERGE, publish: 'rebuild' },
    { ...MERGE, publish: 'append' },
    { kind: 'full', publish: 'replace', window: null },
    { ...MERGE, kind: 'backfill' },
  ] as Shape[])
    assert.equal(await isSwept({ shape, request }), false, `${shape.kind}, ${shape.publish}`)
})

test('what becomes of rows, and how many may go without asking', async () => {
  const told = async (asked: Asked) => {
    const { how, cap, chunks } = (await swept(asked))!
    return [how, cap, ...chunks.map(({ id }) => id)]
  }
  assert.deepEqual(await told({}), ['soft', 10, 's0'])
  assert.deepEqual(await told({ meta: { deletes: 'hard', sweep_cap: 2.5 } }), ['hard', 2.5, 's0'])
  assert.deepEqual(await told({ meta: { sweep_cap: 2.5 }, request: { sweepCap: 40 } }), ['soft', 40, 's0'])
  assert.deepEqual(await told({ request: { sweepCap: 0 } }), ['soft', 0, 's0'])
})

test('a sweep that is asked for needs a table that says what becomes of its rows', () => {
  const { deletes: _, ...without } = meta
  const items = { ...without, table: 'items' }
  assert.deepEqual(sweepProblems({}, [without]), [])
  assert.deepEqual(sweepProblems({ sweep: false }, [without]), [])
  assert.deepEqual(sweepProblems({ sweep: true }, [meta, items]), [], 'one of them will do')
  assert.match(sweepProblems({ sweep: true }, [without])[0]!, /orders has no "deletes": say "soft" or "hard"/)
  assert.match(sweepProblems({ sweep: true }, [without, items])[0]!, /orders, items have no "deletes"/)
})
