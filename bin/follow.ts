/** Follows a run while it happens: a line per table, redrawn in place in a terminal, else said once when it changes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { REFUSALS } from '../lib/errors.ts'
import type { LoadResult, Names, Plan, RunReport } from '../lib/model.ts'
import { type RunFolder, runFolder } from '../lib/run-folder.ts'
import { chunkIds } from '../lib/sweep.ts'
import { describeExecution, type Execution } from './executions.ts'
import { count, draw, isLive, say, size } from './terminal.ts'

const POLL_MILLISECONDS = 250
/** An aborted run's report is written by the rule on its status: it comes a little later. */
const REPORT_WAIT_SECONDS = 20

type View = { state: string; rows: number; bytes: number; seconds: number; since: number }
type Progress = { plan: Plan | null; views: Map<string, View>; seen: Set<string>; drawn: number }

const text = (name: string, view: View, width: number) =>
  `  ${name.padEnd(width)}  ${view.state.padEnd(15)} ${count(view.rows).padStart(11)} rows ${size(view.bytes).padStart(9)} ${view.seconds.toFixed(1).padStart(6)} s`

const redraw = (progress: Progress) => {
  const width = Math.max(...[...progress.views.keys()].map((name) => name.length))
  if (progress.drawn) draw(`\x1b[${progress.drawn}A`)
  for (const [name, view] of progress.views) draw(`\x1b[2K${text(name, view, width)}\n`)
  progress.drawn = progress.views.size
}

const tell = (progress: Progress, name: string) => {
  const width = Math.max(...[...progress.views.keys()].map((each) => each.length))
  if (!isLive()) say(text(name, progress.views.get(name)!, width))
}

const onChunk = async (folder: RunFolder, progress: Progress, table: string, chunk: string) => {
  const result = await folder.chunk(table, chunk)
  const view = progress.views.get(table)
  if (!result || !view) return
  const plan = progress.plan!.tables.find((each) => each.table === table)!
  // keys of a sweep are no rows
  if (plan.chunks.some(({ id }) => id === chunk)) view.rows += result.rows
  view.bytes += result.bytes
  const chunks = chunkIds(plan).length
  const done = [...progress.seen].filter(
    (key) => key.startsWith(`${encodeURIComponent(table)}/`) && isChunk(key),
  ).length
  view.state = done === chunks ? 'loading' : `extracted ${done}/${chunks}`
}

const isChunk = (key: string) => /\/s?\d+\.json$/.test(key)

const onLoad = (progress: Progress, table: string, load: LoadResult | null) => {
  const view = progress.views.get(table)
  if (!view) return
  view.state = load ? 'published' : 'failed'
  view.seconds = (Date.now() - view.since) / 1000
  tell(progress, table)
}

const look = async (folder: RunFolder, progress: Progress) => {
  const fresh = (await folder.keys()).filter((key) => !progress.seen.has(key))
  if (!progress.plan && fresh.includes('plan.json')) {
    progress.plan = await folder.plan()
    for (const { table } of progress.plan.tables)
      progress.views.set(table, { state: 'waiting', rows: 0, bytes: 0, seconds: 0, since: Date.now() })
    const { tables, resting } = progress.plan
    const rows = tables.reduce((total, each) => total + each.estimatedRows, 0)
    const rest = resting ? `; at rest: ${resting.map(({ table }) => table).join(', ')}` : ''
    say(`planned ${tables.length} tables, about ${count(rows)} rows${rest}`)
  }
  if (!progress.plan) return
  for (const key of fresh) {
    progress.seen.add(key)
    const table = decodeURIComponent(key.split('/')[0]!)
    if (isChunk(key)) await onChunk(folder, progress, table, key.slice(key.lastIndexOf('/') + 1, -'.json'.length))
    else if (key.endsWith('/load.json')) onLoad(progress, table, await folder.load(table))
    else if (key.endsWith('/failure.json')) onLoad(progress, table, null)
    else if (key === 'transform.json' && (await folder.transform())?.status === 'running') say('dbt started')
  }
  if (isLive()) redraw(progress)
}

export type Followed = { report: RunReport | null; execution: Execution; status: 0 | 1 | 2 }

const awaitReport = async (folder: RunFolder, execution: Execution): Promise<RunReport | null> => {
  const until = Date.now() + (execution.status === 'SUCCEEDED' ? 0 : REPORT_WAIT_SECONDS * 1000)
  for (;;) {
    const report = await folder.report()
    if (report || Date.now() >= until) return report
    await sleep(POLL_MILLISECONDS)
  }
}

/** Until the execution has ended. `status` is the exit status it means: 2 when it was refused rather than failed. */
export const follow = async (names: Names, arn: string): Promise<Followed> => {
  const folder = runFolder(names)
  const progress: Progress = { plan: null, views: new Map(), seen: new Set(), drawn: 0 }
  let execution = await describeExecution(arn)
  while (execution.status === 'RUNNING') {
    await sleep(POLL_MILLISECONDS)
    await look(folder, progress)
    execution = await describeExecution(arn)
  }
  await look(folder, progress)
  const report = await awaitReport(folder, execution)
  const refused = [...REFUSALS, 'UnavailableError'].includes(execution.error ?? '')
  return { report, execution, status: execution.status === 'SUCCEEDED' ? 0 : refused ? 2 : 1 }
}
