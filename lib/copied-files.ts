/**
 * The files of a table's last whole copy, which the next one is held against: what is still the same is named again instead
 * of put away again (lib/parquet/whole-copy.ts). They stay in the folder of the run that wrote them.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { UnavailableError } from './errors.ts'
import type { Column, Part, TablePlan } from './model.ts'
import type { KnownPart, LastCopy } from './parquet/last-copy.ts'
import type { Copying } from './parquet/whole-copy.ts'
import { runFolder } from './run-folder.ts'
import { lookAtObject, readObject } from './store/objects.ts'
import { isWholeCopy } from './warehouses/snowflake/content.ts'

let code: string | undefined

/** A hash over the code that makes files of rows: that of the bundle which this module is in. A correction writes all anew. */
const thisCode = (): string => {
  code ??= createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
  return code
}

const seedOf = (columns: Column[]): string => JSON.stringify([thisCode(), columns])

/** Whether enough is known of a file, and adds up: a manifest may have been edited by hand. */
const isKnown = (part: Part): part is KnownPart =>
  part.etag !== undefined && part.groups?.reduce((sum, { rows }) => sum + rows, 0) === part.rows

/**
 * Whether a file is as it was written, and is far from being swept: with less than half of its life before it, it is
 * written anew, so that a run can be replayed for half of what the bucket keeps.
 */
const isThere = async ({ key, bytes, etag }: KnownPart): Promise<boolean> => {
  const found = await lookAtObject(key)
  if (found === undefined || found.bytes !== bytes || found.etag !== etag) return false
  const { writtenAt, expiresAt } = found
  return expiresAt === null || Date.now() - writtenAt < expiresAt - Date.now()
}

async function* firstBytes({ key, etag }: Part, bytes: number): AsyncGenerator<Uint8Array> {
  const body = await readObject(key, { bytes, etag: etag! })
  if (!body) throw new UnavailableError(`The file ${key} of the last copy went away while it was gone on with`)
  let left = bytes
  for await (const each of body) {
    // a store that knows no ranges gives the whole file
    yield each.subarray(0, left)
    left -= each.length
    if (left <= 0) return
  }
}

const lastCopyOf = async ({ table, lastCopy }: TablePlan, chunk: string): Promise<LastCopy | null> => {
  const parts = (lastCopy && (await runFolder(lastCopy).chunk(table, chunk))?.parts) ?? []
  if (parts.length === 0 || !parts.every(isKnown)) return null
  const there = await Promise.all(parts.map(isThere))
  return there.every((each) => each) ? { parts, read: firstBytes } : null
}

/**
 * What a chunk's writer is to hold its rows against and to remember of them; undefined for a load that is no whole copy.
 * `isBegun`: an earlier invocation has read the chunk's first rows. Throws UnavailableError or RefusedError.
 */
export const copyingOf = async (
  plan: TablePlan,
  { chunk, isBegun }: { chunk: string; isBegun: boolean },
): Promise<Copying | undefined> =>
  isWholeCopy(plan) ? { seed: seedOf(plan.columns), last: isBegun ? null : await lastCopyOf(plan, chunk) } : undefined
