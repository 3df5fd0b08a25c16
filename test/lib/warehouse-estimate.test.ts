import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WarehouseUse } from '../../lib/model.ts'
import { estimateWarehouse } from '../../lib/warehouse-estimate.ts'

const at = (second: number) => new Date(Date.parse('2026-01-01T02:00:00Z') + second * 1000).toISOString()
const use = (from: number, to: number, seconds = to - from): WarehouseUse => ({
  statements: 5,
  seconds,
  from: at(from),
  to: at(to),
})

test('a short run is billed until the warehouse sleeps', () => {
  assert.deepEqual(estimateWarehouse([use(0, 3)]), { statements: 5, seconds: 3, awakeSeconds: 63, credits: 0.0175 })
})

test('tables side by side share the warehouse, and a pause that it does not sleep in is billed', () => {
  const found = estimateWarehouse([use(0, 30), use(10, 20), use(15, 45), use(90, 100)])
  assert.deepEqual([found.seconds, found.awakeSeconds], [55, 160])
})

test('after a longer pause it wakes again, for a minute at least', () => {
  assert.deepEqual(estimateWarehouse([use(0, 1), use(600, 601)]).awakeSeconds, 122)
})

test('waiting between statements is not computing', () => {
  assert.equal(estimateWarehouse([use(0, 30, 4)]).seconds, 4)
})

test('without a statement that needs it, the warehouse sleeps on', () => {
  const nothing: WarehouseUse = { statements: 2, seconds: 0, from: null, to: null }
  assert.deepEqual(estimateWarehouse([nothing]), { statements: 2, seconds: 0, awakeSeconds: 0, credits: 0 })
})
