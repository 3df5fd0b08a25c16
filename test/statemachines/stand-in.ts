/**
 * Stands in for every function of the pipeline when its state machine is tried alone. What it answers is written in
 * `<job>.json` of the folder STAND_IN_FOLDER; what it was called with, it writes to `<job>.calls`.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Stage = 'plan' | 'extract' | 'load' | 'transform' | 'fail' | 'report'
export type Input = { job: string; runId: string; table?: string | null; chunk?: string } & Record<string, unknown>
export type Call = { stage: Stage; input: Input }

/** An answer that is a text is thrown, as an error of that name. */
export type Answer = string | Record<string, unknown>

/** By stage, with the table and chunk when there are any (`extract orders 1`): the first call's answer, the second's, … */
export type Scenario = Record<string, Answer[]>

const name = ({ stage, input }: Call) => [stage, input.table, input.chunk].filter(Boolean).join(' ')

/** Every call of a job's functions so far, in order. */
export const callsOf = (folder: string, job: string): Call[] => {
  const file = join(folder, `${job}.calls`)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Call)
}

const ordinary = (stage: Stage, { job, runId }: Input): Record<string, unknown> => {
  if (stage !== 'plan') return { done: true }
  return { job, runId, bucket: process.env.STAND_IN_BUCKET, items: `stand-in/${job}.json`, status: 'planned' }
}

/** Answers one call as the scenario says; beyond it, as if all were well. */
export const answer = (stage: Stage, input: Input): Record<string, unknown> => {
  const folder = process.env.STAND_IN_FOLDER!
  const call = { stage, input }
  const before = callsOf(folder, input.job).filter((each) => name(each) === name(call)).length
  appendFileSync(join(folder, `${input.job}.calls`), `${JSON.stringify(call)}\n`)
  const scenario = JSON.parse(readFileSync(join(folder, `${input.job}.json`), 'utf8')) as Scenario
  const said = scenario[name(call)]?.[before]
  if (typeof said === 'string') throw Object.assign(new Error(`${name(call)} was told to fail`), { name: said })
  return { ...ordinary(stage, input), ...said }
}
