/** replay, backfill: rows that were missed or lost are loaded again, as a run of their own; the cursor stays where it is. */
import type { Command } from 'commander'
import { readDeployment } from '../deployment.ts'
import { loadEnvironment } from '../environment.ts'
import { jobOfRun, namesOption, startAndFollow, tellOutcome } from './run.ts'

/** Adds the commands. */
export const addReplay = (program: Command): void => {
  program
    .command('replay')
    .argument('<run>', 'the id of a run')
    .description("load a run's staged files again, without MySQL; nothing newer is overwritten, and the cursor stays")
    .option('--tables <a,b>', 'only these tables of the run', namesOption)
    .action(async (runId: string, { tables }: { tables?: string[] }) => {
      loadEnvironment()
      await readDeployment()
      const job = await jobOfRun(runId)
      tellOutcome(await startAndFollow({ job, replayOf: runId, ...(tables ? { tables } : {}) }))
    })
  program
    .command('backfill')
    .argument('<table>', 'a table with an incremental_column')
    .description('read the rows between two values of the cursor again and merge them; the cursor stays')
    .requiredOption('--from <value>', 'the first, as MySQL writes it')
    .requiredOption('--to <value>', 'the last')
    .option('--job <job>', 'a job of metadata/jobs.json that has the table; its default when left out')
    .action(async (table: string, { from, to, job }: { from: string; to: string; job?: string }) => {
      loadEnvironment()
      tellOutcome(await startAndFollow({ ...(job ? { job } : {}), tables: [table], backfill: { from, to } }))
    })
}
