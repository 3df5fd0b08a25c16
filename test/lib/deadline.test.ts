import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { deadlineIn } from '../../lib/deadline.ts'

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
afterEach(() => mock.timers.reset())

/** Whether the deadline is overdue by now. */
const isOverdue = async (overdue: Promise<void>): Promise<boolean> => {
  let found = false
  overdue.then(() => {
    found = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return found
}

for (const [milliseconds, due, over] of [
  [900_000, 840_000, 870_000],
  [180_000, 120_000, 150_000],
  [6_000, 4_000, 5_000],
] as const)
  test(`of ${milliseconds} ms, ${milliseconds - due} are kept back, and half of those to give up in`, async () => {
    const deadline = deadlineIn(milliseconds)
    mock.timers.tick(due - 1)
    assert.equal(deadline.isDue(), false)
    mock.timers.tick(1)
    assert.deepEqual([deadline.isDue(), await isOverdue(deadline.overdue)], [true, false])
    mock.timers.tick(over - due)
    assert.equal(await isOverdue(deadline.overdue), true)
  })

test('one that was cleared never comes, nor does one of no time at all', async () => {
  const cleared = deadlineIn(1000)
  cleared.clear()
  const never = deadlineIn(Number.POSITIVE_INFINITY)
  mock.timers.tick(10_000_000)
  for (const { isDue, overdue } of [cleared, never])
    assert.deepEqual([isDue(), await isOverdue(overdue)], [false, false])
})
