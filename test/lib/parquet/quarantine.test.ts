import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import parquet from 'parquetjs-lite'
import { encodeQuarantine, QUARANTINE_VALUE_BYTES, rejectedText } from '../../../lib/parquet/quarantine.ts'
import { Rejects } from '../../../lib/parquet/rejects.ts'
import { BUNDLING, ROOT } from '../../../lib/stacks/bundling.ts'
import { readBack } from './read-back.ts'
import { EXPECTED, REJECTED } from './rejected.ts'

const folder = mkdtempSync(join(tmpdir(), 'firn-quarantine-'))
after(() => rmSync(folder, { recursive: true }))

/** As the library itself reads the file. What it leaves out of a row is null. */
const readByLibrary = async (body: Uint8Array) => {
  const reader = await parquet.ParquetReader.openBuffer(Buffer.from(body))
  const cursor = reader.getCursor()
  const rows: Record<string, string | null>[] = []
  for (let row = await cursor.next(); row; row = await cursor.next()) rows.push(row)
  await reader.close()
  return rows
}

const withoutNulls = (rows: Record<string, string | null>[]) =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))

test('parquetjs-lite reads back what it wrote, and so does an independent reader', async () => {
  const body = await encodeQuarantine(REJECTED)
  assert.deepEqual(withoutNulls(await readByLibrary(body)), withoutNulls(EXPECTED))
  const { rows, schema } = await readBack(body)
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    EXPECTED,
  )
  for (const { repetition_type, converted_type } of Object.values(schema))
    assert.deepEqual([repetition_type, converted_type], ['OPTIONAL', 'UTF8'])
})

test('a thousand rows, and a column that is NULL in all of them', async () => {
  const [first] = REJECTED
  const rows = Array.from({ length: 1000 }, (_, i) => ({ ...first!, row: { id: String(i), nothing: null } }))
  const found = (await readBack(await encodeQuarantine(rows))).rows
  assert.deepEqual(
    found.map(({ id, nothing }) => [id, nothing]),
    rows.map(({ row }) => [row.id, null]),
  )
})

test('no rows are no file', () => assert.rejects(encodeQuarantine([]), /nothing to put into quarantine/))

const RUN = `const { encodeQuarantine, REJECTED } = await import(process.argv[1])
process.stdout.write(Buffer.from(await encodeQuarantine(REJECTED)).toString('base64'))`

test('it works inside a bundle, where the globals that the library leaks are errors', async () => {
  const contents = `export { encodeQuarantine } from './lib/parquet/quarantine.ts'
    export { REJECTED } from './test/lib/parquet/rejected.ts'`
  const { outputFiles } = buildSync({ ...BUNDLING, stdin: { contents, resolveDir: ROOT } })
  const file = join(folder, 'bundle.mjs')
  writeFileSync(file, outputFiles.find(({ path }) => path.endsWith('.mjs'))!.contents)
  // a process of its own: in this one the library has leaked them already
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', RUN, pathToFileURL(file).href])
  assert.deepEqual(Buffer.from(String(said), 'base64'), Buffer.from(await encodeQuarantine(REJECTED)))
})

for (const [type, bytes, text] of [
  ['varchar(9)', 'é🚀', 'é🚀'],
  ['varchar(9)', [0x61, 0xff], '\\x61ff'],
  ['decimal(5,2)', '-1.50', '-1.50'],
  ['datetime(6)', '0000-00-00 00:00:00.000000', '0000-00-00 00:00:00.000000'],
  ['varbinary(4)', 'abcd', '\\x61626364'],
  ['longblob', [], '\\x'],
  ['bit(1)', [1], '\\x01'],
  ['text', [], ''],
] as const)
  test(`${type} as text: ${text || 'nothing'}`, () =>
    assert.equal(rejectedText({ name: 'c', type, nullable: true }, Buffer.from(bytes as string)), text))

test('NULL stays NULL', () => assert.equal(rejectedText({ name: 'c', type: 'text', nullable: true }, null), null))

test('a value that is too long is cut between two characters, and says how long it was', () => {
  const column = { name: 'c', type: 'longtext', nullable: true }
  const long = rejectedText(column, Buffer.from(`a${'é'.repeat(QUARANTINE_VALUE_BYTES)}`))!
  const shown = (QUARANTINE_VALUE_BYTES - 2) / 2
  assert.equal(long, `a${'é'.repeat(shown)}… (cut: ${1 + 2 * QUARANTINE_VALUE_BYTES} bytes)`)
  const bytes = rejectedText({ ...column, type: 'longblob' }, Buffer.alloc(QUARANTINE_VALUE_BYTES + 1))!
  assert.equal(bytes, `\\x${'00'.repeat(QUARANTINE_VALUE_BYTES)}… (cut: ${QUARANTINE_VALUE_BYTES + 1} bytes)`)
})

test('one row of values as long as they may be is kept, and no second one beside it', async () => {
  const column = { name: 'c', type: 'longtext', nullable: true }
  const columns = Array.from({ length: 70 }, (_, i) => ({ ...column, name: `c${i}` }))
  const kept: number[] = []
  const rejects = new Rejects({ table: 't', columns, key: [] }, async (rows) => {
    kept.push(rows.length)
    return 'where they are'
  })
  const cells = columns.map(() => Buffer.alloc(QUARANTINE_VALUE_BYTES * 2, 'x'))
  for (let i = 0; i < 3; i++) rejects.add(cells, [{ at: 0, reason: 'oversize' }])
  await assert.rejects(rejects.check(), {
    name: 'ValueError',
    message: /3 rows, the first 1 of them in quarantine: where/,
  })
  assert.deepEqual(kept, [1])
})
