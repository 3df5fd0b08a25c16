/** What every fault is played with, and how: a boundary is broken in one way, or held until it is let go. */
import type { RunRequest } from '../../lib/model.ts'
import type { Asked, Boundary } from './boundary.ts'
import type { Step } from './gate.ts'
import type { Line } from './line.ts'
import { type Run, until } from './runs.ts'

/** `before`: the request never arrives. `after`: it was answered, and the answer is lost. A number: so many of its statements arrive. */
export type At = 'before' | 'after' | number

/** Seconds that a function has, where its time is to be over: long enough for what is not held up. */
export const SHORT_SECONDS = 6

/** One case's stage: `start` changes rows and starts the run that is broken; `again` changes rows and runs to the end. */
export type Scene = {
  line: Line
  boundary: Boundary
  at: At
  /** What the run that is broken is asked for. */
  request: RunRequest
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
export const ended = async ({ line }: Scene, run: Run, met: Promise<Asked>): Promise<void> => {
  let isMet = false
  met.then(() => {
    isMet = true
  })
  await line.ended(run)
  if (!isMet) throw new Error(`run ${run.runId} ended and never came to the boundary`)
}

/** Breaks the boundary in one way, and lets the run end. */
export const broken = async (scene: Scene, step: (asked: Asked) => Promise<Step>, times = 1) => {
  const { line, boundary, at } = scene
  const act = typeof at === 'number' ? { before: async () => ({ first: at }), after: step } : { [at]: step }
  const met = line.board.arm(boundary, act, times)
  await ended(scene, await scene.start(), met)
  return { isOver: false }
}

export const killed = async ({ pid }: Asked): Promise<Step> => {
  process.kill(pid, 'SIGKILL')
  return 'hang'
}

export const payload = ({ line, request, boundary: { stage } }: Scene, { runId, arn }: Run, pid: number) => {
  const names = { job: line.job, runId }
  if (stage === 'plan') return { ...names, request: { job: line.job, ...request }, executionArn: arn }
  const { table, chunk } = line.board.subjectOf(pid)
  return stage === 'extract' ? { ...names, table, chunk } : stage === 'load' ? { ...names, table } : names
}

/** Holds what comes to the boundary until it is let go. */
export const holding = ({ line, boundary }: Scene) => {
  const { promise: free, resolve: release } = Promise.withResolvers<Step>()
  return { met: line.board.arm(boundary, { before: () => free }), release }
}

/** The boundary's first request, and the run it came in. Throws when the run ends before. */
export const held = async (scene: Scene, met: Promise<Asked>): Promise<{ run: Run; asked: Asked }> => {
  const run = await scene.start()
  const over = scene.line
    .ended(run)
    .then(() => Promise.reject(new Error(`run ${run.runId} never came to the boundary`)))
  over.catch(() => {})
  return { run, asked: await Promise.race([met, over]) }
}

export const invoked = ({ line, boundary }: Scene, run: Run, payloadOf: object) =>
  line.invoke(boundary.stage, { ...payloadOf, runId: run.runId })

/** Waits until one more invocation of the boundary's stage has ended than had. */
export const invocationEnds = ({ line, boundary: { stage } }: Scene, { startedAt }: Run, before: number) =>
  until(`the end of ${stage}`, async () => ((await line.endings(stage, startedAt)) > before ? true : null), 60)
