/**
 * What a way into the warehouse must do, and what all of them share. The contract:
 *
 * - `copy` takes one part or more, from the one at a place on: every row of those is then in the stage table once, or it throws
 *   and none is.
 * - It gives the rows loaded of each part it took, as they were counted on the way; who calls holds them against the manifest.
 * - What is asked twice, since the first time TimeIsOver was thrown, goes on: it takes the same parts again, and no row twice.
 * - Before rows move the bytes are known to be those of the manifest: by size and ETag, by sha256 where they pass through here.
 * - `end` leaves nothing of the load behind but the stage table. It is called once, however the load ended.
 *
 * test/lib/warehouses/snowflake/routes/contract.live.test.ts runs every route through the same suite.
 */
import { AuditError } from '../../../errors.ts'
import type { Column, LoadRoute, Part, Target } from '../../../model.ts'
import type { Row, Warehouse } from '../connect.ts'
import { quoteTarget, quoteText } from '../quote.ts'
import type { Stint } from '../stint.ts'

/** One table's files on their way into its stage table. */
export type Copying = {
  warehouse: Warehouse
  table: string
  columns: Column[]
  runId: string
  stage: Target
  /** Those that have rows. */
  parts: Part[]
  /** What may take long is run by it, and may be running already. */
  stint: Stint
}

/** Rows by file; null for a file that the warehouse did not speak of. */
export type Loaded = (number | null)[]

export type Route = {
  name: LoadRoute
  copy: (load: Copying, at: number) => Promise<Loaded>
  end: (load: Copying) => Promise<void>
}

/** COPY takes at most this many names ("COPY INTO <table>": FILES). */
const FILES_PER_COPY = 1000

/** The parts from a place on that make one COPY: so many bytes, or one file that is larger. */
export const batchOf = (parts: Part[], at: number, bytes: number): Part[] =>
  firstOf(parts.slice(at, at + FILES_PER_COPY), bytes)

/** The first parts that fit together, at least one. */
export const firstOf = (parts: Part[], bytes: number): Part[] => {
  let sum = 0
  const end = parts.findIndex((part) => {
    sum += part.bytes
    return sum > bytes
  })
  return end < 0 ? parts : parts.slice(0, Math.max(end, 1))
}

/** Runs the COPY of the parts from a place on, or goes on waiting for it. */
export const runCopy = ({ stint }: Copying, at: number, sql: string): Promise<Row[]> => stint.run(copyAt(at), sql)

/** Whether that COPY has been started by an earlier invocation: its files are where they must be. */
export const isCopying = ({ stint }: Copying, at: number): boolean => stint.isRunning(copyAt(at))

const copyAt = (at: number) => `copy from file ${at}`

/** What to do about a file that is not what it should be. The next run reads the rows again. */
export const nothingPublished = (runId: string): string =>
  `Nothing was published; retry the run: npm run -s firn -- retry ${runId}`

/**
 * Files are named relative to `from`, a stage's reference with a path that ends in a slash. Without USE_LOGICAL_TYPE
 * timestamps are read as numbers, with BINARY_AS_TEXT bytes as text; ON_ERROR is the only one the vectorized scanner and we agree on.
 */
export const copySql = (stage: Target, from: string, files: string[]): string =>
  `COPY INTO ${quoteTarget(stage)}
FROM ${from}
FILES = (${files.map(quoteText).join(', ')})
FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE USE_VECTORIZED_SCANNER = TRUE BINARY_AS_TEXT = FALSE)
MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE
ON_ERROR = ABORT_STATEMENT`

const lastName = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/**
 * Rows COPY says it loaded of each file, in the order of `files`; null for one it does not speak of. COPY names files by
 * their whole path or by a part of it, so they are known by their last name, which is unique within a COPY.
 */
export const loadedRows = (files: string[], answer: Row[]): Loaded => {
  const loaded = new Map(answer.map((row) => [lastName(String(row.file)), Number(row.rows_loaded)]))
  return files.map((file) => loaded.get(lastName(file)) ?? null)
}

/** Holds what was loaded, from the part at a place on, against the manifest. Gives how many rows that was. Throws AuditError naming the file that differs. */
export const checkLoaded = ({ table, runId, parts }: Copying, at: number, loaded: Loaded): number => {
  let sum = 0
  for (const [i, found] of loaded.entries()) {
    const { key, rows } = parts[at + i]!
    if (found !== rows)
      throw new AuditError(
        `${table}: the file ${key} holds ${rows} rows and ${found ?? 'none'} were loaded. ${nothingPublished(runId)}`,
      )
    sum += rows
  }
  return sum
}
