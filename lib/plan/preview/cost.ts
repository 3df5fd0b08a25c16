/** What a run would cost in Lambda: invocations × seconds × memory, each with where its seconds come from. Pure. */

/** Memory of each stage's function, MB. */
export type StageMemory = Record<'plan' | 'extract' | 'load' | 'transform' | 'report', number>

/** One table to be costed; `past` is what its last run took, null when there is none to go by. */
export type CostedTable = {
  table: string
  rows: number
  bytes: number
  columns: number
  chunks: number
  past: PastLoad | null
}

/** A table's last published load, from a run's report. Seconds are summed over its invocations. */
export type PastLoad = { runId: string; rows: number; chunks: number; extractSeconds: number; loadSeconds: number }

/** `seconds`: of all invocations together. `from`: the assumption, and where it comes from. */
export type StageCost = {
  stage: keyof StageMemory
  table: string | null
  invocations: number
  seconds: number
  memoryMb: number
  gbSeconds: number
  from: string
}

export type Cost = { stages: StageCost[]; gbSeconds: number; usd: number; price: typeof PRICE }

/**
 * What a GB-second of an arm64 function costs: first tier, US East (N. Virginia); other regions differ by some percent.
 * Requests (0.20 USD a million) and the free tier (400,000 GB-seconds a month) are left out. `asOf`: the newest copy of the
 * source that was read; look there for today's.
 */
export const PRICE = {
  usdPerGbSecond: 0.0000133334,
  architecture: 'arm64',
  region: 'us-east-1',
  asOf: '2024',
  source: 'https://aws.amazon.com/lambda/pricing/',
} as const

/** A cold start with its logins: billed like any other second. */
const START_SECONDS = 1
/**
 * README's demo reads geolocation (1,000,163 rows of 5 columns) in less than 2.7 s on 2 cores, 1.9 M cells a second: about
 * half of that is assumed for the 1.2 cores that come with Extract's memory.
 */
const CELLS_PER_SECOND = 1_000_000
/** Long values cost by their bytes instead. */
const BYTES_PER_SECOND = 20_000_000
const EXTRACT_DEFAULT = `1 s to start, ${CELLS_PER_SECOND / 1e6} M cells or ${BYTES_PER_SECOND / 1e6} MB a second (half of what README's demo shows on 2 cores)`
/** A dozen statements one after the other on an X-Small warehouse that may have to wake up: assumed, not measured. */
const LOAD_SECONDS = 10
const LOAD_ROWS_PER_SECOND = 500_000
const LOAD_DEFAULT = `${LOAD_SECONDS} s and ${LOAD_ROWS_PER_SECOND / 1e6} M rows a second (assumed of an X-Small warehouse)`
const PLAN_SECONDS = 5
const PLAN_SECONDS_A_TABLE = 0.5
const TRANSFORM_POLLS = 10
const REPORT_SECONDS = 3
/** Fewer rows than this say nothing of how fast a table is read. */
const TELLING_ROWS = 10_000

const stageCost = (memory: StageMemory, cost: Omit<StageCost, 'memoryMb' | 'gbSeconds'>): StageCost => {
  const memoryMb = memory[cost.stage]
  return { ...cost, memoryMb, gbSeconds: (cost.seconds * memoryMb) / 1024 }
}

const telling = ({ past }: CostedTable): PastLoad | null => (past && past.rows >= TELLING_ROWS ? past : null)

const extractSeconds = (table: CostedTable): { seconds: number; from: string } => {
  const past = telling(table)
  const starting = table.chunks * START_SECONDS
  if (!past) {
    const reading = Math.max((table.rows * table.columns) / CELLS_PER_SECOND, table.bytes / BYTES_PER_SECOND)
    return { seconds: starting + reading, from: EXTRACT_DEFAULT }
  }
  const each = past.extractSeconds / past.rows
  return {
    seconds: starting + each * table.rows,
    from: `run ${past.runId}: ${Math.round(1 / each)} rows a second, and 1 s to start`,
  }
}

/** Most of a load is statements that take as long for few rows as for many. */
const loadSeconds = ({ rows, past }: CostedTable): { seconds: number; from: string } => {
  if (!past) return { seconds: LOAD_SECONDS + rows / LOAD_ROWS_PER_SECOND, from: LOAD_DEFAULT }
  const more = Math.max(0, rows - past.rows) / LOAD_ROWS_PER_SECOND
  return {
    seconds: START_SECONDS + past.loadSeconds + more,
    from: `run ${past.runId}: ${past.loadSeconds} s for ${past.rows} rows, ${LOAD_ROWS_PER_SECOND / 1e6} M rows a second beyond (assumed)`,
  }
}

const stagesOf = (tables: CostedTable[], transform: boolean, memory: StageMemory): StageCost[] => [
  stageCost(memory, {
    ...{ stage: 'plan', table: null, invocations: 1 },
    seconds: PLAN_SECONDS + tables.length * PLAN_SECONDS_A_TABLE,
    from: `${PLAN_SECONDS} s and ${PLAN_SECONDS_A_TABLE} s a table (assumed)`,
  }),
  ...tables.flatMap((table) => [
    stageCost(memory, { stage: 'extract', table: table.table, invocations: table.chunks, ...extractSeconds(table) }),
    stageCost(memory, { stage: 'load', table: table.table, invocations: 1, ...loadSeconds(table) }),
  ]),
  ...(transform
    ? [
        stageCost(memory, {
          ...{
            stage: 'transform',
            table: null,
            invocations: TRANSFORM_POLLS,
            seconds: TRANSFORM_POLLS * START_SECONDS,
          },
          from: `${TRANSFORM_POLLS} looks of 1 s at dbt, which runs in Snowflake (assumed)`,
        }),
      ]
    : []),
  stageCost(memory, {
    ...{ stage: 'report', table: null, invocations: 1, seconds: REPORT_SECONDS },
    from: `${REPORT_SECONDS} s (assumed)`,
  }),
]

/** The cost of a run over these tables; `transform`: whether dbt follows. */
export const estimateCost = (tables: CostedTable[], transform: boolean, memory: StageMemory): Cost => {
  const stages = stagesOf(tables, transform, memory)
  const gbSeconds = stages.reduce((sum, stage) => sum + stage.gbSeconds, 0)
  return { stages, gbSeconds, usd: gbSeconds * PRICE.usdPerGbSecond, price: PRICE }
}
