import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TablePlan } from '../../lib/model.ts'
import { chunkIds, planOfChunk, sweepId, sweepPlan } from '../../lib/sweep.ts'

const whole = { from: null, to: null, rows: null }
const plan: TablePlan = {
  table: 'orders',
  columns: ['id', 'part', 'note', 'at'].map((name) => ({ name, type: 'int', nullable: false })),
  key: ['id', 'part'],
  kind: 'window',
  publish: 'merge',
  window: { columns: ['at'], low: '1', from: '1', high: '2', nullCursor: null },
  chunks: [{ id: '0', ...whole }],
  chunkColumns: ['at', 'id', 'part'],
  chunkIndex: 'at',
  where: 'note > 0',
  targetFileBytes: 1,
  found: { columns: [], fence: true },
  sampleSql: null,
  estimatedRows: 0,
  estimatedBytes: 0,
  target: { database: 'F', schema: 'RAW', table: 'ORDERS' },
  epoch: 1,
  drift: [],
  warnings: [],
}
const swept: TablePlan = {
  ...plan,
  sweep: { how: 'hard', chunks: [{ id: sweepId('0'), ...whole }], chunkColumns: ['id', 'part'], cap: 10 },
}

test('a sweep reads the key of every row that meets the condition, along the key', () => {
  const { columns, window, chunkColumns, chunkIndex, where, publish } = sweepPlan(swept)
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['id', 'part'],
  )
  assert.deepEqual(
    [window, chunkColumns, chunkIndex, where, publish],
    [null, ['id', 'part'], undefined, 'note > 0', 'none'],
  )
})

test('its chunks have ids of their own, and each is read as it must be', () => {
  assert.deepEqual(chunkIds(swept), ['0', 's0'])
  assert.deepEqual(chunkIds(plan), ['0'])
  assert.equal(planOfChunk(swept, '0')!.plan, swept)
  assert.equal(planOfChunk(swept, 's0')!.plan.columns.length, 2)
  assert.equal(planOfChunk(swept, 's1'), undefined)
  assert.equal(planOfChunk(plan, 's0'), undefined, 'a table that is not swept has no such chunk')
})
