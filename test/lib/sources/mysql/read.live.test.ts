import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { TablePlan } from '../../../../lib/model.ts'
import { PartWriter } from '../../../../lib/parquet/parts.ts'
import { openMysql, textRows, withMysql } from '../../../../lib/sources/mysql/connect.ts'
import { readChunk } from '../../../../lib/sources/mysql/read.ts'
import { EXTRACT_NODE_OPTIONS } from '../../../../lib/stacks/stages.ts'
import { memoryStore } from '../../parquet/memory-store.ts'
import { readBack } from '../../parquet/read-back.ts'
import { makeDatabase } from './database.ts'

const { settings, reader, run, ask, table } = await makeDatabase('read')

const WHOLE = { id: '0', from: null, to: null, rows: null }
const planOf = async (name: string): Promise<TablePlan> =>
  ({ ...(await table(name)), chunkColumns: [], window: null, sampleSql: null }) as unknown as TablePlan

const extract = async (name: string, partBytes?: number) => {
  const plan = await planOf(name)
  const store = memoryStore()
  const writer = new PartWriter({ ...plan, targetFileBytes: partBytes ?? 64 << 20 }, store, {
    rowGroupBytes: partBytes,
  })
  const rows = await readChunk(reader, plan, WHOLE, writer)
  const parts = await writer.finish()
  return {
    rows,
    parts,
    policies: writer.policies(),
    files: await Promise.all(store.bodies.map((body) => readBack(body))),
  }
}

const TYPES: [string, string, string[]][] = [
  ['ti', 'TINYINT', ['-128', '127']],
  ['tu', 'TINYINT UNSIGNED', ['0', '255']],
  ['mi', 'MEDIUMINT UNSIGNED', ['0', '16777215']],
  ['ii', 'INT', ['-2147483648', '2147483647']],
  ['iu', 'INT UNSIGNED ZEROFILL', ['0', '4294967295']],
  ['bi', 'BIGINT', ['-9223372036854775808', '9223372036854775807']],
  ['bu', 'BIGINT UNSIGNED', ['0', '18446744073709551615']],
  ['de', 'DECIMAL(38,10)', ['-9999999999999999999999999999.9999999999', '0.0000000001']],
  ['dz', 'DECIMAL(17,14)', ['-23.54562128115268', '-0.00000000000001']],
  ['da', 'DATE', ["'1000-01-01'", "'9999-12-31'"]],
  ['d0', 'DATETIME', ["'2016-02-29 23:59:59'", "'9999-12-31 23:59:59'"]],
  ['d6', 'DATETIME(6)', ["'1000-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"]],
  ['t6', 'TIMESTAMP(6) NULL', ["'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.499999'"]],
  ['ye', 'YEAR', ['1901', '2155']],
  ['tm', 'TIME(3)', ["'-838:59:59.000'", "'838:59:59.000'"]],
  ['ch', 'CHAR(4)', ["'é'", "''"]],
  ['la', 'VARCHAR(9) CHARACTER SET latin1', ["'ação'", "'Ü'"]],
  ['tx', 'LONGTEXT', ["'a\\n\"🚀\\'\\\\'", "''"]],
  ['en', "ENUM('novo','não')", ["'não'", "'novo'"]],
  ['se', "SET('a','b','c')", ["'a,c'", "''"]],
]

test('every type comes over exactly as the server tells it, NULL as NULL', async () => {
  await run(`CREATE TABLE types (id INT PRIMARY KEY, ${TYPES.map(([name, type]) => `${name} ${type}`).join(', ')});
    INSERT INTO types VALUES (1, ${TYPES.map(([, , values]) => values[0]).join(', ')}),
      (2, ${TYPES.map(([, , values]) => values[1]).join(', ')}), (3${', NULL'.repeat(TYPES.length)})`)
  const { rows, files } = await extract('types')
  assert.equal(rows, 3)
  const micros = (name: string, type: string) =>
    /^(DATETIME|TIMESTAMP)/.test(type) ? `CAST(${name} AS DATETIME(6))` : name
  const expected = await textRows(
    reader,
    `SELECT id, ${TYPES.map(([name, type]) => (name === 'iu' ? 'CAST(iu AS UNSIGNED)' : micros(name, type))).join(', ')} FROM types ORDER BY id`,
  )
  const found = files[0]!.rows.map((row) => Object.values(row).map((value) => (value === null ? null : String(value))))
  assert.deepEqual(found, expected)
})

test('floating numbers, bits and bytes', async () => {
  await run(`CREATE TABLE odd (id INT PRIMARY KEY, f FLOAT, d DOUBLE, b BIT(1), v VARBINARY(4));
    INSERT INTO odd VALUES (1, 16777215, 0.1, b'1', x'00ff8027'), (2, 0.1, -1.7976931348623157e308, b'0', '')`)
  const [first, second] = (await extract('odd')).files[0]!.rows
  assert.deepEqual(
    { ...first, v: Buffer.from(first!.v as Uint8Array).toString('hex') },
    { id: 1, f: 16777215, d: 0.1, b: true, v: '00ff8027' },
  )
  assert.deepEqual([second!.f, second!.d, second!.b], [Math.fround(0.1), -1.7976931348623157e308, false])
})

const digits =
  '(SELECT 0 AS i UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)'
const million = `(SELECT a.i + 10*b.i + 100*c.i + 1000*d.i + 10000*e.i + 100000*f.i AS i FROM ${'abcdef'
  .split('')
  .map((name) => `${digits} AS ${name}`)
  .join(', ')}) AS n`

await run(`CREATE TABLE places (zip CHAR(5) NOT NULL, lat DECIMAL(17,14) NOT NULL, lng DECIMAL(17,14), city VARCHAR(64) NOT NULL, state CHAR(2) NOT NULL);
  INSERT INTO places SELECT LPAD(i % 99991, 5, '0'), (i * 7919 % 38000000 - 33000000) / 1000000 + i / 100000000000000,
    IF(i % 1000 = 0, NULL, -i / 7), IF(i % 3, 'são paulo', 'rio de janeiro'), 'SP' FROM ${million}`)

test('sums over parts equal the server’s to the last digit', async () => {
  await run('CREATE TABLE some AS SELECT * FROM places LIMIT 40000')
  const { rows, parts, files } = await extract('some', 100_000)
  assert.ok(parts.length > 3, `${parts.length} parts`)
  assert.equal(rows, 40_000)
  assert.deepEqual(
    files.map((file) => file.rows.length),
    parts.map((part) => part.rows),
  )
  const all = files.flatMap((file) => file.rows)
  const sum = (name: string) =>
    all.reduce((total, row) => total + (row[name] === null ? 0n : BigInt(String(row[name]).replace('.', ''))), 0n)
  const [[lat, lng, nulls]] = (await ask('SELECT SUM(lat), SUM(lng), CAST(SUM(lng IS NULL) AS CHAR) FROM some')) as [
    string[],
  ]
  assert.deepEqual(
    [sum('lat'), sum('lng'), all.filter((row) => row.lng === null).length],
    [BigInt(lat!.replace('.', '')), BigInt(lng!.replace('.', '')), Number(nulls)],
  )
})

/** Rows that the server makes while they are read: nothing has to be stored. */
await run(`CREATE VIEW narrow AS SELECT n.i * 10 + d.i AS id, n.i % 977 AS a, 'some text' AS t, n.i / 7 AS share FROM ${million}, ${digits} AS d;
  CREATE VIEW wide AS SELECT n.i AS id, CONCAT(${Array(64).fill('RANDOM_BYTES(1024)').join(', ')}) AS body FROM ${million} WHERE n.i < 10000`)

for (const [view, rows] of [
  ['narrow', 10_000_000],
  ['wide', 10_000],
] as const)
  test(`${rows} ${view} rows in one chunk take at most 300 MB, as deployed`, async () => {
    const script = join(import.meta.dirname, 'read-peak.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...EXTRACT_NODE_OPTIONS.split(' '),
      script,
      JSON.stringify({ settings, table: view }),
    ])
    const read = JSON.parse(stdout) as { rows: number; parts: number; bytes: number; peakMemoryMb: number }
    assert.equal(read.rows, rows)
    assert.ok(read.parts > 1, `${read.parts} parts`)
    assert.ok(read.peakMemoryMb > 50 && read.peakMemoryMb <= 300, `${read.peakMemoryMb} MB`)
  })

/** A server that lets `bytes` through and then hangs up, as a lost network does, or politely, as one that is shut down. */
const cutAfter = async (bytes: number, politely = false) => {
  const proxy = createServer((client) => {
    let left = bytes
    const server = connect(settings.port, settings.host)
    client.pipe(server)
    server.on('data', (data) => {
      if (left > 0) client.write(data.subarray(0, left))
      left -= data.length
      if (left > 0) return
      if (politely) client.end()
      else client.destroy()
    })
    for (const socket of [client, server]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        server.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { port: (proxy.address() as { port: number }).port, close: () => proxy.close() }
}

const forgetful = () => ({ rows: 0, row: () => null })

for (const politely of [false, true])
  test(`a connection ${politely ? 'ended politely' : 'cut'} in the middle of the rows is an error, never a short chunk`, async () => {
    // between two rows as well as within one, and before the first
    for (const bytes of [5_000_000, 4_999_999, 2_000]) {
      const proxy = await cutAfter(bytes, politely)
      try {
        const connection = await openMysql({ ...settings, host: '127.0.0.1', port: proxy.port })
        await assert.rejects(readChunk(connection, await planOf('places'), WHOLE, forgetful()), {
          name: 'UnavailableError',
          message: new RegExp(`127\\.0\\.0\\.1:${proxy.port}.*lost`),
        })
      } finally {
        proxy.close()
      }
    }
  })

for (const [kill, message] of [
  ['KILL QUERY', /stopped the query/],
  ['KILL', /lost|ended the connection|stopped the query/],
] as const)
  test(`so is a query that ends by ${kill}`, async () => {
    const connection = await openMysql(settings)
    let killed: Promise<void> | undefined
    const waiting = { row: () => (killed ??= run(`${kill} ${connection.threadId}`)) }
    await assert.rejects(readChunk(connection, await planOf('places'), WHOLE, waiting), {
      name: 'UnavailableError',
      message,
    })
  })

test('the server waits while a row is waited for, and nothing is lost', async () => {
  let rows = 0
  let open = true
  const sink = {
    row: () => {
      assert.ok(open, 'a row came while the one before was still waited for')
      if (++rows % 10_000) return null
      open = false
      return new Promise<void>((resolve) =>
        setImmediate(() => {
          open = true
          resolve()
        }),
      )
    },
  }
  assert.equal(
    await withMysql(settings, async (connection) => readChunk(connection, await planOf('some'), WHOLE, sink)),
    40_000,
  )
  assert.equal(rows, 40_000)
})

test('what the sink throws is what comes out, and the connection is not left behind', async () => {
  const fail = { row: () => Promise.reject(new Error('no room')) }
  const connection = await openMysql(settings)
  await assert.rejects(readChunk(connection, await planOf('some'), WHOLE, fail), /no room/)
  await assert.rejects(textRows(connection, 'SELECT 1'))
})

test('zero dates are NULL by default, and counted', async () => {
  await run(`CREATE TABLE zeros (id INT PRIMARY KEY, d DATE, t DATETIME(6));
    INSERT INTO zeros VALUES (1, '0000-00-00', '2017-01-00 00:00:00'), (2, '2017-00-01', '2017-01-01'), (3, '2017-01-01', NULL)`)
  const { files, policies } = await extract('zeros')
  assert.deepEqual(
    files[0]!.rows.map((row) => [row.d, row.t]),
    [
      [null, null],
      [null, '2017-01-01 00:00:00.000000'],
      ['2017-01-01', null],
    ],
  )
  assert.deepEqual(policies, [
    { column: 'd', policy: 'zero_date', rows: 2 },
    { column: 't', policy: 'zero_date', rows: 1 },
  ])
})

test('a column that is gone since the plan is drift', async () => {
  await run('CREATE TABLE shrinking (id INT PRIMARY KEY, gone INT)')
  const plan = await planOf('shrinking')
  await run('ALTER TABLE shrinking DROP COLUMN gone')
  await assert.rejects(
    withMysql(settings, (connection) => readChunk(connection, plan, WHOLE, forgetful())),
    { name: 'DriftError', message: /gone/ },
  )
})

test('each chunk is one snapshot: rows that come while it is read are not in it', async () => {
  const plan = await planOf('some')
  let inserted: Promise<void> | undefined
  const insert = async () => run("INSERT INTO some SELECT '99999', lat, lng, 'late', state FROM some LIMIT 1000")
  const sink = {
    row: () => {
      if (inserted) return null
      inserted = insert()
      return inserted
    },
  }
  assert.equal(await withMysql(settings, (connection) => readChunk(connection, plan, WHOLE, sink)), 40_000)
  assert.deepEqual(await textRows(reader, 'SELECT COUNT(*) FROM some'), [['41000']])
})
