/** The files of one chunk: row groups go into the one that is open, which is closed when it has reached its size. */
import type { Part } from '../model.ts'
import { type Page, ParquetFile, type PartSink } from './file.ts'
import type { FileColumn } from './footer.ts'

export class PartFiles {
  /** Settled when the last row group is away; null when there is none on its way. Never rejects: `failure` says. */
  busy: Promise<void> | null = null
  failure: Error | null = null
  private readonly columns: FileColumn[]
  private readonly open: (part: number) => PartSink
  private readonly targetBytes: number
  private readonly parts: Part[] = []
  private file: ParquetFile | null = null

  constructor(columns: FileColumn[], open: (part: number) => PartSink, targetBytes: number) {
    this.columns = columns
    this.open = open
    this.targetBytes = targetBytes
  }

  /** Starts to write a row group. Only when none is on its way; the pages must stay as they are until `busy` is null. */
  add(rows: number, pages: Page[]): void {
    this.busy = this.write(rows, pages)
      .catch((error: Error) => {
        this.failure ??= error
      })
      .then(() => {
        this.busy = null
      })
  }

  /** Ends the last file. Gives the parts in order, none for no rows. Throws what the store threw. */
  async finish(): Promise<Part[]> {
    await this.busy
    if (this.failure) throw this.failure
    await this.close()
    return this.parts
  }

  /** Gives up: nothing of the open file will be seen, and files that were closed are named by nobody. Never throws. */
  async abandon(): Promise<void> {
    await this.busy
    await this.file?.abandon()
    this.file = null
  }

  private async write(rows: number, pages: Page[]): Promise<void> {
    this.file ??= new ParquetFile(this.columns, this.open(this.parts.length))
    await this.file.add(rows, pages)
    if (this.file.bytes >= this.targetBytes) await this.close()
  }

  private async close(): Promise<void> {
    if (!this.file) return
    this.parts.push(await this.file.close())
    this.file = null
  }
}
