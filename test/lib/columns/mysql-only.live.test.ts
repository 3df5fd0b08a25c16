/**
 * What MySQL 8.4 does otherwise than MariaDB. On a MariaDB each case is skipped by name, with the reason: the workflow
 * on GitHub runs them, and the files beside this one, against MySQL (FIRN_TEST_MYSQL).
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, type TestContext, test } from 'node:test'
import { openMysql, textRows } from '../../../lib/sources/mysql/connect.ts'
import { makeDatabase } from '../sources/mysql/database.ts'
import { duckdbRows, extract, truth } from './truth.ts'

const database = await makeDatabase('mysql_only')
const { settings, reader, run, table } = database
const [[version]] = (await textRows(reader, 'SELECT VERSION()')) as [[string]]

const onMysql = (what: string, check: (t: TestContext) => Promise<void>) =>
  test(what, { skip: /mariadb/i.test(version) && `needs MySQL 8.4, this is ${version}` }, check)

const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase()
const typesOf = async (name: string) => (await table(name)).columns.map((column) => column.type)

onMysql('JSON is a type of its own, normalized by the server; numbers in it are kept', async () => {
  await run(`CREATE TABLE docs (id INT PRIMARY KEY, j JSON);
    INSERT INTO docs VALUES (1, '{"b": 18446744073709551615, "a": "ação 🚀", "c": 1.5}'), (2, 'null'), (3, NULL), (4, '"NULL"')`)
  assert.deepEqual(await typesOf('docs'), ['int', 'json'])
  const { store } = await extract(database, { table: 'docs' })
  assert.deepEqual(
    duckdbRows(store.bodies).rows.map(([, j]) => j),
    [hex('{"a": "ação 🚀", "b": 18446744073709551615, "c": 1.5}'), hex('null'), null, hex('"NULL"')],
  )
})

onMysql('text under utf8mb4_0900_ai_ci, as column and as key', async () => {
  await run(`CREATE TABLE collated (id VARCHAR(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, t TEXT COLLATE utf8mb4_0900_ai_ci);
    INSERT INTO collated VALUES ('ação', 'é🚀'), ('b ', 'trailing '), ('', '')`)
  const { plan, store } = await extract(database, { table: 'collated' })
  const byId = (rows: (string | null)[][]) => rows.toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1))
  assert.deepEqual(byId(duckdbRows(store.bodies).rows), byId(await truth(database, 'collated', plan.columns)))
})

onMysql('widths are left out but where they mean something: TINYINT(1), ZEROFILL, BIT', async () => {
  await run(`CREATE TABLE spelled (id INT PRIMARY KEY, a TINYINT(1), b TINYINT(1) UNSIGNED, c BOOL, d TINYINT(4), e BIT, f BIT(64),
      g INT(10) ZEROFILL, h YEAR, i BIGINT UNSIGNED, j GEOMETRYCOLLECTION);
    INSERT INTO spelled VALUES (1, 1, 1, 0, 5, b'1', ~0, 7, 1999, ~0, NULL)`)
  assert.deepEqual(await typesOf('spelled'), [
    ...['int', 'tinyint(1)', 'tinyint unsigned', 'tinyint(1)', 'tinyint', 'bit(1)', 'bit(64)'],
    ...['int(10) unsigned zerofill', 'year', 'bigint unsigned', 'geomcollection'],
  ])
  const { store } = await extract(database, { table: 'spelled', tinyint1: 'boolean' })
  const { rows, types } = duckdbRows(store.bodies)
  const max = '18446744073709551615'
  assert.deepEqual(rows, [['1', '1', '1', '0', '5', '1', max, '7', '1999', max, null]])
  assert.deepEqual([types.a, types.b, types.c, types.e], ['BOOLEAN', 'INTEGER', 'BOOLEAN', 'BOOLEAN'])
})

onMysql('points of a geographic system stay x, y as stored: longitude first, whatever order the SRID has', async () => {
  await run(`CREATE TABLE places (id INT PRIMARY KEY, g POINT SRID 4326, n GEOMETRY);
    INSERT INTO places VALUES (1, ST_GeomFromText('POINT(-23.5 -46.6)', 4326), ST_GeomFromText('POINT(1 2)'))`)
  const longitudeFirst = (name: string) => `ST_AsBinary(${name}, 'axis-order=long-lat')`
  const { plan, store } = await extract(database, { table: 'places' })
  const [row] = duckdbRows(store.bodies).rows
  assert.deepEqual([row], await truth(database, 'places', plan.columns, longitudeFirst))
  const ewkb = Buffer.from(row![1]!, 'hex')
  assert.deepEqual([ewkb.readUInt32LE(5), ewkb.readDoubleLE(9), ewkb.readDoubleLE(17)], [4326, -46.6, -23.5])
})

onMysql('a double below zero that is zero keeps its sign', async () => {
  await run("CREATE TABLE zeros (id INT PRIMARY KEY, f FLOAT, d DOUBLE); INSERT INTO zeros VALUES (1, '-0', '-0')")
  const { plan, store } = await extract(database, { table: 'zeros' })
  assert.deepEqual(duckdbRows(store.bodies).rows, await truth(database, 'zeros', plan.columns))
  assert.deepEqual(duckdbRows(store.bodies).rows, [['1', '8000000000000000', '8000000000000000']])
})

onMysql('a generated invisible primary key, defaults that are expressions, and a functional index', async () => {
  await run(`SET sql_generate_invisible_primary_key = ON;
    CREATE TABLE keyless (made DATETIME DEFAULT (NOW()), doc JSON DEFAULT (JSON_ARRAY()), KEY by_year ((YEAR(made))));
    SET sql_generate_invisible_primary_key = OFF;
    INSERT INTO keyless (made, doc) VALUES ('2017-01-02', '1')`)
  const { columns, key, indexes } = await table('keyless')
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['my_row_id', 'made', 'doc'],
  )
  assert.deepEqual([key, indexes.map(({ name }) => name)], [['my_row_id'], ['PRIMARY']])
  const { store } = await extract(database, { table: 'keyless' })
  assert.deepEqual(duckdbRows(store.bodies).rows, [['1', `${17_168n * 86_400_000_000n}`, hex('1')]])
})

onMysql('masks of JSON, geometry and text under the newer collations', async () => {
  const maskSalt = 'a salt of more than sixteen characters'
  const salted = await openMysql({ ...settings, maskSalt })
  after(() => salted.end())
  await run(`CREATE TABLE masked (id INT PRIMARY KEY, j JSON, g GEOMETRY, t TEXT COLLATE utf8mb4_0900_ai_ci, l VARCHAR(9) CHARACTER SET latin1);
    INSERT INTO masked VALUES (1, '{"a":1}', ST_GeomFromText('POINT(1 2)'), 'é', 'é')`)
  const column_policies = Object.fromEntries(['j', 'g', 't', 'l'].map((name) => [name, { mask: 'sha256' } as const]))
  const { store } = await extract({ ...database, reader: salted }, { table: 'masked', column_policies })
  const sha256 = (value: string | Buffer) => hex(createHash('sha256').update(maskSalt).update(value).digest('hex'))
  const point = Buffer.from('000000000101000000000000000000f03f0000000000000040', 'hex')
  const expected = ['{"a": 1}', point, 'é', 'é'].map(sha256)
  assert.deepEqual(duckdbRows(store.bodies).rows, [['1', ...expected]])
})

onMysql('VECTOR is refused by name where the server has it', async (t) => {
  if (Number.parseInt(version, 10) < 9) return t.skip(`needs MySQL 9, this is ${version}`)
  await run('CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3))')
  await assert.rejects(extract(database, { table: 'vectors' }), { name: 'RefusedError', message: /"v" is vector\(3\)/ })
})
