/**
 * The files of a table's last whole copy, which the next one is held against: what is still the same is named again instead
 * of put away again (lib/parquet/whole-copy.ts). They stay in the folder of the run that wrote them.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AuditError, RefusedError, UnavailableError } from './errors.ts'
import type { Part, TablePlan } from './model.ts'
import { bytesOf } from './parquet/footer.ts'
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

/** What else than their rows says how files are written; of their size only what a person said of it. */
const seedOf = ({ columns, targetFileMb }: TablePlan): string => JSON.stringify([thisCode(), columns, targetFileMb])

/** A file is not gone on with unless it can be copied in what is left when a Lambda's time is nearly over, by a slow store too. */
const MOST_BYTES = 256 * 1024 * 1024

/** Whether enough is known of a file, and adds up: a manifest may have been edited by hand. */
const isKnown = (part: Part): part is KnownPart =>
  part.etag !== undefined &&
  part.bytes <= MOST_BYTES &&
  part.groups?.reduce((sum, { rows }) => sum + rows, 0) === part.rows

/**
 * Whether a file is as it was written, and is far from being swept: with less than half of its life before it, it is
 * written anew, so that a run can be replayed for half of what the bucket keeps. One that may not be looked at is none.
 */
const isThere = async ({ key, bytes, etag }: KnownPart): Promise<boolean> => {
  const found = await lookAtObject(key).catch((error: Error) => {
    if (error instanceof RefusedError) return undefined
    throw error
  })
  if (found === undefined || found.bytes !== bytes || found.etag !== etag) return false
  const { writtenAt, expiresAt } = found
  return expiresAt === null || Date.now() - writtenAt < expiresAt - Date.now()
}

/** `chunk`: of this run. `isBegun`: an earlier invocation has read its first rows. */
type Asked = { runId: string; chunk: string; isBegun: boolean }

const spoilt = ({ table }: TablePlan, { runId }: Asked, { key }: Part, why: string, cause?: unknown): AuditError =>
  new AuditError(
    `${table}: the file ${key} of the table's last copy, which this one begins as, ${why}. Nothing was published; retry the run, which puts all of the table away anew: npm run -s firn -- retry ${runId}`,
    { cause },
  )

/** Reads the beginning of a file. Throws AuditError when it is not what was written, and UnavailableError. */
const beginningOf = (plan: TablePlan, asked: Asked): LastCopy['read'] =>
  async function* (part, groups) {
    const bytes = bytesOf(groups)
    const body = await readObject(part.key, { bytes, etag: part.etag! }).catch((error: Error) => {
      throw error instanceof RefusedError ? spoilt(plan, asked, part, 'may not be read', error) : error
    })
    // an attempt that comes after this one finds that it is gone
    if (!body) throw new UnavailableError(`${plan.table}: the file ${part.key} went away while it was gone on with`)
    const hash = createHash('sha256')
    let left = bytes
    for await (const each of body) {
      // a store that knows no ranges gives the whole file
      const piece = each.subarray(0, left)
      hash.update(piece)
      left -= piece.length
      yield piece
      if (left === 0) break
    }
    if (hash.digest('hex') !== groups.at(-1)!.sha256) throw spoilt(plan, asked, part, 'is not the one that was written')
  }

const lastCopyOf = async (plan: TablePlan, asked: Asked): Promise<LastCopy | null> => {
  const { table, lastCopy } = plan
  const parts = (lastCopy && (await runFolder(lastCopy).copiedChunk(table, asked.chunk))?.parts) ?? []
  if (parts.length === 0 || !parts.every(isKnown)) return null
  const there = await Promise.all(parts.map(isThere))
  return there.every((each) => each) ? { parts, read: beginningOf(plan, asked) } : null
}

/**
 * What a chunk's writer is to hold its rows against and to remember of them; undefined for a load that is no whole copy.
 * Throws UnavailableError or RefusedError.
 */
export const copyingOf = async (plan: TablePlan, asked: Asked): Promise<Copying | undefined> =>
  isWholeCopy(plan) ? { seed: seedOf(plan), last: asked.isBegun ? null : await lastCopyOf(plan, asked) } : undefined
