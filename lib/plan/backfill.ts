/** What a backfill reads: the rows between two cursors, again. The cursor itself stays where it is. */
import type { Connection } from 'mysql2/promise'
import { RefusedError } from '../errors.ts'
import type { RunRequest, TableMetadata } from '../model.ts'
import { exactCursor, isBefore } from '../sources/mysql/cursor-values.ts'
import type { Shape } from './plan-tables.ts'
import { cursorOf } from './policies.ts'

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
  return {
    kind: 'backfill',
    publish: meta.load_strategy === 'append' ? 'append' : 'merge',
    window: { columns, low: null, from: low, high, nullCursor: 'exclude' },
  }
}
