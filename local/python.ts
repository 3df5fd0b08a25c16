/** The Python environment of the twins and dbt: `.firn/venv`, from `local/requirements.txt`. */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RefusedError } from '../lib/errors.ts'
import { refuseFullDisk } from './disk.ts'

const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.14', 'python']

/** What one Python answered: its version, and what it lacks. */
type Answer = { program: string; version: string; usable: boolean; lacks: string | null }

/** Asks a Python what it is; null when there is no such program, or it does not run. */
function ask(program: string): Answer | null {
  const question = [
    'import sys, json',
    'lacks = None',
    'try:\n import venv, ensurepip',
    'except ImportError as e:\n lacks = e.name',
    'print(json.dumps([".".join(map(str, sys.version_info[:3])), sys.version_info >= (3, 11), lacks]))',
  ].join('\n')
  const { status, stdout } = spawnSync(program, ['-c', question], { encoding: 'utf8' })
  if (status !== 0) return null
  const [version, recent, lacks] = JSON.parse(stdout) as [string, boolean, string | null]
  return { program, version, usable: recent && lacks === null, lacks }
}

/**
 * A Python of 3.11 or later with venv, from the PATH.
 * Throws RefusedError naming what was found and how to get what is needed.
 */
export function findPython(candidates: readonly string[] = CANDIDATES): string {
  const found: Answer[] = []
  for (const program of candidates) {
    const answer = ask(program)
    if (answer?.usable) return answer.program
    if (answer) found.push(answer)
  }
  const seen = found.map((a) => `${a.program} is ${a.version}${a.lacks ? ` without ${a.lacks}` : ''}`).join(', ')
  throw new RefusedError(
    `Python 3.11 or later with venv is needed: ${seen || 'there is none on the PATH'}. ` +
      'Get it: apt-get install python3 python3-venv (Debian, Ubuntu), dnf install python3.11 (Fedora, RHEL), ' +
      'brew install python@3.12 (macOS)',
  )
}

/** The digest a complete environment was made from. */
function requirementsDigest(requirements: string): string {
  return createHash('sha256').update(readFileSync(requirements)).digest('hex')
}

/** Whether `venv` was made to the end, from these very requirements. */
export function isComplete(venv: string, requirements: string): boolean {
  const stamp = join(venv, 'complete')
  return existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === requirementsDigest(requirements)
}

/**
 * Makes `venv` unless it is complete. An environment cannot be moved, so it is made in place, and a stamp with the
 * requirements' digest is written last: one without it was cut short and is made anew.
 * Throws RefusedError with the end of pip's output when that fails.
 */
export function makeVenv(venv: string, requirements: string, log: (line: string) => void): void {
  if (isComplete(venv, requirements)) return
  const python = findPython()
  const output = `${venv}.log`
  if (existsSync(venv)) {
    log(`removing ${venv}: it is incomplete or from other requirements`)
    rmSync(venv, { recursive: true, force: true })
  }
  mkdirSync(join(venv, '..'), { recursive: true })
  const packages = readFileSync(requirements, 'utf8')
    .split('\n')
    .filter((line) => /^[A-Za-z]/.test(line)).length
  log(`making a Python environment: ${python} -m venv ${venv}`)
  run([python, '-m', 'venv', venv], output, venv)
  log(`installing ${packages} Python packages into it (pip install --no-deps -r ${requirements}; output in ${output})`)
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--no-input', '--no-deps', '-r', requirements]
  run([join(venv, 'bin', 'python'), ...pip], output, venv)
  writeFileSync(join(venv, 'complete'), `${requirementsDigest(requirements)}\n`)
}

function run([program = '', ...args]: string[], output: string, venv: string): void {
  const file = openSync(output, 'w')
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', file, file] })
  if (status === 0) return
  const said = readFileSync(output, 'utf8').trimEnd()
  refuseFullDisk(said, venv)
  const tail = said.split('\n').slice(-8).join('\n')
  throw new RefusedError(`${program} ${args.join(' ')} failed (${error?.message ?? `status ${status}`}):\n${tail}`)
}
