import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceTable, TableMetadata } from '../../../lib/model.ts'
import { targetFileBytes } from '../../../lib/plan/file-size.ts'

const MB = 1024 * 1024
/** InnoDB's bytes of a table that is so many MB of Parquet. */
const ofParquet = (megabytes: number) => 3 * megabytes * MB
const meta: TableMetadata = { table: 't', load_strategy: 'full', description: 'x' }
const sized = (bytes: number, changes: Partial<TableMetadata> = {}): number => {
  const source: SourceTable = { table: 't', columns: [], key: [], indexes: [], foreignKeys: [], rows: 1, bytes }
  return targetFileBytes({ ...meta, ...changes }, source)
}

test('a file is an eighth of the table, so that eight are read side by side', () => {
  assert.equal(sized(ofParquet(80)), 10 * MB)
  assert.equal(sized(ofParquet(999)), Math.round((999 / 8) * MB))
})

test('it is never under 4 MB, nor over 150', () => {
  for (const megabytes of [0, 1, 32]) assert.equal(sized(ofParquet(megabytes)), 4 * MB)
  assert.equal(sized(ofParquet(33)), Math.round(4.125 * MB))
  for (const megabytes of [1200, 1_000_000]) assert.equal(sized(ofParquet(megabytes)), 150 * MB)
})

test('target_file_mb is taken as it is, whatever the table', () => {
  for (const bytes of [0, ofParquet(1_000_000)]) {
    assert.equal(sized(bytes, { target_file_mb: 0.5 }), MB / 2)
    assert.equal(sized(bytes, { target_file_mb: 250 }), 250 * MB)
  }
})
