/** A chunk's files on the local disk instead of S3, with the digest that every part has. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartSink } from '../lib/parquet/file.ts'
import type { PartStore } from '../lib/parquet/parts.ts'

/** As few calls of the system as any writer of files makes. */
const WRITE_BYTES = 1024 * 1024

const sink = (file: string): PartSink => {
  const digest = createHash('sha256')
  let handle: FileHandle | undefined
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  const flush = async () => {
    handle ??= await open(file, 'w')
    const { bytesWritten } = await handle.writev(waiting)
    if (bytesWritten !== waitingBytes) throw new Error(`${file}: ${bytesWritten} of ${waitingBytes} bytes were written`)
    waiting = []
    waitingBytes = 0
  }
  return {
    write: async (bytes) => {
      digest.update(bytes)
      waiting.push(bytes)
      waitingBytes += bytes.length
      if (waitingBytes >= WRITE_BYTES) await flush()
    },
    digest: () => digest.copy().digest('hex'),
    close: async () => {
      await flush()
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
