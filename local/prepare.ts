/** What the twins need on this machine: a Python environment with them and dbt, and a database server. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RefusedError } from '../lib/errors.ts'
import { type DatabaseServer, prepareServer } from './database-server.ts'
import { refuseFullDisk } from './disk.ts'
import { takeLock } from './lock.ts'
import { isComplete, makeVenv } from './python.ts'

/** Paths of programs; `nodeFolder` is put first on the PATH of whatever runs Lambdas. */
export type Tools = { python: string; dbt: string; nodeFolder: string; database: DatabaseServer }

/** `root` is the checkout; `log` gets a line before every step that changes the machine. */
export type Preparation = { root: string; log: (line: string) => void }

/**
 * Makes what is missing, below `<root>/.firn` or, for the database server only, by the system's package manager.
 * Doing it again does nothing. Throws RefusedError naming what cannot be had and how to get it.
 */
export async function prepare({ root, log }: Preparation): Promise<Tools> {
  const venv = join(root, '.firn', 'venv')
  const requirements = join(root, 'local', 'requirements.txt')
  try {
    const database = prepareServer(log)
    if (!isComplete(venv, requirements))
      await alone(join(root, '.firn', 'prepare'), log, () => makeVenv(venv, requirements, log))
    const bin = join(venv, 'bin')
    return {
      python: join(bin, 'python'),
      dbt: join(bin, 'dbt'),
      nodeFolder: join(root, 'node_modules', '.bin'),
      database,
    }
  } catch (error) {
    refuseFullDisk(error, venv)
    throw error
  }
}

/** Does it while no other process does: two commands in one checkout share the environment, and the second waits. */
async function alone(folder: string, log: (line: string) => void, work: () => void): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (let told = false; ; told = true) {
    let release: () => void
    try {
      release = takeLock(folder, 'prepare')
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      if (!told) log(`waiting: ${error.message}`)
      await pause(500)
      continue
    }
    try {
      return work()
    } finally {
      release()
    }
  }
}
