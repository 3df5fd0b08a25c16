/** Staged files into the stage table: COPY from an explicit list, and its answer held against what was written. */
import { AuditError } from '../../errors.ts'
import type { Part, Target } from '../../model.ts'
import type { Row, Warehouse } from './connect.ts'
import { FIRN_SCHEMA } from './ddl.ts'
import { quoteTarget, quoteText, stageReference } from './quote.ts'

/** COPY takes at most this many names ("COPY INTO <table>": FILES). */
const FILES_PER_COPY = 1000

/** The external stage at the root of the staging bucket. */
export const LAKE = 'LAKE'

/**
 * Keys are relative to the bucket's root. Without USE_LOGICAL_TYPE timestamps are read as numbers, with BINARY_AS_TEXT
 * bytes as text; ON_ERROR is the only one the vectorized scanner and we agree on.
 */
export const copySql = (stage: Target, keys: string[]): string =>
  `COPY INTO ${quoteTarget(stage)}
FROM ${stageReference(stage.database, FIRN_SCHEMA, LAKE)}/
FILES = (${keys.map(quoteText).join(', ')})
FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE USE_VECTORIZED_SCANNER = TRUE BINARY_AS_TEXT = FALSE)
MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE
ON_ERROR = ABORT_STATEMENT`

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/**
 * Rows COPY says it loaded, all files together. COPY names files by their whole path or by a part of it, so they are
 * known by their last name, which is unique within a table. Throws AuditError naming the file that differs.
 */
export const checkCopied = (table: string, parts: Part[], answer: Row[]): number => {
  const loaded = new Map(answer.map((row) => [baseName(String(row.file)), Number(row.rows_loaded)]))
  let rows = 0
  for (const part of parts) {
    const found = loaded.get(baseName(part.key))
    if (found !== part.rows)
      throw new AuditError(
        `${table}: the file ${part.key} holds ${part.rows} rows and COPY loaded ${found ?? 'none'}. Nothing was published; retry the run: npm run -s firn -- retry <run>`,
      )
    rows += found
  }
  return rows
}

/** Copies every part that has rows. Gives how many rows were loaded. Throws AuditError, WarehouseError. */
export const copyParts = async (warehouse: Warehouse, table: string, stage: Target, parts: Part[]): Promise<number> => {
  const full = parts.filter(({ rows }) => rows > 0)
  let rows = 0
  for (let at = 0; at < full.length; at += FILES_PER_COPY) {
    const some = full.slice(at, at + FILES_PER_COPY)
    const keys = some.map(({ key }) => key)
    rows += checkCopied(table, some, await warehouse.query(copySql(stage, keys)))
  }
  return rows
}
