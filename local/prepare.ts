/** What the twins need on this machine: a Python environment with them and dbt, and a database server. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RefusedError } from '../lib/errors.ts'
import { type DatabaseServer, findServer, prepareServer, searchFolders } from './database-server.ts'
import { refuseFullDisk } from './disk.ts'
import { takeLock } from './lock.ts'
import { isComplete, makeVenv } from './python.ts'

/** Paths of programs; `nodeFolder` is put first on the PATH of whatever runs Lambdas. */
export type Tools = { python: string; dbt: string; nodeFolder: string; database: DatabaseServer }

/** `root` is the checkout; `log` gets a line before every step that changes the machine. */
type Preparation = { root: string; log: (line: string) => void }

/**
 * Makes what is missing, below `<root>/.firn` or, for the database server only, by the system's package manager.
 * Doing it again does nothing. Throws RefusedError naming what cannot be had and how to get it.
 */
export async function prepare({ root, log }: Preparation): Promise<Tools> {
  const venv = join(root, '.firn', 'venv')
  const requirements = join(root, 'local', 'requirements.txt')
  try {
    const here = findServer(searchFolders())
    const database =
      here && isComplete(venv, requirements)
        ? here
        : await alone(join(root, '.firn', 'prepare'), log, () => {
            const server = prepareServer(log)
            makeVenv(venv, requirements, log)
            return server
          })
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

/** Does it while no other process does: two commands in one checkout share what is made, and the second waits. */
async function alone<T>(folder: string, log: (line: string) => void, work: () => T): Promise<T> {
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
