import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Load } from '../../../../lib/warehouses/snowflake/ledger.ts'
import { mergeSql, type Publication, publishSql, replaceSql } from '../../../../lib/warehouses/snowflake/publish.ts'

const load: Load = {
  job: 'daily',
  runId: 'r1',
  attempt: 'a1',
  epoch: 7,
  target: { database: 'FIRN', schema: 'RAW', table: 'ORDERS' },
  suffix: '',
  kind: 'window',
  publish: 'merge',
  low: '1',
  high: "9'",
  cursorColumn: 'version',
  rowsRead: 3,
  rowsStaged: 3,
  duplicates: 0,
  boundaryRows: 1,
  startedAt: '2026-01-02T03:04:05.678Z',
}
const columns = [
  { name: 'id', type: 'int', nullable: false },
  { name: 'part', type: 'int', nullable: true },
  { name: 'version', type: 'int', nullable: false },
]
const window = { columns: ['version'], low: '1', from: '1', high: '9', nullCursor: null }
const stage = { database: 'FIRN', schema: '_FIRN', table: 'STAGE_ORDERS_A1' }
const publication: Publication = { load, plan: { columns, key: ['id', 'part'], window }, stage }
const ours = `L.RUN_ID = 'r1' AND L.TARGET = 'RAW.ORDERS' AND L.KIND = 'window' AND L.ATTEMPT = 'a1'`

test('the fence comes first, the ledger row second, the counts last; no DDL is among them', () => {
  const statements = publishSql(publication)
  assert.deepEqual(
    statements.map((sql) => sql.split(/\s/, 3).join(' ')),
    [
      'UPDATE "FIRN"."_FIRN"."TARGETS" SET',
      'INSERT INTO "FIRN"."_FIRN"."LOADS"',
      'MERGE INTO "FIRN"."RAW"."ORDERS"',
      'UPDATE "FIRN"."_FIRN"."LOADS" SET',
    ],
  )
  assert.match(statements[0]!, /WHERE TARGET = 'RAW\.ORDERS' AND EPOCH <= 7$/)
  assert.match(
    statements[1]!,
    /WHERE T\.TARGET = 'RAW\.ORDERS' AND T\.EPOCH = 7 AND T\.HOLDER = 'r1'\n {2}AND NOT EXISTS/,
  )
  assert.match(statements[1]!, /'9'''/, 'texts are quoted')
  assert.match(statements[1]!, /'2026-01-02 03:04:05\.678'::TIMESTAMP_NTZ\(6\)/)
})

test('a merge: by key, a NULL in it counted as a value, and only over rows that are not newer', () => {
  assert.deepEqual(mergeSql(publication), [
    `MERGE INTO "FIRN"."RAW"."ORDERS" AS T
USING (
SELECT S."id" AS "ID", S."part" AS "PART", S."version" AS "VERSION", L.RUN_ID AS "_FIRN_RUN_ID", L.PUBLISHED_AT AS "_FIRN_LOADED_AT"
FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1" AS S
JOIN "FIRN"."_FIRN"."LOADS" AS L ON ${ours}
) AS S
ON T."ID" = S."ID" AND T."PART" IS NOT DISTINCT FROM S."PART"
WHEN MATCHED AND S."VERSION" >= T."VERSION" THEN UPDATE SET "VERSION" = S."VERSION", "_FIRN_RUN_ID" = S."_FIRN_RUN_ID", "_FIRN_LOADED_AT" = S."_FIRN_LOADED_AT"
WHEN NOT MATCHED THEN INSERT ("ID", "PART", "VERSION", "_FIRN_RUN_ID", "_FIRN_LOADED_AT") VALUES (S."ID", S."PART", S."VERSION", S."_FIRN_RUN_ID", S."_FIRN_LOADED_AT")`,
  ])
})

test('JSON is parsed as it is published, merged and replaced alike', () => {
  const doc = { name: 'doc', type: 'json', nullable: true }
  const some: Publication = { ...publication, plan: { ...publication.plan, columns: [...columns, doc] } }
  assert.match(mergeSql(some)[0]!, /, PARSE_JSON\(S\."doc"\) AS "DOC", L\.RUN_ID/)
  assert.match(mergeSql(some)[0]!, /"DOC" = S\."DOC"/)
  assert.match(replaceSql(some)[1]!, /, PARSE_JSON\(S\."doc"\), L\.RUN_ID/)
})

test('rows are deduplicated only where the audit saw duplicates', () => {
  const twice = { ...publication, load: { ...load, duplicates: 1 } }
  assert.match(
    mergeSql(twice)[0]!,
    /\nQUALIFY ROW_NUMBER\(\) OVER \(PARTITION BY S\."id", S\."part" ORDER BY S\."version" DESC NULLS LAST\) = 1\n/,
  )
})

test('replacing keeps the table and writes only if this attempt has its ledger row', () => {
  const replace: Publication = { ...publication, load: { ...load, publish: 'replace' } }
  const [emptied, filled] = replaceSql(replace)
  assert.equal(
    emptied,
    `DELETE FROM "FIRN"."RAW"."ORDERS"\nWHERE EXISTS (SELECT 1 FROM "FIRN"."_FIRN"."LOADS" AS L WHERE ${ours})`,
  )
  assert.match(
    filled!,
    /^INSERT INTO "FIRN"."RAW"."ORDERS" \("ID", "PART", "VERSION", "_FIRN_RUN_ID", "_FIRN_LOADED_AT"\)\nSELECT S\."id", S\."part"/,
  )
  assert.ok(filled!.endsWith(`AS L ON ${ours}`))
})

test('without a row read there is nothing to merge, and a replaced table is emptied', () => {
  assert.deepEqual(mergeSql({ ...publication, stage: null }), [])
  assert.equal(replaceSql({ ...publication, stage: null }).length, 1)
})
