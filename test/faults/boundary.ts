/**
 * What passes between the pipeline and the world, each with a name that two runs share: names of runs, attempts and
 * values are taken out, so that what a clean run did can be met again in another one.
 */

type Service = 'AWS' | 'Snowflake' | 'MySQL'

/** One request as it passes a proxy. `pid` is the worker that asks, `key` the object's key for S3. */
export type Asked = {
  service: Service
  stage: string
  pid: number
  what: string
  /** Whether it changes something there. */
  writes: boolean
  key?: string
  /** How many statements a request of several has; 1 for every other. */
  statements: number
  /** The session that asks, where there are sessions. */
  session?: string
}

/**
 * Runs that are recorded: of warm workers, of workers that have just begun, of a table that fails; of files that are uploaded,
 * or inserted; of an Extract, and a Load, whose time is over; of a column that is new; of an old run's files; of rows between two
 * cursors; of a target that is rebuilt.
 */
export const RECORDED = [
  ...(['warm', 'cold', 'red', 'internal', 'insert', 'pieces', 'places'] as const),
  ...(['altered', 'replay', 'backfill', 'accept'] as const),
] as const
export type Recorded = (typeof RECORDED)[number]

/** A request of a recorded run: the `nth` of its name there. `isState`: what goes wrong is the whole state that begins with it. */
export type Boundary = Pick<Asked, 'service' | 'stage' | 'what' | 'writes' | 'statements'> & {
  nth: number
  run: Recorded
  isState: boolean
}

/** How requests are told apart. */
export const nameOf = ({ service, stage, what }: Pick<Asked, 'service' | 'stage' | 'what'>): string =>
  `${stage} ${service} ${what}`

const RUN_KEY = /^runs\/[^/]+\/[^/]+\//
/** `0-1f9c22aa-0.parquet`, `rejects-0-1f9c22aa.parquet`. */
const ATTEMPT_IN_FILE = /-[0-9a-f]{8}(?=[-.])/g

/** An object's key without the run's and the attempt's names. */
export const plainKey = (key: string): string => key.replace(RUN_KEY, '').replace(ATTEMPT_IN_FILE, '-*')

/** `runs/<job>/<run>/<table>/<chunk>…` → the table and chunk that are spoken of. */
export const namesInKey = (key: string): { table?: string; chunk?: string } => {
  const [, table, chunk] = /^([^/]+)\/(?:(s?\d+)[-.])?/.exec(key.replace(RUN_KEY, '')) ?? []
  return RUN_KEY.test(key) && table ? { table: decodeURIComponent(table), ...(chunk ? { chunk } : {}) } : {}
}

const RUN_ID = /\b\d{8}T\d{6}-[0-9a-f]{4}\b/g

const squeezed = (sql: string): string =>
  sql
    .replace(/'(?:[^']|'')*'/g, "'…'")
    .replace(/["`]/g, '')
    .replace(/((?:STAGE|REBUILD)_\w+?)__?[0-9A-F]{8}(?=_KEYS\b|\b)/g, '$1_*')
    .replace(RUN_ID, '*')
    .replace(/\b\d+\b/g, 'N')
    .replace(/\s+/g, ' ')
    // columns, and what is in a stage, are each table's own
    .replace(
      /^(CREATE TRANSIENT TABLE \S+|PUT '…' @[\w.]+|REMOVE @[\w.]+|COPY INTO \S+ FROM @[\w.]+|INSERT INTO \S*STAGE_\S+).*/,
      '$1',
    )
    .trim()

const VERB = /^\w+/
const OBJECT = /\b(?:FROM|INTO|UPDATE|TABLE(?: IF(?: NOT)? EXISTS)?)\s+([\w./]+)/i
const LONGEST = 96

/** The statements of one request: the pipeline puts a line break after each semicolon between them. */
export const statementsOf = (sql: string): string[] => sql.split(/;\n/).filter((each) => each.trim() !== '')

/** A name for one statement, or for several that go as one request: their verbs, and what they are about. */
export const sqlName = (sql: string): string => {
  const statements = statementsOf(sql).map(squeezed)
  if (statements.length === 1) return statements[0]!.slice(0, LONGEST)
  const objects = statements.map((each) => OBJECT.exec(each)?.[1]).filter((each) => each !== undefined)
  const verbs = statements.map((each) => VERB.exec(each)?.[0] ?? '?')
  return `${verbs.join('+')} ${objects.at(0) ?? ''}`.trim()
}

const READS = /^\s*(SELECT|SHOW|DESC|DESCRIBE|EXPLAIN|LIST|WITH|SET|ALTER SESSION|START|COMMIT)\b/i

/** Whether any of a request's statements changes something. */
export const sqlWrites = (sql: string): boolean => statementsOf(sql).some((each) => !READS.test(each))
