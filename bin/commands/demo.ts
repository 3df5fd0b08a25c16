/** demo: the main job from nothing, twice: everything, then what 1 % of changes made of it. Green only if every number holds. */
import { type Command, InvalidArgumentError } from 'commander'
import { RefusedError, RunFailedError } from '../../lib/errors.ts'
import type { RunReport } from '../../lib/model.ts'
import { runFolder } from '../../lib/run-folder.ts'
import { mysqlSettings } from '../../lib/settings.ts'
import { takeLock } from '../../local/lock.ts'
import { changeOlist } from '../../local/olist/change.ts'
import { seededAs, seedOlist } from '../../local/olist/seed.ts'
import { down, up } from '../../local/twins.ts'
import { type Comparison, compare } from '../compare.ts'
import { readDeployment } from '../deployment.ts'
import { home, isHere, isLocal, loadEnvironment, ROOT } from '../environment.ts'
import { listExecutions, stopExecution } from '../executions.ts'
import { reportText } from '../report-text.ts'
import { answer, bold, count, dim, endWith, green, red, say, seconds, table } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'
import { deploy } from './deploy.ts'
import { startAndFollow } from './run.ts'
import { SEED } from './seed.ts'
import { rowsText } from './sql.ts'

const MART = 'SELECT * FROM MARTS.MART_MONTHLY_SALES ORDER BY 1 LIMIT 5'
const CHANGED = 0.01
/** The tables that change, and are incremental. */
const MERGED = ['orders', 'order_items', 'order_payments', 'order_reviews']

type Changes = Record<string, { inserted: number; updated: number }>
type Finding = { what: string; holds: boolean; detail: string }
type Timing = { step: string; seconds: number }

const timings: Timing[] = []

const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  say(bold(`\n▸ ${name}`))
  const start = performance.now()
  const result = await work()
  timings.push({ step: name, seconds: (performance.now() - start) / 1000 })
  return result
}

const log = (line: string) => say(dim(`  ${line}`))

/** The demo seeds, changes and replaces: nothing but servers on this machine may be meant. */
const refuseForeign = () => {
  const { MYSQL_HOST = '', SNOWFLAKE_ACCESS_URL } = process.env
  const foreign = [
    ...(['127.0.0.1', 'localhost'].includes(MYSQL_HOST) ? [] : ['MYSQL_HOST']),
    ...(isLocal() ? [] : ['AWS_ENDPOINT_URL (or AWS credentials)']),
    ...(SNOWFLAKE_ACCESS_URL && isHere(SNOWFLAKE_ACCESS_URL) ? [] : ['SNOWFLAKE_ACCOUNT']),
  ]
  if (foreign.length)
    throw new RefusedError(
      `The demo fills, changes and replaces tables, and ${foreign.join(', ')} of .env or the environment is not on this machine. Take it out to see the demo; to try your own servers: npm run -s firn -- run --test-mode`,
    )
}

/** What an earlier demo was killed over must not hold targets: only on the twin, where nobody else runs. */
const stopLeftovers = async () => {
  if (!isLocal()) return
  const { stateMachineArn } = await readDeployment()
  for (const { arn, runId } of await listExecutions(stateMachineArn, 100, true)) {
    log(`stopping run ${runId}, left over from before`)
    await stopExecution(arn, 'left over from an earlier demo')
  }
}

const seed = async (scale: number) => {
  const mysql = await mysqlSettings()
  const there = await seededAs(mysql)
  if (there?.scale === scale && there.seed === SEED)
    return log('Olist is there already, with what earlier demos changed in it')
  const { rows } = await seedOlist(mysql, { scale, seed: SEED, log })
  log(`${count(Object.values(rows).reduce((total, each) => total + each, 0))} rows`)
}

const run = async (fullRefresh: boolean): Promise<{ report: RunReport; comparisons: Comparison[] }> => {
  const { report, execution } = await startAndFollow({ fullRefresh, lagSeconds: 0 })
  if (!report)
    throw new RunFailedError(
      `run ${execution.runId} ended ${execution.status} without a report: ${execution.error}: ${execution.cause}`,
    )
  say(`\n${reportText(report)}`)
  if (report.status !== 'succeeded') throw new RunFailedError(report.reason ?? 'the run failed')
  const plan = await runFolder({ job: report.job, runId: report.runId }).plan()
  return { report, comparisons: await compare(plan) }
}

const equalEnds = (comparisons: Comparison[]): Finding[] =>
  comparisons.map(({ table: name, mysqlRows, warehouseRows, sums, differs }) => ({
    what: name,
    holds: differs.length === 0,
    detail: `${count(mysqlRows)} rows in MySQL, ${count(warehouseRows)} in the warehouse${sums ? `, ${sums} exact sums` : ''}${differs.length ? `: ${differs.join(', ')} differ` : ''}`,
  }))

/** First run: read = staged = in the warehouse. */
const wholeRun = (report: RunReport): Finding[] =>
  report.tables.map(({ table: name, load }) => ({
    what: name,
    holds: load !== null && load.rowsRead === load.rowsStaged && load.rowsStaged === load.rowsInTarget,
    detail: load
      ? `${count(load.rowsRead)} read = ${count(load.rowsStaged)} staged = ${count(load.rowsInTarget)} in the warehouse`
      : 'not loaded',
  }))

/** Second run: of the incremental tables only what changed moved, boundary rows apart. */
const changedOnly = (report: RunReport, changes: Changes): Finding[] =>
  report.tables
    .filter(({ table: name }) => MERGED.includes(name))
    .map(({ table: name, load }) => {
      const expected = changes[name] ?? { inserted: 0, updated: 0 }
      const updated = (load?.updated ?? 0) - (load?.boundaryRows ?? 0)
      return {
        what: name,
        holds: load?.publish === 'merge' && load.inserted === expected.inserted && updated === expected.updated,
        detail: `${count(load?.inserted ?? 0)} of ${count(expected.inserted)} new rows, ${count(updated)} of ${count(expected.updated)} changed rows moved, ${count(load?.boundaryRows ?? 0)} boundary rows apart`,
      }
    })

const tell = (title: string, findings: Finding[]) => {
  say(`\n${bold(title)}`)
  say(
    table(
      ['', '', ''],
      findings.map(({ what, holds, detail }) => [what, holds ? green('✓') : red('✗'), detail]),
    )
      .split('\n')
      .slice(1)
      .join('\n'),
  )
}

const closing = (keepsTwins: boolean) =>
  keepsTwins
    ? `The twins are up. Look around:
  npm run -s firn -- runs
  npm run -s firn -- report
  npm run -s firn -- sql "SELECT * FROM MARTS.FCT_ORDERS LIMIT 5"
  npm run -s firn -- status
Stop them: npm run -s firn -- down`
    : 'The twins are stopped, since CI is set'

/** What the demo does between taking the lock and giving it back. */
const demo = async (scale: number) => {
  const start = performance.now()
  await step('twins of MySQL, AWS and Snowflake', () => up({ home: home(), root: ROOT, log }))
  loadEnvironment()
  refuseForeign()
  await step('the CDK app, deployed', async () => {
    await deploy(true)
    await stopLeftovers()
  })
  await step('Olist in MySQL', () => seed(scale))
  const first = await step('the main job: everything', () => run(true))
  const changes = await step('1 % of the orders changed and added in MySQL', async () =>
    changeOlist(await mysqlSettings(), { fraction: CHANGED, seed: Date.now() }),
  )
  const second = await step('the main job again: only what changed', () => run(false))
  const rows = await withWarehouse((warehouse) => warehouse.query(MART))

  const findings = {
    first: [...wholeRun(first.report), ...equalEnds(first.comparisons)],
    second: [...changedOnly(second.report, changes), ...equalEnds(second.comparisons)],
  }
  tell('First run: everything arrived', findings.first)
  tell('Second run: what changed arrived, and nothing else of the incremental tables moved', findings.second)
  say(`\n${bold('MARTS.MART_MONTHLY_SALES')}\n${rowsText(rows)}`)
  const total = (performance.now() - start) / 1000
  say(
    `\n${timings.map(({ step: name, seconds: took }) => `${seconds(took).padStart(8)}  ${name}`).join('\n')}\n${seconds(total).padStart(8)}  in all`,
  )
  const good = [...findings.first, ...findings.second].every(({ holds }) => holds)
  return { good, seconds: total, timings, first: first.report, second: second.report, changes, findings }
}

/** Adds the command. */
export const addDemo = (program: Command): void => {
  program
    .command('demo')
    .description('everything at once, on this machine: set-up, twins, data, deploy, two runs, the proof')
    .option(
      '--scale <x>',
      'size against the real Olist: 1 is 1,550,922 rows',
      (text) => {
        if (!(Number(text) > 0)) throw new InvalidArgumentError('a number above 0 is needed')
        return Number(text)
      },
      1,
    )
    .action(async ({ scale }: { scale: number }) => {
      const release = takeLock(home(), 'demo')
      const keepsTwins = process.env.CI !== 'true'
      try {
        const result = await demo(scale)
        answer(
          result,
          `\n${result.good ? green('Every number holds.') : red('Not every number holds: see ✗ above.')}\n\n${closing(keepsTwins)}`,
        )
        endWith(result.good ? 0 : 1)
      } finally {
        if (!keepsTwins) await down({ home: home(), log })
        release()
      }
    })
}
