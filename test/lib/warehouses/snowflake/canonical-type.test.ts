import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalType, holds, widens } from '../../../../lib/warehouses/snowflake/canonical-type.ts'

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

test('what ALTER TABLE can widen, and nothing else', () => {
  const cases: [string, string, boolean][] = [
    ['VARCHAR(10)', 'VARCHAR(20)', true],
    ['VARCHAR(16777216)', 'VARCHAR(134217728)', true],
    ['BINARY(16)', 'BINARY(255)', true],
    ['NUMBER(10,0)', 'NUMBER(19,0)', true],
    ['NUMBER(10,2)', 'NUMBER(38,2)', true],
    ['VARCHAR(20)', 'VARCHAR(20)', false],
    ['VARCHAR(20)', 'VARCHAR(10)', false],
    ['NUMBER(10,2)', 'NUMBER(12,4)', false],
    ['NUMBER(10,0)', 'NUMBER(12,2)', false],
    ['NUMBER(10,2)', 'NUMBER(12,0)', false],
    ['TIMESTAMP_NTZ(0)', 'TIMESTAMP_NTZ(6)', false],
    ['DATE', 'TIMESTAMP_NTZ(0)', false],
    ['FLOAT', 'NUMBER(38,0)', false],
    ['NUMBER(10,0)', 'FLOAT', false],
    ['NUMBER(3,0)', 'VARCHAR(10)', false],
    ['BINARY(16)', 'VARCHAR(32)', false],
    ['VARCHAR(16777216)', 'VARIANT', false],
  ]
  for (const [there, needed, can] of cases) assert.equal(widens(there, needed), can, `${there} → ${needed}`)
})
