import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { encodeQuarantine } from '../../../lib/parquet/quarantine.ts'
import { ROOT } from '../../stack.ts'
import { EXPECTED, REJECTED } from './rejected.ts'

const folder = mkdtempSync(join(tmpdir(), 'firn-quarantine-'))
after(() => rmSync(folder, { recursive: true }))

const READ = `
import duckdb, json, sys
found = duckdb.sql("SELECT * FROM read_parquet('" + sys.argv[1] + "')")
rows = [dict(zip(found.columns, row)) for row in found.fetchall()]
json.dump({"types": [str(each) for each in found.types], "rows": rows}, sys.stdout)
`

test('DuckDB reads a quarantine file: the same rows, every column text', async () => {
  const file = join(folder, 'rejects-0-aaaaaaaa.parquet')
  writeFileSync(file, await encodeQuarantine(REJECTED))
  const python = join(ROOT, '.firn', 'venv', 'bin', 'python')
  const { types, rows } = JSON.parse(execFileSync(python, ['-c', READ, file], { encoding: 'utf8' })) as {
    types: string[]
    rows: unknown[]
  }
  assert.deepEqual([...new Set(types)], ['VARCHAR'])
  assert.deepEqual(rows, EXPECTED)
})
