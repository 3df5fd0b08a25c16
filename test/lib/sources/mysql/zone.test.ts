import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clocksOf } from '../../../../lib/sources/mysql/clocks.ts'
import { clockAt, isZone, lastRepeated, momentOf } from '../../../../lib/sources/mysql/zone.ts'

const at = (text: string) => Date.parse(`${text}Z`)
const shown = (moment: number) => new Date(moment).toISOString().slice(0, 19)

test('zones are known by their names and by their distance to UTC', () => {
  assert.deepEqual(['Europe/Berlin', 'UTC', '+02:00', 'Asia/Kolkata', 'Europe/Berln', 'SYSTEM', ''].map(isZone), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})

test('what clocks show, and when they first did', () => {
  const cases: [zone: string, moment: string, clock: string][] = [
    ['UTC', '2025-07-01T00:00:00', '2025-07-01T00:00:00'],
    ['Europe/Berlin', '2025-07-01T00:00:00', '2025-07-01T02:00:00'],
    ['Europe/Berlin', '2025-10-26T00:30:00', '2025-10-26T02:30:00'],
    ['America/New_York', '2025-11-02T05:30:00', '2025-11-02T01:30:00'],
    ['Asia/Kolkata', '2025-07-01T00:00:00', '2025-07-01T05:30:00'],
    ['-09:30', '2025-07-01T00:00:00', '2025-06-30T14:30:00'],
  ]
  for (const [zone, moment, clock] of cases) {
    assert.equal(shown(clockAt(zone, at(moment))), clock, zone)
    assert.equal(shown(momentOf(zone, at(clock))), moment, zone)
  }
  assert.equal(shown(clockAt('Europe/Berlin', at('2025-10-26T01:30:00'))), '2025-10-26T02:30:00', 'the second time')
  assert.equal(shown(momentOf('Europe/Berlin', at('2025-03-30T02:30:00'))), '2025-03-30T00:30:00', 'never shown')
})

test('the hour that came twice: from the moment clocks are set back, not before', () => {
  const berlin = (until: string) => lastRepeated('Europe/Berlin', at('2025-10-20T00:00:00'), at(until))
  assert.equal(berlin('2025-10-26T00:59:59'), null)
  const found = berlin('2025-10-26T01:00:00')!
  assert.deepEqual([shown(found.from), shown(found.to)], ['2025-10-26T02:00:00', '2025-10-26T03:00:00'])
  assert.deepEqual(berlin('2025-12-24T00:00:00'), found)
  assert.equal(lastRepeated('Europe/Berlin', at('2025-03-01T00:00:00'), at('2025-04-20T00:00:00')), null, 'in spring')
  assert.equal(lastRepeated('UTC', at('2020-01-01T00:00:00'), at('2025-01-01T00:00:00')), null)
  const half = lastRepeated('Australia/Lord_Howe', at('2025-04-01T00:00:00'), at('2025-04-20T00:00:00'))!
  assert.equal(half.to - half.from, 1_800_000)
})

const AUTUMN = { from: '2025-10-26 02:00:00.000', to: '2025-10-26 03:00:00.000' }
const clocks = (lagged: string, low: string | null, overlap = 0) =>
  clocksOf('Europe/Berlin', { lagged, low, lagSeconds: 120, overlap })

test('a window in summer, across autumn and across spring', () => {
  assert.deepEqual(clocks('2025-07-01 10:00:00.000001', '2025-07-01 11:59:00.000000'), {
    ...{ aheadSeconds: 7200, back: 0, repeated: undefined },
  })
  assert.deepEqual(
    clocks('2025-10-26 00:59:00.000000', '2025-10-26 02:50:00.000000').repeated,
    AUTUMN,
    'now, not lagged',
  )
  assert.deepEqual(clocks('2025-10-26 02:10:00.000000', '2025-10-26 02:50:00.000000'), {
    ...{ aheadSeconds: 3600, back: 0, repeated: AUTUMN },
  })
  assert.deepEqual(clocks('2026-06-26 02:10:00.000000', '2025-10-26 02:50:00.000000').repeated, AUTUMN, 'months later')
  assert.deepEqual(clocks('2025-10-26 01:10:00.000000', null).repeated, AUTUMN)
  assert.equal(clocks('2025-03-30 01:10:00.000000', '2025-03-30 03:05:00.000000', 600).back, 3600)
  assert.equal(clocks('2025-03-30 01:10:00.000000', '2025-03-30 03:05:00.000000', 60).back, 0)
  assert.equal(clocks('2025-03-30 01:10:00.000000', '2025-03-30').aheadSeconds, 7200, 'a date is its midnight')
})
