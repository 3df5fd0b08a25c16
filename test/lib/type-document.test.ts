import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { declaredType } from '../../lib/columns/declared.ts'
import { columnType, TYPE_NAMES } from '../../lib/columns/types.ts'
import { TYPE_DOCUMENT_FILE, TYPE_ROWS, typeDocument } from '../../lib/type-document.ts'
import tablesSchema from '../../metadata/table_metadata.schema.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '..', '..')

test('the committed document is what the table says: npm run types:doc', () =>
  assert.equal(readFileSync(join(ROOT, TYPE_DOCUMENT_FILE), 'utf8'), typeDocument()))

test('every type of the table has its place in it', () => {
  const told = TYPE_ROWS.flatMap(({ types }) => types.map((type) => declaredType(type).name))
  assert.deepEqual([...new Set(told)].sort(), [...TYPE_NAMES].sort())
})

test('what it says of a type is what the table says', () => {
  const document = typeDocument()
  for (const { types, policies } of TYPE_ROWS)
    for (const type of types) {
      const row = document.split('\n').filter((line) => line.startsWith('| `') && line.includes(`\`${type}\``))
      const { snowflake, parquet } = columnType({ name: 'c', type, nullable: true, ...(policies ? { policies } : {}) })
      assert.ok(
        row.some((line) => line.includes(snowflake) && line.includes(parquet)),
        type,
      )
    }
})

test('every key of table_metadata.json has a line in docs/metadata.md, and no line a key that is none', () => {
  const document = readFileSync(join(ROOT, 'docs', 'metadata.md'), 'utf8')
  const told = [...document.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key!)
  const { table, policies } = tablesSchema.$defs
  const known = [...Object.keys(table.properties), ...Object.keys(policies.properties)]
  assert.deepEqual([...new Set(told)].sort(), [...new Set(known)].sort())
})
