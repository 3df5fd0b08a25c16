/** Every shape that two files share. Imports nothing; units are in the names. */

// ---------------------------------------------------------------------------------------------- what the states pass

/** The names a stage receives. Everything else is read from, and written to, the run folder. */
export type Names = { job: string; runId: string }
export type TableNames = Names & { table: string }
export type ChunkNames = TableNames & { chunk: string }

/** What a person or a schedule asks for: the input of an execution. Every field may be left out; `{}` is the default job. */
export type RunRequest = {
  job?: string
  /** Only these tables of the job. */
  tables?: string[]
  /** Read everything again and replace the target, incremental tables included. */
  fullRefresh?: boolean
  /** At most 1,000 rows a table, into schemas ending in `_TEST`. */
  testMode?: boolean
  /** Overrides the job's `lag_seconds`. */
  lagSeconds?: number
  /** The run whose failed tables are tried again over the same windows. */
  retryOf?: string
  /** The run whose staged files are loaded again, without MySQL. The cursor stays where it is, and nothing newer is overwritten. */
  replayOf?: string
  /** Rows of the one table in `tables` whose cursor lies between these, both inclusive, are read again. The cursor stays. */
  backfill?: { from: string; to: string }
  /** Sweep for deleted rows now, whatever the tables' cadence says; false: not in this run. */
  sweep?: boolean
  /** Overrides the tables' `sweep_cap`. Per cent. */
  sweepCap?: number
  /** Tables whose change of schema a person has accepted: they are rebuilt beside the target, which they then replace. */
  accept?: boolean
  /** The time a schedule fired for: a second delivery of the same one ends `skipped`. ISO 8601. */
  scheduledAt?: string
}

// ---------------------------------------------------------------------------------------------- metadata

export type LoadStrategy = 'full' | 'incremental' | 'append'

/** One table in `metadata/table_metadata.json`, as written there plus its name. */
export type TableMetadata = {
  table: string
  load_strategy: LoadStrategy
  /** The cursor. Of several columns the first that is not NULL counts, row by row. Not for `full`, which has none. */
  incremental_column?: string | string[]
  /** The zone whose clocks a DATETIME or DATE cursor shows, such as `Europe/Berlin`. Without it: UTC or the server's own. */
  cursor_time_zone?: string
  /** What to do with rows whose cursor is NULL. A nullable cursor without this is refused. */
  null_cursor?: 'include' | 'exclude' | 'error'
  /** Stands in for the primary key where the source declares none. */
  unique_key?: string[]
  /** Re-read this much before the last window, for rows that arrive late. Seconds, or units of an integer cursor. */
  overlap?: number
  /** About how many rows one Lambda reads. */
  chunk_rows?: number
  /** Parquet files are closed at about this size, compressed. MB of 1024 × 1024 bytes. */
  target_file_mb?: number
  /** Only these columns move; or all but these. At most one of the two. */
  columns?: string[]
  exclude?: string[]
  /** What becomes of target rows whose key is gone from MySQL. Only with `incremental`. Default `ignore`. */
  deletes?: Deletes
  /** At most one sweep for deleted rows in so many hours. Default 24; 0 is every run. */
  sweep_hours?: number
  /** A sweep that would delete a larger share of the target's rows than this asks instead. Per cent, default 10. */
  sweep_cap?: number
  /** At most one whole copy in so many hours: in runs between, the table rests. Only with `full`. Default 0, every run. */
  refresh_hours?: number
  /** What becomes of columns that MySQL has and the target has not, or the other way round. Default `evolve`. */
  schema_changes?: SchemaChanges
  /** An SQL condition of MySQL's: only rows that meet it belong to the table, as far as the warehouse is concerned. */
  where?: string
  /** Policies for single columns; they win over the table's own. */
  column_policies?: Record<string, ColumnPolicies>
  description: string
} & Omit<ColumnPolicies, 'mask'>

/** `soft`: the row stays and `_FIRN_DELETED_AT` tells when it was found gone. `hard`: the row goes. */
export type Deletes = 'ignore' | 'soft' | 'hard'

/**
 * `evolve`: columns are added and widened as MySQL's are. `freeze`: any difference refuses the table. `discard`: what the
 * target cannot hold is left out, and named.
 */
type SchemaChanges = 'evolve' | 'freeze' | 'discard'

/** What becomes of values that have no exact place in the warehouse, and of those that nobody may see. Each has one default. */
export type ColumnPolicies = {
  /** Dates with a part that is zero or a day that no month has. Default `null`. `sentinel` is 0001-01-01. */
  zero_date?: 'null' | 'error' | 'sentinel'
  /** What TINYINT(1) is. Default `number`. */
  tinyint1?: 'number' | 'boolean'
  /** Text or bytes longer than Snowflake's longest. Default `error`. */
  oversize?: 'error' | 'truncate'
  /** Bytes in a text column that are no UTF-8. Default `error`. */
  invalid_utf8?: 'error' | 'replace'
  /** DECIMAL of more than 38 digits: refused at plan time, or moved as text. Default `error`. */
  decimal_overflow?: 'error' | 'string'
  /** Worked out inside MySQL, so that the value never leaves it. No default. */
  mask?: 'sha256' | 'null'
}

export type PolicyName = keyof ColumnPolicies

/** How often a policy acted on a column's values in one chunk or table; `mask` is not counted. `value`: what it was set to, in reports. */
export type PolicyCount = { column: string; policy: PolicyName; rows: number; value?: string }

/** One job in `metadata/jobs.json`. */
export type Job = {
  job: string
  description: string
  /** `*`, or names of tables in table_metadata.json. */
  tables: '*' | string[]
  /** An EventBridge Scheduler expression, and the IANA zone it is read in. */
  schedule?: string
  time_zone?: string
  /** Rows younger than this are left to the next run, so that transactions still open are not missed. */
  lag_seconds: number
  /** Whether the dbt project is built after loading. */
  transform: boolean
  /** The Snowflake warehouse that computes for it; left out, the one of the settings. */
  warehouse?: string
}

/** A JSON Schema of one table's rows, as in `metadata/schema/<table>.json`: see `columnSchema` in lib/columns. */
export type TableSchema = {
  title: string
  properties: Record<string, Record<string, unknown>>
  required?: string[]
}

export type Metadata = {
  folder: string
  tables: TableMetadata[]
  jobs: Job[]
  defaultJob: string
  schemas: Record<string, TableSchema>
  /** sha256 over the files' content: what is deployed is compared with what is asked for. */
  digest: string
}

// ---------------------------------------------------------------------------------------------- the source

/**
 * A column as MySQL's catalogue tells it. `type` is COLUMN_TYPE, such as `decimal(10,2)` or `bigint(20) unsigned`; `json`
 * also where MariaDB spells it longtext with a check. `policies` are those the metadata declares for it, table's and own.
 */
export type Column = {
  name: string
  type: string
  nullable: boolean
  charset?: string
  collation?: string
  policies?: ColumnPolicies
}

/** An index that can be walked in order: a B-tree over whole columns. `columns` in the index's order. */
export type Index = { name: string; columns: string[]; unique: boolean }

export type ForeignKey = { columns: string[]; parent: string; parentColumns: string[] }

/** A live table. `key` is the primary key's columns in order, empty when there is none. `rows`, `bytes` are estimates. */
export type SourceTable = {
  table: string
  columns: Column[]
  key: string[]
  foreignKeys: ForeignKey[]
  indexes: Index[]
  rows: number
  bytes: number
}

// ---------------------------------------------------------------------------------------------- the plan

/**
 * What an incremental run reads: `low - overlap <= cursor <= high`, both as the exact text the database gave.
 * `low` is null for the first load. `high` is null when the source has no row with a cursor yet.
 */
export type Window = {
  /** The cursor is the first of these that is not NULL. */
  columns: string[]
  low: string | null
  /** `low` less the overlap, computed by the source. */
  from: string | null
  high: string | null
  nullCursor: 'include' | 'exclude' | 'error' | null
  /** Clocks of the cursor's zone showed `from <= clock < to` twice: there, what was read later is newer, whatever the cursor. */
  repeated?: { from: string; to: string }
  /** Some row's cursor is more than a day ahead of the source's own clock. */
  isAhead?: true
}

/**
 * A span of the plan's `chunkColumns`, `from < key <= to` in the server's order; null is open. A bound holds the first one
 * or more of the columns' values, as the text the source gave. `rows`: about how many, null when nobody can say.
 */
export type Chunk = { id: string; from: string[] | null; to: string[] | null; rows: number | null }

/**
 * What a ledger row is of. `full`: the whole table. `window`: the rows of a window, or all of them on a first load or full refresh.
 * `replay`: an old run's files. `backfill`: rows between two cursors. `sweep`: deleted rows. `repair`: rows that `reconcile` found
 * to differ. `rewind`, `reset`: a person's correction of the cursor, without rows. Only `window`, `rewind` and `reset` move the cursor.
 */
export type LoadKind = 'full' | 'window' | 'replay' | 'backfill' | 'sweep' | 'repair' | 'rewind' | 'reset'

/**
 * How rows become the target's. `replace`: its rows go, these come. `merge`: by key. `append`: the window's rows go, these come.
 * `rebuild`: a table made beside takes its place. `unchanged`: a whole copy was read that the target holds already. `none`: no rows.
 */
export type PublishMode = 'replace' | 'merge' | 'append' | 'rebuild' | 'unchanged' | 'none'

/** A target's column as Snowflake has it; `type` in canonicalType's spelling; `notNull` and `comment` where there is one. */
export type TargetColumn = { name: string; type: string; notNull?: true; comment?: string }

/**
 * How a target stood when it was planned: its columns in order, null when it was not there; whether its fence was; whether
 * it is a view, which nothing can be loaded into.
 */
export type FoundTarget = { columns: TargetColumn[] | null; fence: boolean; isView?: true }

/**
 * A sweep for rows that were deleted in MySQL: every key is read, in chunks of its own, beside the window. `cap`: per cent of
 * the target's rows that it may take away.
 */
export type Sweep = { how: 'soft' | 'hard'; chunks: Chunk[]; chunkColumns: string[]; chunkIndex?: string; cap: number }

export type TablePlan = {
  table: string
  columns: Column[]
  key: string[]
  kind: LoadKind
  publish: PublishMode
  window: Window | null
  chunks: Chunk[]
  /**
   * Columns that chunks are cut by and read in the order of: not null, together unique, walked along one index. Empty when
   * there are none: then there is one chunk, read in no order, which cannot be gone on with when its time is over.
   */
  chunkColumns: string[]
  /** The index that those are walked along; absent when there are none. */
  chunkIndex?: string
  /** The condition from the metadata; null for none. */
  where: string | null
  /** A Parquet file is closed when it reaches this, compressed. */
  targetFileBytes: number
  /** `target_file_mb` of the metadata, where it says one. */
  targetFileMb?: number
  /** For a table that is swept in this run. */
  sweep?: Sweep
  /**
   * The target's last load, if that was a whole copy: the run, and what it brought (`LOADS.CONTENT`). The same files again
   * change nothing; what is read again the same is not put away again.
   */
  lastCopy?: Names & { content: string }
  /** What its rows are read under (`LOADS.TERMS`); not in what older releases planned. */
  terms?: string
  /** How the target stood at plan time, from the run's one read of the warehouse's catalogue. */
  found: FoundTarget
  /** For test mode: a subquery that is read in the table's place; null otherwise. */
  sampleSql: string | null
  estimatedRows: number
  estimatedBytes: number
  /** Fully named target, and the epoch of the lease this run holds on it. */
  target: Target
  epoch: number
  drift: Drift[]
  /** What people should know of how this table is read, in words. */
  warnings: string[]
  /** Why nothing of this table moves in this run, the others notwithstanding: source and target no longer agree. */
  refused?: string
}

/** A table in the warehouse by its parts, already folded (quote.ts). */
export type Target = { database: string; schema: string; table: string }

/**
 * A difference between metadata/schema, the source and the target, in words. `discarded`: left out, since the target cannot
 * hold it. `narrowed`: of a target that is wider than the source, which is kept.
 */
export type Drift = {
  column: string
  change: 'added' | 'removed' | 'widened' | 'narrowed' | 'retyped' | 'discarded'
  detail: string
}

/** A table that a run leaves as it is, since its last whole copy is younger than its `refresh_hours`. */
export type Resting = { table: string; copiedSecondsAgo: number; refreshHours: number }

export type Plan = Names & {
  request: RunRequest
  codeVersion: string
  metadataDigest: string
  plannedAt: string
  /** '' or '_TEST': what every schema's name in the warehouse ends in. */
  schemaSuffix: '' | '_TEST'
  /** For a replay: the run whose staged files are loaded. A run without it loads its own. */
  filesOf?: Names
  transform: boolean
  /** The job's own warehouse; null for the one of the settings. */
  warehouse?: string | null
  /** What planning asked of the warehouse. */
  used?: WarehouseUse
  /** Tables of the metadata that are neither in this run nor loaded before: what dbt makes of them cannot be built. */
  neverLoaded: string[]
  tables: TablePlan[]
  /** Tables of the job that do not move in this run; absent where there are none. */
  resting?: Resting[]
}

// ---------------------------------------------------------------------------------------------- results

/**
 * What was asked of the warehouse, by the clock of who asked. `statements`: all of them, those of a script each by itself.
 * `seconds`: while at least one that needs a warehouse was under way; `from`, `to`: first to last of these, ISO 8601.
 */
export type WarehouseUse = { statements: number; seconds: number; from: string | null; to: string | null }

/**
 * One row group of a file. `digest`: over its rows as MySQL sent them, and how they are written. `sha256`: of the file up to
 * its end. `columns`: of each its bytes in the file, before compression, and its NULLs. `policies`: what they did in these rows.
 */
export type RowGroupRecord = {
  digest: string
  sha256: string
  rows: number
  columns: [bytes: number, rawBytes: number, nulls: number][]
  policies?: PolicyCount[]
}

/**
 * One Parquet file that counts. `key` is the object's whole key in the bucket, under an earlier run where that wrote the same;
 * `etag` what the store said of its content, if it said so; `groups` of whole copies, for the next to be held against.
 */
export type Part = {
  key: string
  rows: number
  bytes: number
  sha256: string
  etag?: string
  groups?: RowGroupRecord[]
}

/** How files reach the warehouse: it reads the bucket itself, it is given the files, or it is given the rows. */
export type LoadRoute = 'external' | 'internal' | 'insert'

/** A route, or the first of them that can be gone. */
export type LoadMode = 'auto' | LoadRoute

/** `<table>/<chunk>.json`: which parts of a chunk count. Put once; a second attempt finds it and changes nothing. */
export type ChunkResult = {
  table: string
  chunk: string
  attempt: string
  rows: number
  bytes: number
  parts: Part[]
  policies: PolicyCount[]
  /** How many invocations it took; each is a snapshot of its own. */
  pieces: number
  seconds: number
  peakMemoryMb: number
}

/**
 * `<table>/<chunk>.<piece>.json`: what one invocation read of a chunk before its time was over. The next one goes on after
 * the key `reached`, a value for each of the plan's chunkColumns. Put once, as a ChunkResult is.
 */
export type ChunkPiece = Omit<ChunkResult, 'pieces'> & { piece: number; reached: string[] }

/** What a sweep is to do, counted before it: of `rows` that may go `gone` go, or are marked; `returned` lose their mark. */
export type SweepCounts = { rows: number; gone: number; returned: number }

/** What a sweep did. `keys`: read in MySQL. `removed`: rows deleted or marked. `returned`: marked ones whose key is there again. */
export type Swept = { how: Sweep['how']; keys: number; removed: number; returned: number }

/** `<table>/load.json`. The equation of counts: read = staged; full: staged = inTarget; window: staged - duplicates = inserted + updated + kept; unchanged: read = kept = inTarget. */
export type LoadResult = {
  table: string
  status: 'published' | 'failed'
  kind: LoadKind
  publish: PublishMode
  attempt: string
  epoch: number
  rowsRead: number
  rowsStaged: number
  duplicates: number
  inserted: number
  updated: number
  /** Rows that were the target's before and are not now, or are marked as deleted. */
  removed: number
  /** Rows read that the target does not take: of a window those older than what it has, of an unchanged whole copy all. */
  kept: number
  /** Rows at or below the last window's end: read again to miss none that share its moment. */
  boundaryRows: number
  rowsInTarget: number
  /** For a table that was swept before this was published. */
  swept?: Swept
  bytes: number
  low: string | null
  high: string | null
  /** How the files reached the warehouse; null when there was nothing to bring, or an earlier attempt had brought it. */
  route: LoadRoute | null
  /** Why that way, for people. */
  routeReason: string | null
  /** How many invocations it took; not in what older releases wrote. */
  pieces?: number
  seconds: number
  peakMemoryMb: number
  /** What this load asked of the warehouse, without what failed tries of it did. Not in what older releases wrote. */
  used?: WarehouseUse
}

/**
 * `<table>/load.<piece>.json`: where a Load stood when its time was over. The next invocation goes on from there, if it is
 * the first to (`load.<piece>.taken.json`); an attempt whose place was taken by one that died is given up.
 */
export type LoadPlace = {
  table: string
  /** Numbered from 1. */
  piece: number
  /** Its stage table's. */
  attempt: string
  /** It is the table's sweep that is gone on with: the window comes after it. */
  sweeping?: true
  startedAt: string
  route: LoadRoute | null
  routeReason: string | null
  /** So many files, in order, are in the stage table, with so many rows; and of the next one so many rows. */
  files: number
  rows: number
  rowsOfNext: number
  /** What the audit counted; null before it. */
  counts: { rowsStaged: number; duplicates: number; boundaryRows: number; sweep?: SweepCounts } | null
  /** The statement that goes on meanwhile. */
  running: { doing: string; queryId: string } | null
  used: WarehouseUse
}

/** What went wrong, for people: names and counts, never cell values. */
export type Failure = { name: string; message: string; stage: string }

/** `<table>/failure.json`, or `failure.json` when a stage that belongs to no table failed. */
export type FailureRecord = { table: string | null; failure: Failure; at: string }

/** `transform.json`: the dbt build's handle while it runs, and what came of it. */
export type TransformResult = {
  status: 'running' | 'passed' | 'failed' | 'skipped'
  queryId: string | null
  startedAt: string
  seconds: number
  models: { passed: number; failed: number; skipped: number }
  tests: { passed: number; failed: number; warned: number; skipped: number }
  /** Names of dbt nodes that failed. */
  failed: string[]
  /** Sources whose table failed: everything downstream of them was left out. */
  leftOut: string[]
  /** Sources that no run has loaded yet, and that this one was not asked for: left out as well, and no failure. */
  neverLoaded: string[]
  message: string | null
  /** The stage's own statements, and the time dbt took; dbt's own statements are not among them. */
  used?: WarehouseUse
}

export type TableReport = {
  table: string
  /** `not reached`: the run ended before this table's turn. */
  status: 'published' | 'failed' | 'not reached'
  load: LoadResult | null
  failure: Failure | null
  chunks: number
  /** How many invocations it took to read the chunks. */
  pieces: number
  files: number
  extractSeconds: number
  loadSeconds: number
  peakMemoryMb: number
  drift: Drift[]
  policies: PolicyCount[]
  warnings: string[]
}

export type RunStatus = 'succeeded' | 'failed' | 'skipped' | 'aborted' | 'timed_out'

export type RunReport = Names & {
  status: RunStatus
  reason: string | null
  request: RunRequest
  startedAt: string
  endedAt: string
  /** Plan to last publish, without dbt. */
  loadSeconds: number
  seconds: number
  rowsRead: number
  rowsStaged: number
  rowsPublished: number
  boundaryRows: number
  bytes: number
  peakMemoryMb: number
  tables: TableReport[]
  resting?: Resting[]
  transform: TransformResult | null
  failures: FailureRecord[]
  /** What the run asked of the warehouse, and what that is likely to cost. */
  warehouse?: WarehouseEstimate
}

/**
 * An estimate of what a run's use of one warehouse is billed. `seconds`: with a statement of ours under way, those of side-by-side
 * tables counted once. `awakeSeconds`: with the time until it sleeps again. `credits`: at those of an X-Small.
 */
export type WarehouseEstimate = { statements: number; seconds: number; awakeSeconds: number; credits: number }

// ---------------------------------------------------------------------------------------------- reconciling

/**
 * What MySQL and the warehouse are compared by. `plan` is that of a load of the whole table, whose chunks MySQL is read in.
 * `key` is empty where nothing tells rows apart: then whole rows are counted. `columns` have a canonical text on both sides.
 */
export type Comparison = {
  plan: TablePlan
  key: Column[]
  columns: Column[]
  /** Rows with a cursor up to `high`, the end of the last window that was published; null for a table without a cursor. */
  window: Window | null
  /** Whether target rows may be marked as deleted: those count as absent. */
  hasDeletedMark: boolean
}

// ---------------------------------------------------------------------------------------------- the lease

/** `leases/<target>.json`: who may publish to a target. `epoch` only grows. */
export type Lease = { target: string; holder: string | null; epoch: number; expiresAt: string }
