import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column } from '../../../../lib/model.ts'
import { publishedSql, refuseUnfit, unfitSql } from '../../../../lib/warehouses/snowflake/json.ts'

const id: Column = { name: 'id', type: 'int', nullable: false }
const doc: Column = { name: 'the "doc"', type: 'json', nullable: true }
const masked: Column = { ...doc, policies: { mask: 'sha256' } }

test('JSON is parsed when it is published, and only JSON', () => {
  assert.equal(publishedSql(doc, 'S."doc"'), 'PARSE_JSON(S."doc")')
  assert.equal(publishedSql(id, 'S."id"'), 'S."id"')
  assert.equal(publishedSql(masked, 'S."doc"'), 'S."doc"', 'a hash is no JSON')
})

test('what cannot be parsed is counted by column, and what would be rounded', () => {
  assert.deepEqual(unfitSql([id, masked]), [])
  const [unread, rounded] = unfitSql([id, doc])
  assert.equal(unread, 'COUNT_IF(TRY_PARSE_JSON("the ""doc""") IS NULL AND "the ""doc""" IS NOT NULL) AS UNREAD_1')
  assert.equal(
    rounded,
    `COUNT_IF(REGEXP_LIKE("the ""doc""", '.*([0-9][.]?){39}.*', 's') AND REGEXP_LIKE(REGEXP_REPLACE(REPLACE(REPLACE("the ""doc""", '\\\\\\\\', ''), '\\\\"', ''), '"[^"]*"', ''), '.*([0-9][.]?){39}.*', 's')) AS ROUNDED_1`,
  )
})

test('every unfit column is named with its counts, and no count is no error', () => {
  const columns = [id, doc, { ...doc, name: 'other' }]
  refuseUnfit('orders', columns, { STAGED: '9', UNREAD_1: '0', ROUNDED_1: '0', UNREAD_2: '0', ROUNDED_2: '0' })
  assert.throws(
    () => refuseUnfit('orders', columns, { UNREAD_1: '2', ROUNDED_1: '1', UNREAD_2: '0', ROUNDED_2: '3' }),
    {
      name: 'ValueError',
      message:
        /^orders: .*column "the "doc"" has 2 that cannot be parsed.*; column "the "doc"" has 1 with a number of more than 38 digits.*; column "other" has 3 with.*Nothing was published.*"exclude".*firn -- retry/,
    },
  )
})
