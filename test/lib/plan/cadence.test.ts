/** Which tables rest in a run, by their metadata, their ledger and what is asked for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FoundTarget, RunRequest, TableMetadata } from '../../../lib/model.ts'
import { isDueAgain, withoutResting } from '../../../lib/plan/cadence.ts'
import type { Cursor } from '../../../lib/warehouses/snowflake/standing.ts'

const HOUR = 3600
const meta: TableMetadata = { table: 'places', load_strategy: 'full', refresh_hours: 24, description: 'x' }
const cursor: Cursor = {
  ...{
    high: null,
    column: null,
    epoch: 1,
    sweptSecondsAgo: 2 * HOUR,
    copy: { job: 'daily', runId: 'r', content: 'c' },
    since: 1,
  },
  ...{ lastTerms: 'today', terms: null },
}
const there: FoundTarget = { columns: [{ name: 'ID', type: 'NUMBER(10,0)' }], fence: true }

type Asked = {
  meta?: Partial<TableMetadata>
  cursor?: Partial<Cursor> | null
  found?: FoundTarget
  refused?: string
  request?: RunRequest
}

const split = ({ meta: changes, cursor: standing = {}, found = there, refused, request = {} }: Asked) =>
  withoutResting(
    [
      {
        ...{ meta: { ...meta, ...changes }, cursor: standing === null ? undefined : { ...cursor, ...standing } },
        ...{ terms: 'today', found, settled: refused === undefined ? {} : { refused } },
      },
    ],
    request,
  )

const rests = (asked: Asked = {}) => {
  const { moving, resting } = split(asked)
  assert.equal(moving.length + resting.length, 1, 'a table moves or rests')
  return resting.length === 1
}

test('a copy that is young enough is left as it is, with its age and what is asked of it', () => {
  assert.deepEqual(split({}).resting, [{ table: 'places', copiedSecondsAgo: 2 * HOUR, refreshHours: 24 }])
})

test('at most once in so many hours, of which nine tenths are enough for a nightly run', () => {
  assert.equal(rests({ cursor: { sweptSecondsAgo: 21.5 * HOUR } }), true)
  assert.equal(rests({ cursor: { sweptSecondsAgo: 21.6 * HOUR } }), false)
  assert.equal(rests({ meta: { refresh_hours: 1 } }), false)
  assert.equal(rests({ meta: { refresh_hours: 0 }, cursor: { sweptSecondsAgo: 0 } }), false)
  assert.equal(rests({ meta: { refresh_hours: undefined } }), false)
  assert.equal(isDueAgain(24, -1), true, 'a copy from the future is none')
})

test('what is asked for by name, or says itself which rows are read, moves', () => {
  const asked: RunRequest[] = [
    { tables: ['places'] },
    { fullRefresh: true },
    { testMode: true },
    { retryOf: 'r' },
    { tables: ['places'], accept: true },
  ]
  for (const request of asked) assert.equal(rests({ request }), false, JSON.stringify(request))
  for (const request of [{ lagSeconds: 5 }, { sweep: true }, { job: 'daily', scheduledAt: '2026-11-30T02:00:00Z' }])
    assert.equal(rests({ request }), true, JSON.stringify(request))
})

test('a table moves whose target is not that copy, or is another table by now', () => {
  const due: Record<string, Asked> = {
    'never loaded': { cursor: null },
    'replayed since': { cursor: { sweptSecondsAgo: null } },
    'last load was no whole copy': { cursor: { copy: null } },
    'other columns, policies or condition': { cursor: { lastTerms: 'yesterday' } },
    'loaded by a release that kept none': { cursor: { lastTerms: null } },
    'target dropped': { found: { columns: null, fence: false } },
    'no longer agrees with MySQL': { refused: 'its type is another' },
  }
  for (const [why, asked] of Object.entries(due)) assert.equal(rests(asked), false, why)
})
