import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockText } from '../../lib/clock.ts'

test('a difference of clocks in the units people set them by', () => {
  assert.equal(clockText(7500), '2 h 5 min behind')
  assert.equal(clockText(-3600), '1 h ahead of')
  assert.equal(clockText(-400), '6 min ahead of')
  assert.equal(clockText(12), '12 s behind')
})
