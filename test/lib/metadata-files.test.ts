import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readMetadata } from '../../lib/metadata.ts'
import { canBeFile, metadataFiles, writeMetadata } from '../../lib/metadata-files.ts'

const parent = mkdtempSync(join(tmpdir(), 'metadata-files-'))
after(() => rmSync(parent, { recursive: true }))

const entry = { load_strategy: 'full', description: 'x' }
const schema = { title: 'x', properties: {} }
const files = (...tables: string[]) =>
  metadataFiles(
    'shop',
    tables.map((table) => ({ table, entry, schema })),
  )
const write = (name: string, content: Record<string, string>, force = false) =>
  writeMetadata(join(parent, name), content, { force, check: readMetadata })

test('a folder that is not there is made, reads, and is open to others as any folder is', () => {
  assert.deepEqual(write('a/b', files('orders', 'a/b')), [])
  const metadata = readMetadata(join(parent, 'a/b'))
  assert.deepEqual(metadata.tables.map(({ table }) => table).sort(), ['a/b', 'orders'])
  assert.deepEqual(Object.keys(metadata.schemas), ['orders'], 'a name that no file can have has no schema file')
  assert.equal(metadata.jobs[0]!.transform, false)
  assert.equal(statSync(join(parent, 'a/b')).mode & 0o777, 0o777 & ~process.umask())
  assert.deepEqual(readdirSync(join(parent, 'a')), ['b'], 'nothing is left beside it')
})

test('the same again is no conflict; another is, and every file in the way is named', () => {
  write('again', files('orders', 'items'))
  assert.deepEqual(write('again', files('orders', 'items')), [])
  const before = readFileSync(join(parent, 'again/table_metadata.json'), 'utf8')
  assert.throws(() => write('again', files('orders')), {
    name: 'RefusedError',
    message: /schema\/items\.json, table_metadata\.json\. Nothing was written/,
  })
  assert.equal(readFileSync(join(parent, 'again/table_metadata.json'), 'utf8'), before)
  assert.deepEqual(write('again', files('orders'), true), ['schema/items.json', 'table_metadata.json'])
  assert.ok(!existsSync(join(parent, 'again/schema/items.json')))
})

test('other files of the folder stay', () => {
  mkdirSync(join(parent, 'kept'))
  writeFileSync(join(parent, 'kept/notes.md'), 'mine')
  write('kept', files('orders'))
  assert.equal(readFileSync(join(parent, 'kept/notes.md'), 'utf8'), 'mine')
})

test('what does not hold is not put in place, and nothing is left of it', () => {
  const before = readdirSync(parent).sort()
  const bad = { ...files('orders'), 'table_metadata.json': '{"orders": {}}' }
  assert.throws(() => write('bad', bad), /orders lacks "load_strategy"/)
  assert.throws(() => write('kept', bad, true), /orders lacks "load_strategy"/)
  assert.deepEqual(readdirSync(parent).sort(), before)
  assert.equal(readMetadata(join(parent, 'kept')).tables.length, 1)
})

test('a file is no folder', () => {
  writeFileSync(join(parent, 'file'), '')
  assert.throws(() => write('file', files('orders')), /is a file: name a folder with --metadata/)
})

test('names that cannot be files', () => {
  for (const name of ['a/b', 'a\\b', '.', '..', '.hidden', '😀'.repeat(64)]) assert.ok(!canBeFile(name), name)
  for (const name of ['orders', 'order "items"', 'größe', "it's", 'a.b']) assert.ok(canBeFile(name), name)
})
