import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Line } from '../../bench/cases.ts'
import { judge, median, medianSample, type Outcome, type Sample } from '../../bench/lines.ts'

const sample = (seconds: number, maxRssMb = 100, workSeconds: number | null = null): Sample => ({
  ...{ seconds, maxRssMb, workSeconds },
  cpuSeconds: seconds,
})

const outcome = (id: string, samples: Sample[], more: Partial<Outcome> = {}): Outcome => ({
  ...{ id, label: id, rows: 1000, notRun: null, bytes: 0, exact: { wrong: [] }, samples },
  ...more,
})

const verdict = (line: Line, ...outcomes: Outcome[]) => judge({ lines: [line] }, outcomes)[0]!

describe('median', () => {
  test('is the middle of what is sorted by value, not as text', () => assert.equal(median([10, 9, 100]), 10))
  test('is between the two in the middle', () => assert.equal(median([4, 1, 3, 2]), 2.5))
  test('is refused for nothing', () => assert.throws(() => median([]), /median/))

  test('is taken of each figure by itself, and changes no order', () => {
    const samples = [sample(3, 10), sample(1, 30), sample(2, 20)]
    assert.deepEqual(medianSample(samples), { seconds: 2, cpuSeconds: 2, maxRssMb: 20, workSeconds: null })
    assert.deepEqual(
      samples.map(({ seconds }) => seconds),
      [3, 1, 2],
    )
  })

  test('one slow repetition decides nothing', () =>
    assert.equal(medianSample([sample(1), sample(1.1), sample(90)]).seconds, 1.1))
})

describe('a line', () => {
  const ours = outcome('firn', [sample(2)])

  test('faster: the other’s seconds by ours, the limit included', () => {
    const line: Line = { text: '', kind: 'faster', of: 'firn', than: 'peer', times: 1.5 }
    assert.deepEqual(verdict(line, ours, outcome('peer', [sample(3)])), { text: '', held: true, measured: '1.50 ×' })
    assert.equal(verdict(line, ours, outcome('peer', [sample(2.98)])).held, false)
  })

  test('within: our seconds by the other’s, the limit included', () => {
    const line: Line = { text: '', kind: 'within', of: 'firn', than: 'wire', times: 2 }
    assert.equal(verdict(line, ours, outcome('wire', [sample(1)])).held, true)
    assert.deepEqual(verdict(line, ours, outcome('wire', [sample(0.8)])), { text: '', held: false, measured: '2.50 ×' })
  })

  test('at most: the median of memory', () => {
    const line: Line = { text: '', kind: 'at most', of: 'firn', maxRssMb: 256 }
    assert.equal(verdict(line, outcome('firn', [sample(1, 256)])).held, true)
    assert.equal(verdict(line, outcome('firn', [sample(1, 250), sample(1, 257), sample(1, 300)])).held, false)
  })

  test('flat: time per row, of the work alone, against every smaller size', () => {
    const line: Line = { text: '', kind: 'flat', of: ['a', 'b', 'c'], metric: 'secondsPerRow', within: 0.1 }
    const of = (id: string, rows: number, work: number) => outcome(id, [sample(work + 1, 0, work)], { rows })
    assert.equal(verdict(line, of('a', 1e6, 1), of('b', 2e6, 2.1), of('c', 8e6, 8.7)).held, true)
    assert.equal(verdict(line, of('a', 1e6, 1), of('b', 2e6, 2), of('c', 8e6, 8.9)).held, false)
    // cheaper at first, then dearer again: that is growth
    assert.equal(verdict(line, of('a', 1e6, 1), of('b', 2e6, 1.6), of('c', 8e6, 7.2)).held, false)
    assert.equal(verdict(line, of('a', 1e6, 1.3), of('b', 2e6, 2), of('c', 8e6, 7)).held, true)
  })

  test('flat: memory', () => {
    const line: Line = { text: '', kind: 'flat', of: ['a', 'b', 'c'], metric: 'maxRssMb', within: 0.15 }
    const all = (...sizes: number[]) => sizes.map((size, i) => outcome('abc'[i]!, [sample(1, size)]))
    assert.equal(verdict(line, ...all(100, 114, 105)).held, true)
    assert.deepEqual(verdict(line, ...all(100, 120, 105)), {
      ...{ text: '', held: false },
      measured: '100 MB, 120 MB, 105 MB: grows by 1.20 × at most',
    })
  })

  test('exact: of every entry it speaks of, each column named', () => {
    const line: Line = { text: '', kind: 'exact', of: ['a', 'b'] }
    const right = outcome('a', [sample(1)])
    assert.equal(verdict(line, right, outcome('b', [sample(1)])).held, true)
    const wrong = outcome('b', [sample(1)], { exact: { wrong: ['lat', 'lng'] } })
    assert.deepEqual(verdict(line, right, wrong), { text: '', held: false, measured: 'not exact: lat, lng' })
  })

  test('exact: what was not compared has not held', () => {
    const line: Line = { text: '', kind: 'exact', of: ['a'] }
    assert.equal(verdict(line, outcome('a', [sample(1)], { exact: null })).held, false)
  })

  test('has not held when one it speaks of did not run', () => {
    const absent = outcome('peer', [], { notRun: 'status 1' })
    const line: Line = { text: '≥ 2 × peer', kind: 'faster', of: 'firn', than: 'peer', times: 2 }
    assert.deepEqual(verdict(line, ours, absent), { text: '≥ 2 × peer', held: false, measured: 'not run: peer' })
    assert.equal(verdict({ text: '', kind: 'exact', of: ['firn', 'peer'] }, ours, absent).held, false)
  })
})
