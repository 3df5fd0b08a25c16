/** Runs one competitor once, in a folder of its own, and measures it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Start } from './competitors.ts'
import type { Sample } from './lines.ts'

/** Where things are: `launcher` is a Python of any kind, `work` a folder for outputs, which is emptied. */
export type Bench = { root: string; launcher: string; work: string }

/** What a run gave: its cost, or the last it said when it failed. `said`: the last line of its standard output. */
export type Run = { sample: Sample; said: string } | { failed: string }

/** No competitor takes a tenth of this on any case. */
const PATIENCE_SECONDS = 1800

/** Little of the caller's environment: nobody's settings or credentials are for the competitors. */
const environmentFor = (work: string, more: Record<string, string>) => ({
  PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  HOME: join(work, 'home'),
  ...more,
})

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : '')
const lastLine = (text: string) => text.slice(text.lastIndexOf('\n') + 1)

/** Our own processes say how long their work took, without their start; the others say nothing. */
const workSeconds = (said: string): number | null => {
  try {
    const { seconds } = JSON.parse(said)
    return typeof seconds === 'number' ? seconds : null
  } catch {
    return null
  }
}

/** An empty folder for a run's files. */
export const emptied = (folder: string): string => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Starts it through launch.py, waits, reads what it cost. Never throws for a competitor that fails. */
export const measure = async (bench: Bench, start: Start, signal: AbortSignal): Promise<Run> => {
  const { root, launcher, work } = bench
  mkdirSync(join(work, 'home'), { recursive: true })
  const result = join(work, 'result.json')
  const output = start.quiet ? '/dev/null' : join(work, 'output')
  rmSync(result, { force: true })
  const child = spawn(launcher, ['-S', '-E', join(root, 'bench', 'launch.py'), result, output, ...start.command], {
    env: environmentFor(work, start.environment),
    stdio: 'inherit',
    timeout: PATIENCE_SECONDS * 1000,
    signal,
  })
  await once(child, 'exit')
  if (!existsSync(result)) return { failed: 'it could not be started' }
  const { status, ...cost } = JSON.parse(readFileSync(result, 'utf8'))
  const said = start.quiet ? '' : lastLine(textOf(output))
  if (status !== 0) return { failed: `status ${status}: ${lastLine(textOf(`${output}.err`)) || said}`.slice(0, 300) }
  return { sample: { ...cost, workSeconds: workSeconds(said) }, said }
}
