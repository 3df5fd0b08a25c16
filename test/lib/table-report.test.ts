import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChunkResult, PolicyCount, TablePlan } from '../../lib/model.ts'
import { tableReport } from '../../lib/table-report.ts'

const chunk = (rows: number, policies: PolicyCount[] = [], pieces = 1) =>
  ({ rows, policies, pieces, parts: [{}, {}], seconds: 1, peakMemoryMb: 1 }) as unknown as ChunkResult

const spans = (...rows: (number | null)[]) =>
  rows.map((each, at) => ({ id: String(at), from: null, to: null, rows: each }))

const planOf = (changes: Partial<TablePlan> = {}) =>
  ({
    table: 'orders',
    columns: [
      { name: 'seen', type: 'date', nullable: true, policies: { zero_date: 'sentinel' } },
      { name: 'born', type: 'date', nullable: true },
    ],
    publish: 'replace',
    window: null,
    where: null,
    sampleSql: null,
    chunks: spans(30_000),
    estimatedRows: 5,
    drift: [],
    warnings: ['no key: read in one go'],
    ...changes,
  }) as unknown as TablePlan

const reportOf = (plan: TablePlan, chunks: ChunkResult[]) => tableReport({ plan, chunks, load: null, failure: null })
const warned = (rows: number, changes: Partial<TablePlan> = {}) =>
  reportOf(planOf(changes), [chunk(rows)]).warnings.slice(1)

test('policies are summed over chunks by column and policy, with what they were set to', () => {
  const report = reportOf(planOf({ chunks: spans(1, 1) }), [
    chunk(1, [
      { column: 'born', policy: 'zero_date', rows: 3 },
      { column: 'seen', policy: 'zero_date', rows: 1 },
    ]),
    chunk(1, [{ column: 'born', policy: 'zero_date', rows: 4 }], 3),
  ])
  assert.deepEqual(report.policies, [
    { column: 'seen', policy: 'zero_date', rows: 1, value: 'sentinel' },
    { column: 'born', policy: 'zero_date', rows: 7, value: 'null' },
  ])
  assert.deepEqual([report.chunks, report.pieces, report.files], [2, 4, 4])
  assert.deepEqual(report.warnings, ['no key: read in one go'])
})

test('far fewer or more rows than expected are told with both numbers; within twice, they are not', () => {
  for (const rows of [15_000, 30_000, 60_000]) assert.deepEqual(warned(rows), [])
  assert.match(warned(14_999)[0]!, /^14,999 rows were read, .*expected about 30,000: .*ANALYZE TABLE/)
  assert.match(warned(60_001)[0]!, /^60,001 rows/)
  assert.match(warned(0)[0]!, /^0 rows/)
})

test('the chunks say what is expected, and the table where one of them cannot', () => {
  const [whole, halves] = [{ chunks: spans(null), estimatedRows: 20_000 }, { chunks: spans(6_000, 6_000) }]
  assert.match(warned(1, whole)[0]!, /about 20,000/)
  const both = reportOf(planOf(halves), [chunk(1), chunk(1)])
  assert.match(both.warnings[1]!, /^2 rows .* about 12,000/)
  assert.deepEqual(reportOf(planOf(halves), [chunk(1)]).warnings.slice(1), [], 'the other chunk was never read')
})

test('small tables, windows, samples and conditions are held against nothing', () => {
  const window = { columns: ['seen'], low: '1', from: '1', high: '2', nullCursor: null }
  const cases: Partial<TablePlan>[] = [
    { chunks: spans(9_999) },
    { publish: 'merge', window },
    { sampleSql: 'SELECT 1' },
    { where: 'id > 5' },
    { window: { ...window, nullCursor: 'exclude' } },
  ]
  for (const changes of cases) assert.deepEqual(warned(1, changes), [], JSON.stringify(changes))
  assert.equal(warned(1, { window: { ...window, low: null, from: null } }).length, 1, 'a first load reads every row')
})
