/** A chunk's files on the local disk instead of S3, with the digest that every part has. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartSink } from '../lib/parquet/file.ts'
import type { PartStore } from '../lib/parquet/parts.ts'

const sink = (file: string): PartSink => {
  const digest = createHash('sha256')
  let handle: FileHandle | undefined
  return {
    write: async (bytes) => {
      handle ??= await open(file, 'w')
      digest.update(bytes)
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten
    },
    close: async () => {
      await handle?.close()
      return { key: file, sha256: digest.digest('hex') }
    },
    abandon: async () => {
      await handle?.close().catch(() => {})
      await rm(file, { force: true }).catch(() => {})
    },
  }
}

/** Files `<table>-<part>.parquet` in a folder. A rejected row is an error: the bench's tables have none. */
export const fileStore = (folder: string, table: string): PartStore => ({
  openPart: (part) => sink(join(folder, `${table}-${part}.parquet`)),
  putRejects: async (rows) => {
    throw new Error(`${rows.length} rows of ${table} were rejected`)
  },
})
