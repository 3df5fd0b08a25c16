import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunRequest } from '../../../lib/model.ts'
import { checkRequest } from '../../../lib/plan/request.ts'

const refused = (request: object, message: RegExp) =>
  assert.throws(() => checkRequest(request as RunRequest), { name: 'RefusedError', message }, JSON.stringify(request))

test('what a run may be asked for passes as it is', () => {
  const requests: RunRequest[] = [
    {},
    { job: 'daily', tables: ['orders'], fullRefresh: true, sweep: false, lagSeconds: 0 },
    { replayOf: '20260101T000000-0000', tables: ['orders'] },
    { backfill: { from: '1', to: '2' }, tables: ['orders'] },
    { fullRefresh: false, testMode: true },
    { sweep: true, sweepCap: 12.5, fullRefresh: true },
    { replayOf: 'r', sweep: false },
  ]
  for (const request of requests) assert.equal(checkRequest(request), request)
})

test('a field that is unknown or of another type is refused by name', () => {
  refused({ fullrefresh: true }, /unknown key "fullrefresh"\. Known are job, tables, fullRefresh/)
  refused({ fullRefresh: 'true' }, /"fullRefresh": "true", and true or false/)
  refused({ accept: 1 }, /"accept": 1/)
  refused({ tables: [] }, /"tables": \[\], and a list of names/)
  refused({ replayOf: '' }, /"replayOf": "", and a run's id/)
  refused({ backfill: { from: '1' }, tables: ['a'] }, /"backfill": \{"from":"1"\}/)
  refused({ backfill: { from: '1', to: '2', by: '3' }, tables: ['a'] }, /"backfill"/)
  refused({ backfill: { from: '1', to: '2' }, tables: ['a', 'b'] }, /the one table of that cursor/)
  refused({ backfill: { from: '1', to: '2' } }, /the one table of that cursor/)
})

test('a sweep is asked for by itself, with a share of the rows, and not of a run that sweeps nothing', () => {
  refused({ sweep: 'yes' }, /"sweep": "yes", and true or false/)
  for (const sweepCap of [-1, 100.5, Number.NaN, '10', null])
    refused({ sweepCap }, /"sweepCap": .*, and a number from 0 to 100 is needed/)
  refused({ sweep: true, testMode: true }, /"sweep" and "testMode", which nothing is swept after/)
  refused({ sweep: true, replayOf: 'r' }, /"sweep" and "replayOf"/)
  refused({ sweep: true, backfill: { from: '1', to: '2' }, tables: ['a'] }, /"sweep" and "backfill"/)
})

test('two that each say which rows are read are refused together', () => {
  refused({ replayOf: 'r', fullRefresh: true }, /"fullRefresh" and "replayOf", and one of them/)
  refused({ retryOf: 'r', replayOf: 'r' }, /"retryOf" and "replayOf"/)
  refused({ backfill: { from: '1', to: '2' }, tables: ['a'], testMode: true }, /"testMode" and "backfill"/)
})
