/**
 * What can go wrong at a boundary, each from outside: how it is brought about, and where it makes sense. A fault is played
 * in one run, which may end as it likes; some need another run in the middle of it.
 */
import { listLeases } from '../../lib/lease.ts'
import type { StageName } from '../../lib/stacks/stages.ts'
import { putObject } from '../../lib/store.ts'
import type { Asked, Boundary } from './boundary.ts'
import type { Reply, Step } from './gate.ts'
import type { Line, Run } from './line.ts'

/** `before`: the request never arrives. `after`: it was answered, and the answer is lost. A number: so many of its statements arrive. */
export type At = 'before' | 'after' | number

/** Long enough for what is not held up. */
const HANG_SECONDS = 6

/** One case's stage. `start` changes rows and starts the run that is broken; `again` changes rows and runs to the end. */
type Scene = {
  line: Line
  boundary: Boundary
  at: At
  start(): Promise<Run>
  again(): Promise<void>
}

/** `isOver`: another run has ended since. */
export type Fault = {
  name: string
  fits(boundary: Boundary): At[]
  play(scene: Scene): Promise<{ isOver: boolean }>
}

/** A case whose boundary never came is no case. */
const ended = async ({ line }: Scene, run: Run, met: Promise<Asked>): Promise<void> => {
  let isMet = false
  met.then(() => {
    isMet = true
  })
  await line.ended(run)
  if (!isMet) throw new Error(`run ${run.runId} ended and never came to the boundary`)
}

/** Breaks the boundary in one way, and lets the run end. */
const broken = async (scene: Scene, step: (asked: Asked) => Promise<Step>, times = 1) => {
  const { line, boundary, at } = scene
  const act = typeof at === 'number' ? { before: async () => ({ first: at }), after: step } : { [at]: step }
  const met = line.board.arm(boundary, act, times)
  await ended(scene, await scene.start(), met)
  return { isOver: false }
}

const killed = async ({ pid }: Asked): Promise<Step> => {
  process.kill(pid, 'SIGKILL')
  return 'hang'
}

const snowflakeError = (code: string, message: string): Reply => ({
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify({ success: false, code, message, data: { errorCode: code, sqlState: 'XX000' } }),
})

const s3Error = (status: number, code: string): Reply => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>said by the test's proxy</Message></Error>`,
})

/** What each server says when it is asked too much, and how often in a row, so that the driver's own tries do not do. */
const THROTTLED: Record<Boundary['service'], { reply: Reply; times: number }> = {
  AWS: { reply: s3Error(503, 'SlowDown'), times: 5 },
  Snowflake: { reply: { status: 429, contentType: 'application/json', body: '{}' }, times: 1 },
  MySQL: { reply: { status: 1226, body: "User 'firn' has exceeded the 'max_questions' resource" }, times: 1 },
}
const FULL: Record<Boundary['service'], Reply> = {
  AWS: s3Error(507, 'XMinioStorageFull'),
  Snowflake: snowflakeError('000603', 'SQL execution internal error: No space left on device'),
  MySQL: { status: 1021, body: 'Disk full (/tmp/#sql); waiting for someone to free some space (errno: 28)' },
}

const ends = ({ service, writes }: Boundary): At[] =>
  service === 'MySQL' || !writes ? ['before'] : ['before', 'after']
/** How many statements of several went through before it broke: between any two of them. */
const between = ({ statements }: Boundary): At[] =>
  statements > 1 ? Array.from({ length: statements - 1 }, (_, i) => i + 1) : []

const payload = ({ line, boundary: { stage } }: Scene, { runId, arn }: Run, pid: number) => {
  const names = { job: line.job, runId }
  if (stage === 'plan') return { ...names, request: { job: line.job }, executionArn: arn }
  const { table, chunk } = line.board.subjectOf(pid)
  return stage === 'extract' ? { ...names, table, chunk } : stage === 'load' ? { ...names, table } : names
}

/** Holds what comes to the boundary until it is let go. */
const holding = ({ line, boundary }: Scene) => {
  const { promise: free, resolve: release } = Promise.withResolvers<Step>()
  return { met: line.board.arm(boundary, { before: () => free }), release }
}

/** The boundary's first request, and the run it came in. Throws when the run ends before. */
const held = async (scene: Scene, met: Promise<Asked>): Promise<{ run: Run; asked: Asked }> => {
  const run = await scene.start()
  const over = scene.line
    .ended(run)
    .then(() => Promise.reject(new Error(`run ${run.runId} never came to the boundary`)))
  over.catch(() => {})
  return { run, asked: await Promise.race([met, over]) }
}

const invoked = ({ line, boundary }: Scene, run: Run, payloadOf: object) =>
  line.twin.invoke(line.functionName(boundary.stage), { ...payloadOf, runId: run.runId })

const kill: Fault = { name: 'killed', fits: ends, play: (scene) => broken(scene, killed) }

const lost: Fault = { name: 'connection lost', fits: ends, play: (scene) => broken(scene, async () => 'cut') }

const torn: Fault = {
  name: 'answer torn',
  fits: ({ service, writes, what }) => (!writes && (service === 'MySQL' || what.startsWith('GET ')) ? ['after'] : []),
  play: (scene) => broken(scene, async () => 'half'),
}

/** Nothing is ever said, until the function's time is over. */
const hang: Fault = {
  name: 'timeout',
  fits: () => ['before'],
  play: async (scene) => {
    const stage = scene.boundary.stage as StageName
    await scene.line.limitSeconds(stage, HANG_SECONDS)
    try {
      return await broken(scene, async () => 'hang')
    } finally {
      await scene.line.limitSeconds(stage)
    }
  },
}

const throttled: Fault = {
  name: 'throttled',
  fits: () => ['before'],
  play: (scene) => {
    const { reply, times } = THROTTLED[scene.boundary.service]
    return broken(scene, async () => reply, times)
  },
}

const full: Fault = {
  name: 'disk full',
  fits: ({ service, writes, what }) => ((service === 'AWS' ? writes : what !== 'log in') ? ['before'] : []),
  play: (scene) => broken(scene, async () => FULL[scene.boundary.service]),
}

const halfway: Fault = {
  name: 'fails halfway',
  fits: between,
  play: (scene) => broken(scene, async () => FULL.Snowflake),
}

const sessionGone: Fault = {
  name: 'session lost',
  fits: between,
  play: (scene) =>
    broken(scene, async ({ session }) => {
      await scene.line.endSession(session!)
      return 'cut'
    }),
}

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
    const before = await line.twin.endings(line.functionName(boundary.stage), run.startedAt)
    await line.abort(run)
    release('pass')
    await line.invocationEnds(boundary.stage, run.startedAt, before)
    return { isOver: false }
  },
}

/** All there are: each is a column of the matrix. */
export const FAULTS: Fault[] = [
  kill,
  lost,
  torn,
  throttled,
  full,
  halfway,
  sessionGone,
  duplicate,
  stale,
  late,
  expired,
  aborted,
  hang,
]
