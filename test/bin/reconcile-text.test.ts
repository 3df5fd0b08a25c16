import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reconcileText } from '../../bin/reconcile-text.ts'
import type { Compared } from '../../lib/reconcile/compare.ts'
import type { Reconciled } from '../../lib/reconcile/reconcile.ts'

const equal: Compared = {
  ...{
    table: 'orders',
    target: 'RAW.ORDERS',
    upTo: '2026-01-02 03:04:05.000000',
    loadedAt: '2026-01-02 03:10:00.000000',
  },
  ...{ rows: { mysql: 1200, warehouse: 1200 }, missing: 0, extra: 0, different: 0, repeated: 0, newer: 0 },
  ...{ columns: [], notCompared: [], isKeyed: true, isWhole: true, keepsDeleted: true, differences: [] },
}
const found = (compared: Partial<Compared>, more: Partial<Reconciled> = {}): Reconciled => ({
  ...{ table: 'orders', compared: { ...equal, ...compared }, differs: false, repaired: null, refused: null },
  ...more,
})

const secret: Partial<Compared> = {
  different: 2,
  columns: [{ column: 'price', rows: 2 }],
  differences: Array.from({ length: 30 }, (_, i) => ({
    ...{ verdict: i ? ('missing' as const) : ('different' as const), rows: 1 },
    ...{ key: [`4:KEY${i}`, 'N'], values: [`KEY${i}`, null] },
  })),
}

test('equal tables are told with the reach of the comparison', () => {
  const text = reconcileText([found({})], false)
  assert.match(text, /orders +1,200 +1,200 +0 +0 +0 +0 +equal\n/)
  assert.match(text, /rows up to the cursor 2026-01-02 03:04:05\.000000, the end of the last window/)
  assert.match(
    reconcileText([found({ upTo: null })], false),
    /a copy of 2026-01-02 03:10:00\.000000 \(UTC\): what changed/,
  )
})

test('differences are told by count and column; keys only when asked for, and not all of them', () => {
  const text = reconcileText([found(secret, { differs: true })], false)
  assert.match(text, /differs\n[\s\S]*price differs in 2 rows/)
  assert.doesNotMatch(text, /KEY/)
  const shown = reconcileText([found(secret, { differs: true })], true)
  assert.match(shown, /different:\n {4}KEY0, NULL\n {2}only in MySQL:\n {4}KEY1, NULL\n/)
  assert.match(shown, /KEY20, NULL\n {4}and 9 more/)
})

test('what is no difference, or not known, is said', () => {
  const text = reconcileText(
    [
      found({ extra: 3, newer: 1, isWhole: false, isKeyed: false, notCompared: [{ column: 'doc', why: 'JSON' }] }),
      found({}, { repaired: { runId: 'r1', rows: 2, inserted: 1, updated: 1, removed: 0 } }),
      found({}, { compared: null, table: 'never', refused: 'never: not loaded' }),
    ],
    false,
  )
  assert.match(text, /equal but for deleted rows/)
  for (const words of [
    /1 row changed in MySQL since, and not counted/,
    /3 rows only in Snowflake: deleted in MySQL.*"ignore" keeps them/,
    /no key tells its rows apart/,
    /more differences than are worth looking for/,
    /doc is not compared: JSON/,
    /repaired by run r1: 2 rows read from MySQL, 1 inserted, 1 updated, 0 removed/,
    /never\n {2}never: not loaded/,
  ])
    assert.match(text, words)
})
