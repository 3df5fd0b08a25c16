/** What goes wrong while reading, from MySQL to the warehouse: what can heal heals, and a value that nothing covers fails its table alone. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, test } from 'node:test'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import parquet from 'parquetjs-lite'
import type { RunReport } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { readBack } from '../lib/parquet/read-back.ts'
import { afterBytes, type Ending, type Gate, wayTo } from '../lib/sources/mysql/cut.ts'
import { ownServer } from '../lib/sources/mysql/own-server.ts'
import { deployForTests, warehouse } from './deployed.ts'
import { ownLine } from './own-line.ts'

const WORDS = 60_000
const SALT = 'planted-salt-of-this-test'
const masked = (value: string) =>
  createHash('sha256')
    .update(SALT + value)
    .digest('hex')
const server = await ownServer()

/** What each connection of a run may get through, in order; whole where nothing is said. */
let gates: (() => Gate | null)[] = []
let connections = 0
const gate = () => {
  connections++
  return gates.shift()?.() ?? null
}
const ways: Record<Ending, number> = {
  reset: await wayTo(server.settings.port, 'reset', gate),
  fin: await wayTo(server.settings.port, 'fin', gate),
}
const whole = () => null

const line = (port: number) =>
  ownLine(
    { ...server.settings, port, maskSalt: SALT },
    {
      words: { chunk_rows: 1_000_000 },
      days: { zero_date: 'error', column_policies: { who: { mask: 'sha256' } } },
      fine: {},
    },
    { everything: '*' },
  )
const { own } = line(ways.reset)

before(async () => {
  await deployForTests()
  await server.run(
    `CREATE TABLE words (id INT PRIMARY KEY, word VARCHAR(60) NOT NULL)`,
    `INSERT INTO words SELECT seq, CONCAT('some word or other, ', seq, REPEAT('x', 30)) FROM (
      WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < 300)
      SELECT (a.seq - 1) * 200 + b.seq AS seq FROM n a, n b WHERE b.seq <= 200) AS numbers`,
    'CREATE TABLE days (shop INT NOT NULL, id INT NOT NULL, day DATE, note TEXT, who TEXT, PRIMARY KEY (shop, id))',
    "INSERT INTO days VALUES (1, 1, '2024-02-29', 'leap', NULL), (1, 2, NULL, NULL, 'ana'), (2, 1, '2024-03-01', 'é', 'joão')",
    'CREATE TABLE fine (id INT PRIMARY KEY)',
    'INSERT INTO fine VALUES (1), (2)',
  )
  const { status, said } = await own('deploy')
  if (status !== 0) throw new Error(said)
  // workers start, and targets are made, before anything is broken
  const first = await own<RunReport>('run')
  if (first.status !== 0) throw new Error(first.said)
})

const inTarget = async (table: string) =>
  (await warehouse(`SELECT COUNT(*) AS N, MAX(_FIRN_RUN_ID) AS RUN FROM RAW.${table}`))[0]!

const object = async (Key: string): Promise<Uint8Array> => {
  const { Body } = await new S3Client({ forcePathStyle: true }).send(
    new GetObjectCommand({ Bucket: process.env.FIRN_BUCKET, Key }),
  )
  return Body!.transformToByteArray()
}

/** A run of `words` over connections cut as told; the rest of its report is for the caller. */
const runWords = async (cuts: (() => Gate | null)[]) => {
  connections = 0
  gates = cuts
  const { status, document: report, said } = await own<RunReport>('run', '--tables', 'words', '--full-refresh')
  assert.equal(status, 0, said)
  assert.deepEqual(gates, [], 'every cut was met')
  const { load } = report.tables[0]!
  assert.deepEqual([load!.rowsRead, load!.rowsStaged, load!.rowsInTarget], [WORDS, WORDS, WORDS])
  assert.deepEqual(await inTarget('WORDS'), { N: String(WORDS), RUN: report.runId })
}

for (const ending of ['reset', 'fin'] satisfies Ending[])
  test(`a result cut short is read again, and every row is published (${ending})`, async () => {
    // where the functions connect to is in the secret; the state machine and its code stay
    const put = await line(ways[ending]).own('secrets', 'put')
    assert.equal(put.status, 0, put.said)
    await runWords([whole, () => afterBytes(1_000_003), () => afterBytes(2_000_003), whole])
    assert.equal(connections, 4, 'Plan, and three times Extract')
  })

test('a server killed in the middle of a chunk and started again: the same', async () => {
  let restarted: Promise<void> | undefined
  const killing = (): Gate => {
    const upTo = afterBytes(1_000_003)
    return (data) => {
      const passed = upTo(data)
      if (passed.length < data.length) restarted ??= server.kill().then(() => server.start())
      return passed
    }
  }
  await runWords([whole, killing])
  assert.ok(restarted, 'it was killed')
  await restarted
  assert.ok(connections >= 3, `${connections} connections`)
})

test('a value no policy covers: its table fails by column, count, remedy and where its rows are; the others go on', async () => {
  const published = await inTarget('DAYS')
  await server.run(
    "SET sql_mode = ''",
    "UPDATE days SET day = '0000-00-00', note = 'nobody’s day' WHERE shop = 1 AND id = 2",
    "UPDATE days SET day = '2024-02-00' WHERE shop = 2",
    "INSERT INTO days VALUES (3, 1, '2024-03-02', NULL, NULL)",
  )
  const { status, document: report } = await own<RunReport>('run')
  assert.equal(status, 1)
  const states = report.tables.map(({ table, status: state }) => `${table} ${state}`).sort()
  assert.deepEqual(states, ['days failed', 'fine published', 'words published'])
  const { name, message } = report.tables.find(({ table }) => table === 'days')!.failure!
  assert.equal(name, 'ValueError')
  assert.match(message, /^days\.day: 2 values .*zero_date.*start a new run/)
  assert.doesNotMatch(message, /0000-00-00|2024-02-00|nobody/)
  assert.deepEqual(await inTarget('DAYS'), published, 'nothing of it was published')

  const [key] = /runs\/\S+\/days\/rejects-0-[0-9a-f]{8}\.parquet/.exec(message)!
  assert.ok(key.startsWith(`runs/everything/${report.runId}/`))
  const body = await object(key)
  const rejected = { _table: 'days', _column: 'day', _reason: 'zero_date' }
  const rows = [
    { ...rejected, _key: '["1","2"]', shop: '1', id: '2', day: '0000-00-00', note: 'nobody’s day', who: masked('ana') },
    { ...rejected, _key: '["2","1"]', shop: '2', id: '1', day: '2024-02-00', note: 'é', who: masked('joão') },
  ]
  const found = (await readBack(body)).rows
  assert.deepEqual(
    found.map((row) => ({ ...row })),
    rows,
  )
  const reader = await parquet.ParquetReader.openBuffer(Buffer.from(body))
  assert.deepEqual({ ...(await reader.getCursor().next()) }, rows[0])
  await reader.close()

  await server.run("UPDATE days SET day = '2024-02-28' WHERE shop < 3")
  const again = await own<RunReport>('run', '--tables', 'days')
  assert.equal(again.status, 0, again.said)
  assert.deepEqual(await inTarget('DAYS'), { N: '4', RUN: again.document.runId })
})

test('masks are worked out with the deployed salt, which is in nothing that is written or said', async () => {
  const found = await warehouse('SELECT WHO FROM RAW.DAYS WHERE WHO IS NOT NULL ORDER BY SHOP')
  assert.deepEqual(found, [{ WHO: masked('ana') }, { WHO: masked('joão') }])
  const planned = await own('plan')
  const doctor = await own('doctor')
  assert.match(JSON.stringify(planned.document), /@firn_salt/)
  const ran = await own<RunReport>('run', '--tables', 'days', '--full-refresh')
  for (const { document, said } of [planned, doctor, ran])
    assert.ok(!`${said}${JSON.stringify(document)}`.includes(SALT), said)
  const folder = runFolder(ran.document)
  const keys = await folder.keys()
  assert.ok(keys.includes('plan.json') && keys.some((key) => key.endsWith('.parquet')), keys.join())
  for (const key of keys) assert.ok(!Buffer.from(await object(folder.prefix + key)).includes(SALT), key)
})
