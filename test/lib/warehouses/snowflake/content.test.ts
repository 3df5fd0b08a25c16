import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column, Part } from '../../../../lib/model.ts'
import { contentOf } from '../../../../lib/warehouses/snowflake/content.ts'

const columns: Column[] = [
  { name: 'id', type: 'int', nullable: false },
  { name: 'note', type: 'text', nullable: true },
]
const plan: Parameters<typeof contentOf>[0] = { kind: 'full', publish: 'replace', columns, key: ['id'] }
const part = (sha256: string, rows = 1): Part => ({ key: `runs/${sha256}`, rows, bytes: 9, sha256 })
const chunks = [{ parts: [part('a'), part('b')] }, { parts: [part('c')] }]
const content = contentOf(plan, chunks)

test('the same columns and files have one content, wherever the files are and however chunks share them', () => {
  assert.match(content!, /^[0-9a-f]{64}$/)
  const elsewhere = chunks.map(({ parts }) => ({
    parts: parts.map((each) => ({ ...each, key: `x/${each.key}`, etag: 'e' })),
  }))
  assert.equal(contentOf(plan, elsewhere), content)
  assert.equal(contentOf(plan, [{ parts: chunks.flatMap(({ parts }) => parts) }]), content)
})

test('another file, order, number of rows, column, type or key is another content', () => {
  const [id, note] = columns as [Column, Column]
  const others = [
    contentOf(plan, [{ parts: [part('b'), part('a'), part('c')] }]),
    contentOf(plan, [{ parts: [part('a'), part('b')] }]),
    contentOf(plan, [{ parts: [part('a', 2), part('b'), part('c')] }]),
    contentOf(plan, []),
    contentOf({ ...plan, columns: [id] }, chunks),
    contentOf({ ...plan, columns: [note, id] }, chunks),
    contentOf({ ...plan, columns: [id, { ...note, type: 'json' }] }, chunks),
    contentOf({ ...plan, key: [] }, chunks),
  ]
  assert.equal(new Set([content, ...others]).size, others.length + 1)
})

test('only a whole copy that replaces has one', () => {
  assert.equal(contentOf({ ...plan, kind: 'window' }, chunks), null)
  assert.equal(contentOf({ ...plan, kind: 'replay' }, chunks), null)
  assert.equal(contentOf({ ...plan, publish: 'rebuild' }, chunks), null)
})
