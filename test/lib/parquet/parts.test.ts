import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part } from '../../../lib/model.ts'
import { PartWriter, type PutPart } from '../../../lib/parquet/parts.ts'
import { readBack } from './read-back.ts'

const COLUMNS = [
  { name: 'id', type: 'int', nullable: false },
  { name: 'price', type: 'decimal(10,2)', nullable: true },
  { name: 'Name', type: 'varchar(20)', nullable: true },
  { name: 'at', type: 'timestamp(6)', nullable: false },
  { name: 'blob', type: 'blob', nullable: true },
]

const write = (writer: PartWriter, id: number, at = '2017-01-01 00:00:00.000001') => {
  for (const cell of [String(id), '1.50', null, at, 'x']) writer.cell(cell === null ? null : Buffer.from(cell))
  return writer.endRow()
}

const keeping = () => {
  const bodies: Uint8Array[] = []
  const put: PutPart = async ({ part, body, rows }): Promise<Part> => {
    assert.equal(part, bodies.length, 'parts come in order')
    bodies.push(body)
    return { key: String(part), rows, bytes: body.length, sha256: '' }
  }
  return { bodies, put }
}

test('no rows, no part', async () => {
  const { bodies, put } = keeping()
  assert.deepEqual(await new PartWriter('t', COLUMNS, put).finish(), [])
  assert.equal(bodies.length, 0)
})

test('the file says what its columns are: exact types, wall clock, every one optional', async () => {
  const { bodies, put } = keeping()
  const writer = new PartWriter('t', COLUMNS, put)
  assert.equal(write(writer, 1), null)
  await writer.finish()
  const { schema, rows, rowGroups } = await readBack(bodies[0]!)
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

test('parts are cut by bytes, and together they are the rows, once each and in order', async () => {
  const { bodies, put } = keeping()
  const writer = new PartWriter('t', COLUMNS, put, 10_000)
  for (let id = 0; id < 5000; id++) await write(writer, id)
  const parts = await writer.finish()
  assert.ok(parts.length > 10 && parts.length === bodies.length, `${parts.length} parts`)
  const rows = (await Promise.all(bodies.map(readBack))).map((file) => file.rows)
  assert.deepEqual(
    rows.map((each) => each.length),
    parts.map((part) => part.rows),
  )
  assert.deepEqual(
    rows.flat().map((row) => row.id),
    Array.from({ length: 5000 }, (_, i) => i),
  )
  assert.equal(writer.rows, 5000)
})

test('reading waits while the part before is still on its way', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  let under = 0
  let most = 0
  const writer = new PartWriter(
    't',
    COLUMNS,
    async ({ part, body, rows }) => {
      most = Math.max(most, ++under)
      if (part === 0) await gate
      under--
      return { key: String(part), rows, bytes: body.length, sha256: '' }
    },
    1000,
  )
  const waits: Promise<void>[] = []
  for (let id = 0; waits.length < 2; id++) {
    const wait = write(writer, id)
    if (wait) waits.push(wait)
  }
  await waits[0]
  const second = Promise.race([
    waits[1]!.then(() => 'through'),
    new Promise((resolve) => setImmediate(resolve, 'waits')),
  ])
  assert.equal(await second, 'waits')
  release()
  await waits[1]
  assert.equal((await writer.finish()).length, 2)
  assert.equal(most, 1, 'one part is put at a time')
})

test('a part that cannot be put fails the chunk, at the next cut or at the end', async () => {
  const refuse = async () => {
    throw new Error('no room')
  }
  const writer = new PartWriter('t', COLUMNS, refuse, 1000)
  const waits: Promise<void>[] = []
  for (let id = 0; waits.length < 2; id++) {
    const wait = write(writer, id)
    if (wait) waits.push(wait)
  }
  await assert.rejects(waits[1]!, /no room/)
  await assert.rejects(writer.finish(), /no room/)
})

test('values without an exact meaning fail the chunk: table, column and count, not the value', async () => {
  const { bodies, put } = keeping()
  const writer = new PartWriter('orders', COLUMNS, put, 10_000)
  for (let id = 0; id < 1000; id++) await write(writer, id, id % 100 === 7 ? '0000-00-00 00:00:00' : undefined)
  await assert.rejects(writer.finish(), (error: Error) => {
    assert.equal(error.name, 'ValueError')
    assert.match(error.message, /^orders\.at: 10 values not exact as timestamp\(6\) \(/)
    assert.doesNotMatch(error.message, /0000-00-00/)
    return true
  })
  assert.equal(bodies.length, 0, 'nothing is put once a value was refused')
})

test('a row that is short of a cell is an error', () => {
  const writer = new PartWriter('t', COLUMNS, keeping().put)
  writer.cell(null)
  assert.throws(() => writer.endRow(), /has 1 cells, 5 were planned/)
})
