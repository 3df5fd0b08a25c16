import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column } from 'snowflake-sdk'
import { exactRows } from '../../../../lib/warehouses/snowflake/rows.ts'

const column = (name: string, type: string) =>
  ({ getName: () => name, isTimestamp: () => type === 'timestamp', isVariant: () => type === 'variant' }) as Column

test('moments lose zeros of nanoseconds only, JSON the space between values only, texts nothing', () => {
  const columns = [column('T', 'timestamp'), column('V', 'variant'), column('X', 'text')]
  const rows = (t: string | null, v: string | null, x: string) => exactRows(columns, [{ T: t, V: v, X: x }])[0]
  assert.deepEqual(
    rows('2026-01-02 03:04:05.120000000', '{\n  "a b": [\n    1.50,\n    "c  \\" d"\n  ]\n}', ' a  {\n} '),
    {
      T: '2026-01-02 03:04:05.120000',
      V: '{"a b":[1.50,"c  \\" d"]}',
      X: ' a  {\n} ',
    },
  )
  assert.deepEqual(rows('2026-01-02 03:04:05.123456789', 'null', '2026-01-02 03:04:05.120000000'), {
    T: '2026-01-02 03:04:05.123456789',
    V: 'null',
    X: '2026-01-02 03:04:05.120000000',
  })
  assert.equal(rows('2026-01-02 03:04:05.000000000 +0100', null, '')!.T, '2026-01-02 03:04:05.000000 +0100')
  assert.deepEqual(rows(null, null, ''), { T: null, V: null, X: '' })
})

test('rows without such columns are passed as they are', () => {
  const rows = [{ X: 1 }]
  assert.equal(exactRows([column('X', 'text')], rows), rows)
  assert.equal(exactRows(undefined, rows), rows)
})
