import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { casesAt, LABELS } from '../../bench/cases.ts'
import { summedAs } from '../../bench/checksums.ts'
import { createSql, fillSql, growthTable, wideTable } from '../../bench/tables.ts'
import { columnType } from '../../lib/columns/types.ts'
import { shapeAt } from '../../local/olist/shape.ts'

describe('the cases', () => {
  const cases = casesAt(1)

  test('have names of their own', () => {
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length)
  })

  for (const { name, entries, lines } of cases)
    test(`${name}: every line speaks of what is run, and firn must be exact`, () => {
      const ids = entries.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length)
      for (const line of lines)
        for (const id of [line.of, 'than' in line ? line.than : []].flat())
          assert.ok(ids.includes(id), `${line.text}: ${id} is not run`)
      const exact = lines.flatMap((line) => (line.kind === 'exact' ? line.of : []))
      const ours = entries.filter(({ competitor }) => competitor.startsWith('firn'))
      assert.deepEqual(
        exact,
        ours.map(({ id }) => id),
      )
    })

  test('run every competitor that has a label', () => {
    const run = new Set(cases.flatMap(({ entries }) => entries.map(({ competitor }) => competitor)))
    assert.deepEqual([...run].sort(), Object.keys(LABELS).sort())
  })

  test('reckon with the rows that there are', () => {
    const { rows } = shapeAt(1)
    const of = (name: string) => cases.find((each) => each.name === name)!.entries[0]!.rows
    assert.equal(of('geolocation'), rows.geolocation)
    assert.equal(
      of('olist'),
      Object.values(rows).reduce((sum, each) => sum + each, 0),
    )
  })
})

describe('the made tables', () => {
  const { columns } = wideTable(1)

  test('the wide one has 40 columns, twelve of them nullable, of types that move and have a sum', () => {
    assert.equal(columns.length, 40)
    assert.equal(new Set(columns.map(([name]) => name)).size, 40)
    assert.equal(columns.filter(([, type]) => !type.endsWith('NOT NULL')).length, 12)
    for (const [name, type] of columns) {
      const declared = type.replace(/ (NOT )?NULL$/, '').toLowerCase()
      assert.doesNotThrow(() => columnType({ name, type: declared, nullable: true }))
      assert.doesNotThrow(() => summedAs(name, declared))
    }
  })

  test('are created and filled by their own list of columns, in steps that touch', () => {
    const table = growthTable('growth_1m', 10)
    assert.match(createSql(table), /^CREATE TABLE growth_1m \(\n {2}id BIGINT UNSIGNED NOT NULL,/)
    assert.match(createSql(table), /,\n {2}PRIMARY KEY \(id\)\n\)/)
    assert.match(fillSql(table, 5, 10), /^INSERT INTO growth_1m SELECT n, .* FROM numbers WHERE n > 5 AND n <= 10 /)
  })
})
