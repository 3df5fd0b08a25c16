import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { openMysql, textRows, withMysql } from '../../../../lib/sources/mysql/connect.ts'
import { makeDatabase } from './database.ts'

const { settings, reader, run } = await makeDatabase('connect')

test('the session is in UTC, speaks utf8mb4, reads literals plainly and gives every row, whatever the server defaults to', async () => {
  const [row] = await textRows(
    reader,
    'SELECT @@time_zone, @@character_set_results, @@sql_mode, @@sql_select_limit, @@net_write_timeout',
  )
  assert.deepEqual(row, ['+00:00', 'utf8mb4', '', '18446744073709551615', '3600'])
})

test('nothing can be written', async () => {
  await run('CREATE TABLE t (id INT)')
  await assert.rejects(textRows(reader, 'INSERT INTO t VALUES (1)'), /READ ONLY/)
})

test('a wrong password is refused: user, host and remedy, not the password', () =>
  assert.rejects(openMysql({ ...settings, password: 'hunter2' }), (error: Error) => {
    assert.equal(error.name, 'RefusedError')
    assert.match(
      error.message,
      new RegExp(`${settings.user}@${settings.host}:${settings.port}.*MYSQL_PASSWORD.*doctor`),
    )
    assert.doesNotMatch(error.message, /hunter2/)
    return true
  }))

test('a database that is not there is refused by name', () =>
  assert.rejects(openMysql({ ...settings, database: 'no_such_database' }), {
    name: 'RefusedError',
    message: /no database "no_such_database".*MYSQL_DATABASE/,
  }))

test('a port where nobody listens is unavailable, and so is a server that hangs up', async () => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const unavailable = { name: 'UnavailableError', message: new RegExp(`127\\.0\\.0\\.1:${port} does not answer`) }
  await assert.rejects(openMysql({ ...settings, host: '127.0.0.1', port }), unavailable)
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(openMysql({ ...settings, host: '127.0.0.1', port }), unavailable)
})

test('a table that is gone since the plan is drift', () =>
  assert.rejects(textRows(reader, 'SELECT * FROM gone'), { name: 'DriftError', message: /gone.*Start a new run/s }))

test('the connection is closed after the work, and after it failed', async () => {
  const idOf = (connection: typeof reader) => Number(connection.threadId)
  const ids: number[] = []
  await withMysql(settings, async (connection) => ids.push(idOf(connection)))
  await assert.rejects(
    withMysql(settings, async (connection) => {
      ids.push(idOf(connection))
      throw new Error('on purpose')
    }),
    /on purpose/,
  )
  // the server notices in its own time: wait for it by asking, not by a fixed sleep
  for (let left = ids; left.length; ) {
    const rows = await textRows(reader, 'SELECT id FROM information_schema.processlist')
    left = ids.filter((id) => rows.some(([found]) => Number(found) === id))
  }
})
