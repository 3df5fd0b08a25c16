/** What reaches Snowflake beside the statements themselves: tags, limits of time, logins; and what becomes of a session that failed. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connectSnowflake } from '../../../../lib/warehouses/snowflake/connect.ts'
import { type Asked, openBetween } from './between.ts'
import { type Lab, openLab } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('SESSION_TESTS')
})
after(() => lab.warehouse.close())

const refused = (code: string) => ({ success: false, code, message: 'no', data: { errorCode: code } })
const sqlOf = ({ body }: Asked) => String(body.sqlText ?? '')
const statements = (asked: Asked[]) => asked.filter(({ path }) => path.startsWith('/queries/v1/query-request'))

test('every request carries its names and limits of time, and a session costs one statement, once', async (t) => {
  const between = await openBetween(t, lab.settings.accessUrl!, () => undefined)
  const settings = { ...lab.settings, accessUrl: between.accessUrl }
  const names = { job: 'daily', run: 'r1', table: 'orders' }
  const warehouse = await connectSnowflake(settings, { names, remaining: () => 120_000 })
  await warehouse.query('SELECT 1 AS N')
  await warehouse.script(['CREATE OR REPLACE TABLE RAW.A (N INT)', 'DROP TABLE RAW.A'])
  await warehouse.transaction(['SELECT 1'])
  const again = await connectSnowflake(settings, { names: { command: 'sql' } })
  await again.submit('SELECT 2 AS N')
  const sent = statements(between.asked)
  assert.deepEqual(
    sent.map(({ body }) => JSON.parse(String((body.parameters as Record<string, string>).QUERY_TAG))),
    [...Array(4).fill({ app: 'firn', ...names }), { app: 'firn', command: 'sql' }],
  )
  assert.equal(sent.filter((each) => sqlOf(each).startsWith('ALTER SESSION')).length, 1)
  const limits = sent.map(({ body }) => (body.parameters as Record<string, number>).STATEMENT_TIMEOUT_IN_SECONDS)
  assert.deepEqual(limits, [90, 90, 90, 90, 86_400])
  assert.deepEqual([warehouse.used().statements, again.used().statements], [7, 1], 'those of a script one by one')
  assert.ok(warehouse.used().seconds > 0)
  await warehouse.close()
})

test('a session that cannot roll back is ended, so that no later DDL commits what it left', async (t) => {
  const between = await openBetween(t, lab.settings.accessUrl!, (asked) =>
    sqlOf(asked) === 'ROLLBACK' ? refused('000603') : undefined,
  )
  await lab.warehouse.query('CREATE OR REPLACE TABLE RAW.LEFT_OVER (N INT)')
  const warehouse = await connectSnowflake({ ...lab.settings, accessUrl: between.accessUrl })
  await assert.rejects(warehouse.transaction(['INSERT INTO RAW.LEFT_OVER VALUES (1)', 'SELECT * FROM RAW.NONE']), {
    name: 'WarehouseError',
    message: /002003/,
  })
  await warehouse.query('DROP TABLE IF EXISTS RAW.NOT_THERE')
  assert.deepEqual(await lab.warehouse.query('SELECT * FROM RAW.LEFT_OVER'), [])
  await warehouse.close()
})

test('what another session has made meanwhile is no failure; what is really there already is one', async (t) => {
  const answers = ['002002']
  const between = await openBetween(t, lab.settings.accessUrl!, (asked) => {
    const code = sqlOf(asked).includes('RAW.RACED') && answers.shift()
    return code ? refused(code) : undefined
  })
  const warehouse = await connectSnowflake({ ...lab.settings, accessUrl: between.accessUrl })
  const made = ['CREATE TABLE IF NOT EXISTS RAW.RACED (N INT)', 'CREATE TABLE RAW.RACED_STAGE (N INT)']
  await warehouse.script(made)
  await assert.rejects(warehouse.script(made), { name: 'WarehouseError', message: /002002.*RACED_STAGE/s })
  await warehouse.close()
})

test('workload identity sends what the cloud vouches for, and neither user nor password', async (t) => {
  const logins: Record<string, string>[] = []
  const between = await openBetween(t, lab.settings.accessUrl!, ({ path, body }) => {
    if (!path.startsWith('/session/v1/login-request')) return undefined
    logins.push(body.data as Record<string, string>)
    return refused('390144')
  })
  const { accessUrl } = between
  const settings = { ...lab.settings, accessUrl }
  // the driver sends such a token to hosts of Snowflake's only, unless told so
  process.env.SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES = '127.0.0.1'
  const refuses = (provider: string) => ({
    name: 'RefusedError',
    message: new RegExp(`workload identity \\(${provider}\\).*setup`),
  })
  const oidc = { provider: 'OIDC', token: 'ey.x.y' } as const
  await assert.rejects(connectSnowflake({ ...settings, workloadIdentity: oidc }), refuses('OIDC'))
  await assert.rejects(connectSnowflake({ ...settings, workloadIdentity: { provider: 'AWS' } }), refuses('AWS'))
  const shown = logins.map(({ AUTHENTICATOR, PROVIDER, PASSWORD, LOGIN_NAME }) => [
    AUTHENTICATOR,
    PROVIDER,
    PASSWORD,
    LOGIN_NAME,
  ])
  assert.deepEqual(shown, [
    ['WORKLOAD_IDENTITY', 'OIDC', undefined, undefined],
    ['WORKLOAD_IDENTITY', 'AWS', undefined, undefined],
  ])
  assert.equal(logins[0]!.TOKEN, 'ey.x.y')
  const attested = JSON.parse(Buffer.from(logins[1]!.TOKEN!, 'base64').toString()) as Record<string, string>
  assert.match(attested.url!, /^https:\/\/sts\.us-east-1\.amazonaws\.com\/\?Action=GetCallerIdentity/)
})
