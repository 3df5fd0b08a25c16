import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addSums,
  differingBuckets,
  digitsFor,
  groupBuckets,
  type Sums,
  totalRows,
} from '../../../lib/reconcile/buckets.ts'

const sums = (...rows: [string, number, string | null][]): Sums => {
  const found: Sums = new Map()
  for (const [bucket, count, sum] of rows) addSums(found, [[bucket, String(count), sum]])
  return found
}

test('what chunks have of a bucket is added up, to the last digit', () => {
  const found = sums(
    ['0a', 2, '2305843009213693950'],
    ['0b', 1, '7'],
    ['0a', 1, '1152921504606846975'],
    ['0c', 1, null],
  )
  assert.deepEqual(found.get('0a'), { rows: 3, sum: 3458764513820540925n })
  assert.deepEqual(found.get('0c'), { rows: 1, sum: 0n })
  assert.equal(totalRows(found), 5)
})

test('buckets differ in rows, in sum, or by not being there', () => {
  const a = sums(['0', 1, '5'], ['1', 1, '5'], ['2', 2, '5'], ['3', 1, '5'])
  const b = sums(['4', 1, '5'], ['2', 1, '5'], ['1', 1, '6'], ['0', 1, '5'])
  assert.deepEqual(differingBuckets(a, b), ['1', '2', '3', '4'])
  assert.deepEqual(differingBuckets(a, a), [])
})

test('buckets go in groups as large as memory bears, a larger one alone', () => {
  const a = sums(['0', 4, '0'], ['1', 3, '0'], ['2', 100, '0'], ['3', 1, '0'])
  const b = sums(['0', 4, '0'], ['3', 1, '0'], ['4', 8, '0'])
  assert.deepEqual(groupBuckets(['0', '1', '2', '3', '4'], [a, b], 10), [['0'], ['1'], ['2'], ['3', '4']])
  assert.deepEqual(groupBuckets(['0', '1'], [a, b], 11), [['0', '1']])
  assert.deepEqual(groupBuckets([], [a, b], 11), [])
})

test('a large table has more buckets', () =>
  assert.deepEqual([digitsFor(0), digitsFor(1e6), digitsFor(1e8)], [3, 3, 4]))
