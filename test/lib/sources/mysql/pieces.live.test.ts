/** Reading that stops when it is time, and goes on after the key it reached. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deadline } from '../../../../lib/deadline.ts'
import type { TablePlan } from '../../../../lib/model.ts'
import { PartWriter } from '../../../../lib/parquet/parts.ts'
import { openMysql, textRows } from '../../../../lib/sources/mysql/connect.ts'
import { readPiece } from '../../../../lib/sources/mysql/read.ts'
import { keyWalk } from '../../../../lib/sources/mysql/split/walk.ts'
import { memoryStore } from '../../parquet/memory-store.ts'
import { readBack } from '../../parquet/read-back.ts'
import { makeDatabase } from './database.ts'

const { settings, run, ask, reader, table } = await makeDatabase('pieces')

const WHOLE = { id: '0', from: null, to: null, rows: null }

const planOf = async (name: string, changes: Partial<TablePlan> = {}): Promise<TablePlan> => {
  const found = await table(name)
  const chunkColumns = keyWalk(found)?.columns.map((column) => column.name) ?? []
  const chunkIndex = keyWalk(found)?.index
  const plan = {
    ...found,
    chunkColumns,
    chunkIndex,
    window: null,
    sampleSql: null,
    where: null,
    targetFileBytes: 1 << 20,
  }
  return { ...plan, ...changes } as unknown as TablePlan
}

/** Due after so many rows. */
const dueAfter = (rows: () => number, most: number): Deadline => ({
  isDue: () => rows() >= most,
  overdue: new Promise(() => {}),
  clear: () => {},
})

/** Reads a chunk in pieces of about `most` rows, each on a connection and with a snapshot of its own. */
const inPieces = async (plan: TablePlan, most: number) => {
  const found: { rows: Record<string, unknown>[]; reached: string[] | null }[] = []
  let from: string[] | null = null
  do {
    const store = memoryStore()
    const writer = new PartWriter(plan, store)
    const connection = await openMysql(settings)
    const read = await readPiece(
      connection,
      plan,
      { ...WHOLE, from },
      writer,
      dueAfter(() => writer.rows, most),
    )
    await writer.finish()
    const rows = (await Promise.all(store.bodies.map((body) => readBack(body)))).flatMap((file) => file.rows)
    assert.equal(rows.length, read.rows)
    if (read.reached === null) await connection.end()
    else await assert.rejects(textRows(connection, 'SELECT 1'), 'a connection that was stopped is cut')
    from = read.reached
    found.push({ rows, reached: read.reached })
  } while (from !== null)
  return found
}

const digits =
  '(SELECT 0 AS i UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)'
const numbers = `(SELECT a.i + 10*b.i + 100*c.i AS n FROM ${digits} AS a, ${digits} AS b, ${digits} AS c) AS numbers`

/** Name, columns of the key with their types, and their values for the number n. */
const KEYS: [string, [string, string][], string][] = [
  ['whole', [['k', 'BIGINT UNSIGNED']], '18446744073709551615 - n'],
  ['moments', [['k', 'DATETIME(6)']], "TIMESTAMP('1969-12-31 23:59:59.999000') + INTERVAL n MICROSECOND"],
  ['decimals', [['k', 'DECIMAL(30,12)']], 'n / 7 - 50'],
  [
    'caseless',
    [['k', 'VARCHAR(20) COLLATE utf8mb4_general_ci']],
    "CONCAT(ELT(1 + n % 4, 'É', 'a', 'Z', ' '), CHAR(39), '\\\\', n)",
  ],
  ['latin', [['k', 'CHAR(9) CHARACTER SET latin1']], "CONCAT('ã', n)"],
  ['bytes', [['k', 'VARBINARY(9)']], "CONCAT(UNHEX('00FF'), UNHEX(LPAD(HEX(n), 4, '0')))"],
  [
    'pairs',
    [
      ['a', 'CHAR(3)'],
      ['k', 'INT'],
    ],
    "ELT(1 + n % 3, 'x', 'Y', 'z'), n",
  ],
]

for (const [name, columns, values] of KEYS)
  test(`pieces of a table by ${name} are the table, once and in order`, async () => {
    const key = columns.map(([column]) => column).join(', ')
    await run(`CREATE TABLE ${name} (${columns.map(([column, type]) => `${column} ${type} NOT NULL`).join(', ')}, v INT, PRIMARY KEY (${key}));
      INSERT INTO ${name} SELECT ${values}, n FROM ${numbers}`)
    const pieces = await inPieces(await planOf(name), 130)
    assert.equal(pieces.length, 8)
    const [...expected] = await ask(`SELECT v FROM ${name} ORDER BY ${key}`)
    assert.deepEqual(
      pieces.flatMap(({ rows }) => rows.map(({ v }) => [v])),
      expected.map(([v]) => [Number(v)]),
    )
  })

test('a piece ends with the row that came when it was due, and its key is what the server says', async () => {
  const [first, second] = await inPieces(await planOf('pairs'), 500)
  assert.deepEqual(first!.reached, ['Y', String(first!.rows.at(-1)!.k)])
  assert.deepEqual([first!.rows.length, second!.rows.length], [500, 500])
})

test('rows in no order cannot be gone on with: the table fails and says what to do', async () => {
  await run(`CREATE TABLE heap (n INT); INSERT INTO heap SELECT n FROM ${numbers}`)
  await assert.rejects(inPieces(await planOf('heap'), 10), {
    name: 'AuditError',
    message: /^heap: the time of one Lambda is not enough.*no going on.*primary key.*"where"/s,
  })
})

test('a server that gives no row until the time is nearly over is tried again', async () => {
  const plan = await planOf('whole', { where: 'SLEEP(60) = 1' })
  const { promise: overdue, resolve } = Promise.withResolvers<void>()
  const connection = await openMysql(settings)
  const reading = readPiece(connection, plan, WHOLE, new PartWriter(plan, memoryStore()), {
    isDue: () => true,
    overdue,
    clear: () => {},
  })
  const asleep = async () =>
    (await ask("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'")).length > 0
  while (!(await asleep()));
  resolve()
  await assert.rejects(reading, { name: 'UnavailableError', message: /^whole: MySQL gave no more of its rows/ })
  await run(`KILL ${connection.threadId}`).catch(() => {})
})

const refuses = async (plan: TablePlan, message: RegExp) => {
  const connection = await openMysql(settings)
  const writer = new PartWriter(plan, memoryStore())
  await assert.rejects(
    readPiece(
      connection,
      plan,
      WHOLE,
      writer,
      dueAfter(() => 0, 1),
    ),
    { name: 'DriftError', message },
  )
}

test('a table that is not what was planned is refused by name, column, both types and remedy', async () => {
  await run(
    `CREATE TABLE shifting (id INT PRIMARY KEY, a INT, b VARCHAR(9), c INT); INSERT INTO shifting VALUES (1, 2, '3', 4)`,
  )
  const plan = await planOf('shifting')
  await run('ALTER TABLE shifting ADD COLUMN later INT FIRST, MODIFY c INT NOT NULL')
  assert.equal((await inPieces(plan, 10))[0]!.rows.length, 1, 'an added column is none of this run’s')
  await run("ALTER TABLE shifting MODIFY a BIGINT UNSIGNED, DROP COLUMN b, MODIFY c ENUM('4')")
  await refuses(
    plan,
    /^shifting was altered since it was planned: column "a" was int(\(11\))? and is bigint(\(20\))? unsigned; column "b" \(varchar\(9\)\) is gone; column "c" was int(\(11\))? and is enum\('4'\)\. Nothing of the table was published; start a new run, which plans it anew: npm run -s firn -- run$/,
  )
  await run('RENAME TABLE shifting TO elsewhere')
  await refuses(plan, /^shifting was dropped or renamed since it was planned/)
})

test('so is a key whose order or place for NULL is another: chunks read before and after would leave rows between them', async () => {
  await run(
    `CREATE TABLE ordered (k VARCHAR(9) COLLATE utf8mb4_general_ci NOT NULL, n INT NOT NULL, v VARCHAR(9), UNIQUE KEY by_k (k, n))`,
  )
  const plan = await planOf('ordered')
  await run('ALTER TABLE ordered MODIFY v VARCHAR(9) COLLATE utf8mb4_bin NOT NULL')
  assert.equal((await inPieces(plan, 10)).length, 1, 'of other columns neither is anything to the chunks')
  await run('ALTER TABLE ordered MODIFY k VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, MODIFY n INT')
  await refuses(
    plan,
    /^ordered was altered since it was planned: column "k" was ordered by utf8mb4_general_ci and is by utf8mb4_bin; column "n" may be NULL now, and chunks are cut by it\./,
  )
})

test('an index that is gone is drift as well', async () => {
  await run('CREATE TABLE indexed (u INT NOT NULL, v INT, UNIQUE KEY by_u (u))')
  const plan = await planOf('indexed')
  await run('ALTER TABLE indexed DROP KEY by_u')
  await refuses(plan, /by_u.*changed since it was planned/)
})

test('a table altered after the snapshot was taken is read again in a new one', async () => {
  await run('CREATE TABLE early (id INT PRIMARY KEY, v INT); INSERT INTO early VALUES (1, 1)')
  await reader.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
  await run('ALTER TABLE early MODIFY v BIGINT')
  await assert.rejects(textRows(reader, 'SELECT * FROM early'), {
    name: 'UnavailableError',
    message: /altered the table/,
  })
  await reader.query('COMMIT')
})

const isThere = async (id: number) =>
  (await ask(`SELECT id FROM information_schema.processlist WHERE id = ${id}`)).length > 0

/** What happens at the fifth row, and how the read then ends. */
const ENDINGS: [string, (reading: { overdue: () => void }) => Promise<void> | null, RegExp | null][] = [
  ['it is due', () => null, null],
  [
    'it cannot be taken',
    () => {
      throw new Error('no room')
    },
    /no room/,
  ],
  [
    'it is waited for until the time is over',
    ({ overdue }) => {
      overdue()
      return new Promise(() => {})
    },
    /the staging bucket took no more/,
  ],
]

for (const [what, fifth, message] of ENDINGS)
  test(`a read that ends with a row because ${what} leaves the server nothing to send`, async () => {
    await run(`CREATE TABLE IF NOT EXISTS heavy (id INT PRIMARY KEY, t LONGTEXT);
      INSERT IGNORE INTO heavy SELECT n, REPEAT('x', 100000) FROM ${numbers}`)
    const connection = await openMysql(settings)
    const { stream } = (connection as unknown as { connection: { stream: { bytesRead: number } } }).connection
    const { promise: overdue, resolve } = Promise.withResolvers<void>()
    let rows = 0
    const sink = {
      row: () => (++rows === 5 ? fifth({ overdue: resolve }) : null),
      lastCell: () => Buffer.from('5'),
    }
    const isDue = () => message === null && rows === 5
    const reading = readPiece(connection, await planOf('heavy'), WHOLE, sink, { isDue, overdue, clear: () => {} })
    if (message) await assert.rejects(reading, message)
    else assert.deepEqual(await reading, { rows: 5, reached: ['5'] })
    while (await isThere(connection.threadId));
    assert.ok(stream.bytesRead < 20_000_000, `${stream.bytesRead} of 100,000,000 bytes were taken`)
  })
