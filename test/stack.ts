/** The twins that live tests share: started once for all files by test/twins.setup.ts, in a home of their own. */
import { join } from 'node:path'
import { readStack, type Stack } from '../local/stack.ts'

export const ROOT = join(import.meta.dirname, '..')

/** Apart from `.firn`, so that tests never touch what a user is looking at. */
export const TEST_HOME = join(ROOT, '.firn', 'test')

/** Where the twins of this test run answer. Throws when they were not started: `npm test` starts them. */
export const stackForTests = (): Stack => {
  const stack = readStack(TEST_HOME)
  if (!stack) throw new Error('the twins for tests are not up: run tests through npm test')
  return stack
}
