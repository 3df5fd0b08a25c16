/** Every type from the real server into Parquet, both ends of it and what lies between, against the oracle of truth.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnType } from '../../../lib/columns/types.ts'
import type { TableMetadata } from '../../../lib/model.ts'
import { textRows } from '../../../lib/sources/mysql/connect.ts'
import { makeDatabase } from '../sources/mysql/database.ts'
import { duckdbRows, extract, truth } from './truth.ts'

const database = await makeDatabase('round_trip')
const { reader, run } = database
const [[version]] = (await textRows(reader, 'SELECT VERSION()')) as [[string]]
const mariadb = /mariadb/i.test(version)

/** A column's declaration, and literals to insert. */
type Values = Record<string, [declaration: string, literals: string[]]>

const texts = [
  "''",
  "'NULL'",
  "'a\\0b'",
  "'it\\'s \"x\"\\\\'",
  "'\\t\\r\\n\\Z'",
  "'🚀 ação €'",
  "' lead and trail  '",
  "'0'",
]

const NUMBERS: Values = {
  t: ['TINYINT', ['-128', '127', '0', '-1']],
  tu: ['TINYINT UNSIGNED', ['0', '255']],
  t1: ['TINYINT(1)', ['-128', '127', '2', '1']],
  s: ['SMALLINT', ['-32768', '32767']],
  su: ['SMALLINT UNSIGNED', ['0', '65535']],
  m: ['MEDIUMINT', ['-8388608', '8388607']],
  mu: ['MEDIUMINT UNSIGNED ZEROFILL', ['0', '16777215']],
  i: ['INT', ['-2147483648', '2147483647']],
  iu: ['INT UNSIGNED', ['0', '2147483647', '2147483648', '3349714808', '4294967295']],
  iz: ['INT(10) ZEROFILL', ['7', '4294967295']],
  b: ['BIGINT', ['-9223372036854775808', '9223372036854775807', '-1', '9007199254740993']],
  bu: ['BIGINT UNSIGNED', ['0', '9223372036854775807', '9223372036854775808', '18446744073709551615']],
  bz: ['BIGINT UNSIGNED ZEROFILL', ['1', '18446744073709551615']],
  y: ['YEAR', ['0', '1901', '2155']],
  d5: ['DECIMAL(5,2)', ['-999.99', '999.99', '0.01', '-0.00']],
  dz: ['DECIMAL(10,2) ZEROFILL', ['0.10', '99999999.99']],
  d18: ['DECIMAL(18,9)', ['-999999999.999999999', '0.000000001']],
  d19: ['DECIMAL(19,0)', ['-9999999999999999999', '9223372036854775808']],
  d38: ['DECIMAL(38,10)', [`-${'9'.repeat(28)}.${'9'.repeat(10)}`, '0.0000000001', '4294967296.4294967296']],
  d65: ['DECIMAL(65,30)', [`-${'9'.repeat(35)}.${'9'.repeat(30)}`, `0.${'0'.repeat(29)}1`, `${'9'.repeat(35)}`]],
  f: ['FLOAT', ['16777215', '0.1', "'-0'", '3.4028234663852886e38', '1.17549435e-38', '1.4e-45', '8388609.5']],
  fm: ['FLOAT(9,3)', ['123456.789', '-0.001']],
  d: ['DOUBLE', ['0.1', "'-0'", '1.7976931348623157e308', '5e-324', '9007199254740993', '1e22', '0.30000000000000004']],
  dm: ['DOUBLE(20,3)', ['12345678901234.567', '-0.001']],
  b1: ['BIT(1)', ["b'0'", "b'1'"]],
  b9: ['BIT(9)', ["b'100000001'", "b'0'"]],
  b64: ['BIT(64)', [`b'${'1'.repeat(64)}'`, "b'0'", `b'1${'0'.repeat(63)}'`, '32']],
}

const MOMENTS: Values = {
  da: [
    'DATE',
    ["'0001-01-01'", "'9999-12-31'", "'0000-00-00'", "'2025-00-15'", "'2025-01-00'", "'0000-12-19'", "'1969-12-31'"],
  ],
  d0: ['DATETIME', ["'0001-01-01 00:00:00'", "'9999-12-31 23:59:59'", "'0000-00-00'", "'2016-02-29 12:34:56'"]],
  d3: ['DATETIME(3)', ["'0001-01-01 00:00:00.001'", "'9999-12-31 23:59:59.999'", "'2017-00-00 01:02:03.004'"]],
  d6: ['DATETIME(6)', ["'0001-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'", "'1969-12-31 23:59:59.999999'"]],
  t0: ['TIMESTAMP NULL', ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00'"]],
  t6: ['TIMESTAMP(6) NULL', ["'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.499999'"]],
  ti: ['TIME', ["'-838:59:59'", "'838:59:59'", "'00:00:00'", "'25:00:00'"]],
  t3: ['TIME(6)', ["'-838:59:59.000000'", "'-00:00:00.000001'", "'838:59:58.999999'"]],
}

const TEXTS: Values = {
  ch: ['CHAR(20)', texts],
  vc: ['VARCHAR(300)', [...texts, "REPEAT('é', 300)"]],
  v0: ['VARCHAR(0)', ["''"]],
  tt: ['TINYTEXT', texts],
  tx: ['TEXT', [...texts, "REPEAT('🚀', 16383)"]],
  mt: ['MEDIUMTEXT', texts],
  lt: ['LONGTEXT', texts],
  la: ['VARCHAR(20) CHARACTER SET latin1', ["'ação'", "'Ü€'", "x'80ff41'", "''"]],
  lt1: ['LONGTEXT CHARACTER SET latin1', ["'ação'", "REPEAT('ß', 5000)"]],
  u16: ['VARCHAR(20) CHARACTER SET utf16', ["'🚀 ação'"]],
  u3: ['VARCHAR(20) CHARACTER SET utf8mb3', ["'ação €'"]],
  cp: ['VARCHAR(20) CHARACTER SET cp932', ["'日本語'"]],
  bi: ['VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', ["'B'", "'b '"]],
  en: ["ENUM('novo','não','a,b','it''s')", ["'não'", "'a,b'", "'it''s'", "'none of them'", '1']],
  se: ["SET('a','b','é')", ["'a,é'", "''", "'b'"]],
  js: ['JSON', ['\'{"a": 12345678901234567890.123, "é": [1, null, "🚀"]}\'', "'null'", "'123456789012345678901'"]],
}

const BYTES: Values = {
  bn: ['BINARY(4)', ["x'00ff8027'", "''"]],
  vb: ['VARBINARY(300)', ["x'00ff8027'", "''", "REPEAT(x'c3', 300)"]],
  bt: ['VARCHAR(20) CHARACTER SET binary', ["x'ff'"]],
  tb: ['TINYBLOB', ["x'ff0a0d'", "'NULL'"]],
  bl: ['BLOB', ["REPEAT(x'00ff', 30000)"]],
  mb: ['MEDIUMBLOB', ["x''"]],
  lb: ['LONGBLOB', ["x'ff'"]],
}

const point = (srid: string) => `ST_GeomFromText('POINT(1.5 -2)'${srid})`
const SHAPES: Values = {
  g: ['GEOMETRY', [point(''), point(', 3857'), "ST_GeomFromText('LINESTRING(0 0,1 1,-1 0.1)')"]],
  gp: ['POINT', [point(''), point(', 3857')]],
  gl: ['LINESTRING', ["ST_GeomFromText('LINESTRING(0 0,1 1)', 3857)"]],
  gy: ['POLYGON', ["ST_GeomFromText('POLYGON((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))')"]],
  mp: ['MULTIPOINT', ["ST_GeomFromText('MULTIPOINT(0 0,1 1)', 3857)"]],
  ml: ['MULTILINESTRING', ["ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')"]],
  my: ['MULTIPOLYGON', ["ST_GeomFromText('MULTIPOLYGON(((0 0,9 0,9 9,0 0)))')"]],
  gc: ['GEOMETRYCOLLECTION', ["ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))', 3857)"]],
}

const HIDDEN: Values = {
  inv: ['INT INVISIBLE', ['42', '-1']],
  base: ['INT', ['3', '2147483647']],
  gv: ['BIGINT AS (base * 2) VIRTUAL', []],
  gs: ["VARCHAR(50) AS (CONCAT('n', base)) STORED INVISIBLE", []],
}

const OF_MARIADB: Values = {
  uu: ['UUID', ["'123e4567-e89b-12d3-a456-426655440000'", "'00000000-0000-0000-0000-000000000000'"]],
  i4: ['INET4', ["'0.0.0.0'", "'255.255.255.255'"]],
  i6: ['INET6', ["'::'", "'::ffff:255.255.255.255'", "'2001:db8:1111:2222:3333:4444:5555:6666'"]],
  co: ['LONGTEXT COMPRESSED', ["'ação'"]],
}

const create = async (table: string, values: Values) => {
  const declared = Object.entries(values).map(([name, [declaration]]) => `\`${name}\` ${declaration}`)
  const stored = Object.entries(values).filter(([, [, literals]]) => literals.length)
  const length = Math.max(...stored.map(([, [, literals]]) => literals.length))
  const names = ['id', ...stored.map(([name]) => `\`${name}\``)].join(', ')
  await run(
    `SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE \`${table}\` (id INT PRIMARY KEY, ${declared.join(', ')})`,
  )
  // one row more than there are values: NULL in every column
  for (let i = 0; i <= length; i++)
    await run(
      `INSERT INTO \`${table}\` (${names}) VALUES (${[i, ...stored.map(([, [, literals]]) => literals[i] ?? 'NULL')].join(', ')})`,
    )
  return length + 1
}

const same = async (table: string, meta: Partial<TableMetadata> = {}) => {
  const { plan, rows, store, policies } = await extract(database, { table, ...meta })
  const found = duckdbRows(store.bodies)
  assert.deepEqual(
    Object.keys(found.types),
    plan.columns.map(({ name }) => name),
  )
  const expected = await truth(database, table, plan.columns)
  const id = plan.columns.findIndex(({ name }) => name === 'id')
  const sorted = found.rows.toSorted((a, b) => Number(a[id]) - Number(b[id]))
  for (const [i, { name, type }] of plan.columns.entries())
    assert.deepEqual(
      sorted.map((row) => row[i]),
      expected.map((row) => row[i]),
      `${name} ${type} on ${version}`,
    )
  return { plan, rows, types: found.types, policies }
}

const TABLES: [string, Values, Partial<TableMetadata>?][] = [
  ['numbers', NUMBERS, { column_policies: { d65: { decimal_overflow: 'string' } } }],
  ['moments', MOMENTS],
  ['texts', TEXTS],
  ['bytes', BYTES],
  ['shapes', SHAPES],
  ['hidden', HIDDEN],
  ...(mariadb ? [['of mariadb', OF_MARIADB] as [string, Values]] : []),
]

for (const [table, values, meta] of TABLES)
  test(`${table}: ${Object.keys(values).length} columns come over exactly, NULL as NULL`, async () => {
    const length = await create(table, values)
    const { rows, plan, types } = await same(table, meta)
    assert.equal(rows, length)
    assert.deepEqual(plan.columns.map(({ name }) => name).sort(), ['id', ...Object.keys(values)].sort())
    for (const column of plan.columns) {
      const { parquet } = columnType(column)
      assert.equal(types[column.name], DUCKDB[parquet.replace(/\(.*/, '')] ?? parquet, `${column.name} ${column.type}`)
    }
  })

/** What DuckDB calls what the file says. */
const DUCKDB: Record<string, string> = {
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  STRING: 'VARCHAR',
  BYTE_ARRAY: 'BLOB',
  TIMESTAMP: 'TIMESTAMP',
}

test('zero, partly zero and impossible dates are NULL and counted; the other values of their rows stay', async () => {
  await run(`SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE days (id INT PRIMARY KEY, d DATE NOT NULL, t DATETIME(6));
    INSERT INTO days VALUES (1, '0000-00-00', '2025-02-30 01:02:03.4'), (2, '2025-02-29', NULL), (3, '0000-12-19', '2024-02-29'),
      (4, '2024-02-29', '1900-02-29 00:00:00'), (5, '2025-04-31', '0000-01-01')`)
  const { policies } = await same('days')
  assert.deepEqual(policies, [
    { column: 'd', policy: 'zero_date', rows: 4 },
    { column: 't', policy: 'zero_date', rows: 3 },
  ])
})

test('values of 20 MB', async () => {
  await run(`CREATE TABLE large (id INT PRIMARY KEY, t LONGTEXT, b LONGBLOB, l LONGTEXT CHARACTER SET latin1);
    INSERT INTO large VALUES (1, REPEAT('0123456789abcdé🚀\\n', 1000000), REPEAT(x'00ff80270a', 4000000), REPEAT('é', 12000000)),
      (2, 'small', x'', NULL)`)
  await same('large')
})

test('names that need quoting', async () => {
  const names: Values = { 'a b': ['INT', ['1']], ação: ['INT', ['2']], order: ['INT', ['3']], '"x"': ['INT', ['4']] }
  await create('odd "name"', names)
  await same('odd "name"')
})
