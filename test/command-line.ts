/** Runs the command line as a user would, against the twins of the tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT, TEST_HOME } from './stack.ts'

export type Ended<T = unknown> = { status: number; document: T; said: string }

/** Nothing of the caller's own settings may reach a test. */
export const commandEnvironment = (more: Record<string, string>): Record<string, string | undefined> => {
  const foreign = /^(MYSQL_|SNOWFLAKE_|MINIO_|AWS_|FIRN_)/
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return { ...Object.fromEntries(kept), FIRN_HOME: TEST_HOME, NODE_NO_WARNINGS: '1', ...more }
}

/** Starts `firn ARGS --json`; `ended` resolves with the exit status, the document and what was said beside it. */
export const startFirn = <T = unknown>(
  args: string[],
  more: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended<T>> } => {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'firn.ts'), ...args, '--json'], {
    cwd: ROOT,
    env: commandEnvironment(more),
  })
  let out = ''
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (out += bytes))
  child.stderr.on('data', (bytes: Buffer) => (said += bytes))
  const ended = new Promise<Ended<T>>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ status: code ?? -1, document: (out ? JSON.parse(out) : null) as T, said }))
  })
  return { child, ended }
}

/** Runs `firn ARGS --json` to its end, whatever its exit status. */
export const firn = <T = unknown>(args: string[], more: Record<string, string> = {}): Promise<Ended<T>> =>
  startFirn<T>(args, more).ended
