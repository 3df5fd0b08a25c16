/** Which errors mean that Snowflake cannot get at the files of a stage, whoever asks: then, and only then, another route may help. */
import { codeOf, type DriverError } from '../translate.ts'

/**
 * Of the external stage. Told by Snowflake's guide "Troubleshoot Snowpipe": 091003 "Failure using stage area" (access denied,
 * unknown key, nobody answers), 100089 "Failed to access remote file: access denied", 003139 "Integration … associated with
 * the stage … cannot be found", and 091016 "Remote file was not found … credentials may be missing or invalid", which the
 * Python connector's tests also get for a bucket that is not there; every file has been seen in the bucket just before, so it
 * is the stage that is of another one. 003167 "Error assuming AWS_ROLE" and 003127 "Location … is not allowed by
 * integration" are what an integration gives whose trust, or whose locations, are not set up.
 */
const UNSEEN_BUCKET = new Set(['091003', '091016', '100089', '003127', '003139', '003167'])

/** Does not exist, or this role may not use it. */
const MISSING = '002003'
const FORBIDDEN = '003001'

const aboutStage = (message: string, stage: string): boolean =>
  new RegExp(`stage '[^']*\\b${stage}\\b`, 'i').test(message)

/** Whether a stage of ours is not there for this role: `firn setup snowflake` makes those that can be used. */
const lacksStage = (code: string, message: string, stage: string): boolean =>
  (code === MISSING || code === FORBIDDEN) && aboutStage(message, stage)

/** What Snowflake said, whichever error of ours it became: a WarehouseError, or a RefusedError for 003001. */
const found = (error: unknown): { code: string; message: string } | null => {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof Error ? { code: codeOf(cause as DriverError), message: cause.message } : null
}

/** Whether COPY failed because Snowflake cannot see the bucket behind this external stage. Gives the code, or null. */
export const unseenBucket = (error: unknown, stage: string): string | null => {
  const { code = '', message = '' } = found(error) ?? {}
  return UNSEEN_BUCKET.has(code) || lacksStage(code, message, stage) ? code : null
}

/** Whether nothing can be put into this internal stage: it is not there, or not ours. Gives the code, or null. */
export const unusableStage = (error: unknown, stage: string): string | null => {
  const { code = '', message = '' } = found(error) ?? {}
  return lacksStage(code, message, stage) ? code : null
}
