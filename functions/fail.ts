/** Fail and StageFailed: writes down what failed, so that Report can say it. The first failure of a table counts. */
import type { FailureRecord, Names } from '../lib/model.ts'
import { runFolder } from '../lib/run-folder.ts'
import { stage } from '../lib/stage.ts'

/** What a Catch hands over. `Cause` is, for a Lambda's error, JSON with errorMessage. */
type FailInput = Names & { table?: string | null; stage: string; error: { Error: string; Cause?: string } }

const messageIn = (cause: string | undefined): string => {
  if (!cause) return 'no reason was given'
  try {
    const parsed = JSON.parse(cause) as { errorMessage?: string }
    return parsed.errorMessage ?? cause
  } catch {
    return cause
  }
}

/** A Lambda error that never reached our code is named after Lambda's own parlance: said plainly here. */
const plain = (name: string, message: string): string => {
  if (name === 'Sandbox.Timedout' || /Task timed out/.test(message)) return `The Lambda's time ran out: ${message}`
  if (name === 'Runtime.ExitError' || name === 'Runtime.OutOfMemory')
    return `The Lambda's process ended by itself (out of memory?): ${message}`
  return message
}

export const handler = stage(
  'fail',
  async ({ job, runId, table, stage: where, error }: FailInput): Promise<FailureRecord> => {
    const message = plain(error.Error, messageIn(error.Cause))
    const failure = { name: error.Error, message, stage: where }
    return runFolder({ job, runId }).putFailure({ table: table ?? null, failure, at: new Date().toISOString() })
  },
)
