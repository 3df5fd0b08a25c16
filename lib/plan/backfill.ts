/** What a backfill reads: the rows between two cursors, again. The cursor itself stays where it is. */
import type { Connection } from 'mysql2/promise'
import { RefusedError } from '../errors.ts'
import type { RunRequest, TableMetadata, Window } from '../model.ts'
import { clocksOf } from '../sources/mysql/clocks.ts'
import { textRows } from '../sources/mysql/connect.ts'
import { exactCursor, isBefore, readCursor } from '../sources/mysql/cursor-values.ts'
import { quoteText } from '../sources/mysql/quote.ts'
import type { Shape } from './plan-tables.ts'
import { cursorOf } from './policies.ts'

/**
 * The hour that clocks of the cursor's zone showed twice, as for a window that ends where the backfill does; of several the
 * last. Undefined where no zone is declared, and for cursors that are no wall clock.
 */
const repeatedIn = async (
  connection: Connection,
  { table, cursor_time_zone: zone }: TableMetadata,
  columns: string[],
  { low, high }: { low: string; high: string },
): Promise<Window['repeated']> => {
  const { kind } = await readCursor(connection, table, columns)
  if (!zone || kind !== 'datetime') return undefined
  const spanSql = `SELECT UTC_TIMESTAMP(6), TIMESTAMPDIFF(SECOND, ${quoteText(low)}, ${quoteText(high)})`
  const [now, seconds] = (await textRows(connection, spanSql))[0]! as [string, string]
  return clocksOf(zone, { lagged: now, low: high, lagSeconds: 0, overlap: Number(seconds) }).repeated
}

/**
 * By key, and never over newer rows; without a key in the place of the rows between the same two cursors. Throws
 * RefusedError for a table without a cursor, a bound that is no value of it, and bounds in the wrong order.
 */
export const shapeOfBackfill = async (
  connection: Connection,
  meta: TableMetadata,
  { from, to }: NonNullable<RunRequest['backfill']>,
): Promise<Shape> => {
  const columns = cursorOf(meta)
  if (columns.length === 0)
    throw new RefusedError(
      `table_metadata.json: ${meta.table} has no incremental_column to tell which rows a backfill is of. Load all of it: npm run -s firn -- run --full-refresh --tables ${meta.table}`,
    )
  const [low, high] = [
    await exactCursor(connection, meta.table, columns, from),
    await exactCursor(connection, meta.table, columns, to),
  ]
  if (await isBefore(connection, meta.table, columns, { value: high, limit: low }))
    throw new RefusedError(
      `A backfill of ${meta.table} from ${low} to ${high} has no rows: its ends are the wrong way round`,
    )
  const repeated = await repeatedIn(connection, meta, columns, { low, high })
  const window: Window = { columns, low: null, from: low, high, nullCursor: 'exclude' }
  return {
    kind: 'backfill',
    publish: meta.load_strategy === 'append' ? 'append' : 'merge',
    window: repeated ? { ...window, repeated } : window,
  }
}
