/** Masks are worked out inside the server: what is hashed, and that nothing else ever comes over the wire. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { after, test } from 'node:test'
import type { Column, ColumnPolicies } from '../../../../lib/model.ts'
import { columnSql } from '../../../../lib/sources/mysql/cells.ts'
import { openMysql, textRows } from '../../../../lib/sources/mysql/connect.ts'
import { duckdbRows, extract } from '../../columns/truth.ts'
import { memoryStore } from '../../parquet/memory-store.ts'
import { makeDatabase } from './database.ts'

const SALT = 'pfeffer & sälz: 0123456789abcdef'
const database = await makeDatabase('cells')
const { settings, run, table } = database
const salted = await openMysql({ ...settings, maskSalt: SALT })
after(() => salted.end())
const [[version]] = (await textRows(salted, 'SELECT VERSION()')) as [[string]]
const mariadb = /mariadb/i.test(version)

const sha256 = (value: string | Buffer) => createHash('sha256').update(SALT).update(value).digest('hex')
const wkb = Buffer.from('000000000101000000000000000000f03f0000000000000040', 'hex')

/** Declaration, a literal, and what is hashed of it. */
const HASHED: [declaration: string, literal: string, hashed: string | Buffer][] = [
  ['TINYINT(1)', '1', '1'],
  ['INT', '-42', '-42'],
  ['INT(10) ZEROFILL', '42', '42'],
  ['BIGINT UNSIGNED', '18446744073709551615', '18446744073709551615'],
  ['DECIMAL(10,2)', '-1.5', '-1.50'],
  ['DECIMAL(10,2) ZEROFILL', '1.5', '1.50'],
  ['DECIMAL(65,30)', '1', `1.${'0'.repeat(30)}`],
  ['FLOAT', '16777215', '16777215'],
  ['FLOAT', '0.1', '0.10000000149011612'],
  ['DOUBLE', '0.1', '0.1'],
  ['DOUBLE(20,3)', '1.5', '1.5'],
  ['BIT(1)', "b'1'", '1'],
  ['BIT(64)', '18446744073709551615', '18446744073709551615'],
  ['YEAR', '1999', '1999'],
  ['DATE', "'2017-01-02'", '2017-01-02'],
  ['DATETIME(3)', "'2017-01-02 03:04:05.678'", '2017-01-02 03:04:05.678'],
  ['TIMESTAMP NULL', "'2017-01-02 03:04:05'", '2017-01-02 03:04:05'],
  ['TIME(2)', "'-25:00:00.5'", '-25:00:00.50'],
  ['VARCHAR(20)', "'ação 🚀'", 'ação 🚀'],
  ['VARCHAR(20) CHARACTER SET latin1', "'ação'", 'ação'],
  ['VARCHAR(20) CHARACTER SET utf16', "'ação 🚀'", 'ação 🚀'],
  ['VARCHAR(20) COLLATE utf8mb4_bin', "'a\\0b'", 'a\0b'],
  ['LONGTEXT', "REPEAT('é', 100000)", 'é'.repeat(100_000)],
  ["ENUM('x','é') CHARACTER SET latin1", "'é'", 'é'],
  ["SET('x','é')", "'x,é'", 'x,é'],
  ['VARBINARY(9)', "x'00ff'", Buffer.from([0, 255])],
  ['LONGBLOB', "x'c3'", Buffer.from([0xc3])],
  ['GEOMETRY', "ST_GeomFromText('POINT(1 2)')", wkb],
  ['JSON', '\'{"a": 1}\'', '{"a": 1}'],
  ['VARCHAR(20)', "''", ''],
  ['INT', 'NULL', ''],
  ['LONGTEXT', 'NULL', ''],
  ...(mariadb
    ? ([
        ['UUID', "'123e4567-e89b-12d3-a456-426655440000'", '123e4567-e89b-12d3-a456-426655440000'],
        ['INET6', "'2001:DB8::1'", '2001:db8::1'],
      ] as [string, string, string][])
    : []),
]

test(`${HASHED.length} kinds of values are hashed as sha256 of salt and value, NULL stays NULL`, async () => {
  await run(`CREATE TABLE hashed (id INT PRIMARY KEY, ${HASHED.map(([type], i) => `c${i} ${type}`).join(', ')});
    INSERT INTO hashed VALUES (1, ${HASHED.map(([, literal]) => literal).join(', ')})`)
  const column_policies = Object.fromEntries(HASHED.map((_, i) => [`c${i}`, { mask: 'sha256' } as const]))
  const { store } = await extract({ ...database, reader: salted }, { table: 'hashed', column_policies })
  const found = duckdbRows(store.bodies)
  for (const [i, [declaration, literal, hashed]] of HASHED.entries()) {
    const expected = literal === 'NULL' ? null : Buffer.from(sha256(hashed)).toString('hex').toUpperCase()
    assert.equal(found.rows[0]![i + 1], expected, `${declaration} ${literal} on ${version}`)
    assert.equal(found.types[`c${i}`], 'VARCHAR')
  }
})

test('equal values have equal hashes whatever they are kept as, so that masked tables still join', async () => {
  await run(`CREATE TABLE joined (id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET latin1, b CHAR(30) COLLATE utf8mb4_bin, c TEXT CHARACTER SET utf16,
      d INT, e BIGINT UNSIGNED ZEROFILL, f VARCHAR(9));
    INSERT INTO joined VALUES (1, 'Müller', 'Müller', 'Müller', 7, 7, '7')`)
  const columns = (await table('joined')).columns
    .slice(1)
    .map((column) => ({ ...column, policies: { mask: 'sha256' } }))
  const [row] = await textRows(
    salted,
    `SELECT ${columns.map((column) => columnSql(column as Column)).join(', ')} FROM joined`,
  )
  assert.equal(new Set(row!.slice(0, 3)).size, 1)
  assert.equal(new Set(row!.slice(3)).size, 1)
  assert.notEqual(row![0], row![3])
})

test('every expression has the name of its column', () => {
  const named = (type: string, policies: ColumnPolicies = {}) =>
    columnSql({ name: 'a`b', type, nullable: true, policies })
  for (const sql of [
    named('int', { mask: 'null' }),
    named('float'),
    named('float', { mask: 'sha256' }),
    named('longtext', { mask: 'sha256' }),
  ])
    assert.match(sql, / AS `a``b`$/)
  assert.equal(named('int'), '`a``b`')
})

/** A server between us and the server, that notes every byte on its way to us. */
const overheard = async () => {
  const heard: Buffer[] = []
  const proxy = createServer((client) => {
    const server = connect(settings.port, settings.host)
    client.pipe(server)
    server.on('data', (data) => heard.push(data))
    server.pipe(client)
    for (const socket of [client, server]) socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as { port: number }
  return { port, heard: () => Buffer.concat(heard), close: () => proxy.close() }
}

test('a masked value never comes over the wire, nor into quarantine with its row; one that is not masked does', async () => {
  await run(`SET sql_mode = ''; CREATE TABLE people (mail VARCHAR(40) NOT NULL PRIMARY KEY, name VARCHAR(40), born DATE, note TEXT);
    INSERT INTO people VALUES ('secret-mail@example.org', 'secret-name', '0000-00-00', 'open-note')`)
  const meta = {
    ...{ table: 'people', load_strategy: 'full' as const, description: 'x' },
    column_policies: { mail: { mask: 'sha256' }, name: { mask: 'null' }, born: { zero_date: 'error' } } as const,
  }
  const wire = await overheard()
  const reader = await openMysql({ ...settings, host: '127.0.0.1', port: wire.port, maskSalt: SALT })
  const store = memoryStore()
  try {
    await assert.rejects(extract({ ...database, reader }, meta, store), {
      name: 'ValueError',
      message: /people\.born: 1 value/,
    })
  } finally {
    await reader.end()
    wire.close()
  }
  const heard = wire.heard().toString('latin1')
  assert.ok(heard.includes('open-note'), 'the wire was heard')
  const [rejected] = store.rejects
  assert.deepEqual(rejected!.row, {
    mail: sha256('secret-mail@example.org'),
    name: null,
    born: '0000-00-00',
    note: 'open-note',
  })
  assert.ok(!`${heard}${JSON.stringify(store.rejects)}`.includes('secret'))
  assert.ok(!heard.includes(SALT.slice(0, 8)))
})
