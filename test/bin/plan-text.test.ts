import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proposalsText } from '../../bin/init-text.ts'
import { planText, type ShownPlan } from '../../bin/plan-text.ts'
import type { Chunk, Sweep, TablePlan } from '../../lib/model.ts'
import { estimateCost } from '../../lib/plan/preview/cost.ts'
import { previewTable } from '../../lib/plan/preview/table.ts'
import { propose } from '../../lib/plan/propose/tables.ts'
import { column, surveyed, surveyOf } from '../lib/plan/propose/surveyed.ts'

const BOUNDS = ['10', '20', '30']
const chunks: Chunk[] = [...BOUNDS, null].map((to, i) => ({
  id: String(i),
  from: i === 0 ? null : [BOUNDS[i - 1]!],
  to: to === null ? null : [to],
  rows: 10,
}))
const plan: TablePlan = {
  ...{ table: 'people', kind: 'full', publish: 'replace', window: null, chunks, chunkColumns: ['id'], where: null },
  columns: [
    { name: 'id', type: 'int(11)', nullable: false },
    { name: 'email', type: 'varchar(50)', nullable: true, policies: { mask: 'sha256' } },
  ],
  key: ['id'],
  ...{
    targetFileBytes: 1,
    found: { columns: null, fence: false },
    sampleSql: null,
    estimatedRows: 40,
    estimatedBytes: 4000,
    epoch: 0,
  },
  target: { database: 'FIRN', schema: 'RAW', table: 'PEOPLE' },
  ...{ drift: [], warnings: ['read with care'] },
}
const MEMORY = { plan: 1024, extract: 2048, load: 1024, transform: 512, report: 512 }
const previewed = { there: undefined, known: false, job: 'daily', suffix: '', prefix: 'runs/daily/<run>/', rows: 40 }
const preview = previewTable({ ...previewed, plan })
const costed = [{ table: 'people', rows: 40, bytes: 4000, columns: 2, chunks: 4, past: null }]
const shown: ShownPlan = {
  job: 'daily',
  tables: [preview],
  resting: [],
  cost: estimateCost(costed, false, MEMORY),
  notes: ['a note'],
}

test('a table that rests is told where those that move are listed', () => {
  const resting = [{ table: 'places', copiedSecondsAgo: 3600, refreshHours: 24 }]
  assert.match(planText({ ...shown, resting }, false), /places: rests: its last whole copy was 1\.0 h old/)
})

test('bounds, types, policies, statements, warnings, cost and where the price is from', () => {
  const text = planText(shown, false)
  for (const said of [
    /people +full, replaced +4 +40/,
    /email +varchar\(50\) +VARCHAR\(64\) +mask: sha256/,
    /! read with care/,
    /-- chunk 0: up to \(10\)/,
    /-- chunk 3: after \(30\)/,
    /2 more chunks like it: --sql shows every one/,
    /CREATE TABLE IF NOT EXISTS "FIRN"\."RAW"\."PEOPLE"/,
    /COPY INTO/,
    /BEGIN TRANSACTION;[\s\S]*COMMIT;/,
    /GB-seconds, \d+\.\d+ USD at 0\.0000133334 USD .*aws\.amazon\.com\/lambda\/pricing/,
    /a note$/,
  ])
    assert.match(text, said)
  assert.doesNotMatch(text, /-- chunk 1:/)
})

test('a sweep is told before what it is for: how many chunks, what becomes of rows, from which share on it asks', () => {
  const sweep: Sweep = { how: 'soft', chunks: [chunks[0]!, chunks[3]!], chunkColumns: ['id'], cap: 12 }
  const window = { columns: ['id'], low: '1', from: '1', high: '9', nullCursor: null }
  const merged: TablePlan = { ...plan, kind: 'window', publish: 'merge', window, sweep }
  const text = (each: TablePlan) => planText({ ...shown, tables: [previewTable({ ...previewed, plan: each })] }, true)
  const soft = text(merged)
  assert.match(soft, /people +sweep, window, merged/)
  assert.match(
    soft,
    /swept first: all keys are read, in 2 chunks, .* marked as deleted; more than 12 % of them ask first/,
  )
  assert.match(soft, /-- keys, chunk 0: up to \(10\)/)
  assert.match(
    soft,
    /to Snowflake, for the sweep[\s\S]*AS GONE[\s\S]*"_FIRN_DELETED_AT"[\s\S]*to Snowflake\n[\s\S]*MERGE INTO/,
  )
  const hard = text({ ...merged, sweep: { ...sweep, how: 'hard', chunks: [chunks[0]!] } })
  assert.match(hard, /in 1 chunk, and rows without one are deleted;/)
  assert.match(hard, /for the sweep[\s\S]*DELETE FROM/)
  assert.doesNotMatch(planText(shown, true), /swept|for the sweep/)
})

test('--sql shows every chunk', () => assert.match(planText(shown, true), /-- chunk 1:[\s\S]*-- chunk 2:/))

test('a masked column is masked in MySQL, by a salt that is only named', () =>
  assert.match(preview.mysql[0]!.sql, /SHA2\(CONCAT\(@firn_salt, .*`email`/))

test('what is refused is said last', () => {
  const refused = { ...shown, tables: [{ ...preview, problems: ['it is gone'] }] }
  assert.match(planText(refused, false), /refused: people: it is gone$/)
})

test('a proposal: its reason and, below it, what needs a decision', () => {
  const tables = propose(surveyOf(surveyed('people', { columns: [column('name', 'varchar(9)')] })))
  const text = proposalsText({ folder: '/x', database: 'shop', files: ['a'], replaced: ['b'], tables })
  assert.match(text, /people +full/)
  assert.match(text, /people: Full: no column tells which rows changed\n {2}! no primary key/)
  assert.match(text, /overwritten or taken away: b/)
})
