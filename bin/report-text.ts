/** A run's report as people read it. */
import type { PolicyCount, PublishMode, Resting, RunReport, Swept, TableReport } from '../lib/model.ts'
import { bold, count, dim, green, red, seconds, size, table } from './terminal.ts'

const HEADINGS = [
  'table',
  'state',
  '>rows read',
  '>staged',
  '>inserted',
  '>updated',
  '>kept',
  '>boundary',
  '>in warehouse',
  '>bytes',
  '>seconds',
  '>statements',
  '>warehouse s',
]

const STATES: Record<PublishMode, string> = {
  replace: 'replaced',
  merge: 'merged',
  append: 'appended',
  rebuild: 'rebuilt',
  unchanged: 'unchanged',
  none: 'left',
}

const line = (each: TableReport): string[] => {
  const load = each.load
  if (!load) return [each.table, each.status]
  return [
    each.table,
    STATES[load.publish],
    count(load.rowsRead),
    count(load.rowsStaged),
    count(load.inserted),
    count(load.updated),
    count(load.kept),
    count(load.boundaryRows),
    count(load.rowsInTarget),
    size(load.bytes),
    (each.extractSeconds + each.loadSeconds).toFixed(1),
    ...(load.used ? [count(load.used.statements), load.used.seconds.toFixed(1)] : []),
  ]
}

const transformLine = (report: RunReport): string => {
  const dbt = report.transform
  if (!dbt) return 'dbt: not reached'
  if (dbt.status === 'skipped') return `dbt: skipped${dbt.message ? ` (${dbt.message})` : ''}`
  const { models, tests } = dbt
  const failed = models.failed + tests.failed
  const numbers = `${models.passed} models built, ${tests.passed} tests passed${failed ? `, ${failed} failed: ${dbt.failed.join(', ')}` : ''}`
  const left = dbt.leftOut.length ? `; left out, downstream of what failed: ${dbt.leftOut.join(', ')}` : ''
  const never = dbt.neverLoaded.length ? `; without what was never loaded: ${dbt.neverLoaded.join(', ')}` : ''
  return `dbt: ${numbers} in ${seconds(dbt.seconds)}${left}${never}`
}

/** Rows re-read at a window's edge are no change: said once, where they are counted. */
const boundaryLine = (report: RunReport): string[] =>
  report.boundaryRows
    ? [
        `${count(report.boundaryRows)} boundary rows were read again, to miss none that shares the last window's final moment; merging them changed nothing`,
      ]
    : []

const counted = (rows: number, one: string, many: string) => `${count(rows)} ${rows === 1 ? one : many}`

const policyText = ({ policy, rows, value }: PolicyCount): string => {
  switch (policy) {
    case 'zero_date':
      return `${counted(rows, 'zero date', 'zero dates')} became ${value === 'sentinel' ? '0001-01-01' : 'NULL'}`
    case 'oversize':
      return `${counted(rows, 'value was', 'values were')} cut to the longest that Snowflake takes`
    case 'invalid_utf8':
      return `${counted(rows, 'text', 'texts')} with bytes that are no UTF-8 had them replaced by U+FFFD`
    default:
      return `${counted(rows, 'value', 'values')} changed`
  }
}

const sweptText = ({ how, keys, removed, returned }: Swept): string => {
  const back = returned ? `; ${counted(returned, 'marked row is', 'marked rows are')} there again` : ''
  const went = how === 'hard' ? 'deleted' : 'marked as deleted'
  return `swept ${counted(keys, 'key', 'keys')}: ${counted(removed, 'row', 'rows')} gone from MySQL ${went}${back}`
}

/** What rests is said, so that nobody takes it for new. */
export const restingText = ({ table: name, copiedSecondsAgo, refreshHours }: Resting): string =>
  `${name}: rests: its last whole copy was ${(copiedSecondsAgo / 3600).toFixed(1)} h old, and refresh_hours is ${refreshHours}. To copy it all the same: --tables ${name}`

/** Under the table: what took more than one go, what policies did, what people should look at. */
const notes = ({ table: name, chunks, pieces, files, load, policies, warnings }: TableReport): string[] => [
  ...(pieces > chunks
    ? [
        `${name}: ${counted(chunks, 'chunk', 'chunks')} in ${count(pieces)} pieces, each a snapshot of its own; ${counted(files, 'file', 'files')}`,
      ]
    : []),
  ...(load?.swept ? [`${name}: ${sweptText(load.swept)}`] : []),
  ...(load?.route === 'internal' || load?.route === 'insert'
    ? [`${name}: loaded by the route ${load.route}: ${load.routeReason}`]
    : []),
  ...((load?.pieces ?? 1) > 1 ? [`${name}: loaded in ${count(load!.pieces!)} goes, one Lambda after the other`] : []),
  ...policies.map((each) => `${name}.${each.column}: ${policyText(each)} (${each.policy})`),
  ...warnings.map((warning) => `${name}: ${warning}`),
]

/** Reports of older releases have no estimate. */
const warehouseLine = ({ warehouse, runId }: RunReport): string[] => {
  if (!warehouse) return []
  const { statements, seconds: computing, awakeSeconds, credits } = warehouse
  return [
    `Snowflake: ${counted(statements, 'statement', 'statements')} of ours, ${seconds(computing)} with one under way (those side by side share the warehouse); an estimate: ${seconds(awakeSeconds)} awake until it sleeps, ${credits.toFixed(4)} credits if it is an X-Small that nobody else uses. What was attributed, hours later: npm run -s firn -- cost ${runId}`,
  ]
}

/** The whole report. */
export const reportText = (report: RunReport): string => {
  const good = report.status === 'succeeded'
  const state = good ? green(report.status) : red(report.status)
  const drift = report.tables.flatMap(({ table: name, drift }) =>
    drift.map((each) => `drift: ${name}.${each.column} ${each.change}: ${each.detail}`),
  )
  const failures = report.failures.map(({ table: name, failure }) =>
    red(`${name ?? 'run'}: ${failure.stage}: ${failure.name}: ${failure.message}`),
  )
  return [
    bold(`Run ${report.runId} of job ${report.job}: `) +
      state +
      (report.reason && !report.failures.length ? `: ${report.reason}` : ''),
    ...(report.tables.length ? ['', table(HEADINGS, report.tables.map(line)), ''] : []),
    ...boundaryLine(report),
    ...report.tables.flatMap(notes),
    ...(report.resting ?? []).map(restingText),
    ...drift,
    ...failures,
    transformLine(report),
    ...warehouseLine(report),
    dim(
      `${count(report.rowsPublished)} rows, ${size(report.bytes)} of Parquet; plan to published ${seconds(report.loadSeconds)}, with dbt ${seconds(report.seconds)}; largest worker ${count(report.peakMemoryMb)} MB`,
    ),
  ].join('\n')
}
