import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { handler } from '../../functions/transform.ts'
import type { LoadResult, Plan, TransformResult } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { logger } from '../../lib/stage.ts'
import { uploadDbtProject } from '../../lib/warehouses/snowflake/dbt-project.ts'
import { type Lab, openLab, orders } from '../lib/warehouses/snowflake/lab.ts'

let lab: Lab
before(async () => {
  logger.setLogLevel('SILENT')
  lab = await openLab('TRANSFORM_TESTS')
  await lab.warehouse.query('CREATE TABLE RAW.ORDERS (ORDER_ID VARCHAR, PRICE NUMBER(10,2))')
  await uploadDbtProject(lab.warehouse, join(import.meta.dirname, 'project'), lab.settings)
})
after(() => lab.warehouse.close())

const transform = async (runId: string): Promise<{ done: boolean }> => handler({ job: 'daily', runId }, {} as never)

const finished = async (runId: string) => {
  // as long as the state machine's Wait, so that dbt has the processor
  while (!(await transform(runId)).done) await setTimeout(500)
  return (await runFolder({ job: 'daily', runId }).transform())!
}

/** A run whose tables are `published` or not, and that asks for dbt. */
const run = async (runId: string, published: string[], others: string[], changes: Partial<Plan> = {}) => {
  const folder = runFolder({ job: 'daily', runId })
  const plan: Plan = {
    job: 'daily',
    runId,
    request: {},
    codeVersion: 'test',
    metadataDigest: '',
    plannedAt: '2026-01-01T00:00:00Z',
    schemaSuffix: '',
    transform: true,
    neverLoaded: [],
    tables: [...published, ...others].map((table) => orders(lab, table)),
    ...changes,
  }
  await folder.putPlan(plan)
  for (const table of published) await folder.putLoad({ table, status: 'published' } as LoadResult)
  return folder
}

const setOrders = (values: string) =>
  lab.warehouse.transaction(['DELETE FROM RAW.ORDERS', `INSERT INTO RAW.ORDERS VALUES ${values}`])

test('dbt is submitted, then looked after, and its counts are kept', async () => {
  await setOrders("('o1', 1), ('o2', NULL)")
  const folder = await run('good', ['orders'], [])
  assert.deepEqual(await transform('good'), { done: false })
  const running = (await folder.transform())!
  assert.equal(running.status, 'running')
  assert.match(running.queryId!, /^[0-9a-f-]{36}$/)
  const { queryId, startedAt, seconds, used, ...result } = await finished('good')
  assert.equal(queryId, running.queryId, 'submitted once')
  assert.ok(seconds > 0 && Date.parse(startedAt) > 0)
  assert.deepEqual([used!.seconds, used!.from], [seconds, startedAt], 'dbt has the warehouse from its start to its end')
  assert.ok(used!.statements <= 2, 'one that submits it, and one for a new session')
  assert.deepEqual(result, {
    status: 'passed',
    models: { passed: 4, failed: 0, skipped: 0 },
    tests: { passed: 4, failed: 0, warned: 1, skipped: 0 },
    failed: [],
    leftOut: [],
    neverLoaded: [],
    message: null,
  } satisfies Partial<TransformResult>)
  assert.deepEqual(await transform('good'), { done: true }, 'again: nothing is started')
})

test('a failed test fails the stage, by name, and what hangs on it is skipped', async () => {
  await setOrders("('o1', 1), ('o1', 2)")
  const folder = await run('bad', ['orders'], [])
  await assert.rejects(finished('bad'), {
    name: 'TransformFailedError',
    message: /^dbt: unique_orders_order_id failed$/,
  })
  const result = (await folder.transform())!
  assert.equal(result.status, 'failed')
  assert.deepEqual(result.failed, ['unique_orders_order_id'])
  assert.match(result.message!, /Failure in test unique_orders_order_id/)
  assert.ok(result.models.skipped > 0)
  await assert.rejects(transform('bad'), { name: 'TransformFailedError' }, 'again: it stays failed')
})

test('models downstream of a table that was not published are left out; with none published, all of dbt', async () => {
  await run('part', ['sellers'], ['orders'])
  const part = await finished('part')
  assert.deepEqual([part.status, part.leftOut, part.models.passed], ['passed', ['orders'], 1])
  const none = await run('none', [], ['orders'])
  assert.deepEqual(await transform('none'), { done: true })
  assert.deepEqual(
    [(await none.transform())?.status, (await none.transform())?.message],
    ['skipped', 'No table was published'],
  )
})

test('a job that asks for no dbt gets none', async () => {
  const folder = await run('plain', ['orders'], [], { transform: false })
  assert.deepEqual(await transform('plain'), { done: true })
  assert.equal((await folder.transform())?.status, 'skipped')
})

test('of two executions at once the second is told to come again, and then succeeds', async () => {
  await setOrders("('o1', 1)")
  await run('one', ['orders'], [])
  const folder = await run('two', ['orders'], [])
  assert.deepEqual(await Promise.all([transform('one'), transform('two')]), [{ done: false }, { done: false }])
  const later = async (runId: string): Promise<TransformResult> => {
    for (;;) {
      try {
        return await finished(runId)
      } catch (error) {
        assert.equal((error as Error).name, 'UnavailableError')
        refused.add(runId)
      }
    }
  }
  const refused = new Set<string>()
  const results = await Promise.all([later('one'), later('two')])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['passed', 'passed'],
  )
  assert.equal(refused.size, 1)
  assert.equal((await folder.transform())?.status, 'passed')
})
