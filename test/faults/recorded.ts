/** The runs that are recorded, and broken: how each is brought about from outside, and what of it nobody else records. */
import { setTimeout as pause } from 'node:timers/promises'
import type { RunRequest } from '../../lib/model.ts'
import { STAGES } from '../../lib/stacks/stages.ts'
import { type Asked, type Boundary, nameOf, RECORDED, type Recorded } from './boundary.ts'
import type { Line } from './line.ts'
import { SHORT_SECONDS } from './scene.ts'
import type { Shop } from './shop.ts'

type Way = {
  /** Names of the requests that are recorded; each must come. Everything when it is left out. */
  of?: RegExp[]
  /** What is done before, when the board is clear. */
  begin?: (line: Line, shop: Shop) => Promise<unknown>
  /** What the run is asked for. */
  request?: (line: Line) => Promise<RunRequest>
  /** What is done when the case is over. */
  end?: (line: Line, shop: Shop) => Promise<unknown>
}

/** Makes every worker start anew. */
const renew = async (line: Line) => {
  for (const stage of STAGES) await line.limitSeconds(stage)
}

/** When a third of its time is left a function puts away what it has; until then it is held up. */
const UNTIL_DUE_MS = (SHORT_SECONDS * 1000 * 2) / 3

const isRead = ({ stage, service, what }: Asked) =>
  stage === 'extract' && service === 'MySQL' && /^SELECT id, name, price FROM items/.test(what)

/** The first chunk of `items` has no row before its Lambda's time is nearly over. */
const slowRead = async (line: Line) => {
  await line.limitSeconds('extract', SHORT_SECONDS)
  line.board.atFirst(isRead, () => pause(UNTIL_DUE_MS))
}

/** The COPY of `orders` goes on until its Load has left off. */
const slowCopy = async (line: Line) => {
  await line.limitSeconds('load', SHORT_SECONDS)
  const release = line.hold(`COPY INTO "${line.warehouse.database}"."_FIRN"."STAGE_ORDERS_`)
  line.board.atFirst(({ what }) => what === 'PUT orders/load.1.json', release)
}

/** By a worker that has just begun: such a one looks in the stage for what others left. */
const byRoute = (mode: 'internal' | 'insert') => async (line: Line) => {
  await line.limitSeconds('load')
  await line.route(mode)
}

const earlier = async (line: Line): Promise<RunRequest> => {
  const run = await line.start()
  await line.ended(run)
  return { replayOf: run.runId, tables: ['orders', 'items'] }
}

const LOAD = /^load Snowflake /
const load = (what: string) => new RegExp(LOAD.source + what)
const EVER = { from: '2000-01-01', to: '2100-01-01' }

export const WAYS: Record<Recorded, Way> = {
  warm: {},
  cold: { begin: renew },
  red: { begin: (_, shop) => shop.spoil(), end: (_, shop) => shop.cure() },
  internal: {
    of: ['PUT ', 'COPY INTO .*FILES$', 'REMOVE ', 'LIST '].map(load),
    begin: byRoute('internal'),
    end: (line) => line.route(),
  },
  insert: { of: [load('INSERT INTO .*STAGE_')], begin: byRoute('insert'), end: (line) => line.route() },
  pieces: {
    of: [/^extract AWS PUT items\/\d+\.1\.json$/],
    begin: slowRead,
    end: (line) => line.limitSeconds('extract'),
  },
  places: {
    of: [/^load AWS PUT orders\/load\.1\.json$/, /^load AWS PUT orders\/load\.1\.taken\.json$/],
    begin: slowCopy,
    end: async (line) => {
      line.letGo()
      await line.limitSeconds('load')
    },
  },
  altered: {
    of: [load('ALTER')],
    begin: (_, shop) => shop.widen(),
    end: (_, shop) => shop.narrow(),
  },
  replay: { of: [load('BEGIN.*MERGE'), load('BEGIN.*DELETE'), /^plan AWS PUT leases/], request: earlier },
  backfill: {
    of: [load('BEGIN.*DELETE'), /^extract AWS PUT .*parquet/, /^plan AWS PUT leases/],
    request: async () => ({ backfill: EVER, tables: ['readings'] }),
  },
  accept: {
    of: [load('BEGIN.*ALTER'), load('CREATE\\+.*REBUILD')],
    request: async () => ({ accept: true, tables: ['orders'] }),
  },
}

/** Records a run that nothing breaks. Throws when it ends otherwise than it should, or never did what it is recorded for. */
const recordedRun = async (line: Line, shop: Shop, run: Recorded): Promise<Boundary[]> => {
  const way = WAYS[run]
  const request = (await way.request?.(line)) ?? {}
  await shop.change()
  line.board.clear()
  await way.begin?.(line, shop)
  try {
    const { runId, status, cause } = await line.ended(await line.start(request))
    if ((status === 'SUCCEEDED') !== (run !== 'red'))
      throw new Error(`the ${run} run ${runId} ended ${status}: ${cause}`)
    const all = line.board.recorded().map((each) => ({ ...each, run }))
    const missing = way.of?.filter((name) => !all.some((each) => name.test(nameOf(each)))) ?? []
    if (missing.length) throw new Error(`the ${run} run ${runId} passed no ${missing.map(String).join(', ')}`)
    return way.of ? all.filter((each) => way.of!.some((name) => name.test(nameOf(each)))) : all
  } finally {
    await way.end?.(line, shop)
  }
}

/** Of what several runs pass, the first of these is told; but what a run was asked for by name is its own. */
const distinct = (boundaries: Boundary[]): Boundary[] => {
  const found = new Map<string, Boundary>()
  for (const each of boundaries) {
    const own = WAYS[each.run].request ? each.run : ''
    const name = `${own} ${nameOf(each)} ${each.nth}`
    if (!found.has(name)) found.set(name, each)
  }
  return [...found.values()]
}

/** Several chunks of a table are in every run. */
const CHUNKS = /^extract AWS PUT items\/1\.json$/

/** What runs pass that nothing breaks, once everything has been made. */
export const recordedRuns = async (line: Line, shop: Shop): Promise<Boundary[]> => {
  // the first makes everything, the second deletes what the third finds to be back
  await recordedRun(line, shop, 'cold')
  await recordedRun(line, shop, 'cold')
  const cold = await recordedRun(line, shop, 'cold')
  const warm = await recordedRun(line, shop, 'warm')
  if (!warm.some((each) => CHUNKS.test(nameOf(each)))) throw new Error('no table was read in several chunks')
  return distinct([...warm, ...cold, ...(await recordedRun(line, shop, 'red'))])
}

/** The same, and what is passed besides by runs that are brought about: on a line whose warehouse can hold statements up. */
export const recordedInEveryWay = async (line: Line, shop: Shop): Promise<Boundary[]> => {
  const found = await recordedRuns(line, shop)
  for (const run of RECORDED.filter((each) => WAYS[each].of)) found.push(...(await recordedRun(line, shop, run)))
  return distinct(found)
}
