/** Reading from a replica: two servers, one of which follows the other, or is made to fall behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mysqlHealth } from '../../../../bin/mysql-health.ts'
import type { MysqlSettings } from '../../../../lib/mysql-settings.ts'
import { textRows, withMysql } from '../../../../lib/sources/mysql/connect.ts'
import { readReplication, secondsBehind, stalenessWarnings } from '../../../../lib/sources/mysql/replica.ts'
import { windowFor } from '../../../../lib/sources/mysql/window.ts'
import { ownServer } from './own-server.ts'

const binlog = (id: number) => [`--server-id=${id}`, '--log-bin=bin', '--binlog-format=ROW']
const primary = await ownServer(binlog(1))
const replica = await ownServer([...binlog(2), '--read-only=1'])
const mariadb = primary.kind === 'mariadb'

const follow = (delaySeconds: number): string => {
  const { host, port, user, password } = primary.settings
  const of = (name: string) => (mariadb ? `MASTER_${name}` : `SOURCE_${name}`)
  const where = `${of('HOST')} = '${host}', ${of('PORT')} = ${port}, ${of('USER')} = '${user}', ${of('PASSWORD')} = '${password}'`
  const change = mariadb ? 'CHANGE MASTER TO' : 'CHANGE REPLICATION SOURCE TO'
  return `${change} ${where}, ${of('DELAY')} = ${delaySeconds}${mariadb ? '' : ', GET_SOURCE_PUBLIC_KEY = 1'}`
}
/** As a product's user would be set up: everything is written at one server and read at the other. */
const reader: MysqlSettings = { ...primary.settings, readerHost: '127.0.0.1', readerPort: replica.settings.port }
const onReplica = <T>(work: Parameters<typeof withMysql<T>>[1], as: Partial<MysqlSettings> = {}) =>
  withMysql<T>({ ...reader, ...as }, work)
const ask = (sql: string, as?: Partial<MysqlSettings>) => onReplica((connection) => textRows(connection, sql), as)
const arrived = async (sql: string) => {
  while ((await ask(sql))[0]?.[0] !== '1');
}

await primary.run('CREATE TABLE orders (id INT PRIMARY KEY, updated_at DATETIME NOT NULL)')
await replica.run('STOP REPLICA', follow(0), 'START REPLICA')
await primary.run("INSERT INTO orders VALUES (1, '2020-01-01'), (2, UTC_TIMESTAMP() - INTERVAL 500 SECOND)")
await arrived(
  "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'orders' AND table_schema = DATABASE()",
)
await arrived('SELECT COUNT(*) = 2 FROM orders')

test('with a reader everything is read there', async () => assert.deepEqual(await ask('SELECT @@server_id'), [['2']]))

test('a server that follows nobody is as old as its clock', () =>
  withMysql(primary.settings, async (connection) => {
    assert.deepEqual(await readReplication(connection), { role: 'primary' })
    assert.equal(await secondsBehind(connection), 0)
  }))

test('one that follows closely is taken for a second old, and nobody is warned', () =>
  onReplica(async (connection) => {
    assert.equal(await secondsBehind(connection), 1)
    assert.deepEqual(await stalenessWarnings(connection, 0), [])
  }))

test('a user who may not ask how old it is, is refused with the grant that is missing', async () => {
  await primary.run(
    "CREATE USER 'plain'@'%' IDENTIFIED BY 'pw'",
    `GRANT SELECT ON ${primary.settings.database}.* TO 'plain'@'%'`,
  )
  await arrived("SELECT COUNT(*) FROM mysql.user WHERE user = 'plain'")
  const plain = { user: 'plain', password: 'pw' }
  const missing = {
    name: 'RefusedError',
    message: /is a replica \(MYSQL_READER_HOST\), and plain may not ask.*GRANT REPLICATION CLIENT/,
  }
  await assert.rejects(onReplica(secondsBehind, plain), missing)
  await assert.rejects(
    withMysql({ ...replica.settings, ...plain }, secondsBehind),
    { name: 'RefusedError', message: /is a replica \(it takes no writes\)/ },
    'also where MYSQL_HOST itself is one',
  )
  assert.equal(
    await withMysql({ ...primary.settings, ...plain }, secondsBehind),
    0,
    'a primary needs no more than SELECT',
  )
  await primary.run(`GRANT ${mariadb ? 'REPLICA MONITOR' : 'REPLICATION CLIENT'} ON *.* TO 'plain'@'%'`)
  const granted = async () => {
    try {
      return await onReplica(secondsBehind, plain)
    } catch (error) {
      assert.equal((error as Error).name, 'RefusedError')
      return null
    }
  }
  while ((await granted()) === null);
})

test('doctor tells that it is a replica, and that nothing is encrypted', async () => {
  assert.match(await mysqlHealth(reader), /:\d+\/olist, .*not encrypted.*may write.*a replica \d+ s behind$/)
  assert.match(await mysqlHealth({ ...reader, user: 'plain', password: 'pw' }), /the user may only read/)
  assert.match(await mysqlHealth(primary.settings), /no replica$/)
})

test('a window ends where the replica is, not where its clock is: what it has yet to replay is left to a later run', async () => {
  await replica.run('STOP REPLICA', follow(100_000), 'START REPLICA')
  // written 1000 seconds ago, and not there before the delay is over
  await primary.run(
    'SET timestamp = UNIX_TIMESTAMP() - 1000',
    'INSERT INTO orders VALUES (3, UTC_TIMESTAMP() - INTERVAL 0 SECOND)',
  )
  await onReplica(async (connection) => {
    while ((await secondsBehind(connection)) < 1000);
    const request = { columns: ['updated_at'], low: null, overlap: 0, lagSeconds: 60, nullCursor: null }
    const { high } = await windowFor(connection, 'orders', request)
    const [row] = await textRows(
      connection,
      `SELECT TIMESTAMPDIFF(SECOND, '${high}', UTC_TIMESTAMP()) BETWEEN 1060 AND 1200, MAX(updated_at) > '${high}' FROM orders`,
    )
    assert.deepEqual(row, ['1', '1'], `${high} is before the row that was not replayed, and before one that was`)
    assert.match(
      (await stalenessWarnings(connection, 60))[0]!,
      /^the replica that is read is 10\d\d seconds behind, more than the 60/,
    )
  })
})

test('one that does not replicate is refused, to be tried again', async () => {
  await replica.run('STOP REPLICA SQL_THREAD')
  const stopped = {
    name: 'UnavailableError',
    message: /does not replicate \(receiving: Yes, applying: No\).*START REPLICA/,
  }
  await assert.rejects(onReplica(secondsBehind), stopped)
  await replica.run('START REPLICA')
  await primary.kill()
  const lost = async () => {
    try {
      await onReplica(secondsBehind)
      return null
    } catch (error) {
      return error as Error
    }
  }
  let error = await lost()
  while (error === null) error = await lost()
  assert.match(error.message, /receiving: Connecting, applying: Yes, error \d+/)
})
