/** plan: what a run would do and cost, before anything is written. */
import type { Command } from 'commander'
import { RefusedError, UnavailableError } from '../../lib/errors.ts'
import { jobNamed, tablesOf } from '../../lib/metadata.ts'
import type { Metadata, RunRequest } from '../../lib/model.ts'
import type { PastLoad } from '../../lib/plan/preview/cost.ts'
import { readPastLoads } from '../../lib/plan/preview/past-loads.ts'
import { previewRun, type RunPreview } from '../../lib/plan/preview/run.ts'
import { PLACEHOLDERS } from '../../lib/plan/preview/table.ts'
import { mysqlSettings, snowflakeSettings } from '../../lib/settings.ts'
import { withMysql } from '../../lib/sources/mysql/connect.ts'
import { NEEDS } from '../../lib/stacks/stages.ts'
import { readDeployment } from '../deployment.ts'
import { askedMetadata, loadEnvironment } from '../environment.ts'
import { planText, type ShownPlan } from '../plan-text.ts'
import { answer, endWith } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'
import { addRequestOptions, type RunOptions, requestOf } from './run.ts'

const MEMORY = {
  plan: NEEDS.plan.memoryMb,
  extract: NEEDS.extract.memoryMb,
  load: NEEDS.load.memoryMb,
  transform: NEEDS.transform.memoryMb,
  report: NEEDS.report.memoryMb,
}

type Deployed = { past: Map<string, PastLoad>; notes: string[] }

/** What is deployed tells how long tables took; a preview can do without. */
const deployed = async (metadata: Metadata): Promise<Deployed> => {
  try {
    const { metadataDigest } = await readDeployment()
    const past = await readPastLoads()
    const other = `${metadata.folder} is not what is deployed: a run needs npm run -s firn -- deploy first`
    return { past, notes: metadataDigest === metadata.digest ? [] : [other] }
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof UnavailableError)) throw error
    return { past: new Map(), notes: [`No past runs to reckon with: ${error.message}`] }
  }
}

const preview = async (metadata: Metadata, request: RunRequest, past: Deployed['past']): Promise<RunPreview> => {
  const job = jobNamed(metadata, request.job ?? metadata.defaultJob)
  const tables = tablesOf(metadata, job, request.tables)
  const names = { job: job.job, runId: PLACEHOLDERS.runId }
  const [mysql, settings] = await Promise.all([mysqlSettings(), snowflakeSettings()])
  return withMysql(mysql, (source) =>
    withWarehouse(
      (warehouse) =>
        previewRun(
          { names, request, metadata, job, tables, retried: null },
          { source, warehouse, settings },
          { past, memory: MEMORY },
        ),
      settings,
    ),
  )
}

/** Adds the command. */
export const addPlan = (program: Command): void => {
  const command = program
    .command('plan')
    .argument('[job]', 'a job of metadata/jobs.json; its default when left out')
    .description('show what a run would read, send and cost, before anything is written')
  addRequestOptions(command)
    .option('--sql', "every chunk's statement, not only the first and the last")
    .action(async (job: string | undefined, options: RunOptions & { sql?: boolean }) => {
      loadEnvironment()
      const metadata = askedMetadata()
      const { past, notes } = await deployed(metadata)
      const shown: ShownPlan = { ...(await preview(metadata, requestOf(job, options), past)), notes }
      answer(shown, planText(shown, options.sql === true))
      if (shown.tables.some(({ problems }) => problems.length)) endWith(2)
    })
}
