import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunReport, TableReport } from '../../../../lib/model.ts'
import { type CostedTable, estimateCost, PRICE } from '../../../../lib/plan/preview/cost.ts'
import { newestLoads } from '../../../../lib/plan/preview/past-loads.ts'

const MEMORY = { plan: 1024, extract: 2048, load: 1024, transform: 512, report: 512 }
const table = (changes: Partial<CostedTable> = {}): CostedTable => ({
  ...{ table: 't', rows: 1_000_000, bytes: 1e6, columns: 5, chunks: 2, past: null },
  ...changes,
})
const stage = (name: string, ...arguments_: Parameters<typeof estimateCost>) =>
  estimateCost(...arguments_).stages.filter((each) => each.stage === name)

test('a GB-second is a second of 1,024 MB, and the sum is what is paid for', () => {
  const { stages, gbSeconds, usd } = estimateCost([table()], false, MEMORY)
  const [extract] = stages.filter((each) => each.stage === 'extract')
  assert.equal(extract!.seconds, 2 + 5)
  assert.equal(extract!.gbSeconds, 14)
  assert.equal(extract!.invocations, 2)
  assert.ok(Math.abs(gbSeconds - stages.reduce((sum, each) => sum + each.gbSeconds, 0)) < 1e-9)
  assert.ok(Math.abs(usd - gbSeconds * PRICE.usdPerGbSecond) < 1e-12)
  assert.ok(stages.every(({ from }) => from.length > 0))
})

test('long values cost by their bytes', () =>
  assert.equal(stage('extract', [table({ rows: 1000, bytes: 2e9, chunks: 1 })], false, MEMORY)[0]!.seconds, 101))

test('what the table took last time counts, if it was enough to tell', () => {
  const past = { runId: 'r1', rows: 100_000, chunks: 1, extractSeconds: 2, loadSeconds: 4 }
  const [extract] = stage('extract', [table({ past })], false, MEMORY)
  assert.equal(extract!.seconds, 2 + 20)
  assert.match(extract!.from, /run r1: 50000 rows a second/)
  assert.equal(stage('load', [table({ past })], false, MEMORY)[0]!.seconds, 1 + 4 + 1.8)
  const few = stage('extract', [table({ past: { ...past, rows: 10 } })], false, MEMORY)
  assert.doesNotMatch(few[0]!.from, /r1/)
})

test('dbt costs looks at it, when it follows', () => {
  assert.equal(stage('transform', [table()], true, MEMORY).length, 1)
  assert.equal(stage('transform', [table()], false, MEMORY).length, 0)
})

const report = (runId: string, rows: number, request: RunReport['request'] = {}): RunReport => {
  const load = { rowsRead: rows, bytes: 1 }
  return {
    runId,
    request,
    tables: [{ table: 't', load, chunks: 3, extractSeconds: 9, loadSeconds: 2 }],
  } as unknown as RunReport
}

test('the newest load that read anything, no sample', () => {
  const failed = { ...report('r5', 9), tables: [{ table: 't', load: null } as TableReport] }
  const found = newestLoads([
    failed,
    report('r4', 0),
    report('r3', 5, { testMode: true }),
    report('r2', 7),
    report('r1', 8),
  ])
  assert.deepEqual(found.get('t'), { runId: 'r2', rows: 7, chunks: 3, extractSeconds: 9, loadSeconds: 2 })
})
