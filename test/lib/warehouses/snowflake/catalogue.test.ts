import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalType, holds, missingColumns } from '../../../../lib/warehouses/snowflake/catalogue.ts'

test('types are spelt one way', () => {
  const spelt = [
    ...['text', 'VARCHAR(10)', 'NUMBER', 'decimal(10, 2)', 'NUMBER(5)', 'TIMESTAMP_NTZ', 'DOUBLE', 'DATE'],
    ...['variant', 'BOOLEAN', 'BINARY', 'BINARY(16)', 'VARBINARY'],
  ]
  assert.deepEqual(spelt.map(canonicalType), [
    'VARCHAR(16777216)',
    'VARCHAR(10)',
    'NUMBER(38,0)',
    'NUMBER(10,2)',
    'NUMBER(5,0)',
    'TIMESTAMP_NTZ(9)',
    'FLOAT',
    'DATE',
    'VARIANT',
    'BOOLEAN',
    'BINARY(8388608)',
    'BINARY(16)',
    'BINARY(8388608)',
  ])
})

test('a type holds another of its kind and scale that is not wider', () => {
  const cases: [string, string, boolean][] = [
    ['VARCHAR(32)', 'VARCHAR(32)', true],
    ['VARCHAR(64)', 'VARCHAR(32)', true],
    ['VARCHAR(16)', 'VARCHAR(32)', false],
    ['NUMBER(12,2)', 'NUMBER(10,2)', true],
    ['NUMBER(12,3)', 'NUMBER(10,2)', false],
    ['NUMBER(10,2)', 'VARCHAR(10)', false],
    ['TIMESTAMP_NTZ(9)', 'TIMESTAMP_NTZ(6)', true],
    ['TIMESTAMP_NTZ(0)', 'TIMESTAMP_NTZ(6)', false],
    ['DATE', 'DATE', true],
    ['DATE', 'TIMESTAMP_NTZ(0)', false],
    ['VARIANT', 'VARIANT', true],
    ['VARIANT', 'VARCHAR(134217728)', false],
    ['VARCHAR(134217728)', 'VARIANT', false],
    ['OBJECT', 'VARIANT', false],
    ['BOOLEAN', 'BOOLEAN', true],
    ['NUMBER(3,0)', 'BOOLEAN', false],
    ['BOOLEAN', 'NUMBER(3,0)', false],
    ['BINARY(67108864)', 'BINARY(255)', true],
    ['BINARY(255)', 'BINARY(67108864)', false],
    ['BINARY(32)', 'VARCHAR(32)', false],
  ]
  for (const [there, needed, fits] of cases) assert.equal(holds(there, needed), fits, `${there} ⊇ ${needed}`)
})

const target = { database: 'FIRN', schema: 'RAW', table: 'T' }
const audit = [
  { name: '_FIRN_RUN_ID', type: 'VARCHAR(255)' },
  { name: '_FIRN_LOADED_AT', type: 'TIMESTAMP_NTZ(6)' },
]
const a = { name: 'a', type: 'int', nullable: false }

test('what the target lacks is told, in order; columns of ours are no drift', () => {
  const b = { name: 'b', type: 'date', nullable: true }
  const there = [{ name: 'A', type: 'NUMBER(10,0)' }, ...audit, { name: '_FIRN_DELETED_AT', type: 'TIMESTAMP_NTZ(6)' }]
  assert.deepEqual(missingColumns(target, [a, b], there), [b])
})

test('everything that adding cannot mend is told at once', () => {
  const there = [{ name: 'A', type: 'VARCHAR(10)' }, { name: 'GONE', type: 'DATE' }, audit[0]!]
  assert.throws(() => missingColumns(target, [a], there), {
    name: 'DriftError',
    message:
      /^RAW\.T .*column A is VARCHAR\(10\), and MySQL now has NUMBER\(10,0\); column GONE \(DATE\) is no longer in MySQL; column _FIRN_LOADED_AT is missing/,
  })
})
