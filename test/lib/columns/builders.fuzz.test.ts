import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { roundTrip as columnRoundTrip } from '../parquet/memory-store.ts'

const roundTrip = (type: string, cells: (string | null)[]) =>
  columnRoundTrip({ name: 'c', type, nullable: true }, cells)

const nullable = <T>(value: fc.Arbitrary<T>) => fc.array(fc.option(value), { minLength: 1, maxLength: 40 })

const decimalText = (value: bigint, scale: number) => {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits}`
}

test('any decimal of any precision and scale', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 38 }).chain((precision) => {
        const largest = 10n ** BigInt(precision) - 1n
        return fc.tuple(
          fc.constant(precision),
          fc.integer({ min: 0, max: precision }),
          nullable(fc.bigInt({ min: -largest, max: largest })),
        )
      }),
      async ([precision, scale, values]) => {
        const cells = values.map((value) => (value === null ? null : decimalText(value, scale)))
        assert.deepEqual(await roundTrip(`decimal(${precision},${scale})`, cells), cells)
      },
    ),
    { numRuns: 150 },
  ))

test('any 64-bit whole number, signed and not', () =>
  fc.assert(
    fc.asyncProperty(
      nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      nullable(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      async (signed, unsigned) => {
        const text = (values: unknown[]) => values.map((value) => (value === null ? null : String(value)))
        assert.deepEqual(text(await roundTrip('bigint', text(signed))), text(signed))
        assert.deepEqual(text(await roundTrip('bigint unsigned', text(unsigned))), text(unsigned))
      },
    ),
    { numRuns: 60 },
  ))

test('any double', () =>
  fc.assert(
    fc.asyncProperty(nullable(fc.double({ noNaN: true, noDefaultInfinity: true })), async (values) => {
      const cells = values.map((value) => (value === null ? null : Object.is(value, -0) ? '-0' : String(value)))
      assert.deepEqual(await roundTrip('double', cells), values)
    }),
    { numRuns: 60 },
  ))

test('any moment of the years 1 to 9999', () =>
  fc.assert(
    fc.asyncProperty(
      nullable(
        fc.tuple(
          fc.date({
            min: new Date('0001-01-01T00:00:00Z'),
            max: new Date('9999-12-31T23:59:59Z'),
            noInvalidDate: true,
          }),
          fc.integer({ min: 0, max: 999_999 }),
        ),
      ),
      async (moments) => {
        const cells = moments.map(
          (moment) =>
            moment && `${moment[0].toISOString().slice(0, 19).replace('T', ' ')}.${String(moment[1]).padStart(6, '0')}`,
        )
        assert.deepEqual(await roundTrip('datetime(6)', cells), cells)
        const days = cells.map((cell) => (cell === null ? null : cell.slice(0, 10)))
        assert.deepEqual(await roundTrip('date', days), days)
      },
    ),
    { numRuns: 60 },
  ))

test('any text', () =>
  fc.assert(
    fc.asyncProperty(nullable(fc.string({ unit: 'binary', maxLength: 200 })), async (texts) =>
      assert.deepEqual(await roundTrip('longtext', texts), texts),
    ),
    { numRuns: 60 },
  ))
