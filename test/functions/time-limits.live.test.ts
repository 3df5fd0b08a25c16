/** Every statement of a worker ends before the worker does: the limits that reach Snowflake are of the time that Lambda says is left. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Context } from 'aws-lambda'
import { handler as extract } from '../../functions/extract.ts'
import { handler as load } from '../../functions/load.ts'
import { handler as plan } from '../../functions/plan.ts'
import { handler as transform } from '../../functions/transform.ts'
import { logger } from '../../lib/stage.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { openBetween } from '../lib/warehouses/snowflake/between.ts'
import { type Lab, openLab } from '../lib/warehouses/snowflake/lab.ts'

const { settings, run } = await makeDatabase('time_limits')
const metadata = mkdtempSync(join(tmpdir(), 'firn-time-limits-'))
after(() => rmSync(metadata, { recursive: true }))

let lab: Lab
before(async () => {
  logger.setLogLevel('SILENT')
  lab = await openLab('TIME_LIMITS_TESTS')
  Object.assign(process.env, {
    FIRN_METADATA: metadata,
    MYSQL_HOST: settings.host,
    MYSQL_PORT: String(settings.port),
    MYSQL_USER: settings.user,
    MYSQL_PASSWORD: settings.password,
    MYSQL_DATABASE: settings.database,
  })
  const write = (name: string, value: object) => writeFileSync(join(metadata, name), JSON.stringify(value))
  write('table_metadata.json', { orders: { load_strategy: 'full', description: 'Orders' } })
  write('jobs.json', { default: 'all', jobs: { all: { description: 'All', tables: '*', transform: true } } })
  await run('CREATE TABLE orders (id INT PRIMARY KEY, note JSON); INSERT INTO orders VALUES (1, NULL), (2, NULL)')
})
after(() => lab.warehouse.close())

const SECONDS = 120
const RESERVE = 30
const context = { getRemainingTimeInMillis: () => SECONDS * 1000 } as Context

type Sent = { sql: string; seconds: number }

/** What a stage sends on a session of its own, as a new worker would. */
const sentBy = async (t: TestContext, stage: () => Promise<unknown>): Promise<Sent[]> => {
  const { accessUrl, asked } = await openBetween(t, lab.settings.accessUrl!, () => undefined)
  process.env.SNOWFLAKE_ACCESS_URL = accessUrl
  await stage()
  return asked
    .filter(({ path }) => path.startsWith('/queries/v1/query-request'))
    .map(({ body }) => ({
      sql: String(body.sqlText),
      seconds: (body.parameters as Record<string, number>).STATEMENT_TIMEOUT_IN_SECONDS!,
    }))
}

/** First words of those that may take longer than their worker. */
const lasting = (sent: Sent[]) =>
  sent.filter(({ seconds }) => !(seconds <= SECONDS - RESERVE)).map(({ sql }) => sql.split(/\s+/, 2).join(' '))

test('what Plan, Load and Transform send ends before they do, but for COPY, audit, publication and dbt', async (t) => {
  const names = { job: 'all', runId: 'r1' }
  const table = { ...names, table: 'orders' }
  const planned = await sentBy(t, () => plan({ ...names, request: {} }, context) as Promise<unknown>)
  assert.ok(planned.length >= 2)
  assert.deepEqual(lasting(planned), [])
  await extract({ ...table, chunk: '0' }, context)
  const loaded = await sentBy(t, () => load(table, context) as Promise<unknown>)
  assert.ok(loaded.length >= 6)
  assert.deepEqual(lasting(loaded), ['COPY INTO', 'SELECT COUNT(*)', 'BEGIN TRANSACTION;'])
  // there is no project: what is sent is the same
  const transformed = await sentBy(t, () => (transform(names, context) as Promise<unknown>).catch(() => {}))
  assert.ok(transformed.length >= 2)
  assert.deepEqual(lasting(transformed), ['EXECUTE DBT'])
})
