/** The whole line against dlt, in turn, several times: everything, 1 % changed, as many new besides, nothing new. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Comparison, compare } from '../../bin/compare.ts'
import { TABLES_FILE } from '../../lib/metadata.ts'
import type { RunRequest } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { changeOlist } from '../../local/olist/change.ts'
import { seedOlist } from '../../local/olist/seed.ts'
import { TABLE_NAMES } from '../../local/olist/tables.ts'
import { type Bench, emptied, measure } from '../measure.ts'
import type { Line, Ran } from './line.ts'

/** Of the jobs, the one that only loads. */
export const JOB = 'load'
const SEED = 42
/** Of the orders, with what belongs to them. */
const CHANGED = 0.01
/** Points of postal codes, 1.0 of all 1.55 million rows: whoever loads orders by the hour copies them once a day. */
const REFERENCE = 'geolocation'

/** One way of doing it. `seconds`: of each repetition; `notRun` says why there are none. `stages`: seconds by name, each repetition. */
export type Entrant = {
  id: string
  label: string
  seconds: number[]
  stages: Record<string, number>[]
  notRun: string | null
}

export type Contest = { entrants: Entrant[]; comparisons: Comparison[]; rows: number }

type At = {
  bench: Bench
  line: Line
  python: string
  repetitions: number
  scale: number
  signal: AbortSignal
  log: (line: string) => void
}

/** The peer's own time in a process that is up and has everything imported, as a warm worker's would be. */
export const WITHOUT_START = 'without its start'

const entrant = (id: string, label: string): Entrant => ({ id, label, seconds: [], stages: [], notRun: null })

/** Where the time of a run went: the states, what workers did inside Tables, and what the machine took between states. */
const partsOf = ({ stages, between, report }: Ran): Record<string, number> => ({
  ...stages,
  between,
  'extract, all workers': report.tables.reduce((sum, { extractSeconds }) => sum + extractSeconds, 0),
  'load, all workers': report.tables.reduce((sum, { loadSeconds }) => sum + loadSeconds, 0),
})

const peer = async (at: At, into: Entrant): Promise<void> => {
  if (into.notRun) return
  const out = emptied(join(at.bench.work, 'dlt'))
  const asked = { mysql: at.line.mysql, tables: TABLE_NAMES, out }
  const script = join(at.bench.root, 'bench', 'peers', 'load_dlt.py')
  const command = [at.python, script, JSON.stringify(asked)]
  const run = await measure(at.bench, { command, environment: {}, quiet: false, files: () => [] }, at.signal)
  if ('failed' in run) into.notRun = run.failed
  else {
    into.seconds.push(run.sample.seconds)
    into.stages.push({ [WITHOUT_START]: run.sample.workSeconds ?? run.sample.seconds })
  }
}

/** The shop's metadata, with a cadence for its one table of reference. Gives the folder. */
const metadataFor = ({ bench }: At): string => {
  const folder = emptied(join(bench.work, 'metadata'))
  cpSync(join(bench.root, 'metadata'), folder, { recursive: true })
  const file = join(folder, TABLES_FILE)
  const tables = JSON.parse(readFileSync(file, 'utf8'))
  tables[REFERENCE].refresh_hours = 24
  writeFileSync(file, JSON.stringify(tables))
  return folder
}

/** Every table, also one that would rest: it moves because it is named. */
export const EVERY: RunRequest = { tables: [...TABLE_NAMES] }

const ours = async (at: At, into: Entrant, request: RunRequest): Promise<Ran> => {
  const ran = await at.line.run({ job: JOB, lagSeconds: 0, ...request })
  into.seconds.push(ran.seconds)
  into.stages.push(partsOf(ran))
  return ran
}

/** Seeds, deploys, warms up, and then takes turns. Throws when a run of ours fails; a peer that does is told as not run. */
export const contest = async (at: At): Promise<Contest> => {
  const { line, log, repetitions } = at
  await Promise.all([line.deploy(metadataFor(at)), seedOlist(line.mysql, { scale: at.scale, seed: SEED, log })])
  const full = entrant('full', 'firn: everything, every target replaced')
  const some = entrant('changed', `firn: 1 % of the orders changed, ${REFERENCE} at rest`)
  const every = entrant('changed-every', 'firn: 1 % of the orders changed, every table read')
  const more = entrant('grown', `firn: 1 % of the orders changed and as many new, ${REFERENCE} at rest`)
  const none = entrant('nothing', 'firn: nothing new, every table read')
  const duckdb = entrant('dlt-duckdb', 'dlt (ConnectorX, staged Parquet) into DuckDB')
  let last = await line.run({ job: JOB, lagSeconds: 0, fullRefresh: true })
  const rows = last.report.rowsRead
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    await peer(at, duckdb)
    await ours(at, full, { fullRefresh: true })
    await changeOlist(line.mysql, { fraction: CHANGED, seed: repetition, adds: false })
    await ours(at, some, {})
    await changeOlist(line.mysql, { fraction: CHANGED, seed: repetition + repetitions, adds: false })
    await ours(at, every, EVERY)
    await changeOlist(line.mysql, { fraction: CHANGED, seed: repetition })
    await ours(at, more, {})
    last = await ours(at, none, EVERY)
    const told = [duckdb, full, some, every, more, none].map(
      ({ id, seconds }) => `${id} ${seconds.at(-1)?.toFixed(2) ?? '–'} s`,
    )
    log(`repetition ${repetition}: ${told.join(', ')}`)
  }
  const plan = await runFolder({ job: JOB, runId: last.report.runId }).plan()
  return { entrants: [full, some, every, more, none, duckdb], comparisons: await compare(plan), rows }
}
