/** reconcile: compares MySQL and the warehouse row by row, without moving the rows; and repairs what differs. */
import { type Command, InvalidArgumentError } from 'commander'
import { jobNamed, tablesOf } from '../../lib/metadata.ts'
import { type Reconciled, reconcileTables } from '../../lib/reconcile/reconcile.ts'
import { mysqlSettings, snowflakeSettings } from '../../lib/settings.ts'
import { withMysql } from '../../lib/sources/mysql/connect.ts'
import { readDeployment } from '../deployment.ts'
import { askedMetadata, loadEnvironment } from '../environment.ts'
import { newRunId } from '../executions.ts'
import { reconcileText } from '../reconcile-text.ts'
import { answer, endWith } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'

type ReconcileOptions = { job?: string; fetch?: boolean; repair?: boolean; cap?: number; showKeys?: boolean }

const share = (text: string): number => {
  const number = Number(text)
  if (!(number > 0 && number <= 100)) throw new InvalidArgumentError('a number above 0, and at most 100, is needed')
  return number
}

const reconcile = async (names: string[], options: ReconcileOptions): Promise<Reconciled[]> => {
  const metadata = askedMetadata()
  // what is read is put where runs put it
  if (options.repair || options.fetch) await readDeployment()
  const job = jobNamed(metadata, options.job ?? metadata.defaultJob)
  const tables = tablesOf(metadata, job, names.length ? names : undefined)
  const [mysql, settings] = await Promise.all([mysqlSettings(), snowflakeSettings()])
  const input = { names: { job: job.job, runId: newRunId() }, metadata, job, tables }
  const repair = options.repair ? { capPercent: options.cap ?? null } : null
  return withMysql(mysql, (source) =>
    withWarehouse(
      (warehouse) => reconcileTables(input, { source, warehouse, settings }, { fetch: options.fetch === true, repair }),
      settings,
    ),
  )
}

/** Without the keys of rows, which are cell values. */
const shown = ({ compared, ...rest }: Reconciled, showKeys: boolean) => {
  if (!compared) return { ...rest, compared }
  const { differences, ...counts } = compared
  const keys = differences.map(({ verdict, values, rows }) => ({ verdict, key: values, rows }))
  return { ...rest, compared: showKeys ? { ...counts, differences: keys } : counts }
}

/** Adds the command. Ends with 0 when all is equal (or has been repaired), 1 when something differs, 2 when a table was refused. */
export const addReconcile = (program: Command): void => {
  program
    .command('reconcile')
    .argument('[tables...]', 'tables of the job; all of them when left out')
    .description('compare MySQL and the warehouse by checksums, and find the rows that differ')
    .option('--job <job>', 'a job of metadata/jobs.json, instead of its default')
    .option('--fetch', 'compare FLOAT, DOUBLE and JSON as well, by reading those columns from MySQL')
    .option('--repair', 'read the rows that differ from MySQL again, and publish them')
    .option('--cap <percent>', 'repair up to this share of a table, instead of 10 per cent', share)
    .option('--show-keys', 'print keys of rows that differ: they are cell values')
    .action(async (names: string[], options: ReconcileOptions) => {
      loadEnvironment()
      const found = await reconcile(names, options)
      const showKeys = options.showKeys === true
      answer(
        found.map((each) => shown(each, showKeys)),
        reconcileText(found, showKeys),
      )
      if (found.some(({ refused }) => refused !== null)) endWith(2)
      if (found.some(({ differs, repaired }) => differs && !repaired)) endWith(1)
    })
}
