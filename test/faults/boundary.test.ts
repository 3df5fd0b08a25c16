import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesInKey, plainKey, sqlName, sqlWrites, statementsOf } from './boundary.ts'

test('a key is called the same in every run', () => {
  assert.equal(plainKey('runs/shop/20260101T000000-1f9c/orders/0-1f9c22aa-0.parquet'), 'orders/0-*-0.parquet')
  assert.equal(
    plainKey('runs/shop/20260101T000000-1f9c/visits/rejects-0-1f9c22aa.parquet'),
    'visits/rejects-0-*.parquet',
  )
  assert.equal(plainKey('leases/FIRN.RAW.ORDERS.json'), 'leases/FIRN.RAW.ORDERS.json')
})

test('a key tells what is worked on', () => {
  assert.deepEqual(namesInKey('runs/shop/r/orders/12.json'), { table: 'orders', chunk: '12' })
  assert.deepEqual(namesInKey('runs/shop/r/orders/0-1f9c22aa-0.parquet'), { table: 'orders', chunk: '0' })
  assert.deepEqual(namesInKey('runs/shop/r/orders/s3.json'), { table: 'orders', chunk: 's3' })
  assert.deepEqual(namesInKey('runs/shop/r/orders/load.json'), { table: 'orders' })
  assert.deepEqual(namesInKey('runs/shop/r/plan.json'), {})
  assert.deepEqual(namesInKey('leases/FIRN.RAW.ORDERS.json'), {})
})

test('a statement is called the same whatever its values and its attempt', () => {
  const copy = (attempt: string, file: string) => `COPY INTO "F"."_FIRN"."STAGE_ORDERS_${attempt}"\nFROM '${file}'`
  assert.equal(sqlName(copy('1F9C22AA', "a''b")), sqlName(copy('22AA1F9C', 'c')))
  assert.equal(sqlName('SELECT 1 FROM `a`'), 'SELECT N FROM a')
  const insert = (attempt: string, columns: string) =>
    `INSERT INTO "F"."_FIRN"."STAGE_ORDERS_${attempt}" (${columns}) SELECT 1`
  assert.equal(sqlName(insert('1F9C22AA', '"A"')), sqlName(insert('22AA1F9C', '"B", "C"')))
  const beside = (attempt: string) => `CREATE TABLE "F"."RAW"."_FIRN_REBUILD_ORDERS__${attempt}" (A INT);\nSELECT 1`
  assert.equal(sqlName(beside('1F9C22AA')), sqlName(beside('22AA1F9C')))
})

test('several statements are called by their verbs and what the first is about', () => {
  const sql = 'BEGIN TRANSACTION;\nUPDATE "F"."X" SET A = \'1;2\';\nCREATE TABLE IF NOT EXISTS "F"."Y" (A INT);\nCOMMIT'
  assert.equal(statementsOf(sql).length, 4)
  assert.equal(sqlName(sql), 'BEGIN+UPDATE+CREATE+COMMIT F.X')
  assert.equal(sqlName('CREATE TABLE IF NOT EXISTS "F"."Y" (A INT);\nDROP TABLE "F"."Z"'), 'CREATE+DROP F.Y')
})

test('what changes something is told from what only reads', () => {
  for (const sql of ['SELECT 1', 'SHOW REPLICA STATUS', 'ALTER SESSION SET TIMEZONE = 1', 'COMMIT'])
    assert.equal(sqlWrites(sql), false, sql)
  for (const sql of ['DROP TABLE a', 'SELECT 1;\nDELETE FROM a', 'COPY INTO a', 'MERGE INTO a'])
    assert.equal(sqlWrites(sql), true, sql)
})
