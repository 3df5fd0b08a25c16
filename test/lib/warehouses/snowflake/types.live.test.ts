/** MySQL → Parquet → Snowflake: what stands in the target is what MySQL says of it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Column, ColumnPolicies, TablePlan } from '../../../../lib/model.ts'
import { PartWriter } from '../../../../lib/parquet/parts.ts'
import { runFolder } from '../../../../lib/run-folder.ts'
import { readChunk } from '../../../../lib/sources/mysql/read.ts'
import { loadTable } from '../../../../lib/warehouses/snowflake/load-table.ts'
import { makeDatabase } from '../../sources/mysql/database.ts'
import { type Lab, lookedAt, openLab, orders } from './lab.ts'

const database = await makeDatabase('warehouse_types')
let lab: Lab
before(async () => {
  lab = await openLab('TYPE_TESTS')
  await database.reader.query("SET @firn_salt = 'pepper'")
})
after(() => lab.warehouse.close())

const planOf = async (table: string, policies: Record<string, ColumnPolicies> = {}): Promise<TablePlan> => {
  const { columns, key } = await database.table(table)
  const declared = columns.map(
    (column): Column => (policies[column.name] ? { ...column, policies: policies[column.name]! } : column),
  )
  return orders(lab, table, { columns: declared, key, kind: 'full', window: null })
}

/** Reads a whole table into the run's folder and loads it. */
const move = async (plan: TablePlan) => {
  const { table } = plan
  const names = { job: 'daily', runId: 'r1' }
  const writer = new PartWriter(plan, runFolder(names).partStore({ table, chunk: '0', attempt: 'x' }))
  const rows = await readChunk(database.reader, plan, plan.chunks[0]!, writer)
  const parts = await writer.finish()
  const chunk = { table, chunk: '0', attempt: 'x', rows, bytes: 0, parts, policies: [], pieces: 1 }
  return loadTable(lab.warehouse, {
    ...{ ...names, attempt: 'a1', suffix: '', plan, chunks: [{ ...chunk, seconds: 0, peakMemoryMb: 0 }] },
    renew: async () => {},
  })
}

const BIG_DECIMAL = '-12345678901234567890123456789012345.123456789012345678901234567890'

test('JSON, bits, flags, shapes, long decimals and masked columns arrive as MySQL holds them', async () => {
  await database.run(`CREATE TABLE things (
      id INT UNSIGNED PRIMARY KEY, doc JSON, b64 BIT(64), b1 BIT(1), flag TINYINT(1), place POINT, area GEOMETRY,
      huge DECIMAL(65,30), mail VARCHAR(100), born DATE, seen DATETIME(6), raw VARBINARY(20), label ENUM('a','é'));
    INSERT INTO things VALUES
      (1, '{"n": 18446744073709551615, "list": [1, null, {"x": "é"}]}', b'${'1'.repeat(64)}', b'1', 1, POINT(1.5, -2),
        ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))', 4326), ${BIG_DECIMAL}, 'a@b.c', '1999-12-31',
        '0999-01-01 00:00:00.000001', x'00FF10', 'é'),
      (2, 'null', 0, b'0', 0, NULL, NULL, 0, '', '2000-01-01', '9999-12-31 23:59:59.999999', '', 'a'),
      (3${', NULL'.repeat(12)})`)
  const plan = await planOf('things', {
    flag: { tinyint1: 'boolean' },
    huge: { decimal_overflow: 'string' },
    mail: { mask: 'sha256' },
    born: { mask: 'null' },
  })
  assert.equal((await move(plan)).inserted, 3)
  const rows = await lab.warehouse.query(
    'SELECT ID, DOC, B64, B1, FLAG, PLACE, AREA, HUGE, MAIL, BORN, SEEN, RAW, LABEL FROM RAW.THINGS ORDER BY ID',
  )
  const asked =
    await database.ask(`SELECT CAST(id AS CHAR), CAST(doc AS CHAR), CAST(CAST(b64 AS UNSIGNED) AS CHAR), b1 + 0, flag + 0,
    HEX(ST_AsWKB(place)), HEX(ST_AsWKB(area)), CAST(huge AS CHAR), SHA2(CONCAT('pepper', mail), 256), NULL,
    CAST(seen AS CHAR), HEX(raw), label FROM things ORDER BY id`)
  const flag = (value: unknown) => (value === null ? null : Number(value) === 1)
  // EWKB says with a bit of the type, and four bytes after it, that there is an SRID: 4326
  const withSrid = (wkb: unknown) =>
    wkb === null ? null : String(wkb).replace(/^0103000000/, `0103000020${'E6100000'}`)
  const compact = (json: unknown) => (json === null ? null : String(json).replace(/("[^"]*")|\s/g, '$1'))
  assert.equal(rows.length, 3)
  for (const [at, row] of rows.entries()) {
    const [id, doc, b64, b1, flagged, place, area, huge, mail, born, seen, raw, label] = asked[at]!
    assert.deepEqual(Object.values(row), [
      ...[id, compact(doc), b64, flag(b1), flag(flagged), place, withSrid(area), huge, mail, born, seen, raw, label],
    ])
  }
  assert.equal(rows[0]!.B64, '18446744073709551615')
  assert.equal(rows[0]!.HUGE, BIG_DECIMAL)
  const [described] = await lab.warehouse.query(
    'SELECT DOC:n::NUMBER AS N, DOC:list[2]:x::VARCHAR AS X, TYPEOF(DOC:list) AS T FROM RAW.THINGS WHERE ID = 1',
  )
  assert.deepEqual(described, { N: '18446744073709551615', X: 'é', T: 'ARRAY' })
})

test('the target is found as it was made, whatever its types: no drift on the next load', async () => {
  await database.run(`CREATE TABLE again (id INT PRIMARY KEY, doc JSON, b BIT(64), f TINYINT(1), g POINT, h DECIMAL(65,30),
    x BINARY(16), l LONGBLOB, t LONGTEXT, d DOUBLE, m DATETIME(3)); INSERT INTO again (id) VALUES (1)`)
  const plan = await planOf('again', { f: { tinyint1: 'boolean' }, h: { decimal_overflow: 'string' } })
  await move(plan)
  const again = await loadTable(lab.warehouse, {
    ...{
      job: 'daily',
      runId: 'r2',
      attempt: 'a2',
      suffix: '',
      plan: await lookedAt(lab, { ...plan, epoch: 2 }),
      chunks: [],
    },
    renew: async () => {},
  })
  assert.equal(again.rowsInTarget, 0)
})

const isMariadb = async () => /mariadb/i.test(String((await database.ask('SELECT VERSION()'))[0]![0]))

test('UUID and INET6 of MariaDB arrive as text', async (t) => {
  if (!(await isMariadb())) return t.diagnostic('MySQL has no such types')
  await database.run(`CREATE TABLE hosts (id UUID PRIMARY KEY, address INET6);
    INSERT INTO hosts VALUES ('123E4567-e89b-12d3-a456-426655440000', '2001:db8::ff00:42:8329'), (UUID(), NULL)`)
  await move(await planOf('hosts'))
  const moved = await lab.warehouse.query('SELECT ID, ADDRESS FROM RAW.HOSTS ORDER BY ID')
  const asked = await database.ask('SELECT CAST(id AS CHAR), CAST(address AS CHAR) FROM hosts ORDER BY 1')
  assert.deepEqual(moved.map(Object.values), asked)
})

test('two keys of one name, which MariaDB allows, fail the table by name', async (t) => {
  if (!(await isMariadb())) return t.diagnostic('MySQL keeps the last of two keys itself')
  await database.run(`CREATE TABLE doubled (id INT PRIMARY KEY, doc JSON);
    INSERT INTO doubled VALUES (1, '{"a": 1, "a": 2}'), (2, '{"a": 1}')`)
  await assert.rejects(move(await planOf('doubled')), {
    name: 'ValueError',
    message: /^doubled: .*column "doc" has 1 that cannot be parsed/,
  })
  assert.deepEqual(await lab.warehouse.query('SELECT * FROM RAW.DOUBLED'), [])
})
