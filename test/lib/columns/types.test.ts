import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builderFor } from '../../../lib/columns/builders.ts'
import { columnSchema, columnType, snowflakeType } from '../../../lib/columns/types.ts'

const column = (type: string, nullable = false) => ({ name: 'c', type, nullable })

/** COLUMN_TYPE as MariaDB and MySQL 8.4 spell it → Snowflake's type, JSON Schema, Arrow's type. */
const TABLE: [string, string, Record<string, unknown>, string][] = [
  ['tinyint(1)', 'NUMBER(3,0)', { type: 'integer' }, 'Int32'],
  ['tinyint unsigned', 'NUMBER(3,0)', { type: 'integer' }, 'Int32'],
  ['smallint(6)', 'NUMBER(5,0)', { type: 'integer' }, 'Int32'],
  ['mediumint(9)', 'NUMBER(7,0)', { type: 'integer' }, 'Int32'],
  ['mediumint(8) unsigned', 'NUMBER(8,0)', { type: 'integer' }, 'Int32'],
  ['int', 'NUMBER(10,0)', { type: 'integer' }, 'Int32'],
  ['int(10) unsigned zerofill', 'NUMBER(10,0)', { type: 'integer' }, 'Int64'],
  ['bigint(20)', 'NUMBER(19,0)', { type: 'integer' }, 'Int64'],
  ['bigint(20) unsigned', 'NUMBER(20,0)', { type: 'integer' }, 'Decimal[20e0]'],
  ['year(4)', 'NUMBER(4,0)', { type: 'integer' }, 'Int32'],
  ['decimal(10,2)', 'NUMBER(10,2)', { type: 'string', format: 'decimal', precision: 10, scale: 2 }, 'Decimal[10e+2]'],
  [
    'decimal(38,38) unsigned',
    'NUMBER(38,38)',
    { type: 'string', format: 'decimal', precision: 38, scale: 38 },
    'Decimal[38e+38]',
  ],
  ['float', 'FLOAT', { type: 'number' }, 'Float64'],
  ['double(10,2)', 'FLOAT', { type: 'number' }, 'Float64'],
  ['bit(1)', 'BOOLEAN', { type: 'boolean' }, 'Bool'],
  ['date', 'DATE', { type: 'string', format: 'date' }, 'Date32<DAY>'],
  ['datetime', 'TIMESTAMP_NTZ(0)', { type: 'string', format: 'date-time-local' }, 'Timestamp<MICROSECOND>'],
  ['timestamp(6)', 'TIMESTAMP_NTZ(6)', { type: 'string', format: 'date-time' }, 'Timestamp<MICROSECOND>'],
  ['time(3)', 'VARCHAR(17)', { type: 'string', format: 'signed-time' }, 'Utf8'],
  ['char(2)', 'VARCHAR(2)', { type: 'string', maxLength: 2 }, 'Utf8'],
  ['varchar(255)', 'VARCHAR(255)', { type: 'string', maxLength: 255 }, 'Utf8'],
  ['varchar(0)', 'VARCHAR(1)', { type: 'string', maxLength: 0 }, 'Utf8'],
  ['text', 'VARCHAR(16777216)', { type: 'string' }, 'Utf8'],
  ['longtext', 'VARCHAR(134217728)', { type: 'string' }, 'Utf8'],
  ["enum('a','b(1)')", 'VARCHAR(255)', { type: 'string' }, 'Utf8'],
  ["set('unsigned','b')", 'VARCHAR(16383)', { type: 'string' }, 'Utf8'],
  ['binary(16)', 'BINARY(16)', { type: 'string', contentEncoding: 'base16' }, 'Binary'],
  ['longblob', 'BINARY(67108864)', { type: 'string', contentEncoding: 'base16' }, 'Binary'],
]

/** What Parquet keeps of each kind. */
const PHYSICAL: Record<string, string[]> = new Proxy(
  {
    Int32: ['INT32'],
    Int64: ['INT64'],
    Float64: ['DOUBLE'],
    Bool: ['BOOLEAN'],
    Utf8: ['BYTE_ARRAY'],
    Binary: ['BYTE_ARRAY'],
  } as Record<string, string[]>,
  { get: (known, name) => known[String(name)] ?? ['INT32', 'INT64', 'FIXED_LEN_BYTE_ARRAY'] },
)

for (const [type, snowflake, schema, arrow] of TABLE)
  test(`${type} → ${arrow} → ${snowflake}`, () => {
    assert.equal(snowflakeType(column(type)), snowflake)
    assert.deepEqual(columnSchema(column(type)), schema)
    assert.deepEqual(columnSchema(column(type, true)), { ...schema, type: [schema.type, 'null'] })
    assert.ok(PHYSICAL[arrow]!.includes(builderFor(column(type)).physical.type), arrow)
  })

test('floating numbers that the text protocol rounds are widened by the server, plain doubles are not', () => {
  assert.deepEqual(
    ['float', 'float(7,4)', 'double(10,2)', 'double'].map((type) => columnType(column(type)).castToDouble),
    [true, true, true, false],
  )
})

for (const type of [
  'json',
  'geometry',
  'point',
  'bit(2)',
  'decimal(39,0)',
  'uuid',
  'inet6',
  'vector(3)',
  'constructor',
])
  test(`${type} is refused by name`, () =>
    assert.throws(
      () => columnType(column(type)),
      (error: Error) => {
        assert.equal(error.name, 'RefusedError')
        assert.ok(error.message.includes(`column "c" is ${type}`), error.message)
        return true
      },
    ))
