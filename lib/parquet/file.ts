/** One Parquet file as it is written: row groups one after the other, each page compressed on Node's worker threads. */
import { promisify } from 'node:util'
import { constants, type ZstdOptions, zstdCompress } from 'node:zlib'
import type { Builder } from '../columns/builders.ts'
import type { Part, RowGroupRecord } from '../model.ts'
import { type FileColumn, footer, MAGIC, pageHeader, type RowGroup } from './footer.ts'

/** Where a file's bytes go. They are the sink's from then on; `write` resolves when more may come. */
export type PartSink = {
  write(bytes: Uint8Array): Promise<void>
  /** SHA-256 of what was written so far, 64 hexadecimal digits. */
  digest(): string
  /** Makes the file real; until then nothing of it can be seen. */
  close(): Promise<{ key: string; sha256: string; etag?: string }>
  /** Forgets what was written. Never throws. */
  abandon(): Promise<void>
}

const compress = promisify<Buffer, ZstdOptions, Buffer>(zstdCompress)
/** Measured on 300 k rows of 40 mixed columns: level 1 makes 45 MB in 2.1 s of CPU, level 2 35 MB in 2.6 s, level 3 36 MB in 3.1 s. */
const LEVEL = 1

/** Told how much will come, zstd takes less memory, and half the time where pages are small (measured on 40 columns). */
const compressed = (body: Buffer): Promise<Buffer> =>
  compress(body, {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
    pledgedSrcSize: body.length,
    // the output comes in pieces of this size: mostly one
    chunkSize: Math.max(16_384, body.length >> 1),
  })

/** What the builders held, copied out of them. */
export type Page = { body: Buffer; nulls: number }

/** What is remembered of a row group's rows. */
export type Remembered = Omit<RowGroupRecord, keyof RowGroup | 'sha256'>

export class ParquetFile {
  /** Bytes so far, without the footer. */
  bytes = 0
  private readonly columns: FileColumn[]
  private readonly sink: PartSink
  private readonly groups: (RowGroup | RowGroupRecord)[] = []

  constructor(columns: FileColumn[], sink: PartSink) {
    this.columns = columns
    this.sink = sink
  }

  /** Begins with the first row groups of another file of these columns, from its bytes. Throws what sink and reading throw. */
  async begin(groups: RowGroupRecord[], bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const each of bytes) await this.write(each)
    this.groups.push(...groups)
  }

  /** Adds a row group: a page for each column, all of `rows` rows. Throws what the sink throws. */
  async add(rows: number, pages: Page[], remembered?: Remembered): Promise<void> {
    if (this.bytes === 0) await this.write(MAGIC)
    const columns: RowGroup['columns'] = []
    const bodies = pages.map(({ body }) => compressed(body))
    // the first that fails is told by the loop below; the others must not count as unhandled
    for (const body of bodies) body.catch(() => {})
    for (const [i, { body, nulls }] of pages.entries()) {
      const content = await bodies[i]!
      const header = pageHeader(rows, body.length, content.length)
      columns.push([header.length + content.length, header.length + body.length, nulls])
      await this.write(header)
      await this.write(content)
    }
    this.groups.push({ rows, columns, ...(remembered && { ...remembered, sha256: this.sink.digest() }) })
  }

  /** Ends the file. Gives its key, size and digest, and what is remembered of all its row groups. */
  async close(): Promise<Part> {
    await this.write(footer(this.columns, this.groups))
    const put = await this.sink.close()
    const rows = this.groups.reduce((sum, group) => sum + group.rows, 0)
    const groups = this.groups.filter((group) => 'digest' in group)
    return { ...put, rows, bytes: this.bytes, ...(groups.length === this.groups.length ? { groups } : {}) }
  }

  abandon(): Promise<void> {
    return this.sink.abandon()
  }

  private async write(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length
    await this.sink.write(bytes)
  }
}

/** A column as the file knows it. */
export const fileColumns = (names: string[], builders: Builder[]): FileColumn[] =>
  names.map((name, i) => ({ name, physical: builders[i]!.physical }))
