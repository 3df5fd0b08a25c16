/** Bad input gets a clear error with a remedy, exit status 2, and the warehouse is as it was. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { firn } from '../command-line.ts'
import { stackForTests } from '../stack.ts'
import { deployForTests } from './deployed.ts'

const folders: string[] = []
before(deployForTests)
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const metadata = (tables: unknown): string => {
  const folder = mkdtempSync(join(tmpdir(), 'metadata-'))
  folders.push(folder)
  writeFileSync(join(folder, 'table_metadata.json'), JSON.stringify(tables))
  return folder
}

const refused = async (args: string[], more: Record<string, string>, said: RegExp) => {
  const ended = await firn(args, more)
  assert.equal(ended.status, 2, ended.said)
  assert.match(ended.said, said)
}

test('a misspelt metadata key', () =>
  refused(
    ['run'],
    { FIRN_METADATA: metadata({ orders: { load_strateg: 'full', description: 'x' } }) },
    /did you mean "load_strategy"/,
  ))

test('metadata that is not what is deployed', () =>
  refused(
    ['run'],
    { FIRN_METADATA: metadata({ orders: { load_strategy: 'full', description: 'x' } }) },
    /is not what is deployed.*firn -- deploy/,
  ))

test('a job or table that is not there', async () => {
  await refused(['run', 'dayly'], {}, /no job "dayly": did you mean "daily"/)
  await refused(['run', '--tables', 'order'], {}, /no table "order": did you mean "orders"/)
})

test('a run that is not there', () => refused(['report', 'nope'], {}, /There is no run "nope"/))

test('an unknown command or option', async () => {
  await refused(['rnu'], {}, /Did you mean run/)
  await refused(['run', '--lag', 'x'], {}, /a whole number of seconds is needed/)
})

test('an AWS that does not answer', () =>
  refused(
    ['run'],
    {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'us-east-1',
    },
    /AWS does not answer at http:\/\/127\.0\.0\.1:9/,
  ))

test('doctor names each thing, what was found and the remedy', async () => {
  const good = await firn<{ what: string; ok: boolean }[]>(['doctor'])
  assert.equal(good.status, 0, JSON.stringify(good.document))
  assert.ok(good.document.length >= 5)

  const { mysql, snowflake } = stackForTests()
  const bad = await firn<{ what: string; ok: boolean; found: string; remedy: string }[]>(['doctor'], {
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: String(mysql.port),
    MYSQL_USER: 'nobody',
    MYSQL_PASSWORD: 'planted-secret',
    MYSQL_DATABASE: 'olist',
    SNOWFLAKE_ACCOUNT: 'x',
    SNOWFLAKE_USER: 'firn',
    SNOWFLAKE_PASSWORD: 'planted-secret',
    SNOWFLAKE_DATABASE: 'FIRN',
    SNOWFLAKE_ACCESS_URL: snowflake.accessUrl,
  })
  assert.equal(bad.status, 2)
  const failed = new Map(bad.document.filter(({ ok }) => !ok).map((check) => [check.what, check]))
  assert.deepEqual([...failed.keys()], ['MySQL', 'Snowflake'])
  assert.match(failed.get('MySQL')!.found, /nobody/)
  assert.ok([...failed.values()].every(({ remedy }) => remedy.length > 0))
  assert.ok(!JSON.stringify(bad.document).includes('planted-secret'), 'no secret is told')

  const unreachable = await firn<{ what: string; ok: boolean; found: string }[]>(['doctor'], {
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: '9',
    MYSQL_USER: 'x',
    MYSQL_DATABASE: 'x',
  })
  assert.match(unreachable.document.find(({ what }) => what === 'MySQL')!.found, /127\.0\.0\.1:9/)
})
