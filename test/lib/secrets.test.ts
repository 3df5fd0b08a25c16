/** Secrets as a deployed function reads them: a stand-in of Secrets Manager counts how often it is asked. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { LoginRefusedError, RefusedError } from '../../lib/errors.ts'
import { openWith, snowflakeSettings } from '../../lib/settings.ts'

let server: Server
let secret: object = {}
let asked = 0
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
  secret = { user: 'LOADER', password: 'first' }
})
const password = async (since?: string) => (await snowflakeSettings({ since })).password

test('a warm worker asks once, for a few minutes', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  assert.deepEqual([await password(), await password()], ['first', 'first'])
  assert.equal(asked, 1)
  secret = { user: 'LOADER', password: 'second' }
  t.mock.timers.tick(4 * 60_000)
  assert.deepEqual([await password(), asked], ['first', 1])
  t.mock.timers.tick(2 * 60_000)
  assert.deepEqual([await password(), asked], ['second', 2])
})

test('a run that was planned since sees what was put before it, and asks once', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  await password()
  secret = { user: 'LOADER', password: 'second' }
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
  secret = { user: 'LOADER', password: 'rotated' }
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
  secret = { user: 'LOADER', password: 'first' }
  assert.equal(await password(), 'first')
})
