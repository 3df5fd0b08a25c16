import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meter, needsWarehouse } from '../../../../lib/warehouses/snowflake/meter.ts'

test('what changes definitions or transactions needs no warehouse, what reads or writes rows does', () => {
  for (const sql of ['CREATE TABLE T (N INT)', 'alter session set X = 1', ' DROP TABLE T', 'SHOW TABLES', 'COMMIT'])
    assert.equal(needsWarehouse(sql), false, sql)
  for (const sql of [
    'SELECT 1',
    'INSERT INTO T SELECT 1',
    'COPY INTO T FROM @S',
    'MERGE INTO T USING S ON 1 = 1',
    'CREATE OR REPLACE TABLE T AS SELECT 1',
    'CREATE TABLE T AS (\n  WITH A AS (SELECT 1) SELECT * FROM A)',
    'EXECUTE DBT PROJECT P',
  ])
    assert.equal(needsWarehouse(sql), true, sql)
})

const resolvers = () => Promise.withResolvers<void>()

test('statements of a script each count, side by side or failed, and their time once', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const later = (ms: number) => {
    now += ms
    t.mock.timers.tick(ms)
  }
  const meter = new Meter()
  assert.deepEqual(meter.used(), { statements: 0, seconds: 0, from: null, to: null })
  await meter.count(['CREATE TABLE T (N INT)', 'DROP TABLE U'], async () => later(10_000))
  assert.deepEqual(meter.used(), { statements: 2, seconds: 0, from: null, to: null }, 'no warehouse for these')
  const [one, two] = [resolvers(), resolvers()]
  const both = [meter.count(['SELECT 1'], () => one.promise), meter.count(['SELECT 2'], () => two.promise)]
  later(2000)
  one.resolve()
  await both[0]
  later(1000)
  two.reject(new Error('no'))
  await assert.rejects(both[1]!, /no/)
  const used = { statements: 4, seconds: 3, from: '2026-01-01T00:00:10.000Z', to: '2026-01-01T00:00:13.000Z' }
  assert.deepEqual(meter.used(), used)
})
