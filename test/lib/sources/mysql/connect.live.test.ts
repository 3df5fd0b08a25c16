import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { Column, TableMetadata, TablePlan } from '../../../../lib/model.ts'
import { openMysql, textRows, withMysql } from '../../../../lib/sources/mysql/connect.ts'
import { readChunk } from '../../../../lib/sources/mysql/read.ts'
import { saltHash, saltProblems } from '../../../../lib/sources/mysql/salt.ts'
import { makeDatabase } from './database.ts'
import { ownServer } from './own-server.ts'

const { settings, reader, run } = await makeDatabase('connect')

/** What the session must be like, whatever the server's own settings are. */
const PINNED: Record<string, string> = {
  time_zone: '+00:00',
  character_set_client: 'utf8mb4',
  character_set_connection: 'utf8mb4',
  character_set_results: 'utf8mb4',
  sql_mode: '',
  sql_select_limit: '18446744073709551615',
  net_write_timeout: '3600',
  net_read_timeout: '900',
  wait_timeout: '900',
  lock_wait_timeout: '30',
}

const pinned = async (connection: typeof reader): Promise<Record<string, string | null>> => {
  const [[version] = []] = await textRows(connection, 'SELECT VERSION()')
  const limit = /mariadb/i.test(version!) ? 'max_statement_time' : 'max_execution_time'
  const names = [...Object.keys(PINNED), limit]
  const [row] = await textRows(connection, `SELECT ${names.map((name) => `@@SESSION.${name}`).join(', ')}`)
  return Object.fromEntries(names.map((name, i) => [name === limit ? 'time limit' : name, row![i]!]))
}

test('the session is in UTC, speaks utf8mb4, reads literals plainly, gives every row and is not cut off', async () => {
  const { 'time limit': limit, ...rest } = await pinned(reader)
  assert.deepEqual(rest, PINNED)
  assert.equal(Number(limit), 0)
})

test('so it is on a server that is set otherwise', async () => {
  const odd = await ownServer([
    ...['--default-time-zone=+05:30', '--sql-mode=ANSI,NO_BACKSLASH_ESCAPES', '--character-set-server=latin1'],
    ...['--skip-character-set-client-handshake', '--wait-timeout=5', '--net-read-timeout=5', '--net-write-timeout=5'],
    '--lock-wait-timeout=86400',
  ])
  const limit = odd.kind === 'mariadb' ? 'max_statement_time = 0.5' : 'max_execution_time = 500'
  await odd.run('SET GLOBAL sql_select_limit = 1', `SET GLOBAL ${limit}`)
  await withMysql(odd.settings, async (connection) => {
    const { 'time limit': limit, ...rest } = await pinned(connection)
    assert.deepEqual(rest, PINNED)
    assert.equal(Number(limit), 0)
  })
})

test('the salt of masks is in the session, exactly, and none where none is set', async () => {
  const maskSalt = "sixteen \\ ' or more: é🚀"
  const hash = 'SELECT @firn_salt, SHA2(CONCAT(@firn_salt, 7), 256)'
  const expected = createHash('sha256').update(`${maskSalt}7`).digest('hex')
  await withMysql({ ...settings, maskSalt }, async (connection) => {
    assert.deepEqual(await textRows(connection, hash), [[maskSalt, expected]])
  })
  assert.deepEqual(await textRows(reader, hash), [[null, null]])
})

test('a mask without a salt is refused at plan time by table, column and setting, and found missing when reading', async () => {
  const meta: TableMetadata[] = [
    { table: 'people', load_strategy: 'full', description: '', column_policies: { email: { mask: 'sha256' } } },
    { table: 'places', load_strategy: 'full', description: '', column_policies: { zip: { mask: 'null' } } },
  ]
  const [problem, ...others] = saltProblems(meta, await saltHash(reader, meta))
  assert.match(
    problem!,
    /^table_metadata\.json: people: "email": "mask": "sha256" needs a salt.*MYSQL_MASK_SALT.*secrets put/,
  )
  assert.deepEqual(others, [])
  await withMysql({ ...settings, maskSalt: 'sixteen or more characters' }, async (connection) =>
    assert.deepEqual(saltProblems(meta, await saltHash(connection, meta)), []),
  )

  await run(
    "CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(50)); INSERT INTO people VALUES (1, 'a@example.org')",
  )
  const columns: Column[] = [{ name: 'email', type: 'varchar(50)', nullable: true, policies: { mask: 'sha256' } }]
  const plan = { table: 'people', columns, chunkColumns: [], where: null, window: null, sampleSql: null }
  const chunk = { id: '0', from: null, to: null, rows: null }
  let rows = 0
  const sink = {
    row: () => {
      rows++
      return null
    },
  }
  await assert.rejects(
    withMysql(settings, (connection) => readChunk(connection, plan as unknown as TablePlan, chunk, sink)),
    { name: 'ValueError', message: /^people\.email is masked by sha256, and the salt is gone/ },
  )
  assert.equal(rows, 0, 'not even NULL was read in its place')
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
