import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { connectSnowflake } from '../../../../lib/warehouses/snowflake/connect.ts'
import { quoteText } from '../../../../lib/warehouses/snowflake/quote.ts'
import { setupSql } from '../../../../lib/warehouses/snowflake/setup.ts'
import { stackForTests } from '../../../stack.ts'
import { type Lab, openLab } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('CONNECT_TESTS')
  await lab.warehouse.query('CREATE OR REPLACE TABLE RAW.T (N NUMBER(38,0))')
})
after(() => lab.warehouse.close())

const rows = async () => (await lab.warehouse.query('SELECT N FROM RAW.T ORDER BY N')).map(({ N }) => N)

test('numbers come as exact text, NULL as null', async () => {
  const [row] = await lab.warehouse.query(
    'SELECT 12345678901234567890123456789012345678 AS BIG, 0.10::NUMBER(10,2) AS MONEY, NULL AS NOTHING',
  )
  assert.deepEqual(row, { BIG: '12345678901234567890123456789012345678', MONEY: '0.10', NOTHING: null })
})

test('moments come to the microsecond, days as days, bytes as hex, before 1970 and at the ends of time too', async () => {
  const [row] = await lab.warehouse.query(
    `SELECT '1969-12-31 23:59:59.999999'::TIMESTAMP_NTZ(6) AS A, '0001-01-01 00:00:00'::TIMESTAMP_NTZ(6) AS B,
      '9999-12-31 23:59:59.000001'::TIMESTAMP_NTZ(6) AS C, '2026-03-29'::DATE AS D, NULL::TIMESTAMP_NTZ(6) AS E,
      TO_BINARY('00ffab', 'HEX') AS F, TRUE AS G, 'at .123456000 it stays' AS H`,
  )
  assert.deepEqual(row, {
    A: '1969-12-31 23:59:59.999999',
    B: '0001-01-01 00:00:00.000000',
    C: '9999-12-31 23:59:59.000001',
    D: '2026-03-29',
    E: null,
    F: '00FFAB',
    G: true,
    H: 'at .123456000 it stays',
  })
})

test('a VARIANT comes as its JSON text, with every digit', async () => {
  const json = '{"n": 18446744073709551615, "text": " a  b \\\\ \\" ", "list": [1.50,\n null]}'
  const [row] = await lab.warehouse.query(
    `SELECT PARSE_JSON(${quoteText(json)}) AS V, V:n AS N, PARSE_JSON('null') AS J, NULL::VARIANT AS S`,
  )
  assert.deepEqual(row, {
    V: '{"n":18446744073709551615,"text":" a  b \\\\ \\" ","list":[1.50,null]}',
    N: '18446744073709551615',
    J: 'null',
    S: null,
  })
})

test('binds reach the server as values', async () => {
  const [row] = await lab.warehouse.query('SELECT ? AS A, ? AS B', ["it's", null])
  assert.deepEqual(row, { A: "it's", B: null })
})

test('any text comes back from the server as it was quoted', async () => {
  for (const text of ["it's", 'back\\slash', "\\'", 'line\nbreak', '100 %', '🎁 às', '";--', '\\\\n'])
    assert.equal((await lab.warehouse.query(`SELECT ${quoteText(text)} AS X`))[0]!.X, text)
})

test('a transaction is all or nothing, and leaves none open', async () => {
  await lab.warehouse.query('DELETE FROM RAW.T')
  const insert = (n: string) => `INSERT INTO RAW.T VALUES (${n})`
  await lab.warehouse.transaction([insert('1'), insert('2')])
  await assert.rejects(lab.warehouse.transaction([insert('3'), 'INSERT INTO RAW.NONE VALUES (4)']), {
    name: 'WarehouseError',
    message: /002003/,
  })
  assert.deepEqual(await rows(), ['1', '2'])
  await lab.warehouse.transaction([insert('5')])
  assert.deepEqual(await rows(), ['1', '2', '5'])
})

test('a submitted statement is followed by its id, from another session too', async () => {
  const other = await connectSnowflake({ ...lab.settings, schema: '_FIRN' })
  const follow = async (sql: string) => {
    const id = await lab.warehouse.submit(sql)
    for (;;) {
      const progress = await other.poll(id)
      if (progress.state === 'done' || progress.state === 'failed') return progress
    }
  }
  try {
    assert.deepEqual(await follow('SELECT 7 AS N'), { state: 'done', rows: [{ N: '7' }] })
    const failed = await follow('SELECT * FROM RAW.NONE')
    assert.match(failed.state === 'failed' ? failed.message : '', /does not exist/)
    assert.deepEqual(await other.poll('01b0a1c2-0000-0000-0000-000000000000'), { state: 'unknown' })
  } finally {
    await other.close()
  }
})

test('a wrong password is refused by account and user', async () => {
  await assert.rejects(connectSnowflake({ ...lab.settings, password: 'no such' }), {
    name: 'RefusedError',
    message: new RegExp(`account ${lab.settings.account} refuses user ${lab.settings.user} with this password`),
  })
})

/** A fresh pair; the private half encrypted when there is a passphrase. */
const keyPair = (passphrase?: string) =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', ...(passphrase ? { cipher: 'aes-256-cbc', passphrase } : {}) },
  })

test('C44: a key pair logs in without a password; a key that is wrong, locked or none is refused', async () => {
  const { publicKey, privateKey } = keyPair('open')
  const bare = publicKey.replace(/-----[^-]+-----|\n/g, '')
  await lab.warehouse.query(`ALTER USER ${lab.settings.user} SET RSA_PUBLIC_KEY = '${bare}'`)
  const { password, ...settings } = lab.settings
  const warehouse = await connectSnowflake({ ...settings, privateKey, privateKeyPassphrase: 'open' })
  assert.deepEqual(await warehouse.query('SELECT 1 AS N'), [{ N: '1' }])
  await warehouse.close()
  const refused = (changes: object, message: RegExp) =>
    assert.rejects(connectSnowflake({ ...settings, ...changes }), { name: 'RefusedError', message })
  await refused({ privateKey: keyPair().privateKey }, /refuses user .* with this key pair/)
  await refused({ privateKey, privateKeyPassphrase: 'shut' }, /private key .*cannot be used.*PASSPHRASE/)
  await refused({ privateKey: 'no key' }, /private key .*cannot be used.*PKCS#8/)
})

test('nobody there is unavailable, named by host', async () => {
  // a port that was free a moment ago
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  await assert.rejects(connectSnowflake({ ...lab.settings, accessUrl: `http://127.0.0.1:${port}` }), {
    name: 'UnavailableError',
    message: new RegExp(`127\\.0\\.0\\.1:${port}`),
  })
})

test('a closed session is opened again when it is needed', async () => {
  const settings = { ...lab.settings, schema: 'STAGING' }
  const warehouse = await connectSnowflake(settings)
  await warehouse.close()
  assert.deepEqual(await warehouse.query('SELECT 1 AS N'), [{ N: '1' }])
  await warehouse.close()
})

test('setting up again keeps what is there', async () => {
  await lab.warehouse.query("INSERT INTO _FIRN.LOADS (TARGET, EPOCH) VALUES ('RAW.X', 5)")
  const credentials = { endpoint: stackForTests().s3.endpoint, accessKeyId: 'test', secretAccessKey: 'test' }
  for (const { sql } of setupSql({ settings: lab.settings, bucket: lab.bucket, credentials }))
    await lab.warehouse.query(sql)
  assert.deepEqual(await lab.warehouse.query("SELECT EPOCH FROM _FIRN.LOADS WHERE TARGET = 'RAW.X'"), [{ EPOCH: '5' }])
})
