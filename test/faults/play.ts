/** Plays one case: rows change, a run is broken, rows change again, the next run is to mend everything. */
import { listLeases } from '../../lib/lease.ts'
import { STAGES } from '../../lib/stacks/stages.ts'
import { type Boundary, nameOf, type Recorded } from './boundary.ts'
import type { Case } from './cases.ts'
import type { Line } from './line.ts'
import type { Ended } from './runs.ts'
import type { Shop } from './shop.ts'
import { truth } from './truth.ts'

/** What came of a case. `because` says why it did not recover, in sentences. */
export type Outcome = {
  case: Case
  recovered: boolean
  lost: number
  doubled: number
  because: string[]
  seconds: number
}

const whyRed = ({ runId, status, error, cause }: Ended): string[] =>
  status === 'SUCCEEDED' ? [] : [`the next run, ${runId}, ended ${status}: ${error}: ${messageIn(cause)}`]

const messageIn = (cause: string | null): string => {
  try {
    return (JSON.parse(cause ?? '') as { errorMessage: string }).errorMessage
  } catch {
    return cause ?? ''
  }
}

/** What the refusal says to do: a run that needed it did not recover by itself, and its rows may still be all there. */
const breakLeases = async (line: Line) => {
  for (const { target, holder } of await listLeases()) if (holder !== null) await line.breakLease(target)
}

/** Brings the line back to where every case begins, whatever it took: by hand, and by reading everything again. */
const mend = async (line: Line, shop: Shop) => {
  line.board.clear()
  await shop.cure()
  await breakLeases(line)
  await line.ended(await line.start({ fullRefresh: true }))
}

/** Makes every worker start anew. */
const renew = async (line: Line) => {
  for (const stage of STAGES) await line.limitSeconds(stage)
}

/** Files are uploaded to Snowflake, by a worker that has just begun: such a one looks there for what others left. */
const overStage = async (line: Line) => {
  await line.limitSeconds('load')
  await line.route('internal')
}

/** Plays a case to its end, its mending included. */
export const play = async (line: Line, shop: Shop, played: Case): Promise<Outcome> => {
  const startedAt = performance.now()
  const runs: string[] = []
  const start = async () => {
    await shop.change()
    const run = await line.start()
    runs.push(run.runId)
    return run
  }
  const { boundary, fault, at } = played
  const because: string[] = []
  const again = async () => {
    await shop.cure()
    const found = await line.ended(await start())
    because.push(...whyRed(found))
    if (found.error !== 'LeaseHeldError') return
    await breakLeases(line)
    await line.ended(await start())
  }
  let rows = { lost: 0, doubled: 0 }
  line.board.clear()
  try {
    if (boundary.run === 'cold') await renew(line)
    if (boundary.run === 'red') await shop.spoil()
    if (boundary.run === 'internal') await overStage(line)
    const { isOver } = await fault.play({ line, boundary, at, start, again })
    if (!isOver) {
      line.board.clear()
      await again()
    }
    const { lies, ...found } = await truth(line, shop, runs)
    rows = found
    because.push(...lies)
  } catch (error) {
    because.push((error as Error).message)
  }
  if (boundary.run === 'internal') await line.route()
  const recovered = because.length === 0 && rows.lost + rows.doubled === 0
  if (!recovered) await mend(line, shop)
  return { case: played, recovered, ...rows, because, seconds: (performance.now() - startedAt) / 1000 }
}

/** Plays cases one after the other; `tell` hears of each. */
export const playAll = async (
  line: Line,
  shop: Shop,
  cases: Case[],
  tell: (outcome: Outcome, of: { done: number; all: number }) => void,
): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const played of cases) {
    const outcome = await play(line, shop, played)
    outcomes.push(outcome)
    tell(outcome, { done: outcomes.length, all: cases.length })
  }
  return outcomes
}

const recordedRun = async (line: Line, shop: Shop, run: Recorded): Promise<Boundary[]> => {
  await shop.change()
  line.board.clear()
  const { runId, status, cause } = await line.ended(await line.start())
  if ((status === 'SUCCEEDED') !== (run !== 'red')) throw new Error(`the ${run} run ${runId} ended ${status}: ${cause}`)
  return line.board.recorded().map((each) => ({ ...each, run }))
}

/** Of what several runs pass, the first of these is told. */
const distinct = (boundaries: Boundary[]): Boundary[] => {
  const found = new Map<string, Boundary>()
  for (const each of boundaries) {
    const name = `${nameOf(each)} ${each.nth}`
    if (!found.has(name)) found.set(name, each)
  }
  return [...found.values()]
}

/** What runs pass that nothing breaks, once everything has been made. */
export const recordedRuns = async (line: Line, shop: Shop): Promise<Boundary[]> => {
  const recorded = (run: Recorded) => recordedRun(line, shop, run)
  // the first makes everything, the second deletes what the third finds to be back
  await recorded('cold')
  await recorded('cold')
  await renew(line)
  const cold = await recorded('cold')
  const warm = await recorded('warm')
  await shop.spoil()
  const red = await recorded('red')
  await shop.cure()
  return distinct([...warm, ...cold, ...red])
}

/** The same, and what Load passes besides when files are uploaded to Snowflake: no other stage knows of it. */
export const recordedOnEveryRoute = async (line: Line, shop: Shop): Promise<Boundary[]> => {
  const before = await recordedRuns(line, shop)
  await overStage(line)
  const uploading = await recordedRun(line, shop, 'internal')
  await line.route()
  return distinct([...before, ...uploading.filter((each) => each.stage === 'load' && each.service === 'Snowflake')])
}
