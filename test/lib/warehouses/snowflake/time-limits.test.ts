import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeLimits } from '../../../../lib/warehouses/snowflake/time-limits.ts'

const MINUTE = 60_000
/** Snowflake's own abort of an idle transaction that blocks another. */
const IDLE_BLOCKER_SECONDS = 300

test('a statement ends before the Lambda that waits for it, and the wait for a lock before the statement', () => {
  for (const minutes of [15, 10, 6, 2, 1]) {
    const { STATEMENT_TIMEOUT_IN_SECONDS: statement, LOCK_TIMEOUT: lock } = timeLimits(minutes * MINUTE)
    assert.ok(statement < minutes * 60, `${minutes} min: ${statement}`)
    assert.ok(lock < statement, `${minutes} min: ${lock} of ${statement}`)
  }
})

test("where there is time, a lock is waited for longer than Snowflake's own abort of an idle blocker", () => {
  assert.deepEqual(timeLimits(15 * MINUTE), { STATEMENT_TIMEOUT_IN_SECONDS: 870, LOCK_TIMEOUT: 600 })
  assert.ok(timeLimits(6 * MINUTE).LOCK_TIMEOUT > IDLE_BLOCKER_SECONDS)
})

test('with next to no time left there is a limit still (0 would be none), and nobody who ends it makes it an hour', () => {
  for (const none of [0, -1000, 1000]) {
    const { STATEMENT_TIMEOUT_IN_SECONDS: statement, LOCK_TIMEOUT: lock } = timeLimits(none)
    assert.ok(statement > 0 && lock > 0 && lock < statement)
  }
  assert.equal(timeLimits(Number.POSITIVE_INFINITY).STATEMENT_TIMEOUT_IN_SECONDS, 3600)
})
