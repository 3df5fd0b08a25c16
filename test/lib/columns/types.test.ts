import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Physical } from '../../../lib/columns/builder.ts'
import { builderFor } from '../../../lib/columns/builders.ts'
import { actingPolicies, columnSchema, columnType, snowflakeType, stagedType } from '../../../lib/columns/types.ts'
import type { ColumnPolicies, PolicyName } from '../../../lib/model.ts'

const column = (type: string, nullable = false) => ({ name: 'c', type, nullable })

/** COLUMN_TYPE as MariaDB and MySQL 8.4 spell it → Snowflake's type, JSON Schema, Parquet's type in words. */
const TABLE: [string, string, Record<string, unknown>, string][] = [
  ['tinyint(1)', 'NUMBER(3,0)', { type: 'integer' }, 'INT32'],
  ['tinyint unsigned', 'NUMBER(3,0)', { type: 'integer' }, 'INT32'],
  ['smallint(6)', 'NUMBER(5,0)', { type: 'integer' }, 'INT32'],
  ['mediumint(9)', 'NUMBER(7,0)', { type: 'integer' }, 'INT32'],
  ['mediumint(8) unsigned', 'NUMBER(8,0)', { type: 'integer' }, 'INT32'],
  ['int', 'NUMBER(10,0)', { type: 'integer' }, 'INT32'],
  ['int(10) unsigned zerofill', 'NUMBER(10,0)', { type: 'integer' }, 'INT64'],
  ['bigint(20)', 'NUMBER(19,0)', { type: 'integer' }, 'INT64'],
  ['bigint(20) unsigned', 'NUMBER(20,0)', { type: 'integer' }, 'DECIMAL(20,0)'],
  ['year(4)', 'NUMBER(4,0)', { type: 'integer' }, 'INT32'],
  ['decimal(10,2)', 'NUMBER(10,2)', { type: 'string', format: 'decimal', precision: 10, scale: 2 }, 'DECIMAL(10,2)'],
  [
    'decimal(38,38) unsigned',
    'NUMBER(38,38)',
    { type: 'string', format: 'decimal', precision: 38, scale: 38 },
    'DECIMAL(38,38)',
  ],
  ['float', 'FLOAT', { type: 'number' }, 'DOUBLE'],
  ['double(10,2)', 'FLOAT', { type: 'number' }, 'DOUBLE'],
  ['bit(64)', 'NUMBER(20,0)', { type: 'integer' }, 'DECIMAL(20,0)'],
  ['bit(1)', 'BOOLEAN', { type: 'boolean' }, 'BOOLEAN'],
  ['date', 'DATE', { type: 'string', format: 'date' }, 'DATE'],
  ['datetime', 'TIMESTAMP_NTZ(0)', { type: 'string', format: 'date-time-local' }, 'TIMESTAMP(micros, local)'],
  ['timestamp(6)', 'TIMESTAMP_NTZ(6)', { type: 'string', format: 'date-time' }, 'TIMESTAMP(micros, local)'],
  ['time(3)', 'VARCHAR(17)', { type: 'string', format: 'signed-time' }, 'STRING'],
  ['char(2)', 'VARCHAR(2)', { type: 'string', maxLength: 2 }, 'STRING'],
  ['varchar(255)', 'VARCHAR(255)', { type: 'string', maxLength: 255 }, 'STRING'],
  ['varchar(0)', 'VARCHAR(1)', { type: 'string', maxLength: 0 }, 'STRING'],
  ['text', 'VARCHAR(16777216)', { type: 'string' }, 'STRING'],
  ['longtext', 'VARCHAR(134217728)', { type: 'string' }, 'STRING'],
  ["enum('a','b(1)')", 'VARCHAR(255)', { type: 'string' }, 'STRING'],
  ["set('unsigned','b')", 'VARCHAR(16383)', { type: 'string' }, 'STRING'],
  ['binary(16)', 'BINARY(16)', { type: 'string', contentEncoding: 'base16' }, 'BYTE_ARRAY'],
  ['longblob', 'BINARY(67108864)', { type: 'string', contentEncoding: 'base16' }, 'BYTE_ARRAY'],
  ['json', 'VARIANT', { type: 'string', contentMediaType: 'application/json' }, 'STRING'],
  ['geometry', 'BINARY(67108864)', { type: 'string', contentEncoding: 'base16', format: 'wkb' }, 'BYTE_ARRAY'],
  ['geomcollection', 'BINARY(67108864)', { type: 'string', contentEncoding: 'base16', format: 'wkb' }, 'BYTE_ARRAY'],
  ['uuid', 'VARCHAR(36)', { type: 'string', format: 'uuid' }, 'STRING'],
  ['inet4', 'VARCHAR(15)', { type: 'string', format: 'ipv4' }, 'STRING'],
  ['inet6', 'VARCHAR(39)', { type: 'string', format: 'ipv6' }, 'STRING'],
  ['longtext /*M!100301 COMPRESSED*/', 'VARCHAR(134217728)', { type: 'string' }, 'STRING'],
  ["enum('unsigned','zerofill')", 'VARCHAR(255)', { type: 'string' }, 'STRING'],
]

/** What the footer will say, in the table's words. */
const wordsOf = (physical: Physical): string => {
  const logical = 'logical' in physical ? physical.logical : null
  if (logical === null) return physical.type
  if (typeof logical === 'object') return `DECIMAL(${logical.precision},${logical.scale})`
  return logical === 'TIMESTAMP' ? 'TIMESTAMP(micros, local)' : logical
}

for (const [type, snowflake, schema, parquet] of TABLE)
  test(`${type} → ${parquet} → ${snowflake}`, () => {
    assert.equal(snowflakeType(column(type)), snowflake)
    assert.deepEqual(columnSchema(column(type)), schema)
    assert.deepEqual(columnSchema(column(type, true)), { ...schema, type: [schema.type, 'null'] })
    assert.equal(columnType(column(type)).parquet, parquet)
    assert.equal(wordsOf(builderFor(column(type)).physical), parquet, 'the builder agrees')
  })

test('floating numbers that the text protocol rounds are widened by the server, plain doubles are not', () => {
  assert.deepEqual(
    ['float', 'float(7,4)', 'double(10,2)', 'double unsigned zerofill', 'double'].map(
      (type) => columnType(column(type)).castToDouble,
    ),
    [true, true, true, true, false],
  )
})

const policies = (type: string, declared: ColumnPolicies, nullable = false) => ({
  ...column(type, nullable),
  policies: declared,
})

test('JSON is text until it is published', () => {
  assert.deepEqual([snowflakeType(column('json')), stagedType(column('json'))], ['VARIANT', 'VARCHAR(134217728)'])
  for (const [type] of TABLE.filter(([type]) => type !== 'json'))
    assert.equal(stagedType(column(type)), snowflakeType(column(type)), type)
})

test('TINYINT(1), and no other, is a boolean where that is the policy', () => {
  const boolean = { tinyint1: 'boolean' } as const
  for (const type of ['tinyint(1)', 'tinyint(1) unsigned', 'TINYINT(1) UNSIGNED ZEROFILL']) {
    assert.equal(snowflakeType(policies(type, boolean)), 'BOOLEAN')
    assert.deepEqual(columnSchema(policies(type, boolean, true)), { type: ['boolean', 'null'] })
    assert.deepEqual(columnType(policies(type, boolean)).cells, { kind: 'flag' })
    assert.equal(snowflakeType(policies(type, { tinyint1: 'number' })), 'NUMBER(3,0)')
  }
  for (const type of ['tinyint', 'tinyint(4)', 'tinyint unsigned'])
    assert.equal(snowflakeType(policies(type, boolean)), 'NUMBER(3,0)')
})

test('DECIMAL of more than 38 digits is text where that is the policy, refused otherwise', () => {
  const wide = policies('decimal(65,30) unsigned zerofill', { decimal_overflow: 'string' })
  assert.deepEqual([snowflakeType(wide), columnType(wide).cells.kind], ['VARCHAR(67)', 'text'])
  assert.deepEqual(columnSchema(wide), { type: 'string', format: 'decimal', precision: 65, scale: 30 })
  for (const declared of [{}, { decimal_overflow: 'error' } as const])
    assert.throws(() => columnType(policies('decimal(39,0)', declared)), {
      name: 'RefusedError',
      message: /column "c" is decimal\(39,0\).*\(38\).*"decimal_overflow": "string".*"exclude"/,
    })
  assert.equal(snowflakeType(policies('decimal(38,0)', { decimal_overflow: 'string' })), 'NUMBER(38,0)')
})

test('a hash is text whatever was hashed, and a masked NULL is of the type itself', () => {
  for (const type of ['int', 'decimal(65,30)', 'json', 'geometry', 'float', 'longblob', "enum('a')"]) {
    const hashed = policies(type, { mask: 'sha256' })
    assert.equal(snowflakeType(hashed), 'VARCHAR(64)')
    assert.deepEqual([columnType(hashed).cells.kind, columnType(hashed).castToDouble], ['text', false])
    assert.deepEqual(columnSchema(hashed), { type: 'string', pattern: '^[0-9a-f]{64}$' })
  }
  assert.equal(snowflakeType(policies('int', { mask: 'null' })), 'NUMBER(10,0)')
  assert.deepEqual(columnSchema(policies('int', { mask: 'null' })), { type: ['integer', 'null'] })
})

test('which policies can act on which type', () => {
  const acting = (type: string, declared: ColumnPolicies = {}) => actingPolicies(policies(type, declared))
  const expected: Record<string, PolicyName[]> = {
    date: ['zero_date'],
    'datetime(6)': ['zero_date'],
    'tinyint(1)': ['tinyint1'],
    'tinyint(4)': [],
    'varchar(9)': ['invalid_utf8'],
    longtext: ['invalid_utf8', 'oversize'],
    json: ['invalid_utf8'],
    mediumblob: [],
    longblob: ['oversize'],
    'decimal(39,2)': ['decimal_overflow'],
    'decimal(38,2)': [],
    'vector(3)': [],
  }
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((type) => [type, [...acting(type)]])), expected)
  assert.deepEqual(acting('date', { mask: 'null' }), [])
})

for (const type of ['vector(3)', 'constructor', 'xmltype', 'year(2)', ''])
  test(`${type || 'no type at all'} is refused by name, with what to do`, () =>
    assert.throws(() => columnType(column(type)), {
      name: 'RefusedError',
      message: new RegExp(`^column "c" is ${type.replace(/[()]/g, '\\$&')}.*exclude`),
    }))
