/** A preview as people read it. */

import type { PublishMode } from '../lib/model.ts'
import type { Cost, StageCost } from '../lib/plan/preview/cost.ts'
import type { RunPreview } from '../lib/plan/preview/run.ts'
import type { PreviewedColumn, Statement, TablePreview } from '../lib/plan/preview/table.ts'
import { restingText } from './report-text.ts'
import { bold, count, dim, red, size, table } from './terminal.ts'

const WORDS: Partial<Record<PublishMode, string>> = { merge: 'merged', append: 'appended' }

const how = ({ kind, publish, sweep }: TablePreview): string =>
  publish === 'rebuild' || publish === 'none'
    ? publish === 'none'
      ? 'refused'
      : 'all, rebuilt'
    : kind === 'full'
      ? 'full, replaced'
      : publish === 'replace'
        ? 'all, then by window'
        : `${sweep ? 'sweep, ' : ''}window, ${WORDS[publish] ?? publish}`

const windowText = ({ window, publish }: TablePreview): string => {
  if (!window) return ''
  const begin = window.from ?? (publish === 'replace' ? 'no beginning' : 'the beginning')
  const overlap = window.from !== window.low && window.low !== null ? ` (last end ${window.low}, less the overlap)` : ''
  return `${window.columns.join(', ')} from ${begin}${overlap} to ${window.high ?? 'no row yet'}`
}

const overview = (tables: TablePreview[]): string =>
  table(
    ['table', 'load', 'window', '>chunks', '>about rows', '>in MySQL', 'target'],
    tables.map((each) => [
      each.table,
      how(each),
      windowText(each),
      count(each.chunks.length),
      count(each.rows),
      size(each.bytes),
      each.target,
    ]),
  )

const columnLine = ({ name, mysql, snowflake, policies }: PreviewedColumn): string[] => [
  `    ${name}`,
  mysql,
  snowflake,
  Object.entries(policies)
    .map(([policy, action]) => `${policy}: ${action}`)
    .join(', '),
]

const indented = (text: string, spaces: number) => text.replace(/^/gm, ' '.repeat(spaces))

const statementText = ({ what, sql }: Statement): string => `  ${dim(`-- ${what}`)}\n${indented(`${sql};`, 4)}`

/** The first and the last; all of them when asked for. */
const chunksText = (mysql: Statement[], all: boolean): string[] => {
  if (all || mysql.length <= 2) return mysql.map(statementText)
  const between = mysql.length - 2
  return [
    statementText(mysql[0]!),
    dim(`  -- ${count(between)} more ${between === 1 ? 'chunk' : 'chunks'} like it: --sql shows every one`),
    statementText(mysql.at(-1)!),
  ]
}

const sweepText = ({ sweep }: TablePreview): string[] =>
  sweep
    ? [
        `  swept first: all keys are read, in ${count(sweep.chunks.length)} ${sweep.chunks.length === 1 ? 'chunk' : 'chunks'}, and rows without one are ${sweep.how === 'soft' ? 'marked as deleted' : 'deleted'}; more than ${sweep.cap} % of them ask first`,
      ]
    : []

const section = (preview: TablePreview, all: boolean): string =>
  [
    '',
    bold(`${preview.table} → ${preview.target}`),
    `  key: ${preview.key.join(', ') || 'none'}; read in the order of: ${preview.chunkColumns.join(', ') || 'none'}`,
    ...sweepText(preview),
    table(['    column', 'MySQL', 'Snowflake', 'policies'], preview.columns.map(columnLine)),
    ...preview.drift.map(({ column, change, detail }) => `  drift: ${column} ${change}: ${detail}`),
    ...preview.warnings.map((warning) => `  ! ${warning}`),
    ...preview.problems.map((problem) => red(`  refused: ${problem}`)),
    bold('  to MySQL'),
    ...chunksText(preview.mysql, all),
    ...chunksText(preview.sweep?.mysql ?? [], all),
    ...(preview.sweep ? [bold('  to Snowflake, for the sweep'), ...preview.sweep.snowflake.map(statementText)] : []),
    ...(preview.snowflake.length ? [bold('  to Snowflake'), ...preview.snowflake.map(statementText)] : []),
  ].join('\n')

const costLine = ({ stage, table: name, invocations, seconds, memoryMb, gbSeconds, from }: StageCost): string[] => [
  stage,
  name ?? '',
  count(invocations),
  seconds.toFixed(1),
  count(memoryMb),
  gbSeconds.toFixed(1),
  from,
]

const costText = ({ stages, gbSeconds, usd, price }: Cost): string =>
  [
    table(['stage', 'table', '>times', '>seconds', '>MB', '>GB-seconds', 'reckoned from'], stages.map(costLine)),
    `Lambda: about ${gbSeconds.toFixed(0)} GB-seconds, ${usd.toFixed(4)} USD at ${price.usdPerGbSecond} USD a GB-second (${price.architecture}, ${price.region}, ${price.asOf}: ${price.source}); requests, the free tier and Snowflake apart`,
  ].join('\n')

export type ShownPlan = RunPreview & { notes: string[] }

/** The whole preview; `all`: every chunk's statement. */
export const planText = ({ job, tables, resting, cost, notes }: ShownPlan, all: boolean): string => {
  const problems = tables.flatMap(({ table: name, problems }) => problems.map((problem) => `${name}: ${problem}`))
  return [
    bold(`Job ${job}: ${count(tables.length)} tables. Nothing is written, taken or made by this.`),
    '',
    ...(tables.length ? [overview(tables)] : []),
    ...resting.map(restingText),
    ...tables.map((preview) => section(preview, all)),
    '',
    dim(
      '<run>, <attempt>, <started>, the epoch and every count are what a run fills in; a run that reads no row makes no stage table',
    ),
    '',
    costText(cost),
    ...notes,
    ...problems.map((problem) => red(`refused: ${problem}`)),
  ].join('\n')
}
