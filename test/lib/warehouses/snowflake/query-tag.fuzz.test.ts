import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { queryTag, TAG_BEGIN } from '../../../../lib/warehouses/snowflake/query-tag.ts'

test('whatever names there are, the tag is JSON of at most 2,000 characters that begins as ours do', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3000 }),
    fc.constant('"'.repeat(3000)),
    fc.constant('🎁'),
  )
  fc.assert(
    fc.property(fc.dictionary(name, name, { maxKeys: 8 }), (names) => {
      const tag = queryTag(names)
      assert.ok(tag.length <= 2000 && tag.startsWith(TAG_BEGIN))
      JSON.parse(tag)
    }),
  )
})

test('names of a usual length are whole', () => {
  const names = { job: 'daily', run: '20261122-225530-a1b2c3', table: 'order "items" às', attempt: 'b3318d4f' }
  assert.deepEqual(JSON.parse(queryTag(names)), { app: 'firn', ...names })
})
