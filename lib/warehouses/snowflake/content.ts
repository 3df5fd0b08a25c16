/** What a whole copy brings, told by its files: extraction writes the same rows into the same bytes. */
import { createHash } from 'node:crypto'
import { snowflakeType } from '../../columns/types.ts'
import type { ChunkResult, Column, TablePlan } from '../../model.ts'
import { publishedSql } from './json.ts'

/** Whether a load is one whole table as it is now: the same again changes nothing. */
export const isWholeCopy = ({ kind, publish }: Pick<TablePlan, 'kind' | 'publish'>): boolean =>
  kind === 'full' && publish === 'replace'

/** What becomes of a column's values on their way from a file into the target: another release may say otherwise. */
const way = (column: Column) => [column.name, column.type, snowflakeType(column), publishedSql(column, column.name)]

/**
 * 64 hexadecimal digits over the columns and every file's SHA-256, in order; null for a load that is not a whole copy of a
 * table. Chunks that were cut elsewhere give others although the rows are the same, which only costs a load.
 */
export const contentOf = (
  { kind, publish, columns, key }: Pick<TablePlan, 'kind' | 'publish' | 'columns' | 'key'>,
  chunks: Pick<ChunkResult, 'parts'>[],
): string | null => {
  if (!isWholeCopy({ kind, publish })) return null
  const files = chunks.flatMap(({ parts }) => parts.map(({ sha256, rows }) => [sha256, rows]))
  return createHash('sha256')
    .update(JSON.stringify([columns.map(way), key, files]))
    .digest('hex')
}
