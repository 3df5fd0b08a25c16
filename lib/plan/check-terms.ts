/** Rows that would be laid beside others that were read under other terms: refused, with what mends it. Pure. */
import type { FoundTarget, RunRequest, SourceTable, TableMetadata } from '../model.ts'
import type { Cursor } from '../warehouses/snowflake/standing.ts'
import { cursorOf } from './policies.ts'
import { changedValues, isOtherWhere } from './terms.ts'

type Checked = {
  meta: TableMetadata
  source: SourceTable
  found: FoundTarget
  cursor: Cursor | undefined
  /** Today's. */
  terms: string
  request: RunRequest
}

/** Whether rows come beside those that are there. A backfill says itself which. */
const staysBeside = ({ meta, cursor, request }: Checked): boolean => {
  if (request.backfill) return true
  const isWhole = request.fullRefresh || request.accept || request.testMode
  return !isWhole && cursorOf(meta).length > 0 && (cursor?.high ?? null) !== null
}

/** What is wrong with one table, in words: at most one finding. */
export const termsProblems = (checked: Checked): string[] => {
  const { meta, source, found, cursor, terms, request } = checked
  if (!cursor || !staysBeside(checked)) return []
  const refresh = `npm run -s firn -- run --full-refresh --tables ${meta.table}`
  const changed = changedValues({ before: cursor.terms, now: terms, columns: source.columns, found })
  if (changed.length)
    return [
      `table_metadata.json: ${meta.table}: ${changed.join('; ')}. The rows that are loaded would stay as they are, beside others. Load all of it once: ${refresh}`,
    ]
  if (request.backfill || !isOtherWhere(cursor.terms, terms)) return []
  return [
    `table_metadata.json: ${meta.table}: "where" is not what it was at the last load, so that rows below the cursor may belong to the table now, or not any more, and no window would tell. Load all of it once: ${refresh}; or say from which cursor on rows are read again: npm run -s firn -- state rewind ${meta.table} --to VALUE (state reset ${meta.table}: all of them)`,
  ]
}
