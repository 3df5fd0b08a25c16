/** Random values of every type through the real server, against the oracle of truth.ts. Few runs of many values each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeDatabase } from '../sources/mysql/database.ts'
import { RANDOM_TYPES } from './random-types.ts'
import { duckdbRows, extract, truth } from './truth.ts'

const database = await makeDatabase('random_values')

const RUNS = 8
const ROWS = 40

const names = Object.keys(RANDOM_TYPES)
const rowOf = fc.tuple(...names.map((name) => fc.option(RANDOM_TYPES[name]![1], { nil: 'NULL', freq: 9 })))

test(`${RUNS} × ${ROWS} rows of random values in ${names.length} columns come over exactly`, () =>
  fc.assert(
    fc.asyncProperty(fc.array(rowOf, { minLength: ROWS, maxLength: ROWS }), async (rows) => {
      await database.run(
        `SET sql_mode = 'ALLOW_INVALID_DATES'; DROP TABLE IF EXISTS random;
        CREATE TABLE random (id INT PRIMARY KEY, ${names.map((name) => `${name} ${RANDOM_TYPES[name]![0]}`).join(', ')});
        INSERT INTO random VALUES ${rows.map((row, id) => `(${[id, ...row].join(', ')})`).join(',\n')}`,
      )
      const meta = { table: 'random', decimal_overflow: 'string' as const }
      const { plan, store, policies } = await extract(database, meta)
      const found = duckdbRows(store.bodies).rows.toSorted((a, b) => Number(a[0]) - Number(b[0]))
      const expected = await truth(database, 'random', plan.columns)
      assert.equal(found.length, ROWS)
      for (const [i, { name, type }] of plan.columns.entries()) {
        const column = (from: (string | null)[][]) => from.map((row) => row[i])
        assert.deepEqual(column(found), column(expected), `${name} ${type}`)
        if (!/^(date|datetime|timestamp)\b/.test(type)) continue
        const none = rows.filter((row, id) => row[i - 1] !== 'NULL' && expected[id]![i] === null).length
        assert.equal(policies.find(({ column }) => column === name)?.rows ?? 0, none, `${name}: how many are counted`)
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  ))
