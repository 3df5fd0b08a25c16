/** Folders and programs that tests make for themselves. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** An empty folder, gone with the test. */
export function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firn-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A shell script that can be run by its path, which is returned. */
export function program(folder: string, name: string, ...lines: string[]): string {
  const file = join(folder, name)
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}
