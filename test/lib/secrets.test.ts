/** Secrets as a deployed function reads them: a stand-in of Secrets Manager counts how often it is asked. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { LoginRefusedError, RefusedError } from '../../lib/errors.ts'
import { mysqlSettings, openWith, snowflakeSettings } from '../../lib/settings.ts'

let server: Server
let secret: object = {}
let asked = 0
const LOGIN = { account: 'org-acc', user: 'LOADER', database: 'FIRN' }
const kept = { ...process.env }
const NOW = Date.parse('2026-01-01T00:00:00Z')

before(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      asked += 1
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      response.end(JSON.stringify({ SecretString: JSON.stringify(secret) }))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
})
after(() => {
  process.env = kept
  server.close()
})

let names = 0
beforeEach(() => {
  // what one test keeps is nothing to the next
  process.env.FIRN_SNOWFLAKE_SECRET = `arn:secret-${++names}`
  asked = 0
  secret = { ...LOGIN, password: 'first' }
})
const password = async (since?: string) => (await snowflakeSettings({ since })).password

test('a warm worker asks once, for a few minutes', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  assert.deepEqual([await password(), await password()], ['first', 'first'])
  assert.equal(asked, 1)
  secret = { ...LOGIN, password: 'second' }
  t.mock.timers.tick(4 * 60_000)
  assert.deepEqual([await password(), asked], ['first', 1])
  t.mock.timers.tick(2 * 60_000)
  assert.deepEqual([await password(), asked], ['second', 2])
})

test('a run that was planned since sees what was put before it, and asks once', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  await password()
  secret = { ...LOGIN, password: 'second' }
  t.mock.timers.tick(1000)
  const planned = new Date(Date.now()).toISOString()
  t.mock.timers.tick(1000)
  assert.deepEqual([await password(planned), await password(planned), asked], ['second', 'second', 2])
})

/** A server that takes one password. */
const open = (right: string) => async (settings: { password?: string }) => {
  if (settings.password !== right) throw new LoginRefusedError('no')
  return settings.password
}

test('a login refused with a secret that was rotated meanwhile is tried with the new one', async () => {
  await password()
  secret = { ...LOGIN, password: 'rotated' }
  assert.equal(await openWith(snowflakeSettings, {}, open('rotated')), 'rotated')
  assert.deepEqual([await password(), asked], ['rotated', 2])
})

test('a login that is refused with what is there now stays refused, and is not tried again', async () => {
  let tries = 0
  const refuse = async () => {
    tries += 1
    throw new LoginRefusedError('no')
  }
  await assert.rejects(openWith(snowflakeSettings, {}, refuse), { name: 'RefusedError' })
  assert.deepEqual([tries, asked], [1, 2])
})

test('any other refusal has nothing to do with the secret', async () => {
  const refuse = async () => Promise.reject(new RefusedError('no such warehouse'))
  await assert.rejects(openWith(snowflakeSettings, {}, refuse), { name: 'RefusedError' })
  assert.equal(asked, 1)
})

test('a secret that is not filled is refused with the command that fills it, and not kept', async () => {
  secret = { fill: 'npm run -s firn -- secrets put' }
  await assert.rejects(snowflakeSettings(), { name: 'RefusedError', message: /secrets put/ })
  secret = { ...LOGIN, password: 'first' }
  assert.equal(await password(), 'first')
})

test('a secret that was edited by hand is refused by the setting that is wrong, and shows no value but the mode', async () => {
  const refused = async (name: string, why: RegExp) =>
    assert.rejects(snowflakeSettings({ since: new Date().toISOString() }), (error: Error) => {
      assert.equal(error.name, 'RefusedError', error.message)
      assert.ok(error.message.startsWith(`"${name}" of the deployed Snowflake secret `), error.message)
      assert.match(error.message, why)
      assert.doesNotMatch(error.message, /hidden/)
      return true
    })
  const good = { ...LOGIN, password: 'hidden' }
  const cases: [object, string, RegExp][] = [
    [{ ...good, account: undefined }, 'account', /is not set.*secrets put/],
    [{ ...good, database: '' }, 'database', /is not set/],
    [{ ...good, user: null }, 'user', /is no text/],
    [{ ...good, password: ['hidden'] }, 'password', /is no text/],
    [{ ...good, warehouse: 7 }, 'warehouse', /is no text/],
    [{ ...good, loadMode: 'copy' }, 'loadMode', /is "copy": known are auto, external, internal, insert\..*secrets put/],
    [{ ...good, loadMode: null }, 'loadMode', /is null: known are auto/],
    [{ ...good, workloadIdentity: 'AWS' }, 'workloadIdentity', /provider/],
    [LOGIN, 'privateKey', /password.*workloadIdentity.*log in/],
  ]
  for (const [given, name, why] of cases) {
    secret = given
    process.env.FIRN_SNOWFLAKE_SECRET = `arn:secret-${++names}`
    await refused(name, why)
  }
  secret = { ...good, loadMode: 'insert' }
  process.env.FIRN_SNOWFLAKE_SECRET = `arn:secret-${++names}`
  assert.deepEqual(await snowflakeSettings(), { ...good, loadMode: 'insert', schema: 'RAW' })
})

test("MySQL's secret too", async (t) => {
  t.after(() => {
    delete process.env.FIRN_MYSQL_SECRET
  })
  const good = { host: 'db.example', port: 3306, user: 'reader', password: 'hidden', database: 'olist', ssl: 'verify' }
  for (const [given, message] of [
    [{ ...good, host: undefined }, /^"host" of the deployed MySQL secret is not set\. .*secrets put/],
    [{ ...good, sslCa: 5 }, /^"sslCa" of the deployed MySQL secret is no text/],
    [{ ...good, port: 'x' }, /^MYSQL_PORT is "x"/],
  ] as const) {
    secret = given
    process.env.FIRN_MYSQL_SECRET = `arn:secret-${++names}`
    await assert.rejects(mysqlSettings(), { name: 'RefusedError', message })
  }
  secret = good
  process.env.FIRN_MYSQL_SECRET = `arn:secret-${++names}`
  assert.equal((await mysqlSettings()).host, 'db.example')
})
