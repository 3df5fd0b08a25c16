/** Chunks of real tables: every row in exactly one, about equal, and nothing read to find out where they end. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import type { Chunk, SourceTable } from '../../../../../lib/model.ts'
import { spanSql } from '../../../../../lib/sources/mysql/bounds.ts'
import { textRows } from '../../../../../lib/sources/mysql/connect.ts'
import { quoteMysql } from '../../../../../lib/sources/mysql/quote.ts'
import { splitWalk } from '../../../../../lib/sources/mysql/split/split.ts'
import { keyWalk, type Walk } from '../../../../../lib/sources/mysql/split/walk.ts'
import { makeDatabase } from '../database.ts'
import { explained, recorded, rowsReadBy } from '../recorded.ts'

const { reader, run, ask, table } = await makeDatabase('split')

const ROWS = 30_000
const CHUNK_ROWS = 1_500
/** How much larger than asked for a chunk may be: estimates beyond ten pages may be double. */
const FACTOR = 2.5
/** Reading the order of a collation's characters, and of the catalogue, which is no reading of the table. */
const OTHER_ROWS = 5_000

before(async () => {
  await run(`CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
    CREATE TABLE numbers (n INT PRIMARY KEY);
    INSERT INTO numbers SELECT a.d + 10*b.d + 100*c.d + 1000*d.d + 10000*e.d AS n
    FROM digits a, digits b, digits c, digits d, digits e HAVING n < ${ROWS}`)
})

const walkOf = (found: SourceTable): Walk => {
  const walk = keyWalk(found)
  assert.ok(walk, `${found.table} can be walked`)
  return walk
}

const split = async (name: string, chunkRows: number, rows?: number): Promise<{ walk: Walk; chunks: Chunk[] }> => {
  const found = await table(name)
  const walk = walkOf(found)
  return { walk, chunks: await splitWalk(reader, { walk, chunkRows, rows: rows ?? found.rows, within: [] }) }
}

/** The rows of each chunk, by the column `v`, which is different in each. Asserts that chunks touch, and hold every row once. */
const rowsOf = async ({ table: name, columns }: Walk, chunks: Chunk[]): Promise<string[][]> => {
  assert.deepEqual([chunks[0]!.from, chunks.at(-1)!.to], [null, null], 'open ends')
  for (let i = 1; i < chunks.length; i++) assert.deepEqual(chunks[i]!.from, chunks[i - 1]!.to, 'they touch')
  const found: string[][] = []
  for (const chunk of chunks) {
    const span = spanSql(columns, chunk.from, chunk.to)
    const where = span.length ? ` WHERE ${span.join(' AND ')}` : ''
    found.push((await textRows(reader, `SELECT v FROM ${quoteMysql(name)}${where}`)).map(([v]) => v!))
  }
  const [[count]] = (await textRows(reader, `SELECT COUNT(*) FROM ${quoteMysql(name)}`)) as [[string]]
  assert.equal(found.flat().length, Number(count), 'as many rows as there are')
  assert.equal(new Set(found.flat()).size, Number(count), 'each of them once')
  return found
}

const assertEven = (rows: string[][], chunkRows = CHUNK_ROWS): void => {
  const sizes = rows.map(({ length }) => length)
  assert.ok(Math.max(...sizes) <= FACTOR * chunkRows, `a chunk of ${Math.max(...sizes)} rows`)
  const all = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(sizes.length <= (FACTOR * all) / chunkRows, `${sizes.length} chunks`)
  assert.ok(Math.min(...sizes) > 0, 'no chunk is empty')
}

/** Every statement goes to the index for a row or for none, and all of them together read next to nothing. */
const assertCheap = async (name: string): Promise<void> => {
  const found = await table(name)
  const walk = walkOf(found)
  const { connection, statements } = recorded(reader)
  const readBefore = await rowsReadBy(reader)
  const chunks = await splitWalk(connection, { walk, chunkRows: CHUNK_ROWS, rows: found.rows, within: [] })
  const read = (await rowsReadBy(reader)) - readBefore
  assert.ok(read <= 3 * statements.length + OTHER_ROWS, `${read} rows read by ${statements.length} statements`)
  assert.ok(
    statements.length <= 200 + 40 * chunks.length,
    `${statements.length} statements for ${chunks.length} chunks`,
  )
  const looks = statements.filter((sql) => sql.includes(quoteMysql(name)))
  assert.ok(looks.length > chunks.length, 'statements were recorded')
  for (const sql of looks) {
    if (sql.startsWith('EXPLAIN ')) continue
    assert.match(sql, / LIMIT 1$/)
    assert.doesNotMatch(sql, /OFFSET/)
    const { type, key, rows, extra } = await explained(reader, sql)
    // a guess may lie where nothing can: the optimizer sees it and does not look
    if (/Impossible WHERE|no matching row/i.test(extra)) continue
    assert.equal(key, walk.index, `${sql}: ${type}`)
    assert.notEqual(type, 'ALL', sql)
    // from an end of the index, in its order: LIMIT 1 ends it at the first
    if (type === 'index') assert.equal(rows, 1, sql)
    assert.doesNotMatch(extra, /filesort|temporary/, sql)
  }
}

/** Type of the key, and its value for the number n. */
const KEYS: [string, string, string][] = [
  ['dense', 'INT', 'n'],
  ['sparse', 'BIGINT', 'n * n * 1000003'],
  ['negative', 'BIGINT', `(n - ${ROWS / 2}) * 1234567891`],
  ['large', 'BIGINT UNSIGNED', '18446744073709551615 - n * 4611686018'],
  ['skewed', 'BIGINT', 'IF(n < 15000, n, IF(n < 29999, 9223372036854745807 + n, -9223372036854775808))'],
  ['steep', 'BIGINT', 'FLOOR(POW(1.0013, n)) + n'],
  ['decimals', 'DECIMAL(38,10)', 'n * 1234567.1234567891 - 99999999'],
  ['day', 'DATE', "DATE('1900-01-01') + INTERVAL n DAY"],
  ['moment', 'DATETIME(6)', "TIMESTAMP('2017-01-01 00:00:00.000001') + INTERVAL n * 1001 MICROSECOND"],
  ['stamp', 'TIMESTAMP', "TIMESTAMP('1971-01-01 00:00:00') + INTERVAL n * 61 SECOND"],
  ['hex', 'CHAR(32)', 'LEFT(SHA2(n, 256), 32)'],
  ['uuids', 'VARCHAR(36) COLLATE utf8mb4_general_ci', "INSERT(INSERT(LEFT(SHA2(n, 256), 40), 9, 0, '-'), 37, 9, '')"],
  ['prefixed', 'VARCHAR(64) COLLATE utf8mb4_bin', "CONCAT('a-rather-long-beginning/customer-', LPAD(n, 9, '0'))"],
  [
    'names',
    'VARCHAR(64) COLLATE utf8mb4_unicode_ci',
    "CONCAT(ELT(1 + n % 7, 'Ângela ', 'angelo ', 'ZÉ ', 'zebra ', 'José ', 'ßa ', 'Ωmega '), n)",
  ],
  ['chinese', 'VARCHAR(9) COLLATE utf8mb4_bin', 'CONCAT(CHAR(19968 + n % 20000 USING ucs2), n)'],
  ['latin', 'CHAR(16) CHARACTER SET latin1', "CONCAT(ELT(1 + n % 3, 'ção', 'Über', '€'), n)"],
  ['bytes', 'BINARY(16)', 'UNHEX(LEFT(SHA2(n, 256), 32))'],
  ['long_bytes', 'VARBINARY(40)', "CONCAT('\\0same', UNHEX(LEFT(SHA2(n, 256), 40)))"],
]

const isMariaDb = ((await ask('SELECT VERSION()')) as [[string]])[0][0].includes('MariaDB')
if (isMariaDb)
  KEYS.push(
    [
      'uuid_random',
      'UUID',
      "CONCAT(LEFT(LEFT(SHA2(n, 256), 32), 8), '-', MID(LEFT(SHA2(n, 256), 32), 9, 4), '-4', MID(LEFT(SHA2(n, 256), 32), 13, 3), '-a', MID(LEFT(SHA2(n, 256), 32), 16, 3), '-', RIGHT(LEFT(SHA2(n, 256), 32), 12))",
    ],
    ['uuid_timed', 'UUID', "CONCAT(LPAD(HEX(n * 999), 8, '0'), '-0000-7000-8000-000000000001')"],
  )

for (const [name, type, value] of KEYS)
  test(`${name}: ${type}`, async () => {
    await run(`CREATE TABLE ${name} (k ${type} NOT NULL PRIMARY KEY, v INT NOT NULL);
      INSERT INTO ${name} SELECT ${value}, n FROM numbers`)
    const { walk, chunks } = await split(name, CHUNK_ROWS)
    assertEven(await rowsOf(walk, chunks))
    await assertCheap(name)
  })

test('composite keys: where one leading value has too many rows, its chunks are cut by the next column', async () => {
  await run(`CREATE TABLE items (shop VARCHAR(9) NOT NULL, day DATE NOT NULL, n INT NOT NULL, v INT NOT NULL, PRIMARY KEY (shop, day, n));
    INSERT INTO items SELECT IF(n < 2000, CONCAT('small', n), IF(n < 20000, 'LARGE', 'large2')),
      IF(n < 2000, '2017-01-01', DATE('2017-01-01') + INTERVAL n % 2 DAY), n, n FROM numbers`)
  const { walk, chunks } = await split('items', CHUNK_ROWS)
  assert.deepEqual(
    walk.columns.map(({ name }) => name),
    ['shop', 'day', 'n'],
  )
  assertEven(await rowsOf(walk, chunks))
  assert.ok(
    chunks.some(({ to }) => to?.length === 3),
    'bounds of all three columns',
  )
  await assertCheap('items')
})

test('one value in all but the last column', async () => {
  await run(`CREATE TABLE same (a INT NOT NULL, b CHAR(3) NOT NULL, c BIGINT UNSIGNED NOT NULL, v INT, PRIMARY KEY (a, b, c));
    INSERT INTO same SELECT 7, 'x', n, n FROM numbers`)
  const { walk, chunks } = await split('same', CHUNK_ROWS)
  assertEven(await rowsOf(walk, chunks))
})

test('random composite keys, some with many rows of one value: every row in exactly one chunk', async () => {
  await run('CREATE TABLE random (k CHAR(32) NOT NULL, n INT NOT NULL, v INT NOT NULL, PRIMARY KEY (k, n))')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'ff', '0'), fc.integer({ min: 1, max: 6 })), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.integer({ min: 1, max: 12 }),
      async (keys, chunkRows) => {
        const values = keys.flatMap(([seed, copies], i) =>
          Array.from(
            { length: copies },
            (_, n) => `(LEFT(SHA2('${seed}${i % 15}', 256), 32), ${i * 10 + n}, ${i * 10 + n})`,
          ),
        )
        await run(`DELETE FROM random; INSERT INTO random VALUES ${values.join(', ')}`)
        const { walk, chunks } = await split('random', chunkRows, values.length)
        await rowsOf(walk, chunks)
      },
    ),
    { numRuns: 20 },
  )
})

test('a unique index serves where there is no primary key; one with a NULL, a prefix or an ENUM does not', async () => {
  await run(`CREATE TABLE without (u BIGINT NOT NULL, w INT NULL, t VARCHAR(99) NOT NULL, e ENUM('b', 'a') NOT NULL, f DOUBLE NOT NULL, v INT,
      UNIQUE KEY by_w (w), UNIQUE KEY by_t (t(3), u), UNIQUE KEY by_e (e, u), UNIQUE KEY by_f (f), UNIQUE KEY by_u (u));
    INSERT INTO without SELECT -n, NULL, n, 1, n, n FROM numbers`)
  const { walk, chunks } = await split('without', CHUNK_ROWS)
  assert.equal(walk.index, 'by_u')
  assertEven(await rowsOf(walk, chunks))
  await assertCheap('without')
  await run('ALTER TABLE without DROP KEY by_u')
  assert.equal(keyWalk(await table('without')), null)
  const masked = await table('dense')
  masked.columns[0]!.policies = { mask: 'sha256' }
  assert.equal(keyWalk(masked), null, 'a masked key cannot be gone on with')
})

test('few rows, one row, none', async () => {
  await run(`CREATE TABLE few (k INT PRIMARY KEY, v INT); INSERT INTO few VALUES (1, 1), (5, 5), (2000000000, 9);
    CREATE TABLE single (k INT PRIMARY KEY, v INT); INSERT INTO single VALUES (1, 1);
    CREATE TABLE nothing (k INT PRIMARY KEY, v INT)`)
  const one = async (name: string, chunkRows: number) =>
    (await split(name, chunkRows)).chunks.map(({ from, to }) => [from, to])
  assert.deepEqual(await one('few', 3), [[null, null]])
  assert.deepEqual(await one('few', 1), [
    [null, ['1']],
    [['1'], ['5']],
    [['5'], null],
  ])
  assert.deepEqual(await one('single', 1), [[null, null]])
  assert.deepEqual(await one('nothing', 1), [[null, null]])
})

test('a catalogue that says too little is not believed over the index', async () => {
  const { walk, chunks } = await split('dense', CHUNK_ROWS, 0)
  assertEven(await rowsOf(walk, chunks))
})

test('statistics that were lost: still some chunks, whose rows nobody can say', async () => {
  await run(`CREATE TABLE forgotten (k INT PRIMARY KEY, v INT) STATS_PERSISTENT=1, STATS_AUTO_RECALC=0;
    INSERT INTO forgotten SELECT n, n FROM numbers;
    ANALYZE TABLE forgotten;
    UPDATE mysql.innodb_table_stats SET n_rows = 0 WHERE table_name = 'forgotten' AND database_name = DATABASE();
    RENAME TABLE forgotten TO forgotten2; RENAME TABLE forgotten2 TO forgotten; FLUSH TABLE forgotten`)
  const { walk, chunks } = await split('forgotten', CHUNK_ROWS)
  const rows = await rowsOf(walk, chunks)
  assert.ok(rows.length >= 16, `${rows.length} chunks`)
  assert.ok(
    chunks.every((chunk) => chunk.rows === null),
    'the statistics were lost',
  )
})

test('statistics that were lost of a small table: its rows are counted, and it is one chunk', async () => {
  await run(`CREATE TABLE forgotten_few (k INT PRIMARY KEY, v INT) STATS_PERSISTENT=1, STATS_AUTO_RECALC=0;
    INSERT INTO forgotten_few SELECT n, n FROM numbers LIMIT 71;
    ANALYZE TABLE forgotten_few;
    UPDATE mysql.innodb_table_stats SET n_rows = 0 WHERE table_name = 'forgotten_few' AND database_name = DATABASE();
    RENAME TABLE forgotten_few TO forgotten3; RENAME TABLE forgotten3 TO forgotten_few; FLUSH TABLE forgotten_few`)
  const { chunks } = await split('forgotten_few', CHUNK_ROWS)
  assert.deepEqual(chunks, [{ id: '0', from: null, to: null, rows: 71 }])
})

test('never more than a thousand chunks: they grow', async () => {
  const { walk, chunks } = await split('dense', 3)
  assert.ok(chunks.length <= 1000 && chunks.length > 300, `${chunks.length} chunks`)
  assertEven(await rowsOf(walk, chunks), ROWS / 1000)
})

test('a part of an index, as a window is: only what lies in it is split', async () => {
  await run(`CREATE TABLE changed (id INT PRIMARY KEY, at DATETIME(6) NOT NULL, v INT, KEY by_at (at));
    INSERT INTO changed SELECT n, TIMESTAMP('2017-01-01') + INTERVAL n DIV 500 SECOND, n FROM numbers`)
  const found = await table('changed')
  const columns = [found.columns[1]!, found.columns[0]!]
  const walk = { table: 'changed', index: 'by_at', columns }
  const within = ["`at` >= '2017-01-01 00:00:20' AND `at` <= '2017-01-01 00:00:39'"]
  const chunks = await splitWalk(reader, { walk, chunkRows: 1000, rows: null, within })
  const sizes: number[] = []
  for (const { from, to } of chunks) {
    const where = [...within, ...spanSql(columns, from, to)].join(' AND ')
    sizes.push(Number((await textRows(reader, `SELECT COUNT(*) FROM changed WHERE ${where}`))[0]![0]))
  }
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    10_000,
  )
  assert.ok(Math.max(...sizes) <= 2000 && Math.min(...sizes) > 0, sizes.join())
})
