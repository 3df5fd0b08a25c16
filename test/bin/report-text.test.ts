import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportText } from '../../bin/report-text.ts'
import type { LoadResult, RunReport, TableReport } from '../../lib/model.ts'

const load = { publish: 'merge', rowsRead: 10, rowsStaged: 10, inserted: 3, updated: 5, kept: 2, boundaryRows: 0 }
const table = (changes: Partial<TableReport> = {}): TableReport => ({
  table: 'orders',
  status: 'published',
  load: { ...load, rowsInTarget: 99, bytes: 1 } as LoadResult,
  failure: null,
  chunks: 2,
  pieces: 2,
  files: 3,
  extractSeconds: 1,
  loadSeconds: 1,
  peakMemoryMb: 1,
  drift: [],
  policies: [],
  warnings: [],
  ...changes,
})
const numbers = { rowsPublished: 8, boundaryRows: 0, bytes: 1, loadSeconds: 1, seconds: 1, peakMemoryMb: 1 }
const textOf = (...tables: TableReport[]) => {
  const report = { status: 'succeeded', job: 'daily', runId: 'r1', ...numbers, tables, failures: [], transform: null }
  return reportText(report as unknown as RunReport)
}

test('rows that were kept stand beside those that were changed', () => {
  const [headings, line] = textOf(table()).split('\n').slice(2)
  assert.match(headings!, /inserted +updated +kept/)
  assert.match(line!, /^orders +merged +10 +10 +3 +5 +2 +0 +99 /)
})

test('a line under the table for each policy that acted, and for each warning', () => {
  const policies: TableReport['policies'] = [
    { column: 'born', policy: 'zero_date', rows: 3, value: 'null' },
    { column: 'seen', policy: 'zero_date', rows: 1, value: 'sentinel' },
    { column: 'note', policy: 'invalid_utf8', rows: 1, value: 'replace' },
    { column: 'body', policy: 'oversize', rows: 1200, value: 'truncate' },
  ]
  const text = textOf(table({ policies, warnings: ['no key: read in one go'] }))
  assert.deepEqual(text.match(/^orders[.:].*$/gm), [
    'orders.born: 3 zero dates became NULL (zero_date)',
    'orders.seen: 1 zero date became 0001-01-01 (zero_date)',
    'orders.note: 1 text with bytes that are no UTF-8 had them replaced by U+FFFD (invalid_utf8)',
    'orders.body: 1,200 values were cut to the longest that Snowflake takes (oversize)',
    'orders: no key: read in one go',
  ])
})

test('what a sweep found is told under its table', () => {
  const swept = (how: 'soft' | 'hard', removed: number, returned: number) =>
    textOf(
      table({
        load: { ...load, rowsInTarget: 9, bytes: 1, swept: { how, keys: 1234, removed, returned } } as LoadResult,
      }),
    )
  assert.match(swept('hard', 1, 0), /^orders: swept 1,234 keys: 1 row gone from MySQL deleted$/m)
  assert.match(
    swept('soft', 20, 1),
    /^orders: swept 1,234 keys: 20 rows gone from MySQL marked as deleted; 1 marked row is there again$/m,
  )
  assert.match(swept('soft', 0, 3), /0 rows gone .*; 3 marked rows are there again$/m)
  assert.doesNotMatch(textOf(table()), /swept/)
})

test('a route other than the usual is named, with why it was taken', () => {
  const by = (route: string, routeReason: string) =>
    textOf(table({ load: { ...load, rowsInTarget: 9, bytes: 1, route, routeReason } as LoadResult }))
  assert.match(
    by('insert', 'SNOWFLAKE_LOAD_MODE=insert'),
    /^orders: loaded by the route insert: SNOWFLAKE_LOAD_MODE=insert$/m,
  )
  assert.doesNotMatch(by('external', 'Snowflake reads the staging bucket itself'), /route/)
})

test('pieces and files are told when a chunk took more than one invocation, and only then', () => {
  assert.doesNotMatch(textOf(table()), /pieces/)
  assert.match(textOf(table({ pieces: 5, files: 7 })), /^orders: 2 chunks in 5 pieces, .*; 7 files$/m)
})

test('what was asked of the warehouse stands beside each table, and below what it is likely to cost, as an estimate', () => {
  const used = { statements: 12, seconds: 3.44, from: 'x', to: 'y' }
  const report = {
    ...{ status: 'succeeded', job: 'daily', runId: 'r1', ...numbers, failures: [], transform: null },
    tables: [table({ load: { ...load, rowsInTarget: 99, bytes: 1, used } as LoadResult })],
    warehouse: { statements: 14, seconds: 4.2, awakeSeconds: 72, credits: 0.02 },
  }
  const text = reportText(report as unknown as RunReport)
  assert.match(text, /^orders .* 12 +3\.4$/m)
  assert.match(text, /14 statements.*4\.2 s.*estimate: 72\.0 s awake.*0\.0200 credits.*X-Small.*cost r1$/m)
  assert.doesNotMatch(textOf(table()), /estimate/, 'reports of older releases have none')
})

test('a table that rests is told with the age of its copy, and how to copy it all the same', () => {
  const report = {
    ...{ status: 'succeeded', job: 'daily', runId: 'r1', tables: [], failures: [], transform: null },
    resting: [{ table: 'places', copiedSecondsAgo: 9000, refreshHours: 24 }],
    ...{ rowsPublished: 0, bytes: 0, loadSeconds: 1, seconds: 1, peakMemoryMb: 1, boundaryRows: 0 },
  } as unknown as RunReport
  assert.match(
    reportText(report),
    /places: rests: its last whole copy was 2\.5 h old, and refresh_hours is 24\. To copy it all the same: --tables places/,
  )
})
