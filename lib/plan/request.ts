/** What an execution was asked for, checked field by field: it may come from a console, where anything can be typed. */
import { RefusedError } from '../errors.ts'
import type { Plan, RunRequest } from '../model.ts'
import { runFolder } from '../run-folder.ts'

const FIELDS: readonly string[] =
  'job tables fullRefresh testMode lagSeconds retryOf replayOf backfill sweep sweepCap accept scheduledAt'.split(' ')

/** Each of these says by itself which rows are read. */
const EXCLUSIVE = ['fullRefresh', 'testMode', 'retryOf', 'replayOf', 'backfill'] as const satisfies (keyof RunRequest)[]

const shown = (value: unknown) => JSON.stringify(value)

const refuse = (what: string, needed: string): never => {
  throw new RefusedError(`The execution's input has ${what}, and ${needed} is needed`)
}

const checkBackfill = ({ backfill, tables }: RunRequest): void => {
  if (backfill === undefined) return
  const { from, to, ...others } = backfill ?? {}
  if (typeof from !== 'string' || typeof to !== 'string' || Object.keys(others).length)
    refuse(`"backfill": ${shown(backfill)}`, '{"from": "…", "to": "…"}, two values of the cursor,')
  if (tables?.length !== 1) refuse(`"backfill" and "tables": ${shown(tables)}`, 'the one table of that cursor')
}

/** The request as it came. Throws RefusedError naming the first field that is unknown, of a wrong type, or against another. */
export const checkRequest = (request: RunRequest): RunRequest => {
  const unknown = Object.keys(request).filter((name) => !FIELDS.includes(name))
  if (unknown.length)
    throw new RefusedError(`The execution's input has the unknown key "${unknown[0]}". Known are ${FIELDS.join(', ')}`)
  for (const name of ['fullRefresh', 'testMode', 'sweep', 'accept'] as const)
    if (request[name] !== undefined && typeof request[name] !== 'boolean')
      refuse(`"${name}": ${shown(request[name])}`, 'true or false')
  for (const name of ['retryOf', 'replayOf'] as const)
    if (request[name] !== undefined && (typeof request[name] !== 'string' || request[name] === ''))
      refuse(`"${name}": ${shown(request[name])}`, "a run's id")
  if (request.tables !== undefined && (!Array.isArray(request.tables) || request.tables.length === 0))
    refuse(`"tables": ${shown(request.tables)}`, 'a list of names')
  const { sweepCap } = request
  if (sweepCap !== undefined && !(Number.isFinite(sweepCap) && sweepCap >= 0 && sweepCap <= 100))
    refuse(`"sweepCap": ${shown(sweepCap)}`, 'a number from 0 to 100')
  checkBackfill(request)
  if (request.accept && !request.tables) refuse('"accept" without "tables"', 'a list of the tables that are accepted')
  const unswept = (['testMode', 'replayOf', 'backfill'] as const).find((name) => request[name])
  if (request.sweep && unswept) refuse(`"sweep" and "${unswept}", which nothing is swept after`, 'one of them')
  const given = EXCLUSIVE.filter((name) => request[name])
  if (given.length > 1) refuse(given.map((name) => `"${name}"`).join(' and '), 'one of them')
  return request
}

/** The plan of the run that is tried again, and which of its tables failed. */
export type Retried = { plan: Plan; failed: string[] }

/** Null when nothing is tried again. Throws RefusedError when that run has no plan, or no table that failed. */
export const retriedRun = async (job: string, request: RunRequest): Promise<Retried | null> => {
  if (!request.retryOf) return null
  const folder = runFolder({ job, runId: request.retryOf })
  const plan = await folder.planIfAny()
  if (!plan)
    throw new RefusedError(
      `Run ${request.retryOf} of job ${job} has no plan, so nothing of it can be retried: it is another job's, or it was refused. See them: npm run -s firn -- runs; or start a new one: npm run -s firn -- run ${job}`,
    )
  const loads = await Promise.all(plan.tables.map(({ table }) => folder.load(table)))
  const failed = plan.tables.filter((_, i) => loads[i] === null).map(({ table }) => table)
  if (failed.length === 0)
    throw new RefusedError(`Every table of run ${request.retryOf} was published: there is nothing to retry`)
  return { plan, failed }
}
