import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Load } from '../../../../../lib/warehouses/snowflake/ledger.ts'
import { type Publication, publishSql } from '../../../../../lib/warehouses/snowflake/publish/publish.ts'

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
  content: null,
  terms: null,
}
const columns = [
  { name: 'id', type: 'int', nullable: false },
  { name: 'part', type: 'int', nullable: true },
  { name: 'version', type: 'int', nullable: false },
]
const window = { columns: ['version'], low: '1', from: '1', high: '9', nullCursor: null }
const stage = { database: 'FIRN', schema: '_FIRN', table: 'STAGE_ORDERS_A1' }
const found = { columns: null, fence: true }
const publication: Publication = { load, plan: { columns, key: ['id', 'part'], window, found }, stage }
const OURS = `F.EPOCH = 7 AND F.HOLDER = 'r1' AND F.ATTEMPT = 'a1'`
const FENCE = '"FIRN"."_FIRN"."FENCE_RAW/ORDERS"'
/** The third step: what is written to the target. */
const rowsSql = (some: Publication) => publishSql(some).slice(2, -1)
const as = (publish: Load['publish']): Publication => ({ ...publication, load: { ...load, publish } })

test('the fence comes first, the ledger row last; no DDL is among them, and the ledger is only inserted into', () => {
  const statements = publishSql(publication)
  assert.deepEqual(
    statements.map((sql) => sql.split(/\s/, 3).join(' ')),
    [
      `UPDATE ${FENCE} SET`,
      `UPDATE ${FENCE} SET`,
      'MERGE INTO "FIRN"."RAW"."ORDERS"',
      'INSERT INTO "FIRN"."_FIRN"."LOADS"',
    ],
  )
  const [taken, claimed, , written] = statements as [string, string, string, string]
  assert.match(taken, /SET EPOCH = 7, HOLDER = 'r1', ATTEMPT = NULL.*\nWHERE EPOCH <= 7 AND REBUILDING IS NULL$/)
  assert.match(claimed, /WHERE EPOCH = 7 AND HOLDER = 'r1'\n {2}AND NOT EXISTS/)
  assert.match(claimed, /L\.EPOCH > 7 OR L\.RUN_ID = 'r1' AND L\.TARGET = 'RAW\.ORDERS' AND L\.KIND = 'window'/)
  assert.match(written, /'9'''/, 'texts are quoted')
  assert.match(written, /'2026-01-02 03:04:05\.678'::TIMESTAMP_NTZ\(6\)/)
  assert.match(written, / AND F\.ATTEMPT = 'a1'\n\)$/)
})

test('a merge: by key, a NULL in it counted as a value, and only over rows that are not newer, or are marked as deleted', () => {
  assert.deepEqual(rowsSql(publication), [
    `MERGE INTO "FIRN"."RAW"."ORDERS" AS T
USING (
SELECT S."id" AS "ID", S."part" AS "PART", S."version" AS "VERSION", F.HOLDER AS "_FIRN_RUN_ID", F.AT AS "_FIRN_LOADED_AT"
FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1" AS S
JOIN ${FENCE} AS F ON ${OURS}
) AS S
ON T."ID" = S."ID" AND T."PART" IS NOT DISTINCT FROM S."PART"
WHEN MATCHED AND (S."VERSION" >= T."VERSION" OR T."VERSION" IS NULL OR T."_FIRN_DELETED_AT" IS NOT NULL) THEN UPDATE SET "VERSION" = S."VERSION", "_FIRN_RUN_ID" = S."_FIRN_RUN_ID", "_FIRN_LOADED_AT" = S."_FIRN_LOADED_AT", "_FIRN_DELETED_AT" = NULL
WHEN NOT MATCHED THEN INSERT ("ID", "PART", "VERSION", "_FIRN_RUN_ID", "_FIRN_LOADED_AT") VALUES (S."ID", S."PART", S."VERSION", S."_FIRN_RUN_ID", S."_FIRN_LOADED_AT")`,
  ])
})

test('what a merge did not write must be kept: counted by the ledger row, where less was written than had to be', () => {
  const ledgerSql = (some: Publication) => publishSql(some).at(-1)!
  const sql = ledgerSql(publication)
  assert.ok(
    sql.includes(`(SELECT N FROM OURS) AS ROWS_OURS,
    (SELECT COUNT_IF(IFF(T."_FIRN_RUN_ID" = S."_FIRN_RUN_ID" AND T."_FIRN_LOADED_AT" = S."_FIRN_LOADED_AT" OR S."VERSION" >= T."VERSION" OR T."VERSION" IS NULL OR T."_FIRN_DELETED_AT" IS NOT NULL, FALSE, TRUE)) FROM (
SELECT S."id" AS "ID", S."part" AS "PART", S."version" AS "VERSION", F.HOLDER AS "_FIRN_RUN_ID", F.AT AS "_FIRN_LOADED_AT"
FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1" AS S
JOIN (
  SELECT F.HOLDER, F.AT FROM ${FENCE} AS F WHERE ${OURS} AND (SELECT N FROM OURS) <> 3
) AS F ON TRUE
) AS S
JOIN "FIRN"."RAW"."ORDERS" AS T ON T."ID" = S."ID" AND T."PART" IS NOT DISTINCT FROM S."PART") AS ROWS_KEPT`),
    sql,
  )
  assert.match(sql, /NOT \(ROWS_OURS \+ ROWS_KEPT = 3 AND /)
  const twice = ledgerSql({ ...publication, load: { ...load, duplicates: 1 } })
  assert.match(twice, /<> 2\n\) AS F ON TRUE\nQUALIFY ROW_NUMBER\(\)/)
  const whole = { ...publication, plan: { ...publication.plan, window: null } }
  for (const none of [{ ...publication, stage: null }, whole, as('replace'), as('append')])
    assert.doesNotMatch(ledgerSql(none), /ROWS_KEPT/)
})

test('a repair takes what the target has of its keys, however often, and brings what MySQL has, whatever its cursor says', () => {
  const [deleted, inserted, ...more] = rowsSql({ ...publication, repair: { gone: null, surplus: 1 } })
  assert.equal(
    deleted,
    `DELETE FROM "FIRN"."RAW"."ORDERS"
USING (SELECT S."id" AS "_FIRN_KEY_0", S."part" AS "_FIRN_KEY_1" FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1" AS S JOIN ${FENCE} AS F ON ${OURS}) AS S
WHERE "ID" IS NOT DISTINCT FROM S."_FIRN_KEY_0" AND "PART" IS NOT DISTINCT FROM S."_FIRN_KEY_1"`,
  )
  assert.match(inserted!, /^INSERT INTO "FIRN"\."RAW"\."ORDERS"/)
  assert.deepEqual(more, [])
})

test('rows that MySQL has no longer go with a repair, or are marked', () => {
  const keys = { ...stage, table: 'STAGE_ORDERS_A1_GONE' }
  const gone = (how: 'hard' | 'soft') => ({ gone: { keys, hashSql: 'KEY()', rows: 2, how }, surplus: 0 })
  const isGone = 'KEY() IN (SELECT KEY_HASH FROM "FIRN"."_FIRN"."STAGE_ORDERS_A1_GONE")'
  assert.deepEqual(rowsSql({ ...publication, stage: null, repair: gone('hard') }), [
    `DELETE FROM "FIRN"."RAW"."ORDERS"\nWHERE EXISTS (SELECT 1 FROM ${FENCE} AS F WHERE ${OURS}) AND (${isGone})`,
  ])
  assert.deepEqual(rowsSql({ ...publication, stage: null, repair: gone('soft') }), [
    `UPDATE "FIRN"."RAW"."ORDERS"
SET "_FIRN_DELETED_AT" = F."_FIRN_AT", "_FIRN_RUN_ID" = F."_FIRN_HOLDER", "_FIRN_LOADED_AT" = F."_FIRN_AT"
FROM (SELECT AT AS "_FIRN_AT", HOLDER AS "_FIRN_HOLDER" FROM ${FENCE} AS F WHERE ${OURS}) AS F
WHERE "_FIRN_DELETED_AT" IS NULL AND ${isGone}`,
  ])
})

test('JSON is parsed as it is published, merged and replaced alike', () => {
  const doc = { name: 'doc', type: 'json', nullable: true }
  const plan = { ...publication.plan, columns: [...columns, doc] }
  assert.match(rowsSql({ ...publication, plan })[0]!, /, PARSE_JSON\(S\."doc"\) AS "DOC", F\.HOLDER/)
  assert.match(rowsSql({ ...publication, plan })[0]!, /"DOC" = S\."DOC"/)
  assert.match(rowsSql({ ...as('replace'), plan })[1]!, /, PARSE_JSON\(S\."doc"\) AS "DOC", F\.HOLDER/)
})

test('rows are deduplicated only where the audit saw duplicates', () => {
  const twice = { ...publication, load: { ...load, duplicates: 1 } }
  assert.match(
    rowsSql(twice)[0]!,
    /\nQUALIFY ROW_NUMBER\(\) OVER \(PARTITION BY S\."id", S\."part" ORDER BY S\."version" DESC NULLS LAST, S\."_FIRN_READ_AT" DESC NULLS LAST\) = 1\n/,
  )
  assert.match(
    rowsSql({ ...as('replace'), load: { ...as('replace').load, duplicates: 1 } })[1]!,
    /ORDER BY S\."version" DESC NULLS LAST\) = 1$/,
    'the files of a replacement do not say when they were read',
  )
  assert.doesNotMatch(rowsSql(publication)[0]!, /QUALIFY|_FIRN_READ_AT/)
})

test('replacing keeps the table, and writes only behind this attempt at the fence', () => {
  const [emptied, filled] = rowsSql(as('replace'))
  assert.equal(emptied, `DELETE FROM "FIRN"."RAW"."ORDERS"\nWHERE EXISTS (SELECT 1 FROM ${FENCE} AS F WHERE ${OURS})`)
  assert.match(
    filled!,
    /^INSERT INTO "FIRN"."RAW"."ORDERS" \("ID", "PART", "VERSION", "_FIRN_RUN_ID", "_FIRN_LOADED_AT"\)\nSELECT S\."id" AS "ID"/,
  )
  assert.ok(filled!.endsWith(`AS F ON ${OURS}`))
})

test('appending takes away what the target has of the window, both ends included, and NULL where NULL is read', () => {
  const [emptied, filled] = rowsSql(as('append'))
  assert.match(emptied!, / AND \("VERSION" >= '1'::NUMBER\(38,0\) AND "VERSION" <= '9'::NUMBER\(38,0\)\)$/)
  assert.match(filled!, /^INSERT INTO/)
  const nulls = { ...publication.plan, window: { ...window, nullCursor: 'include' as const } }
  assert.match(rowsSql({ ...as('append'), plan: nulls })[0]!, / OR "VERSION" IS NULL\)$/)
})

test('without a row read there is nothing to merge, and a replaced table is emptied', () => {
  assert.deepEqual(rowsSql({ ...publication, stage: null }), [])
  assert.equal(rowsSql({ ...as('replace'), stage: null }).length, 1)
})

test('a rebuilding: rows beside, checked; the names change between two transactions, and nothing is dropped', () => {
  const statements = publishSql(as('rebuild'))
  const beside = '"FIRN"."RAW"."_FIRN_REBUILD_ORDERS_A1"'
  assert.deepEqual(
    statements.map((sql) => sql.split(/\s/, 3).join(' ')),
    [
      `UPDATE ${FENCE} SET`,
      `UPDATE ${FENCE} SET`,
      `INSERT INTO ${beside}`,
      'SELECT TO_NUMBER(IFF(OURS = 1',
      `UPDATE ${FENCE} SET`,
      'COMMIT',
      'ALTER TABLE "FIRN"."RAW"."ORDERS"',
      'BEGIN TRANSACTION',
      `UPDATE ${FENCE} SET`,
      'INSERT INTO "FIRN"."_FIRN"."LOADS"',
    ].map((text) => text.split(' ').slice(0, 3).join(' ')),
  )
  assert.match(statements[2]!, / JOIN .* ON F\.EPOCH = 7|\nJOIN .* ON F\.EPOCH = 7/)
  assert.match(statements[4]!, /SET REBUILDING = '_FIRN_REBUILD_ORDERS_A1' WHERE EPOCH = 7/)
  assert.equal(statements[6], `ALTER TABLE "FIRN"."RAW"."ORDERS" SWAP WITH ${beside}`)
  assert.match(statements[8]!, /SET REBUILDING = NULL WHERE EPOCH = 7/)
})

test('a merge writes NULL where a column of the target is not sent any more', () => {
  const found = {
    columns: [
      ...columns.map(({ name }) => ({ name: name.toUpperCase(), type: 'NUMBER(10,0)' })),
      { name: 'OLD', type: 'DATE' },
    ],
    fence: true,
  }
  const [merged] = rowsSql({ ...publication, plan: { ...publication.plan, found } })
  assert.match(
    merged!,
    /UPDATE SET "VERSION" = S\."VERSION", .*"_FIRN_LOADED_AT" = S\."_FIRN_LOADED_AT", "OLD" = NULL, "_FIRN_DELETED_AT" = NULL\n/,
  )
})
