/** What comes twice, late, or after it was given up: none of it may change what was published since. */
import { listLeases } from '../../lib/lease.ts'
import { putObject } from '../../lib/store/objects.ts'
import type { Step } from './gate.ts'
import { ended, type Fault, held, holding, invocationEnds, invoked, killed, payload } from './scene.ts'

/** Two invocations of the same: the second overtakes the first at this boundary, and is done before it. */
const duplicate: Fault = {
  name: 'invoked twice',
  fits: ({ writes, stage }) => (writes && stage !== 'fail' ? ['before'] : []),
  play: async (scene) => {
    const { met, release } = holding(scene)
    const { run, asked } = await held(scene, met)
    await invoked(scene, run, payload(scene, run, asked.pid))
    release('pass')
    await scene.line.ended(run)
    return { isOver: false }
  },
}

/** A second invocation falls asleep at this boundary, and wakes when its run and the next have ended well. */
const stale: Fault = {
  name: 'stale attempt',
  fits: ({ writes, stage }) => (writes && stage !== 'fail' ? ['before'] : []),
  play: async (scene) => {
    const { line, boundary } = scene
    const first = holding(scene)
    const { run, asked } = await held(scene, first.met)
    const second = Promise.withResolvers<Step>()
    const asleep = line.board.armElsewhere(boundary, asked.pid, { before: () => second.promise })
    const attempt = invoked(scene, run, payload(scene, run, asked.pid))
    await Promise.race([asleep, attempt])
    first.release('pass')
    await line.ended(run)
    await scene.again()
    second.resolve('pass')
    await attempt
    return { isOver: true }
  },
}

/** The worker is killed, and what it had sent arrives when the next run has ended. */
const late: Fault = {
  name: 'arrives late',
  fits: ({ writes }) => (writes ? ['before'] : []),
  play: async (scene) => {
    const { line, boundary } = scene
    const { promise: free, resolve: release } = Promise.withResolvers<Step>()
    const arrived = Promise.withResolvers<void>()
    const met = line.board.arm(boundary, {
      before: async (asked) => {
        await killed(asked)
        return free
      },
      after: async () => {
        arrived.resolve()
        return 'cut'
      },
    })
    await ended(scene, await scene.start(), met)
    await scene.again()
    release('pass')
    await arrived.promise
    return { isOver: true }
  },
}

/** A run that slept longer than its leases, which the next run has taken over by then. */
const expired: Fault = {
  name: 'lease expired',
  fits: ({ writes, stage }) => (writes && ['extract', 'load'].includes(stage) ? ['before'] : []),
  play: async (scene) => {
    const { met, release } = holding(scene)
    const { run } = await held(scene, met)
    for (const lease of (await listLeases()).filter(({ holder }) => holder === run.runId))
      await putObject(
        `leases/${encodeURIComponent(lease.target)}.json`,
        JSON.stringify({ ...lease, expiresAt: new Date(0).toISOString() }),
      )
    await scene.again()
    release('pass')
    await scene.line.ended(run)
    return { isOver: true }
  },
}

/** A person stops the execution; the invocation that runs knows nothing of it. */
const aborted: Fault = {
  name: 'aborted',
  fits: ({ writes, stage }) => (writes && stage !== 'report' ? ['before'] : []),
  play: async (scene) => {
    const { line, boundary } = scene
    const { met, release } = holding(scene)
    const { run } = await held(scene, met)
    const before = await line.endings(boundary.stage, run.startedAt)
    await line.abort(run)
    release('pass')
    await invocationEnds(scene, run, before)
    return { isOver: false }
  },
}

export const ZOMBIES: Fault[] = [duplicate, stale, late, expired, aborted]
