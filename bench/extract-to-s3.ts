/**
 * Tables → Parquet in the staging bucket by the Extract function itself, two tables at a time: this process and one more,
 * as two Lambdas would. Plans, takes the leases, extracts; MYSQL_* say from where, AWS_* and FIRN_BUCKET where to.
 *
 *     node bench/extract-to-s3.ts --tables orders,customers --run-id by-hand
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { handler } from '../functions/extract.ts'
import { takeLease } from '../lib/lease.ts'
import type { ChunkNames, Plan } from '../lib/model.ts'
import { runFolder } from '../lib/run-folder.ts'
import { mysqlSettings } from '../lib/settings.ts'
import { withMysql } from '../lib/sources/mysql/connect.ts'
import { plansOf } from './plan.ts'

const JOB = 'bench'
/** Where a Lambda asks how long it still has: long enough here. */
const CONTEXT = { getRemainingTimeInMillis: () => 900_000, functionName: 'extract' }

type Next = () => Promise<ChunkNames | null>

const invoke = handler as unknown as (names: ChunkNames, context: typeof CONTEXT) => Promise<{ done: boolean }>

/** Extracts what it is given until there is no more; a chunk that says "go on" is gone on with. */
const work = async (next: Next): Promise<void> => {
  for (let names = await next(); names; names = await next()) while (!(await invoke(names, CONTEXT)).done);
}

/** The other process's side: asks its parent, which answers with names or null. */
const asWorker = async (): Promise<void> => {
  await work(async () => {
    const answer = once(process, 'message')
    process.send!('next')
    return ((await answer)[0] as { names: ChunkNames | null }).names
  })
  process.disconnect()
}

/** Answers the other process's questions; settled when it has ended. Throws when it failed. */
const serve = async (worker: ChildProcess, next: Next): Promise<void> => {
  worker.on('message', async () => worker.send({ names: await next() }))
  const [status] = await once(worker, 'exit')
  if (status !== 0) throw new Error(`the second process ended with status ${status}`)
}

/** Largest tables first, as in a run, with the leases that Extract renews. */
const planRun = async (tables: string[], runId: string): Promise<Plan> => {
  const plans = await withMysql(await mysqlSettings(), (connection) => plansOf(connection, tables))
  plans.sort((a, b) => b.estimatedRows * b.columns.length - a.estimatedRows * a.columns.length)
  // targets of its own: the leases of the run before are nobody's to give back
  for (const { target } of plans) target.schema = runId
  const leases = await Promise.all(plans.map(({ target }) => takeLease(target, runId)))
  const plan: Plan = {
    ...{ job: JOB, runId, request: {}, codeVersion: 'bench', metadataDigest: '' },
    ...{ plannedAt: new Date().toISOString(), schemaSuffix: '', transform: false, neverLoaded: [] },
    tables: plans.map((table, i) => ({ ...table, epoch: leases[i]!.epoch })),
  }
  await runFolder(plan).putPlan(plan)
  return plan
}

const asParent = async (tables: string[], runId: string): Promise<void> => {
  const startedAt = performance.now()
  const worker = fork(import.meta.filename, ['--worker'])
  const planning = planRun(tables, runId)
  const queue = planning.then(({ tables }) =>
    tables.flatMap(({ table, chunks }) => chunks.map(({ id }) => ({ job: JOB, runId, table, chunk: id }))),
  )
  const next: Next = async () => (await queue).shift() ?? null
  await Promise.all([serve(worker, next), work(next)])
  const plan = await planning
  const folder = runFolder(plan)
  const files: Record<string, string[]> = {}
  let rows = 0
  for (const { table, chunks } of plan.tables) {
    const results = await folder.chunks(
      table,
      chunks.map(({ id }) => id),
    )
    rows += results.reduce((sum, result) => sum + result.rows, 0)
    files[table] = results.flatMap(({ parts }) => parts.map(({ key }) => key))
  }
  console.log(JSON.stringify({ rows, seconds: (performance.now() - startedAt) / 1000, files }))
}

const { values } = parseArgs({
  options: { tables: { type: 'string' }, 'run-id': { type: 'string' }, worker: { type: 'boolean' } },
})
if (values.worker) await asWorker()
else if (values.tables && values['run-id']) await asParent(values.tables.split(','), values['run-id'])
else throw new Error('--tables NAME,… and --run-id NAME are needed')
