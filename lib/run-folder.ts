/**
 * The run folder: everything a run knows about itself, one prefix in the staging bucket. The only file that knows the
 * keys. Results that count are put once (If-None-Match): a second attempt finds the first one's and changes nothing.
 */
import type {
  ChunkPiece,
  ChunkResult,
  FailureRecord,
  LoadPlace,
  LoadResult,
  Names,
  Plan,
  RunReport,
  RunRequest,
  TransformResult,
} from './model.ts'
import type { PartStore } from './parquet/parts.ts'
import { encodeQuarantine } from './parquet/quarantine.ts'
import { getJson, list, putForStateMachine, putIf, putObject } from './store/objects.ts'
import { openObject } from './store/upload.ts'

/** One item of the Map over tables. */
type TableItem = { table: string; chunks: string[] }

/** `run.json`: what was asked, by whom, with which code. */
export type RunRecord = Names & { request: RunRequest; executionArn: string; codeVersion: string; startedAt: string }

type Attempt = { table: string; chunk: string; attempt: string }

const RUNS = 'runs/'

const read = async <T>(key: string): Promise<T | null> => (await getJson<T>(key))?.value ?? null
const write = (key: string, value: unknown) => putObject(key, JSON.stringify(value, null, 1))

/** Puts a value unless there is one already; gives the one that counts. `indent`: for people; 0 where it would be long. */
const putOnce = async <T>(key: string, value: T, indent = 1): Promise<T> => {
  if ((await putIf(key, JSON.stringify(value, null, indent), { ifAbsent: true })) !== undefined) return value
  return (await read<T>(key)) ?? value
}

const need = async <T>(key: string): Promise<T> => {
  const found = await read<T>(key)
  if (found === null) throw new Error(`${key} is missing from the staging bucket: the run's earlier stage left none`)
  return found
}

/** Table names may hold anything MySQL allows; a key holds them percent-encoded, and no part of it is `.` or `..`. */
const tableKey = (prefix: string) => (table: string, name: string) =>
  `${prefix}${encodeURIComponent(table).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'))}/${name}`

const withoutGroups = (result: ChunkResult): ChunkResult => ({
  ...result,
  parts: result.parts.map(({ groups: _, ...part }) => part),
})

/** What extraction puts and loading reads: each chunk's files, pieces and result. */
const chunkFiles = (prefix: string) => {
  const ofTable = tableKey(prefix)
  const copiedChunk = (table: string, chunk: string) => read<ChunkResult>(ofTable(table, `${chunk}.json`))
  const pieceOf = (table: string, chunk: string, piece: number) => ofTable(table, `${chunk}.${piece}.json`)
  return {
    /** Where the Parquet files of one attempt at a chunk go, and the rows that it could not take. */
    partStore: ({ table, chunk, attempt }: Attempt): PartStore => ({
      openPart: (part) => openObject(ofTable(table, `${chunk}-${attempt}-${part}.parquet`)),
      putRejects: async (rows) => {
        const key = ofTable(table, `rejects-${chunk}-${attempt}.parquet`)
        await putObject(key, await encodeQuarantine(rows))
        return key
      },
    }),
    chunk: async (table: string, chunk: string): Promise<ChunkResult | null> => {
      const found = await copiedChunk(table, chunk)
      return found && withoutGroups(found)
    },
    /** With what its files' row groups are known by, which takes room. */
    copiedChunk,
    putChunk: (result: ChunkResult) => putOnce(ofTable(result.table, `${result.chunk}.json`), result, 0),
    /** Numbered from 1. Of two attempts at one piece the first counts. */
    putPiece: (piece: ChunkPiece) => putOnce(pieceOf(piece.table, piece.chunk, piece.piece), piece),
    /** What has been read of a chunk so far, in order; each goes on where the one before it ended. */
    pieces: async (table: string, chunk: string): Promise<ChunkPiece[]> => {
      const found: ChunkPiece[] = []
      for (;;) {
        const piece = await read<ChunkPiece>(pieceOf(table, chunk, found.length + 1))
        if (piece === null) return found
        found.push(piece)
      }
    },
    /** Every chunk's result, in the plan's order. Throws when one is missing: nothing may be loaded then. */
    chunks: (table: string, ids: string[]) =>
      Promise.all(ids.map(async (id) => withoutGroups(await need<ChunkResult>(ofTable(table, `${id}.json`))))),
  }
}

/** Where one invocation of Load left off and the next goes on. */
const loadFiles = (prefix: string) => {
  const ofTable = tableKey(prefix)
  const placeOf = (table: string, piece: number) => ofTable(table, `load.${piece}.json`)
  return {
    load: (table: string) => read<LoadResult>(ofTable(table, 'load.json')),
    putLoad: (result: LoadResult) => putOnce(ofTable(result.table, 'load.json'), result),
    /** The place that was left last; null for none. */
    loadPlace: async (table: string): Promise<LoadPlace | null> => {
      const after = async (last: LoadPlace | null): Promise<LoadPlace | null> => {
        const place = await read<LoadPlace>(placeOf(table, (last?.piece ?? 0) + 1))
        return place === null ? last : after(place)
      }
      return after(null)
    },
    /** Of two at once the first counts; what the other one had begun is named by nobody. */
    putLoadPlace: (place: LoadPlace) => putOnce(placeOf(place.table, place.piece), place),
    /** Whether this is the first to go on from a place. */
    takeLoadPlace: async ({ table, piece }: LoadPlace): Promise<boolean> =>
      (await putIf(ofTable(table, `load.${piece}.taken.json`), '{}', { ifAbsent: true })) !== undefined,
  }
}

/**
 * The plan that this worker read last. It is put once, so that it never changes, and every chunk and table of a run asks for
 * it: of a thousand tables it is some megabytes.
 */
let lastPlan: { key: string; plan: Plan } | undefined

const planAt = async (key: string): Promise<Plan> => {
  if (lastPlan?.key !== key) lastPlan = { key, plan: await need<Plan>(key) }
  return lastPlan.plan
}

const putPlanAt = (key: string, plan: Plan): Promise<Plan> => {
  lastPlan = undefined
  return putOnce(key, plan)
}

/** The folder of one run. Every reader gives null, or throws, when what it names is not there. */
export const runFolder = ({ job, runId }: Names) => {
  const prefix = `${RUNS}${job}/${runId}/`
  const at = (name: string) => prefix + name
  const ofTable = tableKey(prefix)
  return {
    runId,
    prefix,
    run: () => read<RunRecord>(at('run.json')),
    putRun: (run: RunRecord) => putOnce(at('run.json'), run),
    plan: () => planAt(at('plan.json')),
    planIfAny: () => read<Plan>(at('plan.json')),
    putPlan: (plan: Plan) => putPlanAt(at('plan.json'), plan),
    tablesKey: at('tables.json'),
    /** Gives the bucket they are in: where Step Functions reads them. */
    putTables: (items: TableItem[]) => putForStateMachine(at('tables.json'), JSON.stringify(items)),

    ...chunkFiles(prefix),

    ...loadFiles(prefix),

    failure: (table: string | null) =>
      read<FailureRecord>(table === null ? at('failure.json') : ofTable(table, 'failure.json')),
    /** The first failure counts: what comes after it is its consequence. */
    putFailure: (record: FailureRecord) =>
      putOnce(record.table === null ? at('failure.json') : ofTable(record.table, 'failure.json'), record),
    failures: async (): Promise<FailureRecord[]> => {
      const { keys } = await list(prefix)
      const found = await Promise.all(
        keys.filter((key) => key.endsWith('/failure.json')).map((key) => read<FailureRecord>(key)),
      )
      return found.filter((record) => record !== null)
    },

    transform: () => read<TransformResult>(at('transform.json')),
    putTransform: (result: TransformResult) => write(at('transform.json'), result),
    /** Put before a run's leases are given back: whoever takes one for it afterwards must give it back as well. */
    putOver: (over: { at: string }) => putOnce(at('over.json'), over),
    over: () => read<{ at: string }>(at('over.json')),
    report: () => read<RunReport>(at('report.json')),
    putReport: (report: RunReport) => write(at('report.json'), report),
    /** Every key of the run, for those who follow it live. */
    keys: async () => (await list(prefix)).keys.map((key) => key.slice(prefix.length)),
  }
}

export type RunFolder = ReturnType<typeof runFolder>

/** Every run there is, in the order of their ids: those of the command line begin with their time. */
export const listRuns = async (job?: string): Promise<Names[]> => {
  const jobs = job ? [`${RUNS}${job}/`] : (await list(RUNS, '/')).folders
  const runs = await Promise.all(
    jobs.map(async (folder) =>
      (await list(folder, '/')).folders.map((run) => ({ job: folder.split('/')[1]!, runId: run.split('/')[2]! })),
    ),
  )
  return runs.flat().sort((a, b) => (a.runId < b.runId ? -1 : 1))
}

/** Which run a delivery of a schedule belongs to: the first to ask. */
export const claimSchedule = (job: string, scheduledAt: string, runId: string): Promise<{ runId: string }> =>
  putOnce(`schedules/${job}/${encodeURIComponent(scheduledAt)}.json`, { runId })
