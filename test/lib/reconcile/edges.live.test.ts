/** Values at the edge of every type, and under policies, have one text on both sides; so do rows that nothing tells apart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Compared } from '../../../lib/reconcile/compare.ts'
import { openReconcileLab } from './lab.ts'

const lab = await openReconcileLab('EDGES')

const equal = (compared: Compared | null, rows: number) => {
  const { missing, extra, different, repeated, columns } = compared!
  assert.deepEqual(columns, [])
  assert.deepEqual([missing, extra, different, repeated], [0, 0, 0, 0])
  assert.deepEqual(compared!.rows, { mysql: rows, warehouse: rows })
}

test('values at the edge of their types', async () => {
  await lab.database.run(`SET sql_mode = 'ALLOW_INVALID_DATES';
    CREATE TABLE edges (id CHAR(8) COLLATE utf8mb4_bin PRIMARY KEY, c CHAR(10), b BINARY(6), t TINYTEXT, x TEXT, m MEDIUMBLOB,
      y YEAR, z INT(8) ZEROFILL, dz DECIMAL(12,3) ZEROFILL, wz DECIMAL(50,3) ZEROFILL, u UUID, i4 INET4, i6 INET6,
      ti TIME(3), fl TINYINT(1), d DATE, dt DATETIME(2), ts TIMESTAMP(4) NULL, p POINT, l LINESTRING,
      e ENUM('a,b','ü',''), s SET('x','y'), v VARCHAR(3000) CHARACTER SET latin1, vb VARBINARY(3000), n DECIMAL(38,38));
    INSERT INTO edges (id) VALUES ('null');
    INSERT INTO edges VALUES ('a', '  pad ', x'0001ff', 'N', '', x'', 0, 7, 1.5, 12345678901234567890.5, '0189b7a0-1111-7222-8333-444455556666',
      '1.2.3.4', '::1', '-838:59:59.999', 1, '0001-01-01', '9999-12-31 23:59:59.99', '1970-01-01 00:00:01.0001', ST_GeomFromText('POINT(1 2)'),
      ST_GeomFromText('LINESTRING(0 0, 1.5 -2)', 4326), 'a,b', 'x,y', 'é', x'00', -0.00000000000000000000000000000000000001);
    INSERT INTO edges VALUES ('A', '0', x'', 'N,N', '🎁', REPEAT('m', 2000000), 2155, 0, 0, 0, '00000000-0000-0000-0000-000000000000',
      '0.0.0.0', 'ffff::', '00:00:00', 0, '2024-02-29', '0000-00-00', '2038-01-19 03:14:07', ST_GeomFromText('POINT(1 2)', 3857),
      NULL, '', '', REPEAT('ÿ', 3000), REPEAT(x'ff', 3000), 0.99999999999999999999999999999999999999);
    INSERT INTO edges VALUES ('quote''\\\\', '', x'00', ',', 'a,b', x'00', 1901, 99999999, 999999999.999, 1, NULL, NULL, NULL, '838:59:59',
      NULL, '2023-02-30', '2023-00-01', NULL, NULL, NULL, 'ü', 'y', '', '', 0)`)
  await lab.load({ table: 'edges', decimal_overflow: 'string' })
  const { compared } = await lab.reconcile({ table: 'edges', decimal_overflow: 'string' })
  equal(compared, 4)
  assert.deepEqual(compared!.notCompared, [])
  assert.equal(compared!.isKeyed, true)
})

test('values that a policy changed', async () => {
  await lab.database.run(`SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE changed (id INT PRIMARY KEY, d DATE, dt DATETIME(6), ts TIMESTAMP NULL,
      f TINYINT(1), h VARCHAR(20), g BINARY(4), i BIGINT, j DATE, k INT, w TEXT);
    INSERT INTO changed VALUES (1, '0000-00-00', '2023-02-31 10:00:00.000001', '0000-00-00 00:00:00', 1, 'ü', x'00ff', -5, '0000-00-00', 7, 'x'),
      (2, NULL, '2023-02-28 10:00:00.1', '2020-01-01', 0, NULL, NULL, NULL, '2020-01-01', NULL, NULL)`)
  const mask = { mask: 'sha256' as const }
  const meta = {
    table: 'changed',
    tinyint1: 'boolean' as const,
    zero_date: 'sentinel' as const,
    invalid_utf8: 'replace' as const,
    column_policies: { h: mask, g: mask, i: mask, j: { zero_date: 'null' as const }, k: { mask: 'null' as const } },
  }
  await lab.load(meta)
  const { compared } = await lab.reconcile(meta)
  equal(compared, 2)
  assert.deepEqual(compared!.notCompared, [])
})

test('a masked key, and one of several columns in no alphabet', async () => {
  await lab.database.run(`CREATE TABLE keyed (a VARCHAR(20), b VARBINARY(8), c DATETIME(6), v INT, PRIMARY KEY (a, b, c));
    INSERT INTO keyed SELECT CONCAT('k,', seq), UNHEX(LPAD(HEX(seq), 8, '0')), '2020-01-01 00:00:00.000001' + INTERVAL seq SECOND, seq FROM seq_1_to_3000`)
  const meta = { table: 'keyed', column_policies: { a: { mask: 'sha256' as const } } }
  await lab.load(meta)
  equal((await lab.reconcile(meta)).compared, 3000)
  await lab.database.run(`UPDATE keyed SET v = 0 WHERE a IN ('k,7', 'k,2999'); DELETE FROM keyed WHERE a = 'k,8'`)
  const { compared } = await lab.reconcile(meta)
  assert.deepEqual([compared!.different, compared!.extra, compared!.missing], [2, 1, 0])
  assert.deepEqual(compared!.columns, [{ column: 'v', rows: 2 }])
})

test('floating numbers and JSON are named as not compared; a key of one is none', async () => {
  await lab.database.run(`CREATE TABLE floating (f DOUBLE PRIMARY KEY, j JSON, v INT);
    INSERT INTO floating VALUES (0.1, '{"a": 1}', 1), (2e300, '[]', 1)`)
  await lab.load({ table: 'floating' })
  const { compared } = await lab.reconcile({ table: 'floating' })
  equal(compared, 2)
  assert.equal(compared!.isKeyed, false)
  assert.deepEqual(
    compared!.notCompared.map(({ column }) => column),
    ['f', 'j'],
  )
})

test('rows that nothing tells apart are counted', async () => {
  await lab.database.run(
    `CREATE TABLE alike (v INT, w VARCHAR(9)); INSERT INTO alike SELECT seq % 5, 'x' FROM seq_1_to_1000`,
  )
  await lab.load({ table: 'alike' })
  equal((await lab.reconcile({ table: 'alike' })).compared, 1000)
  await lab.database.run(
    `DELETE FROM alike WHERE v = 1 LIMIT 2; INSERT INTO alike VALUES (3, 'x'), (9, NULL), (9, NULL)`,
  )
  const { compared } = await lab.reconcile({ table: 'alike' })
  assert.deepEqual([compared!.missing, compared!.extra, compared!.different], [3, 2, 0])
})
