/** How the server reads chunks: along the index, only their rows, without sorting them. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Chunk, TablePlan, Window } from '../../../../lib/model.ts'
import { planChunks } from '../../../../lib/plan/chunks.ts'
import type { Shape } from '../../../../lib/plan/plan-tables.ts'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'
import { chunkSelectSql } from '../../../../lib/sources/mysql/select.ts'
import { type WindowRequest, windowFor } from '../../../../lib/sources/mysql/window.ts'
import { makeDatabase } from './database.ts'
import { explained, rowsReadBy } from './recorded.ts'

const { reader, run, table } = await makeDatabase('select')

const ROWS = 20_000
const FULL: Shape = { kind: 'full', publish: 'replace', window: null }
const target = { database: 'D', schema: 'RAW', table: 'T' }

before(async () => {
  await run(`CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
    CREATE TABLE items (shop VARCHAR(9) NOT NULL, n INT UNSIGNED NOT NULL, price DECIMAL(10,2), at TIMESTAMP(6) NOT NULL,
      loose DATETIME NULL, PRIMARY KEY (shop, n), KEY by_at (at), KEY by_loose (loose));
    INSERT INTO items SELECT IF(i < 3000, 'Ängel', CONCAT('s', i DIV 9000)), i, i / 7,
      TIMESTAMP('2017-01-01') + INTERVAL i DIV 4 SECOND, IF(i % 2, NULL, '2017-01-01')
    FROM (SELECT a.d + 10*b.d + 100*c.d + 1000*d.d + 10000*e.d AS i FROM digits a, digits b, digits c, digits d, digits e) AS numbers
    WHERE i < ${ROWS};
    CREATE TABLE heap (n INT, v INT); INSERT INTO heap SELECT n, 1 FROM items; ANALYZE TABLE items, heap`)
})

const planOf = async (
  name: string,
  shape: Shape,
  chunkRows: number,
  where: string | null = null,
): Promise<TablePlan> => {
  const source = await table(name)
  const meta = {
    table: name,
    load_strategy: 'full',
    description: '',
    chunk_rows: chunkRows,
    ...(where ? { where } : {}),
  } as const
  const { columns, index, chunks, warnings } = await planChunks(reader, { meta, source, shape, sampled: false })
  return {
    ...{
      table: name,
      columns: source.columns,
      key: source.key,
      ...shape,
      chunks,
      chunkColumns: columns,
      where,
      warnings,
    },
    ...(index === null ? {} : { chunkIndex: index }),
    ...{
      targetFileBytes: 1,
      found: { columns: null, fence: false },
      sampleSql: null,
      estimatedRows: 0,
      estimatedBytes: 0,
      target,
      epoch: 1,
      drift: [],
    },
  }
}

const read = async (plan: TablePlan, chunk: Chunk) => textRows(reader, chunkSelectSql(plan, chunk))

/** Every chunk along the index and nothing but its own rows. Gives the rows of all. */
const assertAlong = async (plan: TablePlan, index: string): Promise<(string | null)[][]> => {
  const all: (string | null)[][] = []
  for (const chunk of plan.chunks) {
    const { type, key, extra } = await explained(reader, chunkSelectSql(plan, chunk))
    assert.deepEqual([type, key], [plan.chunks.length > 1 ? 'range' : type, index], chunkSelectSql(plan, chunk))
    assert.doesNotMatch(extra, /filesort|temporary/)
    const before = await rowsReadBy(reader)
    const rows = await read(plan, chunk)
    const looked = (await rowsReadBy(reader)) - before
    // each row once, a few looks for the ranges' ends, and the status itself
    assert.ok(looked <= rows.length + 700, `${looked} rows looked at for ${rows.length}`)
    all.push(...rows)
  }
  return all
}

const windowOf = async (changes: Partial<Window>): Promise<Shape> => ({
  kind: 'window',
  publish: 'merge',
  window: {
    ...{ columns: ['at'], low: '2017-01-01 00:10:00.000000', from: '2017-01-01 00:10:00.000000' },
    ...{ high: '2017-01-01 00:39:59.000000', nullCursor: null },
    ...changes,
  },
})

test('a whole table by its composite key, in its order', async () => {
  const plan = await planOf('items', FULL, 2000)
  assert.deepEqual([plan.chunkColumns, plan.chunkIndex], [['shop', 'n'], 'PRIMARY'])
  // of ten: estimates may be out by two
  assert.ok(plan.chunks.length >= 5 && plan.chunks.some(({ to }) => to?.length === 2))
  const rows = await assertAlong(plan, 'PRIMARY')
  assert.deepEqual(rows, await textRows(reader, 'SELECT * FROM items ORDER BY shop, n'))
})

test('a chunk gone on with after any of its rows gives the rest', async () => {
  const plan = await planOf('items', FULL, 5000)
  for (const chunk of plan.chunks) {
    const rows = await read(plan, chunk)
    for (const at of [0, Math.floor(rows.length / 3), rows.length - 1]) {
      const rest = { ...chunk, from: rows[at]!.slice(0, 2) as string[] }
      assert.deepEqual(await read(plan, rest), rows.slice(at + 1))
    }
  }
})

/** Without when they were read, which comes last in a merge. */
const own = (rows: (string | null)[][]) => rows.map((row) => row.slice(0, -1))

test('a small window by its cursor, then by key: one chunk; a larger one in several', async () => {
  const small = await planOf('items', await windowOf({ high: '2017-01-01 00:10:59.000000' }), 2000)
  assert.deepEqual([small.chunkColumns, small.chunkIndex, small.chunks.length], [['at', 'shop', 'n'], 'by_at', 1])
  assert.equal((await assertAlong(small, 'by_at')).length, 240)
  const shape = await windowOf({ high: '2017-01-01 00:19:59.000000' })
  const large = await planOf('items', shape, 500)
  assert.deepEqual([large.chunkColumns, large.chunkIndex], [['at', 'shop', 'n'], 'by_at'])
  assert.ok(large.chunks.length >= 4, `${large.chunks.length} chunks`)
  const rows = await assertAlong(large, 'by_at')
  const whole = `SELECT * FROM items WHERE at >= '2017-01-01 00:10:00' AND at <= '2017-01-01 00:19:59' ORDER BY at, shop, n`
  assert.deepEqual(own(rows), await textRows(reader, whole))
  const moments = rows.map((row) => row.at(-1)!)
  assert.deepEqual(moments, moments.toSorted(), 'chunks read one after the other say when')
  assert.equal(new Set(moments).size, large.chunks.length)
  const first = large.chunks[0]!
  const head = await read(large, first)
  const [shop, n, , at] = head[100]! as string[]
  assert.deepEqual(own(await read(large, { ...first, from: [at!, shop!, n!] })), own(head.slice(101)))
})

test('a window of most of the table, or by a cursor without an index, is read along the key', async () => {
  const most = await planOf('items', await windowOf({ high: '2017-01-01 02:00:00.000000' }), 2000)
  assert.equal(most.chunkIndex, 'PRIMARY')
  assert.ok(most.chunks.length > 4 && most.chunks.every(({ rows }) => rows === null))
  const rows = await Promise.all(most.chunks.map((chunk) => read(most, chunk)))
  assert.equal(rows.flat().length, ROWS - 2400)
  const loose = await planOf(
    'items',
    await windowOf({ columns: ['loose'], from: null, nullCursor: 'include', high: '2018-01-01' }),
    2000,
  )
  assert.deepEqual([loose.chunkIndex, loose.chunks.length, loose.warnings], ['PRIMARY', 1, []])
  assert.equal((await assertAlong(loose, 'PRIMARY')).length, ROWS)
  const empty = await planOf('items', await windowOf({ high: null, low: null, from: null }), 2000)
  assert.deepEqual([empty.chunks.length, (await read(empty, empty.chunks[0]!)).length], [1, 0])
})

test('a table without a key is one stream in no order, and says so when it is large', async () => {
  const large = await planOf('heap', FULL, 2000)
  assert.deepEqual([large.chunkColumns, large.chunkIndex, large.chunks.length], [[], undefined, 1])
  assert.match(large.warnings.join(), /^heap has no unique key .*read as one stream in no order.*primary key in MySQL$/)
  assert.deepEqual((await planOf('heap', FULL, 1_000_000)).warnings, [])
})

test('a condition holds in chunks and in the window; nobody knows how many rows it leaves', async () => {
  const where = "n % 2 = 0 OR shop = 'none'"
  const plan = await planOf('items', FULL, 2000, where)
  assert.ok(plan.chunks.every(({ rows }) => rows === null))
  assert.equal((await readAll(plan)).length, ROWS / 2)
  const ask = { columns: ['at'], low: null, overlap: 0, lagSeconds: 0, nullCursor: null }
  const all = await windowFor(reader, 'items', ask)
  const some = await windowFor(reader, 'items', { ...ask, where: 'n < 400 OR n < 300' })
  assert.deepEqual([all.high, some.high], ['2017-01-01 01:23:19.000000', '2017-01-01 00:01:39.000000'])
  const nulls: WindowRequest = { ...ask, columns: ['loose'], nullCursor: 'error' }
  assert.equal(
    (await windowFor(reader, 'items', { ...nulls, where: 'loose IS NOT NULL OR FALSE' })).high,
    '2017-01-01 00:00:00.000000',
  )
})

const readAll = async (plan: TablePlan) => (await Promise.all(plan.chunks.map((chunk) => read(plan, chunk)))).flat()
