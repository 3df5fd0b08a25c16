import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Checksums, checksumsSql, summedAs } from '../../bench/checksums.ts'
import { differences } from '../../bench/exactness.ts'

describe('how a column is summed', () => {
  const kinds: Record<string, string[]> = {
    number: ['int(11)', 'tinyint(1)', 'bigint(20) unsigned', 'smallint unsigned', 'mediumint(9)'],
    double: ['double'],
    moment: ['datetime', 'datetime(6)', 'timestamp(6)'],
    date: ['date'],
    text: ['char(36)', 'varchar(255)', 'text', 'longtext', "enum('a','decimal(10,2)')"],
  }
  for (const [kind, types] of Object.entries(kinds))
    test(`${types.join(', ')}: as ${kind}`, () => {
      for (const type of types) assert.deepEqual(summedAs('c', type), { name: 'c', kind, scale: 0 })
    })

  test('a decimal keeps its scale', () => {
    assert.deepEqual(summedAs('lat', 'decimal(17,14)'), { name: 'lat', kind: 'number', scale: 14 })
    assert.equal(summedAs('whole', 'decimal(10)').scale, 0)
  })

  test('any other type is refused by name', () => assert.throws(() => summedAs('g', 'geometry'), /g is geometry/))

  test('one query for all of a table, sums as text', () => {
    assert.equal(
      checksumsSql('t', [summedAs('id', 'int(11)'), summedAs('day', 'date')]),
      "SELECT CAST(COUNT(*) AS CHAR), CAST(COUNT(`id`) AS CHAR), CAST(COALESCE(SUM(`id`), 0) AS CHAR), CAST(COUNT(`day`) AS CHAR), CAST(COALESCE(SUM(DATEDIFF(`day`, '1970-01-01')), 0) AS CHAR) FROM `t`",
    )
  })
})

describe('what differs', () => {
  const columns = [summedAs('id', 'int'), summedAs('lat', 'decimal(17,14)')]
  const server: Checksums = { rows: 2, columns, sums: { id: ['2', '3'], lat: ['1', '0.50000000000001'] } }
  const expected = new Map([['t', server]])

  test('nothing, when rows, counts and sums are the server’s', () =>
    assert.deepEqual(differences(expected, { t: { rows: 2, sums: { ...server.sums } } }), []))

  test('a last digit, a NULL more, a column that is not there', () => {
    const found = (lat: [string, string]) => ({ t: { rows: 2, sums: { id: server.sums.id!, lat } } })
    assert.deepEqual(differences(expected, found(['1', '0.50000000000000'])), ['lat'])
    assert.deepEqual(differences(expected, found(['2', '0.50000000000001'])), ['lat'])
    assert.deepEqual(differences(expected, { t: { rows: 2, sums: { lat: server.sums.lat! } } }), ['id'])
  })

  test('rows, before anything else; and a table without files', () => {
    assert.deepEqual(differences(expected, { t: { rows: 3, sums: server.sums } }), ['t (3 rows of 2)'])
    assert.deepEqual(differences(expected, {}), ['t (no files)'])
  })

  test('of several tables each column is named with its table', () => {
    const two = new Map([...expected, ['u', server] as const])
    const sums = { ...server.sums, id: ['2', '4'] as [string, string] }
    assert.deepEqual(differences(two, { t: { rows: 2, sums: server.sums }, u: { rows: 2, sums } }), ['u.id'])
  })
})
