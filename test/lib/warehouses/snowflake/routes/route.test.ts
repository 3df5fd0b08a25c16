import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WarehouseError } from '../../../../../lib/errors.ts'
import type { Column, Part } from '../../../../../lib/model.ts'
import type { Row, Warehouse } from '../../../../../lib/warehouses/snowflake/connect.ts'
import { external, externalCopySql } from '../../../../../lib/warehouses/snowflake/routes/external.ts'
import { batches, insertSql } from '../../../../../lib/warehouses/snowflake/routes/insert.ts'
import { batchOf, type Copying, checkLoaded, loadedRows } from '../../../../../lib/warehouses/snowflake/routes/route.ts'
import { unseenBucket, unusableStage } from '../../../../../lib/warehouses/snowflake/routes/unseen.ts'
import { firstPlace, Stint } from '../../../../../lib/warehouses/snowflake/stint.ts'

const stage = { database: 'FIRN', schema: '_FIRN', table: 'STAGE_T_A1' }
const part = (name: string, rows: number): Part => ({ key: `runs/daily/r1/t/${name}`, rows, bytes: 1, sha256: '' })
const copying = (parts: Part[], query: (sql: string) => Promise<Row[]> = async () => []): Copying => {
  const start: Warehouse['start'] = async (sql) => ({ rows: await query(String(sql)) })
  const warehouse = { database: 'FIRN', query, start } as Warehouse
  const stint = new Stint(warehouse, firstPlace('a1'))
  return { table: 't', columns: [], runId: 'r1', stage, parts, warehouse, stint }
}

test('COPY names its files and how they are to be read', () => {
  assert.equal(
    externalCopySql(stage, ["runs/daily/r1/it's/0-x-0.parquet"]),
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
  const keys = ['runs/daily/r1/t/b.parquet', 'runs/daily/r1/t/a.parquet', 'runs/daily/r1/t/c.parquet']
  assert.deepEqual(loadedRows(keys, answer), [3, 2, null])
})

test('a file that was skipped, or loaded in part, is named with the remedy', () => {
  const load = copying([part('z.parquet', 9), part('a.parquet', 2), part('b.parquet', 3)])
  assert.equal(checkLoaded(load, 1, [2, 3]), 5)
  assert.throws(() => checkLoaded(load, 1, [2, null]), {
    name: 'AuditError',
    message: /b\.parquet holds 3 rows and none were loaded.*retry r1/,
  })
  assert.throws(() => checkLoaded(load, 1, [1, 3]), {
    name: 'AuditError',
    message: /a\.parquet holds 2 rows and 1 were loaded/,
  })
})

test('so many bytes go into one COPY, or one file that is larger', () => {
  const sized = (bytes: number): Part => ({ ...part('x', 1), bytes })
  const parts = [sized(5), sized(5), sized(1), sized(20), sized(1)]
  const cut: number[] = []
  for (let at = 0; at < parts.length; at += cut.at(-1)!) cut.push(batchOf(parts, at, 10).length)
  assert.deepEqual(cut, [2, 1, 1, 1])
})

test('C43: at most 1,000 files go into one COPY', async () => {
  const counts: number[] = []
  const query = async (sql: string): Promise<Row[]> => {
    const files = [...sql.matchAll(/'([^']+\.parquet)'/g)].map(([, file]) => file)
    counts.push(files.length)
    return files.map((file) => ({ file, rows_loaded: '1' }))
  }
  const load = copying(
    Array.from({ length: 2001 }, (_, i) => part(`${i}.parquet`, 1)),
    query,
  )
  for (let at = 0; at < load.parts.length; ) at += (await external.copy(load, at)).length
  assert.deepEqual(counts, [1000, 1000, 1])
})

const COLUMNS: Column[] = [
  { name: 'id', type: 'bigint(20) unsigned', nullable: false },
  { name: 'a "b"', type: 'varchar(5)', nullable: true },
  { name: 'raw', type: 'varbinary(3)', nullable: true },
  { name: 'at', type: 'datetime(6)', nullable: true },
]

test('INSERT binds every value; text is not cast, since a cast would cut it', () => {
  assert.equal(
    insertSql(stage, COLUMNS, 2),
    `INSERT INTO "FIRN"."_FIRN"."STAGE_T_A1" ("id", "a ""b""", "raw", "at")
SELECT V.C1::NUMBER(20,0), V.C2, TO_BINARY(V.C3, 'HEX'), V.C4::TIMESTAMP_NTZ(6)
FROM (VALUES (?, ?, ?, ?), (?, ?, ?, ?)) AS V (C1, C2, C3, C4)`,
  )
})

test('rows are cut by number, by binds and by size; one that is too large for all stands alone', () => {
  const cut = (rows: (string | null)[][]) => batches(rows).map((batch) => batch.length)
  assert.deepEqual(cut(Array.from({ length: 2500 }, () => ['1'])), [1000, 1000, 500])
  assert.deepEqual(cut(Array.from({ length: 5 }, () => Array(4000).fill(null))), [2, 2, 1])
  const big = 'x'.repeat(3_000_000)
  assert.deepEqual(cut([['a'], [big], ['b'], [big], [`${big}${big}`], ['c']]), [3, 1, 1, 1])
  assert.deepEqual(cut([]), [])
})

const refused = (code: string, message: string) =>
  new WarehouseError('masked', { cause: Object.assign(new Error(message), { code }) })

test('what means "Snowflake cannot see the bucket", and what does not', () => {
  const seen = (code: string, message = 'x') => unseenBucket(refused(code, message), 'LAKE')
  assert.equal(seen('091003', 'Failure using stage area. Cause: [Access Denied (Status Code: 403)]'), '091003')
  assert.equal(seen('003167'), '003167')
  const missing = (stageName: string) =>
    `SQL compilation error:\nStage 'FIRN._FIRN.${stageName}' does not exist or not authorized.`
  assert.equal(seen('002003', missing('LAKE')), '002003')
  assert.equal(seen('002003', "Table 'LAKE' does not exist or not authorized."), null)
  assert.equal(seen('002003', missing('DBT_LAKE')), null)
  assert.equal(seen('100038', 'Numeric value is not recognized'), null)
  assert.equal(unseenBucket(new Error('091003'), 'LAKE'), null)
  assert.equal(unusableStage(refused('002003', missing('FILES')), 'FILES'), '002003')
  assert.equal(unusableStage(refused('091003', 'Failure using stage area'), 'FILES'), null)
})
