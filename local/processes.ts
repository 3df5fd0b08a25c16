/**
 * Servers that outlive the command that started them. Each is known by `<home>/pids/<name>.json`, which holds the
 * process id together with the moment the process began: an id alone is given to another program sooner or later, and a
 * record whose process began at another moment is stale and never acted upon.
 */

import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** What is written about a started process. `command` is its whole argument list, `port` where it listens on 127.0.0.1. */
type ProcessRecord = { pid: number; began: string; port: number; command: string[]; startedAt: string }

type Launch = {
  home: string
  name: string
  port: number
  command: string[]
  /** The process's whole environment. */
  environment: Record<string, string>
  folder: string
}

/**
 * When a process began, as text that no two processes with one id share; null when there is no such process, or only
 * what is left of one that ended. From /proc where there is one, else from `ps`.
 */
export function began(pid: number): string | null {
  if (existsSync('/proc/self/stat')) {
    let stat: string
    try {
      stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    } catch {
      return null
    }
    // The second field is the program's name in brackets and may hold anything: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // What is left of an ended process is gone when its last thread is: until then it keeps its port.
    if (fields[0] === 'X' || (fields[0] === 'Z' && fields[17] === '1')) return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  }
  const { stdout, status } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const [state = '', ...start] = stdout?.trim().split(/\s+/) ?? []
  return status !== 0 || state.startsWith('Z') ? null : start.join(' ')
}

const recordFile = (home: string, name: string) => join(home, 'pids', `${name}.json`)

/** Path of a server's log; the one before it ends in `.old`. */
export function logFile(home: string, name: string): string {
  return join(home, 'logs', `${name}.log`)
}

/** The record of a process that is still the one that was started; null when it ended or the record is stale. */
export function running(home: string, name: string): ProcessRecord | null {
  let record: ProcessRecord
  try {
    record = JSON.parse(readFileSync(recordFile(home, name), 'utf8'))
  } catch {
    return null
  }
  return Number.isInteger(record?.pid) && record.began === began(record.pid) ? record : null
}

/** Starts a server that goes on after this command, its output in its log. Throws what the system says. */
export function start(launch: Launch): ProcessRecord {
  const { home, name, port, command, environment, folder } = launch
  mkdirSync(join(home, 'pids'), { recursive: true })
  mkdirSync(join(home, 'logs'), { recursive: true })
  const log = logFile(home, name)
  if (existsSync(log)) renameSync(log, `${log}.old`)
  const output = openSync(log, 'w')
  const [program = '', ...rest] = command
  const child = spawn(program, rest, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  // A program that is not there is reported later, by an event: the log and the missing process tell it as well.
  child.on('error', (error) => writeFileSync(log, `${error.message}\n`))
  child.unref()
  const pid = child.pid ?? 0
  const record = { pid, began: (pid && began(pid)) || '', port, command, startedAt: new Date().toISOString() }
  const file = recordFile(home, name)
  writeFileSync(`${file}.new`, JSON.stringify(record))
  renameSync(`${file}.new`, file)
  return record
}

/** Forgets a process that is not running any more. */
function forget(home: string, name: string): void {
  rmSync(recordFile(home, name), { force: true })
}

/**
 * Ends the process that `<home>/pids` names, with its children: asked first, made to after `patienceSeconds`.
 * Returns whether there was one. A stale record is only removed.
 */
export async function stop(home: string, name: string, patienceSeconds = 10): Promise<boolean> {
  const record = running(home, name)
  if (record) {
    signal(record.pid, 'SIGTERM')
    const deadline = Date.now() + patienceSeconds * 1000
    while (running(home, name) && Date.now() < deadline) await pause(50)
    if (running(home, name)) {
      signal(-record.pid, 'SIGKILL')
      while (running(home, name)) await pause(20)
    }
  }
  forget(home, name)
  return record !== null
}

/** Started detached, a server leads a process group: the negative id means all of it. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The last lines of a server's log, for an error message; empty when there is none. */
export function logTail(home: string, name: string, lines = 15): string {
  const file = logFile(home, name)
  if (!existsSync(file)) return ''
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}
