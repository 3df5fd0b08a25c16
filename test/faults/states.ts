/** What can go wrong with a state as a whole: the function is turned away, the state comes again, its execution runs out of time. */
import { listLeases } from '../../lib/lease.ts'
import { putObject } from '../../lib/store/objects.ts'
import type { Boundary } from './boundary.ts'
import { until } from './runs.ts'
import { ended, type Fault, held, holding, invocationEnds, type Scene } from './scene.ts'

/** Long enough for what is not held up. */
const RUN_SECONDS = 10
const ONCE = ['before'] as const

/** The stages of a run of warm workers, each as a boundary: the first thing that its function asks for. */
export const stagesIn = (boundaries: Boundary[]): Boundary[] =>
  [...new Set(boundaries.filter(({ run }) => run === 'warm').map(({ stage }) => stage))].map((stage) => ({
    ...boundaries.find((each) => each.stage === stage && each.run === 'warm')!,
    isState: true,
  }))

/** Reserved concurrency all used by others, as long as it takes until the state machine was told so. */
const turnedAway: Fault = {
  name: 'turned away',
  fits: () => [...ONCE],
  play: async (scene) => {
    const { line, boundary } = scene
    const giveBack = await line.turnAway(boundary.stage)
    const met = line.board.arm(boundary, {})
    const run = await scene.start()
    try {
      await until(
        `a ${boundary.stage} that was turned away`,
        async () => ((await line.throttles(run)) ? true : null),
        60,
      )
    } finally {
      await giveBack()
    }
    await ended(scene, run, met)
    return { isOver: false }
  },
}

const payloadOf = async ({ line, boundary: { stage } }: Scene, runId: string): Promise<object> => {
  const names = { job: line.job, runId }
  const [table] = (await line.folder(runId).plan()).tables
  const ofTable = { ...names, table: table!.table }
  return stage === 'plan'
    ? { ...names, request: { job: line.job } }
    : stage === 'extract'
      ? { ...ofTable, chunk: table!.chunks[0]!.id }
      : stage === 'load'
        ? ofTable
        : names
}

/** The whole invocation comes a second time, when the next run has ended. */
const again: Fault = {
  name: 'comes again',
  fits: () => [...ONCE],
  play: async (scene) => {
    const { line, boundary } = scene
    const met = line.board.arm(boundary, {})
    const run = await scene.start()
    await ended(scene, run, met)
    await scene.again()
    await line.invoke(boundary.stage, await payloadOf(scene, run.runId))
    return { isOver: true }
  },
}

const timedOut: Fault = {
  name: 'run times out',
  fits: ({ stage }) => (stage === 'report' ? [] : [...ONCE]),
  play: async (scene) => {
    const { line, boundary } = scene
    const own = await line.limitRunSeconds(RUN_SECONDS)
    try {
      const { met, release } = holding(scene)
      const { run } = await held(scene, met)
      const before = await line.endings(boundary.stage, run.startedAt)
      await line.ended(run)
      release('pass')
      await invocationEnds(scene, run, before)
    } finally {
      await line.limitRunSeconds(own)
    }
    return { isOver: false }
  },
}

const GONE = 'a-run-that-is-gone'

/** A run died and nobody was told: its lease stays. The next run says by whom it is held, and how to break it. */
const leaseHeld: Fault = {
  name: 'lease held',
  fits: ({ stage }) => (stage === 'plan' ? [...ONCE] : []),
  play: async ({ line, start }) => {
    const [lease] = await listLeases()
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const key = `leases/${encodeURIComponent(lease!.target)}.json`
    await putObject(key, JSON.stringify({ ...lease, holder: GONE, epoch: lease!.epoch + 1, expiresAt }))
    const { error, cause } = await line.ended(await start())
    const remedy = `leases break ${lease!.target}`
    if (error !== 'LeaseHeldError' || !cause?.includes(GONE) || !cause.includes(remedy))
      throw new Error(`a lease held by ${GONE} is answered by ${error}: ${cause}; the remedy is: ${remedy}`)
    await line.breakLease(lease!.target)
    return { isOver: false }
  },
}

export const STATE_FAULTS: Fault[] = [turnedAway, again, timedOut, leaseHeld]
