import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference } from './rows.ts'

const HERE = [
  ['1', 'a'],
  ['2', 'b'],
  ['3', null],
]

test('equal tables differ in nothing, in whatever order', () => {
  assert.deepEqual(difference(HERE, HERE.toReversed(), [0]), { lost: 0, doubled: 0, strange: 0 })
})

test('a row that is missing is lost, and so is one that is there in an older version', () => {
  assert.deepEqual(difference(HERE, HERE.slice(1), [0]), { lost: 1, doubled: 0, strange: 0 })
  const older = [['1', 'old'], ...HERE.slice(1)]
  assert.deepEqual(difference(HERE, older, [0]), { lost: 1, doubled: 0, strange: 0 })
})

test('a key that is there twice is doubled, whichever versions they are', () => {
  assert.deepEqual(difference(HERE, [...HERE, ['1', 'a']], [0]), { lost: 0, doubled: 1, strange: 0 })
  assert.deepEqual(difference(HERE, [...HERE, ['1', 'old']], [0]), { lost: 0, doubled: 1, strange: 0 })
})

test('a row that MySQL has not is strange; twice, it is doubled as well', () => {
  assert.deepEqual(difference(HERE, [...HERE, ['9', 'gone']], [0]), { lost: 0, doubled: 0, strange: 1 })
  const twice = [...HERE, ['9', 'gone'], ['9', 'gone']]
  assert.deepEqual(difference(HERE, twice, [0]), { lost: 0, doubled: 1, strange: 1 })
})

test('without a key, rows that are alike count as often as they are there', () => {
  const alike = [['x'], ['x'], ['y']]
  assert.deepEqual(difference(alike, alike, []), { lost: 0, doubled: 0, strange: 0 })
  assert.deepEqual(difference(alike, [['x'], ['y']], []), { lost: 1, doubled: 0, strange: 0 })
  assert.deepEqual(difference(alike, [...alike, ['x']], []), { lost: 0, doubled: 1, strange: 0 })
})
