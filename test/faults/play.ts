/** Plays one case: rows change, a run is broken, rows change again, the next run is to mend everything. */
import { listLeases } from '../../lib/lease.ts'
import type { RunRequest } from '../../lib/model.ts'
import type { Case } from './cases.ts'
import type { Line } from './line.ts'
import { WAYS } from './recorded.ts'
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

/** Plays a case to its end, its mending included. */
export const play = async (line: Line, shop: Shop, played: Case): Promise<Outcome> => {
  const startedAt = performance.now()
  const runs: string[] = []
  const start = async (request: RunRequest = {}) => {
    await shop.change()
    const run = await line.start(request)
    runs.push(run.runId)
    return run
  }
  const { boundary, fault, at } = played
  const way = WAYS[boundary.run]
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
  try {
    const request = (await way.request?.(line)) ?? {}
    line.board.clear()
    await way.begin?.(line, shop)
    const { isOver } = await fault.play({ line, boundary, at, request, start: () => start(request), again })
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
  await way.end?.(line, shop)
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
