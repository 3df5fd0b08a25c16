import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Boundary, Recorded } from './boundary.ts'
import { allCases, type Case, oneOfEach } from './cases.ts'
import { holds, matrixText } from './matrix.ts'
import type { Outcome } from './play.ts'

const boundary = (what: string, more: Partial<Boundary> = {}): Boundary => ({
  service: 'AWS',
  stage: 'load',
  what,
  writes: true,
  statements: 1,
  nth: 1,
  run: 'warm',
  isState: false,
  ...more,
})
const SCRIPT = boundary('BEGIN+DELETE+COMMIT RAW.ORDERS', { service: 'Snowflake', statements: 3 })
const cases = allCases([boundary('PUT orders/load.json'), boundary('PUT items/load.json'), SCRIPT])
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  case: cases.find(({ boundary, fault }) => !boundary.isState && fault.name === 'killed')!,
  recovered: true,
  lost: 0,
  doubled: 0,
  because: [],
  seconds: 1,
  ...more,
})

test('what writes is broken before and after, and a script between any two of its statements', () => {
  const of = (name: string) => cases.filter(({ fault }) => fault.name === name)
  assert.deepEqual(
    of('killed').map(({ at }) => at),
    ['before', 'after', 'before', 'after', 'before', 'after'],
  )
  assert.deepEqual(
    of('fails halfway').map(({ at }) => at),
    [1, 2],
  )
})

test('names of cases are their own', () => {
  assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length)
})

test('of boundaries that only differ by their table, their chunk, a sweep or a stage that renews a lease one is drawn, the same for the same seed', () => {
  const drawn = (seed: number) => oneOfEach(cases, ['orders', 'items'], seed).map(({ name }) => name)
  assert.deepEqual(drawn(1), drawn(1))
  assert.ok(drawn(1).length < cases.length)
  const tables = new Set([1, 2, 3, 4, 5].flatMap((seed) => drawn(seed)).map((name) => /orders|items/i.exec(name)?.[0]))
  assert.ok(tables.has('orders') && tables.has('items'))
  const faults = (names: Case[]) =>
    new Set(names.filter(({ at }) => typeof at === 'string').map(({ fault }) => fault.name))
  assert.deepEqual(faults(oneOfEach(cases, ['orders', 'items'], 1)), faults(cases))
  const kinds = (...whats: string[]) => {
    const all = allCases(
      whats.map((what) => boundary(what, { stage: what.split(' ')[0]!, what: what.split(' ').slice(1).join(' ') })),
    )
    return oneOfEach(all, ['orders', 'items'], 1).filter(
      ({ fault, at, boundary }) => fault.name === 'killed' && at === 'before' && !boundary.isState,
    ).length
  }
  assert.equal(kinds('extract PUT orders/0.json', 'extract PUT items/s12.json'), 1)
  assert.equal(kinds('extract PUT orders/0-*-0.parquet', 'extract PUT items/3-*-1.parquet'), 1)
  assert.equal(kinds('extract PUT leases/F.RAW.ORDERS.json', 'load PUT leases/F.RAW.ITEMS.json'), 1)
  assert.equal(kinds('load DROP STAGE_ITEMS_*', 'load DROP STAGE_ORDERS_*_KEYS'), 1)
  assert.equal(kinds('extract PUT orders/0.json', 'extract PUT orders/0.1.json', 'load PUT orders/load.json'), 3)
})

test('of what fails between two statements one is drawn for each place; what a replay does as every run does, is broken once', () => {
  const places = (run: Recorded) =>
    oneOfEach(
      allCases([
        { ...SCRIPT, run },
        { ...SCRIPT, what: 'BEGIN+MERGE+COMMIT RAW.ORDERS', run },
      ]),
      ['orders'],
      1,
    )
      .filter(({ boundary, at }) => !boundary.isState && typeof at === 'number')
      .map(({ at }) => at)
  assert.deepEqual(places('warm').sort(), [1, 1, 2, 2])
  assert.equal(places('replay').length, 1)
  assert.deepEqual(places('accept').sort(), [1, 2])
})

test('a case that did not recover, a row lost or doubled: it does not hold', () => {
  assert.ok(holds([outcome()]))
  assert.ok(!holds([outcome(), outcome({ recovered: false })]))
  assert.ok(!holds([outcome({ lost: 1 })]))
  assert.ok(!holds([outcome({ doubled: 1 })]))
})

test('the matrix adds up', () => {
  const text = matrixText([outcome(), outcome({ recovered: false, lost: 2, doubled: 1 })], 42)
  assert.match(text, /killed\nload AWS +1\/2\ntogether +1\/2\n/)
  assert.match(text, /boundaries +42\ncases tried +2\ncases recovered +1\nrows lost +2\nrows doubled +1$/)
})
