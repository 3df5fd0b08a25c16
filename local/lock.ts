/** One command at a time in a home folder. */

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RefusedError } from '../lib/errors.ts'
import { began } from './processes.ts'

type Holder = { pid: number; began: string; what: string }

/**
 * Takes the lock of `home` for this process, saying `what` holds it (`demo`, `up`). Returns the function that gives it
 * back. Throws RefusedError when another process that is alive holds it; one left by a process that ended is taken over.
 */
export function takeLock(home: string, what: string): () => void {
  mkdirSync(home, { recursive: true })
  const file = join(home, 'lock')
  const mine = `${file}.${process.pid}`
  const text = JSON.stringify({ pid: process.pid, began: began(process.pid) ?? '', what } satisfies Holder)
  try {
    writeFileSync(mine, text)
    while (!linked(mine, file)) {
      const found = read(file)
      const holder = found === null ? null : parse(found)
      if (holder && began(holder.pid) === holder.began) {
        throw new RefusedError(
          `another \`firn ${holder.what}\` (process ${holder.pid}) is running in ${home}; wait for it or end it: kill ${holder.pid}`,
        )
      }
      if (found !== null) breakStale(file, found)
    }
  } finally {
    rmSync(mine, { force: true })
  }
  return () => {
    if (read(file) === text) rmSync(file, { force: true })
  }
}

/** A link to a whole file either comes to be or not: the lock is never seen half-written. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Takes a stale lock away. If another process was quicker and the lock is its own by now, it gets it back. */
function breakStale(file: string, stale: string): void {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (read(aside) !== stale) linked(aside, file)
  rmSync(aside, { force: true })
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The holder a lock names, or null when it names none: a lock is made whole, so that is nobody's. */
function parse(text: string): Holder | null {
  try {
    const holder = JSON.parse(text)
    return Number.isInteger(holder?.pid) && typeof holder.began === 'string' ? holder : null
  } catch {
    return null
  }
}
