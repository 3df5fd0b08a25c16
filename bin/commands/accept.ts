/** accept: a person lets targets that no longer fit be rebuilt as MySQL has them now. */
import type { Command } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import { jobNamed, tablesOf } from '../../lib/metadata.ts'
import type { Job, Metadata, RunRequest, TablePlan } from '../../lib/model.ts'
import { planTables } from '../../lib/plan/plan-tables.ts'
import { mysqlSettings, snowflakeSettings } from '../../lib/settings.ts'
import { withMysql } from '../../lib/sources/mysql/connect.ts'
import { confirmed } from '../confirm.ts'
import { askedMetadata, loadEnvironment } from '../environment.ts'
import { newRunId } from '../executions.ts'
import { say } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'
import { startAndFollow, tellOutcome } from './run.ts'

type Options = { job?: string; yes?: boolean }

/** The job that is named, else the default, else the first that has the tables. */
const jobOf = (metadata: Metadata, tables: string[], named: string | undefined): Job => {
  if (named) return jobNamed(metadata, named)
  const first = jobNamed(metadata, metadata.defaultJob)
  const has = (job: Job) => job.tables === '*' || tables.every((table) => job.tables.includes(table))
  return [first, ...metadata.jobs].find(has) ?? first
}

/** What the run would plan: nothing is taken or written by asking. */
const planned = async (metadata: Metadata, job: Job, request: RunRequest): Promise<TablePlan[]> => {
  const tables = tablesOf(metadata, job, request.tables)
  const names = { job: job.job, runId: newRunId() }
  const [mysql, settings] = await Promise.all([mysqlSettings(), snowflakeSettings()])
  const found = await withMysql(mysql, (source) =>
    withWarehouse(
      (warehouse) =>
        planTables({ names, request, metadata, job, tables, retried: null }, { source, warehouse, settings }),
      settings,
    ),
  )
  return found.tables
}

const told = ({ table, target, found, drift }: TablePlan): string[] => {
  const name = `${target.schema}.${target.table}`
  if (found.columns === null) return [`${table}: ${name} is not there: it is made`]
  const same = drift.length ? '' : ', although it is as MySQL has it'
  return [
    `${table}: ${name} is rebuilt beside from all of MySQL's rows, and takes its own place with its grants${same}`,
    ...drift.map(({ column, change, detail }) => `  ${column} ${change}: ${detail}`),
  ]
}

/** Adds the command. */
export const addAccept = (program: Command): void => {
  program
    .command('accept')
    .argument('<tables...>', 'tables whose change in MySQL is meant')
    .description('rebuild targets that no longer fit as MySQL has them now; columns that MySQL no longer has go')
    .option('--job <job>', 'a job of metadata/jobs.json that has the tables; else its default, else the first that has')
    .option('--yes', 'do not ask')
    .action(async (tables: string[], { job: named, yes }: Options) => {
      loadEnvironment()
      const metadata = askedMetadata()
      const job = jobOf(metadata, tables, named)
      const request: RunRequest = { job: job.job, tables, accept: true, fullRefresh: true }
      const plans = await planned(metadata, job, request)
      const refused = plans.flatMap((plan) => plan.refused ?? [])
      if (refused.length) throw new RefusedError(refused.join('\n'))
      for (const line of plans.flatMap(told)) say(line)
      if (!yes && !(await confirmed('Rebuild?')))
        throw new RefusedError('Nothing was rebuilt: it takes a yes at a terminal, or --yes')
      tellOutcome(await startAndFollow(request))
    })
}
