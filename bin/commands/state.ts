/** state: how far each target has been loaded, and a person's corrections of it, which are rows of the ledger as loads are. */
import { type Command, InvalidArgumentError } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import { releaseLease, takeLease, targetName } from '../../lib/lease.ts'
import type { TableMetadata, Target } from '../../lib/model.ts'
import { cursorOf } from '../../lib/plan/policies.ts'
import { termsWithoutWhere } from '../../lib/plan/terms.ts'
import { mysqlSettings } from '../../lib/settings.ts'
import { withMysql } from '../../lib/sources/mysql/connect.ts'
import { exactCursor, isBefore } from '../../lib/sources/mysql/cursor-values.ts'
import type { Warehouse } from '../../lib/warehouses/snowflake/connect.ts'
import { CORRECTIONS, type Correction, correctCursor } from '../../lib/warehouses/snowflake/correct-cursor.ts'
import { type LedgerRow, readLedger } from '../../lib/warehouses/snowflake/ledger-history.ts'
import { foldName } from '../../lib/warehouses/snowflake/quote.ts'
import { type Cursor, readCursors } from '../../lib/warehouses/snowflake/standing.ts'
import { readDeployment } from '../deployment.ts'
import { askedMetadata, loadEnvironment } from '../environment.ts'
import { newRunId } from '../executions.ts'
import { answer, table as columns, count } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'

/** How many ledger rows of one table are shown. */
const MOST = 20

const many = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 1000)
    throw new InvalidArgumentError('a whole number from 1 to 1000 is needed')
  return number
}

const metaOf = (name: string): TableMetadata => {
  const { tables, folder } = askedMetadata()
  const found = tables.find(({ table }) => table === name)
  if (!found)
    throw new RefusedError(`${folder} has no table "${name}". It has: ${tables.map(({ table }) => table).join(', ')}`)
  return found
}

const suffixOf = (testMode: boolean | undefined) => (testMode ? '_TEST' : '')

const rowText = (row: LedgerRow): string[] => [
  row.target,
  row.kind,
  row.high ?? '',
  row.cursorColumn ?? '',
  row.runId,
  row.publishedAt,
  count(row.inserted),
  count(row.updated),
  count(row.removed),
  count(row.rowsInTarget),
]

const HEADINGS = [
  ...['target', 'load', 'up to', 'of', 'run', 'published (UTC)'],
  ...['>inserted', '>updated', '>removed', '>rows'],
]

const show = async (name: string | undefined, most: number, suffix: '' | '_TEST') => {
  const target = name === undefined ? undefined : foldName(metaOf(name).table)
  const rows = await withWarehouse((warehouse) =>
    readLedger(warehouse, {
      suffix,
      ...(target ? { target: `${warehouse.schema}${suffix}.${target}` } : {}),
      most: target ? most : 1,
    }),
  )
  answer(
    rows,
    rows.length ? columns(HEADINGS, rows.map(rowText)) : 'Nothing has been loaded yet: npm run -s firn -- run',
  )
}

type Corrected = { meta: TableMetadata; target: Target; cursor: Cursor | undefined; suffix: '' | '_TEST' }

const look = async (warehouse: Warehouse, name: string, suffix: '' | '_TEST'): Promise<Corrected> => {
  const meta = metaOf(name)
  const target = { database: warehouse.database, schema: warehouse.schema + suffix, table: foldName(meta.table) }
  const cursors = await readCursors(warehouse, { suffix, tables: [target.table] })
  const cursor = cursors.get(target.table)
  if (!cursor?.high)
    throw new RefusedError(
      `${target.schema}.${target.table} has no cursor to correct: its next run loads all of it. See how far tables are: npm run -s firn -- state`,
    )
  return { meta, target, cursor, suffix }
}

/** Behind the lease, as every publication; its statements are tagged with its run, as those of a load are. */
const correct = async (
  warehouse: Warehouse,
  { meta, target, cursor, suffix }: Corrected,
  change: Pick<Correction, 'kind' | 'high' | 'columns' | 'terms'>,
): Promise<Correction> => {
  const runId = newRunId()
  warehouse.tag({ job: CORRECTIONS, run: runId, table: meta.table, command: 'state' })
  const { epoch } = await takeLease(target, runId, cursor?.epoch ?? 0)
  try {
    const correction = { ...change, runId, epoch, target, suffix }
    await correctCursor(warehouse, correction)
    return correction
  } finally {
    await releaseLease(targetName(target), runId)
  }
}

const rewind = async (name: string, to: string, suffix: '' | '_TEST') =>
  withWarehouse(async (warehouse) => {
    const found = await look(warehouse, name, suffix)
    const names = cursorOf(found.meta)
    const high = await withMysql(await mysqlSettings(), async (source) => {
      const exact = await exactCursor(source, found.meta.table, names, to)
      if (!(await isBefore(source, found.meta.table, names, { value: exact, limit: found.cursor!.high! })))
        throw new RefusedError(
          `${name} is loaded up to ${found.cursor!.high}, which is not after ${exact}: a cursor goes back by hand, never forward, since the rows between would be left out`,
        )
      return exact
    })
    await correct(warehouse, found, {
      kind: 'rewind',
      high,
      columns: names.join(),
      terms: termsWithoutWhere(found.cursor!.terms),
    })
    answer(
      { table: name, kind: 'rewind', from: found.cursor!.high, to: high },
      `${name}: the cursor was ${found.cursor!.high} and is ${high}. The next run reads what comes after it again, and merges it`,
    )
  })

const reset = async (name: string, suffix: '' | '_TEST') =>
  withWarehouse(async (warehouse) => {
    const found = await look(warehouse, name, suffix)
    await correct(warehouse, found, { kind: 'reset', high: null, columns: null, terms: null })
    answer(
      { table: name, kind: 'reset', from: found.cursor!.high, to: null },
      `${name}: the cursor was ${found.cursor!.high} and is gone. The next run reads the whole table and replaces the target`,
    )
  })

/** Adds the commands. */
export const addState = (program: Command): void => {
  const state = program.command('state').description('how far tables are loaded, and corrections of it')
  const testMode = ['--test-mode', 'of the schemas ending in _TEST'] as const
  state
    .command('show', { isDefault: true })
    .argument('[table]', 'its last loads; the last load of every table when left out')
    .description('the ledger')
    .option('--most <n>', 'how many loads of one table', many, MOST)
    .option(...testMode)
    .action(async (name: string | undefined, options: { most: number; testMode?: boolean }) => {
      loadEnvironment()
      await show(name, options.most, suffixOf(options.testMode))
    })
  state
    .command('rewind')
    .argument('<table>', 'a table with an incremental_column')
    .requiredOption('--to <value>', 'where the next window begins, as MySQL writes it')
    .description('let the next run read from an earlier cursor on; a row of the ledger, and no row of the table')
    .option(...testMode)
    .action(async (name: string, options: { to: string; testMode?: boolean }) => {
      loadEnvironment()
      await readDeployment()
      await rewind(name, options.to, suffixOf(options.testMode))
    })
  state
    .command('reset')
    .argument('<table>', 'a table with an incremental_column')
    .description('let the next run load the whole table, as if it were the first')
    .option(...testMode)
    .action(async (name: string, options: { testMode?: boolean }) => {
      loadEnvironment()
      await readDeployment()
      await reset(name, suffixOf(options.testMode))
    })
}
