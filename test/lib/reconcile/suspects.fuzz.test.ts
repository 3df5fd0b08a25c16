/** From hashes to verdicts, against both sides held row by row. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addHashes, differingCells, type Hashes, judge, surplus, suspectKeys } from '../../../lib/reconcile/suspects.ts'

type Rows = { key: number; value: number }[]
const rows = (unique: boolean): fc.Arbitrary<Rows> => {
  const row = fc.record({ key: fc.nat(12), value: fc.nat(2) })
  return unique ? fc.uniqueArray(row, { selector: ({ key }) => key }) : fc.array(row)
}
const hashesOf = (all: Rows): Hashes => {
  const found: Hashes = new Map()
  addHashes(
    found,
    all.map(({ key, value }) => [`h${value}`, `k${key}`, 'N']),
  )
  return found
}
const valuesOf = (all: Rows, key: number) => all.filter((row) => row.key === key).map(({ value }) => value)

test('suspects are the keys whose rows are not one and the same', () =>
  fc.assert(
    fc.property(rows(true), rows(false), (source, target) => {
      const suspects = suspectKeys(hashesOf(source), hashesOf(target)).map(([key]) => Number(key!.slice(1)))
      const expected = Array.from({ length: 13 }, (_, key) => key).filter((key) => {
        const [here, there] = [valuesOf(source, key), valuesOf(target, key)]
        return !(here.length === there.length && here.length <= 1 && here[0] === there[0])
      })
      assert.deepEqual(
        suspects.toSorted((a, b) => a - b),
        expected,
      )
    }),
  ))

test('every suspect has a verdict that both sides bear out', () =>
  fc.assert(
    fc.property(fc.option(fc.tuple(fc.boolean(), fc.nat(2))), fc.array(fc.nat(2), { maxLength: 3 }), (here, there) => {
      const source = here === null ? undefined : { reached: here[0], cells: [String(here[1]), 'x'] }
      const verdict = judge(
        source,
        there.map((value) => [String(value), 'x']),
      )
      if (here === null) assert.equal(verdict, there.length ? 'extra' : 'equal')
      else if (!here[0]) assert.equal(verdict, 'newer')
      else if (there.length === 0) assert.equal(verdict, 'missing')
      else if (there.length > 1) assert.equal(verdict, 'repeated')
      else assert.equal(verdict, there[0] === here[1] ? 'equal' : 'different')
    }),
  ))

test('a row whose text was too long for a hash is looked at by its cells', () => {
  const [source, target]: [Hashes, Hashes] = [new Map(), new Map()]
  addHashes(source, [[null, 'k']])
  addHashes(target, [[null, 'k']])
  assert.deepEqual(suspectKeys(source, target), [['k']])
})

test('cells differ by place', () => assert.deepEqual(differingCells(['1', 'N', '2:ab'], ['1', '1:N', '2:ab']), [1]))

test('of rows alike the surplus is what the other side has not', () =>
  fc.assert(
    fc.property(fc.array(fc.nat(4)), fc.array(fc.nat(4)), (a, b) => {
      const counted = (all: number[]) =>
        new Map([...Map.groupBy(all, String)].map(([hash, some]) => [hash, some.length] as const))
      const more = [...surplus(counted(a), counted(b)).values()].reduce((sum, each) => sum + each, 0)
      const less = [...surplus(counted(b), counted(a)).values()].reduce((sum, each) => sum + each, 0)
      assert.equal(more - less, a.length - b.length)
      assert.ok([...surplus(counted(a), counted(b)).keys()].every((hash) => a.map(String).includes(hash)))
    }),
  ))
