import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Contest, WITHOUT_START } from '../../../bench/pipeline/contest.ts'
import { ageLines, contestLines, manyLines } from '../../../bench/pipeline/lines.ts'

const contest = (seconds: Record<string, number[]>, differs: string[] = []): Contest => ({
  entrants: ['full', 'changed', 'changed-every', 'nothing', 'dlt-duckdb'].map((id) => ({
    ...{
      id,
      label: id,
      seconds: seconds[id] ?? [],
      stages: (seconds[id] ?? []).map((s) => ({ [WITHOUT_START]: s - 1 })),
    },
    notRun: seconds[id] ? null : `${id} is not here`,
  })),
  comparisons: [{ table: 'orders', mysqlRows: 2, warehouseRows: 2, sums: 1, differs }],
  rows: 2,
})
const SECONDS = {
  full: [4, 9, 3],
  changed: [1],
  'changed-every': [2, 2, 2],
  nothing: [3, 1, 8],
  'dlt-duckdb': [4, 4, 1],
}
const held = (lines: { held: boolean }[]) => lines.map((each) => each.held)

describe('the contest', () => {
  test('the limits are included, and medians decide', () =>
    assert.deepEqual(held(contestLines(contest(SECONDS))), [true, true, true, true]))

  test('each line fails by itself, with what was measured', () => {
    const lines = contestLines(
      contest({ full: [4.1], changed: [1.1], 'changed-every': [2.1], nothing: [3.1], 'dlt-duckdb': [4] }, [
        'orders.price',
      ]),
    )
    assert.deepEqual(held(lines), [false, false, false, false])
    assert.deepEqual(
      lines.map(({ measured }) => measured),
      [
        '1.02 × (1.37 × without Python’s start and imports)',
        '0.51 × (geolocation at rest: 0.27 ×)',
        '3.10 s',
        'orders: orders.price',
      ],
    )
  })

  test('against who did not run nothing has held', () => {
    const { 'dlt-duckdb': _, ...ours } = SECONDS
    const [first] = contestLines(contest(ours))
    assert.deepEqual([first!.held, first!.measured], [false, 'not run: dlt-duckdb is not here'])
  })
})

test('what grows with the ledger is not flat: a quarter more is, and no more', () => {
  const age = (plan: number, whole: number) => ({ runs: 1, ledgerRows: 9, plan, whole })
  assert.deepEqual(held(ageLines([age(4, 8), age(5, 10)])), [true, true])
  assert.deepEqual(held(ageLines([age(4, 8), age(5.1, 9)])), [false, true])
})

test('Step Functions’ limits are the real ones, of 25,000 events and 256 KiB', () => {
  const many = { tables: 1000, seconds: 1, plan: 1, published: 1000, largest: 262_144 }
  const events = { events: 25_000, eventsATable: 30, eventsAtMost: 24_000 }
  assert.deepEqual(held(manyLines({ ...many, ...events })), [true, true, true])
  assert.deepEqual(held(manyLines({ ...many, ...events, published: 999, eventsAtMost: 25_001, largest: 262_145 })), [
    ...[false, false, false],
  ])
})
