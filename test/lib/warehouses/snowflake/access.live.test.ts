/** Who may log in and do what: each thing that is lacking is refused by name with its remedy, and nothing published changes. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { SnowflakeSettings } from '../../../../lib/settings.ts'
import { connectSnowflake } from '../../../../lib/warehouses/snowflake/connect.ts'
import { readCursors } from '../../../../lib/warehouses/snowflake/standing.ts'
import { type Lab, later, loadOrders, openLab, orders, rowsIn } from './lab.ts'

let lab: Lab
const WORKER = 'ACCESS_TESTS_WORKER'
const PUBLISHED = ['o1 a 1.00 1 r1']

before(async () => {
  lab = await openLab('ACCESS_TESTS')
  await loadOrders(lab, orders(lab, 'orders'), [['o1', 'a', '1.00', 1]], { runId: 'r1' })
  const { user, database } = lab.settings
  const all = ['USAGE ON DATABASE', 'USAGE ON ALL SCHEMAS IN DATABASE', 'ALL PRIVILEGES ON ALL SCHEMAS IN DATABASE']
  for (const sql of [
    `CREATE OR REPLACE ROLE ${WORKER}`,
    `GRANT ROLE ${WORKER} TO USER ${user}`,
    'GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE ACCESS_TESTS_WORKER',
    ...all.map((what) => `GRANT ${what} ${database} TO ROLE ${WORKER}`),
  ])
    await lab.warehouse.query(sql)
})
after(() => lab.warehouse.close())

/** A second load of the table, by a session with these settings instead of the lab's. */
const loadAs = async (changes: Partial<SnowflakeSettings>, runId: string) => {
  const settings = { ...lab.settings, ...changes }
  const warehouse = await connectSnowflake(settings)
  try {
    const plan = later(lab, 'orders', 1)
    return await loadOrders({ ...lab, warehouse, settings }, plan, [['o2', 'b', '2.00', 2]], { runId })
  } finally {
    await warehouse.close()
  }
}

const refused = async (changes: Partial<SnowflakeSettings>, message: RegExp) => {
  await assert.rejects(loadAs(changes, 'r2'), (error: Error) => {
    assert.match(`${error.name}: ${error.message}`, message)
    return true
  })
  assert.deepEqual(await rowsIn(lab, 'orders'), PUBLISHED)
}

test('a role that lacks a grant is refused with what it lacks', async () => {
  const warehouse = await connectSnowflake({ ...lab.settings, role: WORKER, warehouse: 'COMPUTE_WH' })
  const planning = readCursors(warehouse, { suffix: '', tables: ['ORDERS'] })
  await assert.rejects(planning, { name: 'RefusedError', message: /LOADS.*setup snowflake/s })
  await warehouse.close()
  await refused({ role: 'NO_SUCH_ROLE' }, /^RefusedError: The role NO_SUCH_ROLE does not exist.*SNOWFLAKE_ROLE/)
})

test('a role that may read but not write is refused by the name of the table', async () => {
  const { database } = lab.settings
  for (const schema of ['RAW', '_FIRN'])
    await lab.warehouse.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${database}.${schema} TO ROLE ${WORKER}`)
  await refused({ role: WORKER, warehouse: 'COMPUTE_WH' }, /^RefusedError: .*role ACCESS_TESTS_WORKER.*003001.*GRANT/s)
})

test('a warehouse that is not there, or sleeps and may not wake, is refused with both remedies', async () => {
  const expected = (name: string) =>
    new RegExp(`^RefusedError: .*${name} does not exist, or .* AUTO_RESUME = TRUE.*setup snowflake`, 's')
  await refused({ warehouse: 'NO_SUCH_WH' }, expected('NO_SUCH_WH'))
  await lab.warehouse.query('CREATE OR REPLACE WAREHOUSE ASLEEP_WH AUTO_RESUME = FALSE INITIALLY_SUSPENDED = TRUE')
  await lab.warehouse.query('USE WAREHOUSE COMPUTE_WH')
  await refused({ warehouse: 'ASLEEP_WH' }, expected('ASLEEP_WH'))
  await lab.warehouse.query('DROP WAREHOUSE ASLEEP_WH')
})

const keyPair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { privateKey, bare: publicKey.replace(/-----[^-]+-----|\n/g, '') }
}
const alter = (change: string) => lab.warehouse.query(`ALTER USER ${lab.settings.user} ${change}`)
const login = async (privateKey: string) =>
  (await connectSnowflake({ ...lab.settings, password: undefined, privateKey })).close()

test('C44: of two keys one is replaced while the other is in use, and one that is taken away is refused', async () => {
  const [first, second] = [keyPair(), keyPair()]
  await alter(`SET RSA_PUBLIC_KEY = '${first.bare}'`)
  await login(first.privateKey)
  await alter(`SET RSA_PUBLIC_KEY_2 = '${second.bare}'`)
  for (const { privateKey } of [first, second]) await login(privateKey)
  await alter('UNSET RSA_PUBLIC_KEY')
  await login(second.privateKey)
  await assert.rejects(login(first.privateKey), { name: 'RefusedError', message: /key pair.*RSA_PUBLIC_KEY_2_FP/ })
  await alter('UNSET RSA_PUBLIC_KEY_2')
})

test('a clock that is hours off is named where a key pair is refused for it', async (t) => {
  const { privateKey, bare } = keyPair()
  await alter(`SET RSA_PUBLIC_KEY = '${bare}'`)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 2 * 3_600_000 })
  await assert.rejects(login(privateKey), {
    name: 'RefusedError',
    message: /this machine's is 2 h ahead of Snowflake's/,
  })
  t.mock.timers.reset()
  await login(privateKey)
  await alter('UNSET RSA_PUBLIC_KEY')
})
