/** A server that is full, locked, killed or cut off: each time an error that is tried again, and never a short chunk. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import mysql from 'mysql2/promise'
import type { TablePlan } from '../../../../lib/model.ts'
import { openMysql, textRows, withMysql } from '../../../../lib/sources/mysql/connect.ts'
import { discoverTables } from '../../../../lib/sources/mysql/discover.ts'
import { type RowSink, readChunk } from '../../../../lib/sources/mysql/read.ts'
import { afterBytes, afterPackets, type Ending, wayTo } from './cut.ts'
import { ownServer } from './own-server.ts'

const server = await ownServer(['--max-connections=20'])
const { settings, run, kind } = server
const WHOLE = { id: '0', from: null, to: null, rows: null }
const FEW = 20
const MANY = 200_000

await run(
  'CREATE TABLE few (id INT PRIMARY KEY, word VARCHAR(20) NOT NULL)',
  `INSERT INTO few VALUES ${Array.from({ length: FEW }, (_, i) => `(${i}, 'word ${i}')`).join(', ')}`,
  'CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(60) NOT NULL)',
  `INSERT INTO many (word) SELECT CONCAT('some word or other, ', a.id, b.id, c.id, d.id)
    FROM few a, few b, few c, few d, (SELECT 1 UNION SELECT 2) e LIMIT ${MANY}`,
)

const planOf = async (name: string): Promise<TablePlan> => {
  const table = await withMysql(settings, async (connection) => (await discoverTables(connection, [name])).get(name)!)
  return { ...table, chunkColumns: [], window: null, sampleSql: null, where: null } as unknown as TablePlan
}
const [few, many] = [await planOf('few'), await planOf('many')]

/** Counts rows. `at` is called at the row of that number, and waited for. */
const counting = (number = -1, at: () => Promise<unknown> = async () => {}): RowSink & { rows: number } => ({
  rows: 0,
  row() {
    return ++this.rows === number ? at().then(() => {}) : null
  },
})

const read = (plan: TablePlan, sink: RowSink, port = settings.port) =>
  openMysql({ ...settings, port }).then((connection) => readChunk(connection, plan, WHOLE, sink))

const heals = (work: Promise<unknown>, message: RegExp) =>
  assert.rejects(work, (error: Error) => {
    assert.equal(error.name, 'UnavailableError', `${error.name}: ${error.message}`)
    assert.match(error.message, message)
    return true
  })

test('1040: a server that is full', async () => {
  const holders: mysql.Connection[] = []
  try {
    for (;;) holders.push(await mysql.createConnection(settings as mysql.ConnectionOptions))
  } catch {}
  assert.ok(holders.length >= 10)
  await heals(openMysql(settings), /too many connections \(1040\)/)
  for (const holder of holders) await holder.end()
  assert.equal(await read(few, counting()), FEW)
})

test('1226 and 1203: a user who has as many connections as it may', async () => {
  const one = { ...settings, user: 'one', password: 'pw' }
  await run(
    `CREATE USER 'one'@'%' IDENTIFIED BY 'pw' WITH MAX_USER_CONNECTIONS 1`,
    `GRANT SELECT ON ${settings.database}.* TO 'one'@'%'`,
  )
  const held = await openMysql(one)
  await heals(openMysql(one), /too many connections or queries of this user \(1226\)/)
  await held.end()

  await server.kill()
  await server.start(['--max-user-connections=2'])
  await run("ALTER USER 'one'@'%' WITH MAX_USER_CONNECTIONS 0")
  const two = [await openMysql(one), await openMysql(one)]
  await heals(openMysql(one), kind === 'mariadb' ? /\(1203\)/ : /\((1203|1226)\)/)
  for (const each of two) await each.end()
})

test('1205: a table that is locked, as while it is altered', async () => {
  const holder = await mysql.createConnection(settings as mysql.ConnectionOptions)
  await holder.query('LOCK TABLES few WRITE')
  const connection = await openMysql(settings)
  const [row] = await textRows(connection, 'SELECT @@lock_wait_timeout')
  assert.ok(Number(row![0]) <= 30, 'a lock is not waited for long')
  await connection.query('SET SESSION lock_wait_timeout = 1')
  await heals(readChunk(connection, few, WHOLE, counting()), /waited too long for a lock \(1205\)/)
  await holder.end()
  assert.equal(await read(few, counting()), FEW)
})

test('1213: a deadlock with someone who renames tables', async () => {
  await run('CREATE TABLE aaa (id INT)', 'CREATE TABLE bbb (id INT)')
  const reader = await openMysql(settings)
  const other = await mysql.createConnection(settings as mysql.ConnectionOptions)
  await reader.query('START TRANSACTION')
  await textRows(reader, 'SELECT * FROM bbb')
  const renamed = other.query('RENAME TABLE aaa TO aaa_old, bbb TO bbb_old')
  const waits = () => run("SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata%'")
  while ((await waits()).length === 0);
  await heals(textRows(reader, 'SELECT * FROM aaa'), /deadlock \(1213\)/)
  reader.destroy()
  await renamed
  await other.end()
})

for (const ending of ['reset', 'fin'] satisfies Ending[]) {
  test(`a result cut short anywhere between two packets (${ending})`, async () => {
    let behindRows = 0
    for (let packets = 1; ; packets++) {
      const port = await wayTo(settings.port, ending, () => afterPackets(packets))
      const sink = counting()
      try {
        assert.equal(await read(few, sink, port), FEW, `after ${packets} packets`)
        break
      } catch (error) {
        assert.equal((error as Error).name, 'UnavailableError', `after ${packets} packets: ${error}`)
        if (sink.rows > 0) behindRows++
      }
    }
    assert.ok(behindRows >= FEW, `cut behind each of the rows: ${behindRows} times`)
  })

  test(`a result cut short within a packet, far into the rows (${ending})`, async () => {
    for (const bytes of [1_000_003, 5_000_011]) {
      const sink = counting()
      const port = await wayTo(settings.port, ending, () => afterBytes(bytes))
      await heals(read(many, sink, port), new RegExp(`127\\.0\\.0\\.1:${port}.*lost`))
      assert.ok(sink.rows > 1000 && sink.rows < MANY, `${sink.rows} rows came`)
    }
  })
}

test('a server killed in the middle of a chunk, and started again: tried again, every row is there', async () => {
  const sink = counting(1000, server.kill)
  await heals(read(many, sink), /lost|does not answer/)
  assert.ok(sink.rows < MANY)
  await heals(read(many, counting()), /does not answer/)
  await server.start()
  assert.equal(await read(many, counting()), MANY)
})

test('a whole reading locks nothing: no FLUSH, no LOCK, nothing that waits for the end of others’ statements', async () => {
  await run("SET GLOBAL log_output = 'TABLE'", 'TRUNCATE mysql.general_log', 'SET GLOBAL general_log = ON')
  const salted = { ...settings, maskSalt: 'sixteen or more characters' }
  await withMysql(salted, async (connection) => {
    await discoverTables(connection, ['few', 'many'])
    await readChunk(connection, many, WHOLE, counting())
  })
  const rows = await run(
    'SET GLOBAL general_log = OFF',
    'SELECT CONVERT(argument USING utf8mb4) AS said FROM mysql.general_log',
  )
  const said = rows.map((row) => String(row.said))
  assert.ok(said.some((sql) => /FROM `many`/.test(sql)))
  assert.deepEqual(
    said.filter((sql) => /^\s*(FLUSH|LOCK|BACKUP|SELECT\b.*\bFOR (UPDATE|SHARE)|SELECT\b.*LOCK IN SHARE)/is.test(sql)),
    [],
  )
  assert.deepEqual(
    said.filter((sql) => sql.includes('sixteen or more')),
    [],
    'the salt is nowhere to be read',
  )
})
