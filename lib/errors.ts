/**
 * Every error class of ours, and the one retry policy: UnavailableError is tried again, nothing else is.
 * Step Functions matches the error's name only, and a bundler may rename classes, so each name is written out.
 * A message says what, where (file, field, table, column) and the command that mends it; never a cell's value or a secret.
 */

/** Something outside does not answer now and may soon: lost connection, throttling, a server starting. Retried. */
export class UnavailableError extends Error {
  override name = 'UnavailableError'
}

/** Wrong settings, metadata or use: nothing was moved, and trying again changes nothing. Ends the command with status 2, where it is of a whole run. */
export class RefusedError extends Error {
  override name = 'RefusedError'
}

/** A RefusedError, by name as well: the login itself. A secret kept from before is read again then. */
export class LoginRefusedError extends RefusedError {}

/** The source and what was planned of it no longer agree. */
export class DriftError extends Error {
  override name = 'DriftError'
}

/** A value no policy covers: named by table, column and count. */
export class ValueError extends Error {
  override name = 'ValueError'
}

/** The equation of counts does not hold: nothing was published. */
export class AuditError extends Error {
  override name = 'AuditError'
}

/** No failure: the time of whoever loads is over, and where it stood is kept. Never leaves Load. */
export class TimeIsOver extends Error {
  override name = 'TimeIsOver'
}

/** Another run holds a target. Ends the command with status 2. */
export class LeaseHeldError extends Error {
  override name = 'LeaseHeldError'
}

/** A later run has taken the target over: this one must not publish any more. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError'
}

/** The warehouse refused a statement. */
export class WarehouseError extends Error {
  override name = 'WarehouseError'
}

/** dbt ended with failures. */
export class TransformFailedError extends Error {
  override name = 'TransformFailedError'
}

/** At least one table, or dbt, failed: thrown last, by Report, so that the execution is red. */
export class RunFailedError extends Error {
  override name = 'RunFailedError'
}

/** The names of errors that mean wrong use rather than a failed job. */
export const REFUSALS: readonly string[] = ['RefusedError', 'LeaseHeldError']
