/** Runs once around all test files: twins up, twins down. Tests without a network are started without it (test:unit). */
import { down, up } from '../local/twins.ts'
import { ROOT, TEST_HOME } from './stack.ts'

const log = (line: string) => process.stderr.write(`# ${line}\n`)

export const globalSetup = async (): Promise<void> => {
  await down({ home: TEST_HOME, log, wipe: true })
  await up({ home: TEST_HOME, root: ROOT, log })
}

export const globalTeardown = async (): Promise<void> => {
  await down({ home: TEST_HOME, log, wipe: true })
}
