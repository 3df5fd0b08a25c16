import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costText } from '../../bin/cost-text.ts'
import type { Costs } from '../../lib/warehouses/snowflake/cost.ts'

const lines: Costs['lines'] = [
  { job: null, run: null, what: 'sql', statements: 2, seconds: 0.4, credits: null },
  { job: 'daily', run: 'r1', what: 'orders', statements: 12, seconds: 4.25, credits: 0.0012 },
  { job: 'daily', run: 'r1', what: 'plan', statements: 3, seconds: 0.5, credits: null },
  { job: 'daily', run: 'r2', what: 'orders', statements: 9, seconds: 1, credits: null },
]
const rows = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/))

test('a run is shown table by table, with what is not attributed left empty', () => {
  const text = costText({ lines: lines.slice(1, 3), notes: ['Credits come later.'] }, { days: 7, run: 'r1' })
  assert.deepEqual(rows(text), [
    ['job', 'run', 'table or stage', 'statements', 'seconds', 'credits'],
    ['daily', 'r1', 'orders', '12', '4.3', '0.001200'],
    ['daily', 'r1', 'plan', '3', '0.5'],
    ['all', '15', '4.8', '0.001200'],
    ['Credits come later.'],
  ])
})

test('without a run there is a line for each, and commands apart', () => {
  assert.deepEqual(rows(costText({ lines, notes: [] }, { days: 7 })).slice(1), [
    ['sql', '2', '0.4'],
    ['daily', 'r1', '(2)', '15', '4.8', '0.001200'],
    ['daily', 'r2', '(1)', '9', '1.0'],
    ['all', '26', '6.2', '0.001200'],
  ])
})

test('nothing found is said, with why that may be', () => {
  assert.equal(
    costText({ lines: [], notes: ['No credits: …'] }, { days: 3, run: 'r9' }),
    'Snowflake knows of no statement of run r9 in the last 3 days.\nNo credits: …',
  )
})
