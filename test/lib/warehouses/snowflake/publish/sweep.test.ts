import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TablePlan } from '../../../../../lib/model.ts'
import { sweepPlan } from '../../../../../lib/sweep.ts'
import type { Load } from '../../../../../lib/warehouses/snowflake/ledger.ts'
import { publishSql } from '../../../../../lib/warehouses/snowflake/publish/publish.ts'
import { heldOf, sweepAuditSql } from '../../../../../lib/warehouses/snowflake/sweep-audit.ts'

const target = { database: 'FIRN', schema: 'RAW', table: 'ORDERS' }
const stage = { database: 'FIRN', schema: '_FIRN', table: 'STAGE_ORDERS_A1' }
const whole: TablePlan = {
  table: 'orders',
  columns: [
    { name: 'id', type: 'int', nullable: false },
    { name: 'part no', type: 'int', nullable: true },
    { name: 'note', type: 'text', nullable: true },
  ],
  key: ['id', 'part no'],
  ...{ kind: 'window', publish: 'merge', chunks: [], chunkColumns: [], where: null, targetFileBytes: 1 },
  window: { columns: ['id'], low: '1', from: '1', high: '9', nullCursor: null },
  found: { columns: [], fence: true },
  ...{ sampleSql: null, estimatedRows: 0, estimatedBytes: 0, target, epoch: 7, drift: [], warnings: [] },
  sweep: { how: 'hard', chunks: [{ id: 's0', from: null, to: null, rows: 1 }], chunkColumns: ['id'], cap: 10 },
}
const hard = sweepPlan(whole)
const soft = sweepPlan({ ...whole, sweep: { ...whole.sweep!, how: 'soft' } })
const load: Load = {
  ...{ job: 'daily', runId: 'r1', attempt: 'a1', epoch: 7, target, suffix: '', kind: 'sweep', publish: 'none' },
  ...{ low: null, high: null, cursorColumn: null, rowsRead: 5, rowsStaged: 5, duplicates: 1, boundaryRows: 0 },
  startedAt: '2026-01-02T03:04:05.678Z',
  content: null,
  terms: null,
}
const sweepSql = (plan: TablePlan, gone: number, returned: number) =>
  publishSql({ load, plan, stage, sweep: { how: plan.sweep!.how, counts: { rows: 9, gone, returned } } })

const KEYS = `SELECT DISTINCT "id" AS "_FIRN_KEY_0", "part no" AS "_FIRN_KEY_1", TRUE AS "_FIRN_STAGED" FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1"`
const FENCE = `"FIRN"."_FIRN"."FENCE_RAW/ORDERS" AS F ON F.EPOCH = 7 AND F.HOLDER = 'r1' AND F.ATTEMPT = 'a1'`
const BY = 'F.HOLDER AS "_FIRN_HOLDER", F.AT AS "_FIRN_AT"'
const gone = (more: string) => `(
SELECT DISTINCT T."ID" AS "_FIRN_KEY_0", T."PART_NO" AS "_FIRN_KEY_1", ${BY}
FROM "FIRN"."RAW"."ORDERS" AS T
JOIN ${FENCE}
LEFT JOIN (${KEYS}) AS S ON T."ID" = S."_FIRN_KEY_0" AND T."PART_NO" IS NOT DISTINCT FROM S."_FIRN_KEY_1"
WHERE S."_FIRN_STAGED" IS NULL AND ${more}
) AS G
WHERE "ID" = G."_FIRN_KEY_0" AND "PART_NO" IS NOT DISTINCT FROM G."_FIRN_KEY_1"`

test('hard: rows without a key that was read are deleted, whatever they are marked as, if this attempt may write', () =>
  assert.deepEqual(sweepSql(hard, 2, 0).slice(2, -1), [`DELETE FROM "FIRN"."RAW"."ORDERS"\nUSING ${gone('TRUE')}`]))

test('soft: they are marked by this run, those that are marked already left alone; a key that is there again takes the mark away', () => {
  const set = (mark: string) =>
    `UPDATE "FIRN"."RAW"."ORDERS"\nSET "_FIRN_DELETED_AT" = ${mark}, "_FIRN_RUN_ID" = G."_FIRN_HOLDER", "_FIRN_LOADED_AT" = G."_FIRN_AT"`
  assert.deepEqual(sweepSql(soft, 2, 1).slice(2, -1), [
    `${set('G."_FIRN_AT"')}\nFROM ${gone('T."_FIRN_DELETED_AT" IS NULL')} AND "_FIRN_DELETED_AT" IS NULL`,
    `${set('NULL')}
FROM (SELECT S.*, ${BY} FROM (${KEYS}) AS S
JOIN ${FENCE}) AS G
WHERE "ID" = G."_FIRN_KEY_0" AND "PART_NO" IS NOT DISTINCT FROM G."_FIRN_KEY_1" AND "_FIRN_DELETED_AT" IS NOT NULL`,
  ])
})

test('through the same fence as any load, with a ledger row that fails unless exactly what was counted came of it', () => {
  const [taken, claimed, ...rest] = sweepSql(hard, 2, 1)
  assert.match(taken!, /^UPDATE .*FENCE_RAW\/ORDERS" *\nSET EPOCH = 7/)
  assert.match(claimed!, /L\.KIND = 'sweep'/)
  assert.match(rest.at(-1)!, /NOT \(ROWS_NOW = ROWS_BEFORE - 2 AND ROWS_OURS = 1\)/)
  assert.match(sweepSql(soft, 2, 1).at(-1)!, /NOT \(ROWS_NOW = ROWS_BEFORE - 0 AND ROWS_OURS = 3\)/)
  assert.equal(sweepSql(hard, 0, 0).length, 3, 'nothing to do is a row of the ledger')
  // inserted, updated, kept, removed: of four keys one came back
  assert.match(rest.at(-1)!, /ROWS_BEFORE, 0, 1, 3, 2, TO_NUMBER/)
})

test('the audit counts what is staged and what would go, also where nothing was staged', () => {
  assert.equal(
    sweepAuditSql(heldOf(soft, stage)),
    `SELECT (SELECT COUNT(*) FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1") AS STAGED, (SELECT COUNT(*) FROM (SELECT "id", "part no" FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1" GROUP BY "id", "part no")) AS APART, COUNT_IF(S."_FIRN_STAGED" IS NULL AND T."_FIRN_DELETED_AT" IS NULL) AS GONE, COUNT_IF(S."_FIRN_STAGED" IS NOT NULL AND T."_FIRN_DELETED_AT" IS NOT NULL) AS RETURNED, COUNT_IF(T."_FIRN_DELETED_AT" IS NULL) AS THERE
FROM "FIRN"."RAW"."ORDERS" AS T
LEFT JOIN (${KEYS}) AS S ON T."ID" = S."_FIRN_KEY_0" AND T."PART_NO" IS NOT DISTINCT FROM S."_FIRN_KEY_1"`,
  )
  const empty = sweepAuditSql(heldOf(hard, null))
  assert.match(empty, /^SELECT 0 AS STAGED, 0 AS APART, .*COUNT_IF\(TRUE\) AS THERE/)
  assert.match(empty, /TRUE AS "_FIRN_STAGED" FROM "FIRN"\."RAW"\."ORDERS" WHERE FALSE\) AS S/)
})
