/**
 * How long a statement may take: no longer than anybody waits for it, since what nobody waits for any more goes on costing.
 * A killed Lambda cannot cancel anything, so Snowflake is told beforehand.
 */

/** For who waits as long as it takes: a command line. */
const LONGEST_SECONDS = 3600
/** Kept back of a Lambda's time, so that what became of the statement can still be told and put away. */
const RESERVE_SECONDS = 30
const SHORTEST_SECONDS = 5
/**
 * Snowflake aborts an idle transaction that blocks another after 5 minutes ("Transactions": aborting). A lock is waited
 * for longer than that where the time allows, so that a killed Lambda delays the next run and does not fail it.
 */
const LOCK_SECONDS = 600
/** A lock that is not got must be told as such (000625, tried again) before the statement's own limit ends it. */
const LOCK_MARGIN_SECONDS = 10

type TimeLimits = { STATEMENT_TIMEOUT_IN_SECONDS: number; LOCK_TIMEOUT: number }

/** Limits as parameters of one statement, for who is ended in so many milliseconds; Infinity for nobody ends it. */
export const timeLimits = (remainingMilliseconds: number): TimeLimits => {
  const left = Math.floor(remainingMilliseconds / 1000) - RESERVE_SECONDS
  const statement = Math.max(SHORTEST_SECONDS, Math.min(LONGEST_SECONDS, left))
  const lock = Math.max(SHORTEST_SECONDS - 1, Math.min(LOCK_SECONDS, statement - LOCK_MARGIN_SECONDS))
  return { STATEMENT_TIMEOUT_IN_SECONDS: statement, LOCK_TIMEOUT: lock }
}

/**
 * Limits of what may go on without who began it, and is asked after by its id: who began it has a successor. Also those of a
 * session, since nobody documents what the statements of a multi-statement request inherit, and a publication may be long.
 */
export const LASTING_LIMITS: TimeLimits = {
  STATEMENT_TIMEOUT_IN_SECONDS: 86_400,
  LOCK_TIMEOUT: LOCK_SECONDS,
}
