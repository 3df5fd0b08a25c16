import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column } from '../../../../lib/model.ts'
import { createTargetSql, dropTableSql, stageTable, stageTableSql } from '../../../../lib/warehouses/snowflake/ddl.ts'

const target = { database: 'FIRN', schema: 'RAW_TEST', table: 'ORDERS' }
const columns: Column[] = [
  { name: 'order_id', type: 'char(32)', nullable: false },
  { name: 'gift wrap', type: 'tinyint(1)', nullable: true },
]

test('the stage table is named after its attempt, and its columns as the source names them', () => {
  const stage = stageTable(target, '_TEST', 'a1b2')
  assert.equal(
    stageTableSql(stage, columns),
    `CREATE TRANSIENT TABLE "FIRN"."_FIRN_TEST"."STAGE_ORDERS_A1B2" (
  "order_id" VARCHAR(32),
  "gift wrap" NUMBER(3,0)
) DATA_RETENTION_TIME_IN_DAYS = 0`,
  )
  assert.equal(dropTableSql(stage), 'DROP TABLE IF EXISTS "FIRN"."_FIRN_TEST"."STAGE_ORDERS_A1B2"')
})

test('JSON is text in the stage table and VARIANT in the target', () => {
  const doc: Column[] = [{ name: 'doc', type: 'json', nullable: true }]
  assert.match(stageTableSql(stageTable(target, '', 'a'), doc), /\n {2}"doc" VARCHAR\(134217728\)\n/)
  assert.match(createTargetSql(target, doc), /\n {2}"DOC" VARIANT,\n/)
})

test('the target has folded names and says of each row which run brought it', () => {
  assert.equal(
    createTargetSql(target, columns),
    `CREATE TABLE IF NOT EXISTS "FIRN"."RAW_TEST"."ORDERS" (
  "ORDER_ID" VARCHAR(32),
  "GIFT_WRAP" NUMBER(3,0),
  "_FIRN_RUN_ID" VARCHAR(255),
  "_FIRN_LOADED_AT" TIMESTAMP_NTZ(6),
  "_FIRN_DELETED_AT" TIMESTAMP_NTZ(6)
)`,
  )
})
