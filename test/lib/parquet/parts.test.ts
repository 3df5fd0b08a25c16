import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartWriter } from '../../../lib/parquet/parts.ts'
import { memoryStore, putRow, rowBytes, writerPlan } from './memory-store.ts'
import { readBack } from './read-back.ts'

const COLUMNS = [
  { name: 'id', type: 'int', nullable: false },
  { name: 'price', type: 'decimal(10,2)', nullable: true },
  { name: 'Name', type: 'varchar(20)', nullable: true },
  { name: 'at', type: 'timestamp(6)', nullable: false },
  { name: 'blob', type: 'blob', nullable: true },
]

const PLAN = writerPlan(COLUMNS, { key: ['id'] })

const write = (writer: PartWriter, id: number, at = '2017-01-01 00:00:00.000001') =>
  putRow(writer, [String(id), '1.50', null, at, 'x'])

test('no rows, no part', async () => {
  const store = memoryStore()
  assert.deepEqual(await new PartWriter(PLAN, store).finish(), [])
  assert.equal(store.bodies.length, 0)
})

test('the file says what its columns are: exact types, wall clock, every one optional', async () => {
  const store = memoryStore()
  const writer = new PartWriter(PLAN, store)
  assert.equal(write(writer, 1), null)
  await writer.finish()
  const { schema, rows, rowGroups } = await readBack(store.bodies[0]!)
  assert.deepEqual(Object.keys(schema), ['id', 'price', 'Name', 'at', 'blob'])
  assert.ok(Object.values(schema).every((element) => element.repetition_type === 'OPTIONAL'))
  assert.equal(schema.id!.type, 'INT32')
  assert.deepEqual(schema.price!.logical_type, { type: 'DECIMAL', precision: 10, scale: 2 })
  assert.equal(schema.Name!.converted_type, 'UTF8')
  assert.deepEqual(schema.at!.logical_type, { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' })
  assert.equal(schema.blob!.converted_type, undefined)
  assert.equal(rowGroups, 1)
  assert.deepEqual(
    rows.map(({ blob, ...row }) => row),
    [{ id: 1, price: '1.50', Name: null, at: '2017-01-01 00:00:00.000001' }],
  )
})

test('row groups end by bytes and files by size; together they are the rows, once each and in order', async () => {
  const store = memoryStore()
  const writer = new PartWriter({ ...PLAN, targetFileBytes: 3000 }, store, { rowGroupBytes: 10_000 })
  for (let id = 0; id < 5000; id++) await write(writer, id)
  const parts = await writer.finish()
  assert.ok(parts.length > 5 && parts.length === store.bodies.length, `${parts.length} parts`)
  const files = await Promise.all(store.bodies.map(readBack))
  assert.ok(
    files.slice(0, -1).every(({ rowGroups }) => rowGroups > 1),
    'a file holds several row groups',
  )
  assert.deepEqual(
    files.map(({ rows }) => rows.length),
    parts.map((part) => part.rows),
  )
  assert.deepEqual(
    parts.map(({ bytes }) => bytes),
    store.bodies.map(({ length }) => length),
  )
  assert.deepEqual(
    files.flatMap(({ rows }) => rows.map((row) => row.id)),
    Array.from({ length: 5000 }, (_, i) => i),
  )
  assert.equal(writer.rows, 5000)
})

test('reading waits while the row group before is still on its way', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const store = memoryStore(() => gate)
  const writer = new PartWriter(PLAN, store, { rowGroupBytes: 1000 })
  let id = 0
  let wait: Promise<void> | null = null
  for (; wait === null; id++) wait = write(writer, id)
  assert.ok(id > 30, 'the first row group does not wait')
  const said = await Promise.race([
    wait.then(() => 'through'),
    new Promise((resolve) => setImmediate(resolve, 'waits')),
  ])
  assert.equal(said, 'waits')
  release()
  await wait
  const [part] = await writer.finish()
  assert.equal(part!.rows, id)
})

test('a file that cannot be written fails the chunk, at the next row group or at the end, and is abandoned', async () => {
  const store = memoryStore(async () => {
    throw new Error('no room')
  })
  const writer = new PartWriter(PLAN, store, { rowGroupBytes: 1000 })
  await assert.rejects(async () => {
    for (let id = 0; id < 1000; id++) await write(writer, id)
  }, /no room/)
  await assert.rejects(writer.finish(), /no room/)
  assert.equal(store.abandoned, 1)
})

test('what was begun is given up when asked', async () => {
  const store = memoryStore()
  const writer = new PartWriter(PLAN, store, { rowGroupBytes: 1000 })
  for (let id = 0; id < 100; id++) await write(writer, id)
  await writer.abandon()
  assert.deepEqual([store.abandoned, store.bodies.length], [1, 0])
})

test('values that are not taken fail the chunk: table, column and count, not the value; their rows are in quarantine', async () => {
  const store = memoryStore()
  const columns = COLUMNS.map((column) =>
    column.name === 'at' ? { ...column, policies: { zero_date: 'error' } as const } : column,
  )
  const writer = new PartWriter({ ...PLAN, table: 'orders', columns, targetFileBytes: 1000 }, store, {
    rowGroupBytes: 10_000,
  })
  for (let id = 0; id < 1000; id++) await write(writer, id, id % 100 === 7 ? '0000-00-00 00:00:00' : undefined)
  await assert.rejects(writer.finish(), (error: Error) => {
    assert.equal(error.name, 'ValueError')
    assert.match(
      error.message,
      /^orders\.at: 10 values no date of any calendar .*10 rows, all of them in quarantine: rejects/,
    )
    assert.match(error.message, /"zero_date": "null" or "sentinel"/)
    assert.doesNotMatch(error.message, /0000-00-00/)
    return true
  })
  assert.equal(store.bodies.length, 0, 'nothing is put once a value was refused')
  assert.deepEqual(
    store.rejects.map(({ row }) => row.id),
    ['7', '107', '207', '307', '407', '507', '607', '707', '807', '907'],
  )
  assert.deepEqual(store.rejects[0], {
    ...{ table: 'orders', key: '["7"]', column: 'at', reason: 'zero_date' },
    row: { id: '7', price: '1.50', Name: null, at: '0000-00-00 00:00:00', blob: '\\x78' },
  })
})

test('a row that has not as many cells as were planned, or is cut within one, is an error', () => {
  const put = (row: Buffer) => new PartWriter(PLAN, memoryStore()).row(row, 0, row.length)
  const cells = ['1', '1.50', null, '2017-01-01 00:00:00', 'x']
  assert.throws(() => put(rowBytes(cells.slice(0, 4))), /has 4 cells, 5 were planned/)
  assert.throws(() => put(rowBytes([...cells, 'more'])), /has 6 cells, 5 were planned/)
  assert.throws(() => put(rowBytes(cells).subarray(0, -1)), /has 4 cells, 5 were planned/)
})

test('the last row can be looked at, cell by cell, whatever their lengths', () => {
  for (const length of [0, 1, 250, 251, 70_000]) {
    const writer = new PartWriter(PLAN, memoryStore())
    const text = 'é'.repeat(length >> 1)
    putRow(writer, ['7', null, text, '2017-01-01 00:00:00', Buffer.alloc(length, 255)])
    assert.deepEqual(
      [0, 1, 2].map((at) => writer.lastCell(at)?.toString() ?? null),
      ['7', null, text],
    )
    assert.equal(writer.lastCell(4)!.length, length)
  }
})
