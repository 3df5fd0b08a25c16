/** A key that is changed in the middle of a run, in the deployed pipeline: with its successor at hand, and without. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { RunReport } from '../../lib/model.ts'
import { connectSnowflake, type Warehouse } from '../../lib/warehouses/snowflake/connect.ts'
import { firn } from '../command-line.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { openBetween } from '../lib/warehouses/snowflake/between.ts'
import { stackForTests } from '../stack.ts'
import { deployForTests } from './deployed.ts'
import { ownLine } from './own-line.ts'

const database = await makeDatabase('keys')
const line = ownLine(database.settings, { locked: {} }, { all: '*' })

let admin: Warehouse
before(async () => {
  await deployForTests()
  const { accessUrl, account, user, password } = stackForTests().snowflake
  admin = await connectSnowflake({ accessUrl, account, user, password, database: 'FIRN', schema: 'RAW' })
  await database.run('CREATE TABLE locked (id INT NOT NULL PRIMARY KEY); INSERT INTO locked VALUES (1)')
})
after(async () => {
  await admin.query(`ALTER USER ${stackForTests().snowflake.user} UNSET RSA_PUBLIC_KEY`)
  await admin.close()
})

const keyPair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { privateKey, bare: publicKey.replace(/-----[^-]+-----|\n/g, '') }
}

/** As Snowflake speaks of a session that it has ended: whoever had it must log in again. */
const GONE = { success: false, code: '390111', message: 'Session no longer exists.', data: {} }

const published = async () => (await admin.query('SELECT ID FROM FIRN.RAW.LOCKED ORDER BY 1')).map(({ ID }) => ID)

test('a key that is changed in the middle of a run costs nothing; one that is only taken away is refused by name', async (t) => {
  const { account, user, accessUrl } = stackForTests().snowflake
  const [first, second, third] = [keyPair(), keyPair(), keyPair()]
  const replaced = (bare: string) => admin.query(`ALTER USER ${user} SET RSA_PUBLIC_KEY = '${bare}'`)
  let meanwhile: (() => Promise<void>) | null = null
  let loginsSince = 0
  const between = await openBetween(t, accessUrl, async ({ path, body }) => {
    if (path.startsWith('/session/v1/login-request')) loginsSince += 1
    if (!meanwhile || !/COPY INTO .*STAGE_LOCKED/.test(String(body.sqlText))) return undefined
    const happens = meanwhile
    meanwhile = null
    await happens()
    loginsSince = 0
    return GONE
  })
  const withKey = ({ privateKey }: { privateKey: string }) => ({
    ...line.environment,
    ...{ SNOWFLAKE_ACCOUNT: account, SNOWFLAKE_USER: user, SNOWFLAKE_DATABASE: 'FIRN' },
    ...{ SNOWFLAKE_ACCESS_URL: between.accessUrl, SNOWFLAKE_PRIVATE_KEY: privateKey },
  })
  const put = async (key: { privateKey: string }) => {
    const { status, said } = await firn(['secrets', 'put'], withKey(key))
    assert.equal(status, 0, said)
  }
  const run = (...args: string[]) => firn<RunReport>(args, withKey(first))

  await replaced(first.bare)
  const deployed = await firn(['deploy'], withKey(first))
  assert.equal(deployed.status, 0, deployed.said)
  meanwhile = async () => {
    await replaced(second.bare)
    await put(second)
  }
  const healed = await run('run', 'all')
  assert.equal(healed.status, 0, healed.said)
  assert.equal(loginsSince, 2, 'the old key was refused, and the new one was read then')
  assert.deepEqual(await published(), ['1'])

  await database.run('INSERT INTO locked VALUES (2)')
  meanwhile = async () => void (await replaced(third.bare))
  const refused = await run('run', 'all')
  assert.equal(refused.status, 1, refused.said)
  const { name, message } = refused.document.tables[0]!.failure!
  assert.equal(name, 'RefusedError')
  assert.match(message, /refuses user .* with this key pair \(390144\).*RSA_PUBLIC_KEY_2_FP.*secrets put/)
  assert.deepEqual(await published(), ['1'])
  await put(third)
  const retried = await run('retry', refused.document.runId)
  assert.equal(retried.status, 0, retried.said)
  assert.deepEqual(await published(), ['1', '2'])
})
