/** The files of one chunk: row groups go into the one that is open, which is closed when it has reached its size. */
import type { Part } from '../model.ts'
import { type Page, ParquetFile, type PartSink, type Remembered } from './file.ts'
import type { FileColumn } from './footer.ts'
import type { Held, LastCopy } from './last-copy.ts'

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
  add(rows: number, pages: Page[], remembered?: Remembered): void {
    this.start(() => this.write(rows, pages, remembered))
  }

  /** Starts with what holds of a last copy, before any row group: whole files stay where they are, one may be gone on with. */
  begin({ whole, begun, read }: Held & Pick<LastCopy, 'read'>): void {
    this.parts.push(...whole)
    if (!begun) return
    const { part, groups } = begun
    this.start(async () => {
      this.file = this.opened()
      await this.file.begin(groups, read(part, groups))
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

  private start(work: () => Promise<void>): void {
    this.busy = work()
      .catch((error: Error) => {
        this.failure ??= error
      })
      .then(() => {
        this.busy = null
      })
  }

  private opened(): ParquetFile {
    return new ParquetFile(this.columns, this.open(this.parts.length))
  }

  private async write(rows: number, pages: Page[], remembered?: Remembered): Promise<void> {
    this.file ??= this.opened()
    await this.file.add(rows, pages, remembered)
    if (this.file.bytes >= this.targetBytes) await this.close()
  }

  private async close(): Promise<void> {
    if (!this.file) return
    this.parts.push(await this.file.close())
    this.file = null
  }
}
