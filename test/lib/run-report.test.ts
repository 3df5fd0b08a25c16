import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChunkResult, LoadResult, Plan, TablePlan, TransformResult } from '../../lib/model.ts'
import { buildReport, failureName, failureSentence, type RunFacts } from '../../lib/run-report.ts'

const START = '2026-01-01T02:00:00.000Z'
const END = '2026-01-01T02:00:10.000Z'
const names = { job: 'daily', runId: 'r1' }

const tablePlan = (table: string): TablePlan => ({
  table,
  columns: [],
  key: [],
  kind: 'full',
  publish: 'replace',
  window: null,
  chunks: [{ id: '0', from: null, to: null, rows: null }],
  chunkColumns: [],
  where: null,
  targetFileBytes: 4 << 20,
  found: { columns: null, fence: false },
  sampleSql: null,
  estimatedRows: 0,
  estimatedBytes: 0,
  target: { database: 'D', schema: 'RAW', table },
  epoch: 1,
  drift: [],
  warnings: [],
})
const chunk = (table: string, rows: number): ChunkResult => ({
  table,
  chunk: '0',
  attempt: 'a',
  rows,
  bytes: rows * 10,
  parts: [],
  policies: [],
  pieces: 1,
  seconds: 1,
  peakMemoryMb: rows,
})
const load = (table: string, rows: number): LoadResult => ({
  table,
  status: 'published',
  kind: 'full',
  publish: 'replace',
  attempt: 'a',
  epoch: 1,
  rowsRead: rows,
  rowsStaged: rows,
  duplicates: 0,
  inserted: rows,
  updated: 0,
  removed: 0,
  kept: 0,
  boundaryRows: 0,
  rowsInTarget: rows,
  bytes: rows * 10,
  low: null,
  high: null,
  route: 'external',
  routeReason: 'set',
  seconds: 2,
  peakMemoryMb: 1,
})
const built = (status: TransformResult['status'], failed: string[] = []): TransformResult => ({
  status,
  queryId: 'q',
  startedAt: '2026-01-01T02:00:04.000Z',
  seconds: 5,
  models: { passed: 2, failed: 0, skipped: 0 },
  tests: { passed: 3, failed: failed.length, warned: 0, skipped: 0 },
  failed,
  leftOut: [],
  neverLoaded: [],
  message: null,
})
const facts = (more: Partial<RunFacts> = {}): RunFacts => ({
  run: { ...names, request: {}, executionArn: '', codeVersion: '', startedAt: START },
  plan: { transform: true, tables: [tablePlan('a'), tablePlan('b')] } as Plan,
  tables: [
    { plan: tablePlan('a'), chunks: [chunk('a', 5)], load: load('a', 5), failure: null },
    { plan: tablePlan('b'), chunks: [chunk('b', 7)], load: load('b', 7), failure: null },
  ],
  transform: built('passed'),
  failure: null,
  ...more,
})
const failure = (table: string | null) => ({
  table,
  failure: { name: 'AuditError', message: 'read 7, copied 6', stage: 'Load' },
  at: END,
})

test('every table published and dbt passed: succeeded, with its sums', () => {
  const report = buildReport(names, facts(), END)
  assert.equal(report.status, 'succeeded')
  assert.deepEqual(
    [
      report.rowsRead,
      report.rowsStaged,
      report.rowsPublished,
      report.bytes,
      report.peakMemoryMb,
      report.seconds,
      report.loadSeconds,
    ],
    [12, 12, 12, 120, 7, 10, 4],
  )
})

test('a failed table makes the run red and is named with its reason', () => {
  const all = facts()
  all.tables[1] = { ...all.tables[1]!, load: null, failure: failure('b') }
  const report = buildReport(names, all, END)
  assert.equal(report.status, 'failed')
  assert.deepEqual(
    report.tables.map(({ status }) => status),
    ['published', 'failed'],
  )
  assert.match(failureSentence(report), /b \(AuditError\) failed\. Load: AuditError: read 7, copied 6/)
})

test('a table that nothing was heard of is no success', () => {
  const all = facts()
  all.tables[1] = { ...all.tables[1]!, chunks: [], load: null }
  const report = buildReport(names, all, END)
  assert.equal(report.status, 'failed')
  assert.equal(report.tables[1]!.status, 'not reached')
  assert.match(report.reason!, /b failed/)
})

test('dbt failed, or never ended, is no success; dbt skipped by the job is', () => {
  const red = buildReport(names, facts({ transform: built('failed', ['not_null_x']) }), END)
  assert.equal(red.status, 'failed')
  assert.match(failureSentence(red), /dbt \(not_null_x\)/)
  assert.equal(buildReport(names, facts({ transform: built('running') }), END).status, 'failed')
  assert.equal(buildReport(names, facts({ transform: null }), END).status, 'failed')
  assert.equal(buildReport(names, facts({ transform: built('skipped') }), END).status, 'failed')
  const without = { transform: false, tables: [] as TablePlan[] } as unknown as Plan
  assert.equal(buildReport(names, facts({ plan: without, transform: built('skipped') }), END).status, 'succeeded')
  const leftOut = { ...built('passed'), leftOut: ['b'] }
  assert.equal(buildReport(names, facts({ transform: leftOut }), END).status, 'failed', 'models of b were not built')
})

test('a failed plan: no tables, and its reason', () => {
  const report = buildReport(names, facts({ plan: null, tables: [], transform: null, failure: failure(null) }), END)
  assert.equal(report.status, 'failed')
  assert.equal(report.reason, 'read 7, copied 6')
})

test('the refusal of a run is its name, and so is a source it cannot reach; whatever becomes of a table is a failed job', () => {
  const named = (name: string, table: string | null, stage: string) => {
    const record = { table, failure: { name, message: 'm', stage }, at: END }
    const all = facts({ failure: table === null ? record : null })
    if (table !== null) all.tables[1] = { ...all.tables[1]!, load: null, failure: record }
    return failureName(buildReport(names, all, END))
  }
  for (const name of ['RefusedError', 'LeaseHeldError', 'UnavailableError']) {
    assert.equal(named(name, null, 'plan'), name)
    for (const stage of ['transform', 'tables']) assert.equal(named(name, null, stage), 'RunFailedError')
    for (const stage of ['plan', 'extract', 'load']) assert.equal(named(name, 'b', stage), 'RunFailedError')
  }
  assert.equal(named('WarehouseError', null, 'plan'), 'RunFailedError')
  const all = facts({ failure: { ...failure(null), failure: { name: 'RefusedError', message: 'm', stage: 'plan' } } })
  all.tables[1] = { ...all.tables[1]!, load: null, failure: failure('b') }
  assert.equal(failureName(buildReport(names, all, END)), 'RefusedError', 'the run comes before its tables')
})

test('an execution ended from outside says how, whatever was published', () =>
  assert.equal(buildReport(names, facts(), END, 'aborted').status, 'aborted'))

test('what plan, tables and dbt asked of the warehouse is added up, tables side by side once', () => {
  const used = (from: number, to: number) => ({
    statements: 3,
    seconds: to - from,
    from: `2026-01-01T02:00:0${from}.000Z`,
    to: `2026-01-01T02:00:0${to}.000Z`,
  })
  const planned: Plan = {
    ...names,
    ...{ request: {}, codeVersion: '1', metadataDigest: 'd', plannedAt: START, schemaSuffix: '', transform: false },
    neverLoaded: [],
    tables: [],
    used: used(0, 1),
  }
  const tables = ['a', 'b'].map((table) => ({
    plan: tablePlan(table),
    chunks: [chunk(table, 1)],
    load: { ...load(table, 1), used: used(2, 5) },
    failure: null,
  }))
  const found = buildReport(names, { run: null, plan: planned, tables, transform: null, failure: null }, END)
  assert.deepEqual(found.warehouse, { statements: 9, seconds: 4, awakeSeconds: 65, credits: 0.01806 })
})
