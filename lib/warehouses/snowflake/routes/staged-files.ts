/** The files of a manifest as they lie in the bucket: named once, there, of that size and content. */
import { createHash } from 'node:crypto'
import { createWriteStream, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AuditError, RefusedError } from '../../../errors.ts'
import type { Part } from '../../../model.ts'
import { listObjects, readObject } from '../../../store/objects.ts'
import { nothingPublished } from './route.ts'

type Whose = { table: string; runId: string }

const folderOf = (key: string) => key.slice(0, key.lastIndexOf('/') + 1)

const refuseTwice = ({ table, runId }: Whose, parts: Part[]) => {
  const seen = new Set<string>()
  for (const { key } of parts) {
    if (seen.has(key))
      throw new AuditError(
        `${table}: the file ${key} is named twice by the run's manifests. ${nothingPublished(runId)}`,
      )
    seen.add(key)
  }
}

/**
 * Holds a manifest against the bucket's own list, one request for 1,000 files: a file's size and ETag tell one that is cut
 * short or is another's, without reading it. Throws AuditError naming the file.
 */
export const checkStagedFiles = async (whose: Whose, parts: Part[]): Promise<void> => {
  const { table, runId } = whose
  refuseTwice(whose, parts)
  const folders = [...new Set(parts.map(({ key }) => folderOf(key)))]
  const lists = await Promise.all(folders.map((folder) => listObjects(folder)))
  const there = new Map(lists.flatMap(({ objects }) => objects).map((object) => [object.key, object]))
  for (const { key, bytes, etag } of parts) {
    const found = there.get(key)
    if (!found)
      throw new AuditError(
        `${table}: the file ${key} is not in the staging bucket any more. ${nothingPublished(runId)}`,
      )
    if (found.bytes !== bytes)
      throw new AuditError(
        `${table}: the file ${key} has ${found.bytes} bytes and was written with ${bytes}. ${nothingPublished(runId)}`,
      )
    if (etag !== undefined && found.etag !== undefined && found.etag !== etag)
      throw new AuditError(
        `${table}: the file ${key} is not the one that was written: its content was replaced. ${nothingPublished(runId)}`,
      )
  }
}

const refuseFull = (error: unknown, what: string): unknown =>
  (error as NodeJS.ErrnoException).code === 'ENOSPC'
    ? new RefusedError(
        `${what} does not fit on this machine's disk, through which this route takes it: set a smaller target_file_mb in table_metadata.json, or SNOWFLAKE_LOAD_MODE=external`,
        { cause: error },
      )
    : error

/** A folder of its own on this disk, for who removes it. Throws RefusedError when not even that has room. */
export const makeFolder = ({ table }: Pick<Whose, 'table'>): string => {
  try {
    return mkdtempSync(join(tmpdir(), 'firn-load-'))
  } catch (error) {
    throw refuseFull(error, `${table}: a folder`)
  }
}

/**
 * Brings a file of the bucket to a place on this disk. Throws AuditError when it is gone or its sha256 is not the
 * manifest's, RefusedError when the disk is too small for it.
 */
export const download = async ({ table, runId }: Whose, part: Part, path: string): Promise<void> => {
  const body = await readObject(part.key)
  if (!body)
    throw new AuditError(
      `${table}: the file ${part.key} is not in the staging bucket any more. ${nothingPublished(runId)}`,
    )
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  try {
    await pipeline(Readable.from(body), hashing, createWriteStream(path))
  } catch (error) {
    throw refuseFull(error, `${table}: the file ${part.key} of ${Math.ceil(part.bytes / 2 ** 20)} MB`)
  }
  if (hash.digest('hex') !== part.sha256)
    throw new AuditError(
      `${table}: the file ${part.key} is not the one that was written: its sha256 differs. ${nothingPublished(runId)}`,
    )
}
