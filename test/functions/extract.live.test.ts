import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, test } from 'node:test'
import type { Context } from 'aws-lambda'
import { handler } from '../../functions/extract.ts'
import { breakLease, takeLease } from '../../lib/lease.ts'
import type { Chunk, Plan, TablePlan } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { FULL, refusingStore } from '../lib/store/refusing-store.ts'
import { stackForTests } from '../stack.ts'
import { bodyOf, idsIn, useForExtract } from './extract-lab.ts'

const BUCKET = 'extract-tests'
const { settings, run, table } = await makeDatabase('extract')

before(async () => {
  await useForExtract(BUCKET, settings)
  await run(
    'CREATE TABLE orders (id INT PRIMARY KEY, d DATE); INSERT INTO orders VALUES (1, NULL), (2, NULL), (3, NULL)',
  )
})

const target = (name: string) => ({ database: 'D', schema: 'RAW', table: name })

/** A run whose plan is made by hand, its lease taken. */
const planned = async (runId: string, chunks: Chunk[], changes: object = {}) => {
  const folder = runFolder({ job: 'j', runId })
  const { epoch } = await takeLease(target(runId), runId)
  const base = { ...(await table('orders')), target: target(runId), epoch, chunks, chunkColumns: ['id'] }
  const plan = { ...base, targetFileBytes: 1 << 20, window: null, sampleSql: null, ...changes } as unknown as TablePlan
  await folder.putPlan({ job: 'j', runId, tables: [plan] } as unknown as Plan)
  const invoke = (chunk: string, context = {} as Context) =>
    handler({ job: 'j', runId, table: plan.table, chunk }, context)
  return { folder, invoke }
}

test('each chunk leaves its parts and a result that names them; an empty one has none', async () => {
  const { folder, invoke } = await planned('r1', [
    { id: '0', from: null, to: ['2'], rows: null },
    { id: '1', from: ['2'], to: ['7'], rows: null },
    { id: '2', from: ['7'], to: null, rows: null },
  ])
  for (const chunk of ['0', '1', '2']) assert.deepEqual(await invoke(chunk), { done: true })
  const results = await folder.chunks('orders', ['0', '1', '2'])
  assert.deepEqual(
    results.map(({ rows, parts }) => [rows, parts.map((part) => part.rows)]),
    [
      [2, [2]],
      [1, [1]],
      [0, []],
    ],
  )
  const [part] = results[0]!.parts
  assert.match(part!.key, /^runs\/j\/r1\/orders\/0-[0-9a-f]{8}-0\.parquet$/)
  assert.equal((await bodyOf(part!.key)).length, part!.bytes)
  assert.deepEqual(await idsIn([part!]), [1, 2])
  assert.ok(results[0]!.peakMemoryMb > 0 && results[0]!.seconds > 0)
})

test('the same chunk again changes nothing, whatever became of the table; of two attempts at once one counts', async () => {
  const { folder, invoke } = await planned('r2', [{ id: '0', from: null, to: null, rows: null }])
  await Promise.all([invoke('0'), invoke('0')])
  const before = await folder.chunk('orders', '0')
  const files = await folder.keys()
  await run('INSERT INTO orders VALUES (100, NULL)')
  assert.deepEqual(await invoke('0'), { done: true })
  assert.deepEqual(await folder.chunk('orders', '0'), before)
  assert.deepEqual(await folder.keys(), files)
})

test('a run that has lost its lease reads nothing', async () => {
  const { folder, invoke } = await planned('r3', [{ id: '0', from: null, to: null, rows: null }])
  await breakLease('D.RAW.r3')
  await assert.rejects(invoke('0'), { name: 'LeaseLostError' })
  assert.equal(await folder.chunk('orders', '0'), null)
})

test('a chunk or table that was not planned is an error by name', async () => {
  const { invoke } = await planned('r4', [{ id: '0', from: null, to: null, rows: null }])
  await assert.rejects(invoke('9'), /run r4 has no chunk 9 of orders/)
})

test('a stage that is full is refused by name and leaves no result; with room again the same chunk is read', async (t) => {
  const store = await refusingStore(t, BUCKET)
  for (const [i, which] of [/^PUT .*parquet/, /^PUT .*0\.json/].entries()) {
    const { folder, invoke } = await planned(`full${i}`, [{ id: '0', from: null, to: null, rows: null }])
    store.refuse(which, FULL[0]!)
    await assert.rejects(invoke('0'), {
      name: 'RefusedError',
      message: /^The staging bucket is full \(XMinioStorageFull\): .*Make room.*retry RUN/,
    })
    assert.equal(await folder.chunk('orders', '0'), null)
    store.refuse(which, null)
    assert.deepEqual(await invoke('0'), { done: true })
    assert.ok((await folder.chunk('orders', '0'))!.rows > 0)
  }
})

test('values without an exact meaning leave no result, and are named with their count', async () => {
  await run("SET sql_mode = ''; UPDATE orders SET d = '0000-00-00' WHERE id = 2")
  const { folder, invoke } = await planned('r5', [{ id: '0', from: null, to: null, rows: null }], {
    columns: (await table('orders')).columns.map((column) => ({ ...column, policies: { zero_date: 'error' } })),
  })
  await assert.rejects(invoke('0'), { name: 'ValueError', message: /^orders\.d: 1 value no date of any calendar/ })
  assert.equal(await folder.chunk('orders', '0'), null)
})

const SLOW_ROWS = 120

/** Wide enough that the server sends each row when it is read, and slow enough that no invocation reads them all. */
const slow = async (runId: string, changes: Partial<TablePlan> = {}) => {
  await run(`CREATE TABLE IF NOT EXISTS slow (id INT PRIMARY KEY, pad TEXT, day DATE);
    INSERT IGNORE INTO slow WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${SLOW_ROWS})
    SELECT i * 3, REPEAT('x', 20000), IF(i % 2, '0000-00-00', NULL) FROM n`)
  const plan = {
    ...(await table('slow')),
    chunkColumns: ['id'],
    chunkIndex: 'PRIMARY',
    where: 'SLEEP(0.02) = 0',
    ...changes,
  }
  return planned(runId, [{ id: '0', from: null, to: null, rows: SLOW_ROWS }], plan)
}

/** A context of a Lambda that ends in so many milliseconds. */
const endingIn = (milliseconds: number): Context => {
  const end = performance.now() + milliseconds
  return { getRemainingTimeInMillis: () => end - performance.now() } as Context
}

/** Invokes as the state machine does: again while it is not done, and again when something was unavailable. */
const untilDone = async (invoke: (chunk: string, context: Context) => Promise<{ done: boolean }>): Promise<number> => {
  for (let invocations = 1; invocations < 100; invocations++)
    try {
      if ((await invoke('0', endingIn(1200))).done) return invocations
    } catch (error) {
      // on a busy machine the time may be over before it was looked at: middy's word for a Lambda that is ended
      assert.ok(['UnavailableError', 'TimeoutError'].includes((error as Error).name), String(error))
    }
  throw new Error('the chunk is not done after 100 invocations')
}

const SLOW_IDS = Array.from({ length: SLOW_ROWS }, (_, i) => (i + 1) * 3)

test('a chunk that takes longer than a Lambda has is read in pieces, and its result names them all', async () => {
  const { folder, invoke } = await slow('r6')
  const invocations = await untilDone(invoke)
  const [result] = await folder.chunks('slow', ['0'])
  const pieces = await folder.pieces('slow', '0')
  assert.ok(pieces.length >= 2 && invocations >= pieces.length + 1, `${pieces.length} pieces`)
  assert.equal(result!.pieces, pieces.length + 1)
  assert.deepEqual([result!.rows, await idsIn(result!.parts)], [SLOW_ROWS, SLOW_IDS])
  assert.deepEqual(result!.policies, [{ column: 'day', policy: 'zero_date', rows: SLOW_ROWS / 2 }])
  assert.equal(
    result!.bytes,
    result!.parts.reduce((sum, part) => sum + part.bytes, 0),
  )
  for (const [i, { piece, reached, rows, parts }] of pieces.entries()) {
    assert.deepEqual([piece, reached], [i + 1, [String((await idsIn(parts)).at(-1))]])
    assert.equal(
      parts.reduce((sum, part) => sum + part.rows, 0),
      rows,
    )
  }
  const files = await folder.keys()
  assert.deepEqual(await invoke('0', endingIn(1200)), { done: true })
  assert.deepEqual(await folder.keys(), files, 'done is done')
})

test('a whole copy in pieces, held against one in pieces, is every row once', async () => {
  const whole = { kind: 'full', publish: 'replace' } as const
  const first = await slow('r12', whole)
  await untilDone(first.invoke)
  const { folder, invoke } = await slow('r13', { ...whole, lastCopy: { job: 'j', runId: 'r12', content: 'c' } })
  await untilDone(invoke)
  const [result] = await folder.chunks('slow', ['0'])
  assert.ok(result!.pieces > 1)
  assert.deepEqual([result!.rows, await idsIn(result!.parts)], [SLOW_ROWS, SLOW_IDS])
  assert.deepEqual(result!.policies, [{ column: 'day', policy: 'zero_date', rows: SLOW_ROWS / 2 }])
})

test('of two attempts at once at every piece one counts, and no row comes twice', async () => {
  const { folder, invoke } = await slow('r7')
  await Promise.all([untilDone(invoke), untilDone(invoke)])
  const [result] = await folder.chunks('slow', ['0'])
  assert.deepEqual([result!.rows, await idsIn(result!.parts)], [SLOW_ROWS, SLOW_IDS])
})

test('rows that come and go between two pieces: those behind the key reached are the next run’s', async () => {
  const { folder, invoke } = await slow('r8')
  while ((await folder.pieces('slow', '0')).length === 0) await invoke('0', endingIn(1200)).catch(() => {})
  const [reached] = (await folder.pieces('slow', '0'))[0]!.reached
  await run(`INSERT INTO slow VALUES (${Number(reached) - 1}, 'behind', NULL), (${Number(reached) + 1}, 'ahead', NULL)`)
  await untilDone(invoke)
  const [result] = await folder.chunks('slow', ['0'])
  const expected = [...SLOW_IDS, Number(reached) + 1].sort((a, b) => a - b)
  assert.deepEqual(await idsIn(result!.parts), expected)
  await run(`DELETE FROM slow WHERE id IN (${Number(reached) - 1}, ${Number(reached) + 1})`)
})

test('a table in no order that takes longer fails, and says what to do', async () => {
  const { folder, invoke } = await slow('r9', { chunkColumns: [] })
  await assert.rejects(invoke('0', endingIn(1200)), { name: 'AuditError', message: /^slow: the time of one Lambda/ })
  assert.deepEqual(await folder.pieces('slow', '0'), [])
})

/** A bucket that takes everything but the pieces of files: those it leaves without an answer. */
const withoutUploads = async () => {
  const { endpoint } = stackForTests().s3
  const server = createServer((asked, answer) => {
    if (asked.url!.includes('uploadId=') && asked.method === 'PUT') return
    const { method, headers } = asked
    const passed = request(endpoint + asked.url, { method, headers }, (found) => {
      answer.writeHead(found.statusCode!, found.headers)
      found.pipe(answer)
    })
    asked.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

test('a bucket that takes no more is told before the Lambda ends, so that it is tried again', async () => {
  const random = Array(64).fill('RANDOM_BYTES(1024)').join(', ')
  await run(`CREATE TABLE bulky (id INT PRIMARY KEY, b MEDIUMBLOB);
    INSERT INTO bulky WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i, CONCAT(${random}) FROM n`)
  const { invoke } = await planned('r11', [{ id: '0', from: null, to: null, rows: null }], {
    ...(await table('bulky')),
    targetFileBytes: 1 << 30,
  })
  const { endpoint, server } = await withoutUploads()
  const before = process.env.AWS_ENDPOINT_URL
  process.env.AWS_ENDPOINT_URL = endpoint
  const waiting = AbortSignal.timeout(20_000)
  try {
    const ended = new Promise((_, reject) => {
      waiting.addEventListener('abort', () => reject(new Error('it was still waited for long after the end')))
    })
    await assert.rejects(Promise.race([invoke('0', endingIn(4000)), ended]), {
      name: 'UnavailableError',
      message: /^bulky: the staging bucket took no more of its rows/,
    })
  } finally {
    process.env.AWS_ENDPOINT_URL = before
    server.closeAllConnections()
    server.close()
  }
})

test('a table altered since the plan is refused by name before a row of it is read', async () => {
  await run('CREATE TABLE retyped (id INT PRIMARY KEY, n INT); INSERT INTO retyped VALUES (1, 1)')
  const { folder, invoke } = await planned(
    'r10',
    [{ id: '0', from: null, to: null, rows: null }],
    await table('retyped'),
  )
  await run('ALTER TABLE retyped MODIFY n DECIMAL(10,2)')
  await assert.rejects(invoke('0'), {
    name: 'DriftError',
    message: /^retyped was altered.*"n" was int.*is decimal\(10,2\)/,
  })
  await run('DROP TABLE retyped')
  await assert.rejects(invoke('0'), { name: 'DriftError', message: /^retyped was dropped or renamed/ })
  assert.deepEqual(
    (await folder.keys()).filter((key) => key.startsWith('retyped/')),
    [],
  )
})
