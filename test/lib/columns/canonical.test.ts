import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalOf, readable } from '../../../lib/columns/canonical.ts'
import { TYPE_NAMES } from '../../../lib/columns/types.ts'
import type { ColumnPolicies } from '../../../lib/model.ts'

const formOf = (type: string, policies: ColumnPolicies = {}) =>
  canonicalOf({ name: 'c', type, nullable: true, policies }).form

test('every type has a form, but for those that either side spells its own way', () => {
  const without = TYPE_NAMES.filter((name) => formOf(name === 'bit' ? 'bit(3)' : name) === null)
  assert.deepEqual(without, ['float', 'double', 'json'])
})

test('forms by type', () => {
  const forms = Object.fromEntries(
    [
      'bigint unsigned',
      'decimal(10,2)',
      'bit(1)',
      'bit(2)',
      'tinyint(1)',
      'time(6)',
      'char(9)',
      'varchar(1000)',
      'varchar(1001)',
      'longtext',
      'binary(16)',
      'blob',
      'point',
    ].map((type) => [type, formOf(type)]),
  )
  assert.deepEqual(forms, {
    'bigint unsigned': 'number',
    'decimal(10,2)': 'number',
    'bit(1)': 'switch',
    'bit(2)': 'number',
    'tinyint(1)': 'number',
    'time(6)': 'plain',
    'char(9)': 'words',
    'varchar(1000)': 'words',
    'varchar(1001)': 'long words',
    longtext: 'long words',
    'binary(16)': 'bytes',
    blob: 'long bytes',
    point: 'geometry',
  })
})

test('policies decide what it is a text of', () => {
  assert.equal(formOf('tinyint(1)', { tinyint1: 'boolean' }), 'switch')
  assert.equal(formOf('decimal(65,30)', { decimal_overflow: 'string' }), 'plain')
  assert.equal(formOf('double', { mask: 'sha256' }), 'plain')
  assert.equal(formOf('json', { mask: 'null' }), 'nothing')
  assert.equal(formOf('longtext', { oversize: 'truncate' }), null)
  assert.equal(formOf('longtext', { invalid_utf8: 'replace' }), 'words')
  assert.deepEqual(
    canonicalOf({ name: 'c', type: 'datetime(3)', nullable: true, policies: { zero_date: 'sentinel' } }),
    {
      form: 'moment',
      zeroDate: 'sentinel',
      fraction: 3,
    },
  )
})

test('a value is read from its text, whatever is in it', () => {
  const read = (type: string, text: string) => readable({ name: 'c', type, nullable: true }, text)
  assert.deepEqual([read('varchar(9)', '3:1:N'), read('varchar(9)', '0:'), read('varchar(9)', 'N')], ['1:N', '', null])
  assert.deepEqual([read('time', '10:20:30'), read('binary(2)', '00FF'), read('int', '-1')], ['10:20:30', '00FF', '-1'])
})
