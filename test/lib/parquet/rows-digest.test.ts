import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RowsDigest, rowsIn } from '../../../lib/parquet/rows-digest.ts'
import { rowBytes } from './memory-store.ts'
import { receivedRows, wire } from './wire.ts'

/** Digests of groups of so many rows, and the rows that were kept, of what came cut at these places. */
const digested = (bytes: Buffer, cuts: number[], groupRows: number) => {
  const digest = new RowsDigest('seed', true)
  const digests: string[] = []
  const kept: string[] = []
  let rows = 0
  const take = () => {
    const taken = digest.take()
    digests.push(taken.digest)
    for (const row of rowsIn(taken.spans)) kept.push(row.bytes.toString('latin1', row.start, row.end))
  }
  for (const { buffer, offset, end } of receivedRows(bytes, cuts)) {
    digest.add(buffer, offset, end)
    if (++rows % groupRows === 0) take()
  }
  take()
  return { digests, kept }
}

const CELL = fc.option(fc.uint8Array({ maxLength: 300 }).map((cell) => Buffer.from(cell)))

test('rows have one digest wherever the network cuts them, and are given back as they came', () => {
  const cases = fc.record({
    rows: fc.array(fc.tuple(CELL, CELL), { minLength: 1, maxLength: 400 }),
    cuts: fc.array(fc.nat(), { maxLength: 60 }),
    groupRows: fc.integer({ min: 1, max: 150 }),
  })
  fc.assert(
    fc.property(cases, ({ rows, cuts, groupRows }) => {
      const sent = rows.map(rowBytes)
      const whole = digested(wire(sent), [], groupRows)
      assert.deepEqual(digested(wire(sent), cuts, groupRows), whole)
      assert.deepEqual(
        whole.kept,
        sent.map((row) => row.toString('latin1')),
      )
    }),
    { numRuns: 300 },
  )
})

test('a byte, a row or the order of two changes the digest, and so does what is written otherwise', () => {
  const rows = ['a', 'b', 'c', 'd'].map((text) => rowBytes([text, null]))
  const of = (changed: Buffer[]) => digested(wire(changed), [], 100).digests[0]!
  const [a, b, c, d] = rows as [Buffer, Buffer, Buffer, Buffer]
  const all = [
    of(rows),
    ...[of([a, b, d, c]), of([a, b, c]), of([a, b, c, d, d]), of([rowBytes(['', null]), b, c, d])],
    ...[of([rowBytes([null, 'a']), b, c, d]), of([])],
  ]
  assert.equal(new Set(all).size, all.length)
  const otherwise = new RowsDigest('another seed', false)
  for (const row of rows) otherwise.add(row, 0, row.length)
  assert.ok(!all.includes(otherwise.take().digest))
})

test('a row of more than 16 MB is one row', () => {
  const rows = [rowBytes(['before', null]), rowBytes([Buffer.alloc(17 << 20, 'x'), null]), rowBytes(['after', null])]
  const whole = digested(wire(rows), [], 2)
  assert.deepEqual(digested(wire(rows), [1, 9, 70_000, 3 << 20, 17 << 20], 2), whole)
  assert.deepEqual(
    whole.kept.map((row) => row.length),
    rows.map((row) => row.length),
  )
})
