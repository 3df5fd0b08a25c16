import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part } from '../../../../lib/model.ts'
import type { Row, Warehouse } from '../../../../lib/warehouses/snowflake/connect.ts'
import { checkCopied, copyParts, copySql } from '../../../../lib/warehouses/snowflake/copy.ts'

const stage = { database: 'FIRN', schema: '_FIRN', table: 'STAGE_T_A1' }
const part = (name: string, rows: number): Part => ({ key: `runs/daily/r1/t/${name}`, rows, bytes: 1, sha256: '' })

test('COPY names its files and how they are to be read', () => {
  assert.equal(
    copySql(stage, ["runs/daily/r1/it's/0-x-0.parquet"]),
    `COPY INTO "FIRN"."_FIRN"."STAGE_T_A1"
FROM @FIRN._FIRN.LAKE/
FILES = ('runs/daily/r1/it''s/0-x-0.parquet')
FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE USE_VECTORIZED_SCANNER = TRUE BINARY_AS_TEXT = FALSE)
MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE
ON_ERROR = ABORT_STATEMENT`,
  )
})

test('files are known by their last name, however COPY spells their path', () => {
  const answer = [
    { file: 's3://bucket/runs/daily/r1/t/a.parquet', rows_loaded: '2' },
    { file: 'b.parquet', rows_loaded: '3' },
  ]
  assert.equal(checkCopied('t', [part('a.parquet', 2), part('b.parquet', 3)], answer), 5)
})

test('a file that COPY skipped, or loaded in part, is named', () => {
  const parts = [part('a.parquet', 2), part('b.parquet', 3)]
  assert.throws(() => checkCopied('t', parts, [{ file: 'a.parquet', rows_loaded: '2' }]), {
    name: 'AuditError',
    message: /b\.parquet holds 3 rows and COPY loaded none/,
  })
  assert.throws(() => checkCopied('t', parts, [{ file: 'a.parquet', rows_loaded: '1' }]), {
    name: 'AuditError',
    message: /a\.parquet holds 2 rows and COPY loaded 1/,
  })
})

test('at most 1,000 files go into one COPY, and none without rows', async () => {
  const parts = [...Array.from({ length: 2001 }, (_, i) => part(`${i}.parquet`, 1)), part('empty.parquet', 0)]
  const counts: number[] = []
  const query = async (sql: string): Promise<Row[]> => {
    const files = [...sql.matchAll(/'([^']+\.parquet)'/g)].map(([, file]) => file)
    counts.push(files.length)
    return files.map((file) => ({ file, rows_loaded: '1' }))
  }
  assert.equal(await copyParts({ query } as Warehouse, 't', stage, parts), 2001)
  assert.deepEqual(counts, [1000, 1000, 1])
})
