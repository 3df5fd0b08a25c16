/** The canonical text of any value is the same from MySQL and from the warehouse, once a run has loaded it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalOf } from '../../../lib/columns/canonical.ts'
import type { Comparison } from '../../../lib/model.ts'
import { sourceRows, sourceSums, targetRows, targetSums } from '../../../lib/reconcile/sides.ts'
import { RANDOM_TYPES } from '../columns/random-types.ts'
import { openReconcileLab } from './lab.ts'

const RUNS = 4
const ROWS = 60

const lab = await openReconcileLab('CANONICAL')
const names = Object.keys(RANDOM_TYPES)
const rowOf = fc.tuple(...names.map((name) => fc.option(RANDOM_TYPES[name]![1], { nil: 'NULL', freq: 9 })))
const META = { table: 'random', decimal_overflow: 'string' as const }

test(`${RUNS} × ${ROWS} rows of random values in ${names.length} columns have one text on both sides`, () =>
  fc.assert(
    fc.asyncProperty(fc.array(rowOf, { minLength: ROWS, maxLength: ROWS }), async (rows) => {
      await lab.database.run(
        `SET sql_mode = 'ALLOW_INVALID_DATES'; DROP TABLE IF EXISTS random;
        CREATE TABLE random (id INT PRIMARY KEY, ${names.map((name) => `${name} ${RANDOM_TYPES[name]![0]}`).join(', ')});
        INSERT INTO random VALUES ${rows.map((row, id) => `(${[id, ...row].join(', ')})`).join(',\n')}`,
      )
      const plan = await lab.load(META)
      const columns = plan.columns.filter((column) => canonicalOf(column).form !== null)
      const key = columns.slice(0, 1)
      const comparison: Comparison = { plan, key, columns, window: null, hasDeletedMark: false }
      const keys = rows.map((_, id) => [String(id)])
      const [source, target] = [
        await sourceRows(lab.sides, comparison, keys),
        await targetRows(lab.sides, comparison, keys),
      ]
      assert.equal(source.size, ROWS)
      for (const [at, column] of columns.entries()) {
        const texts = (cells: (key: string) => string[] | undefined) => keys.map(([id]) => cells(id!)?.[at])
        assert.deepEqual(
          texts((id) => source.get(id)?.cells),
          texts((id) => target.get(id)?.[0]),
          `${column.name} ${column.type}`,
        )
      }
      assert.ok(columns.length >= names.length - 2, 'all but FLOAT, DOUBLE and JSON')
      assert.deepEqual(await sourceSums(lab.sides, comparison, 1), await targetSums(lab.sides, comparison, 1))
    }),
    { numRuns: RUNS, endOnFailure: true },
  ))
