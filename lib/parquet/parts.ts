/**
 * A chunk's rows → Parquet files of about one size, put away while reading goes on. Memory stays flat whatever the rows:
 * one row group in the builders, whose memory is used again, and one being compressed and sent.
 */
import { type Builder, builderFor, type Outcome, type Rejection } from '../columns/builders.ts'
import type { Part, PolicyCount, TablePlan } from '../model.ts'
import { summedCounts } from '../policy-counts.ts'
import { fileColumns, type Page, type PartSink } from './file.ts'
import { PartFiles } from './part-files.ts'
import type { RejectedRow } from './quarantine.ts'
import { Rejects } from './rejects.ts'
import { type Copying, WholeCopy } from './whole-copy.ts'

/** Where a chunk's files go: parts are numbered from 0, and written one at a time. */
export type PartStore = {
  openPart(part: number): PartSink
  /** Puts rejected rows into quarantine and gives the key they are at. */
  putRejects(rows: RejectedRow[]): Promise<string>
}

const MB = 1024 * 1024
/**
 * A row group ends when its cells have come to this many bytes, as they were sent and 4 more for each: enough for pages that
 * are worth compressing apart, and no more than memory bears (measured: smaller pages cost time, larger ones give none).
 */
const rowGroupBytesFor = (columns: number) => Math.min(Math.max(8, columns), 32) * MB
/** Few enough that a level's bits stay small when everything is NULL. */
const ROW_GROUP_ROWS = 1_000_000

/** A cell's first byte: below 251 its length; NULL; or how many bytes the length has. 255 is none ("Length-Encoded Integer"). */
const NULL = 251
const SHORT = 255
const LENGTH_BYTES = [0, 2, 3, 8, 0]

/** Lengths beyond six bytes are beyond any packet. */
const readLength = (bytes: Buffer, at: number, count: number) => bytes.readUIntLE(at, Math.min(count, 6))

type Row = { bytes: Buffer; start: number; end: number }

/** The cells of a row that was taken: views of its bytes, null for NULL. */
const cellsOf = ({ bytes, start, end }: Row): (Buffer | null)[] => {
  const cells: (Buffer | null)[] = []
  for (let at = start; at < end; ) {
    const first = bytes[at++]!
    const from = first < NULL ? at : at + LENGTH_BYTES[first - NULL]!
    const to = first < NULL ? at + first : first === NULL ? at : from + readLength(bytes, at, from - at)
    cells.push(first === NULL ? null : bytes.subarray(from, to))
    at = to
  }
  return cells
}

export type WriterPlan = Pick<TablePlan, 'table' | 'columns' | 'key' | 'targetFileBytes'>

/** `copying`: for a whole copy, which is held against the last one, and the next one against it. */
type WriterOptions = { rowGroupBytes?: number | undefined; copying?: Copying | undefined }

export class PartWriter {
  rows = 0
  private readonly plan: WriterPlan
  private readonly builders: Builder[]
  private readonly files: PartFiles
  private readonly rejects: Rejects
  private readonly rowGroupBytes: number
  /** Memory of each column's last page, used for its next. */
  private readonly bodies: Buffer[]
  private readonly latest: Row = { bytes: Buffer.alloc(0), start: 0, end: 0 }
  private reasons: { at: number; reason: Rejection }[] = []
  private groupRows = 0
  private groupBytes = 0
  private readonly copy: WholeCopy | null

  /** Throws RefusedError for a column whose type cannot be moved exactly. */
  constructor(plan: WriterPlan, store: PartStore, { rowGroupBytes, copying }: WriterOptions = {}) {
    this.plan = plan
    this.builders = plan.columns.map(builderFor)
    const names = plan.columns.map(({ name }) => name)
    const open = (part: number) => store.openPart(part)
    this.files = new PartFiles(fileColumns(names, this.builders), open, plan.targetFileBytes)
    this.rejects = new Rejects(plan, (rows) => store.putRejects(rows))
    this.rowGroupBytes = rowGroupBytes ?? rowGroupBytesFor(plan.columns.length)
    this.bodies = names.map(() => Buffer.alloc(0))
    this.copy = copying ? new WholeCopy(copying, plan.targetFileBytes) : null
  }

  /**
   * Takes a row as the text protocol sends it: from `start` to `end` cell after cell, each behind its length ("Text
   * Resultset Row"). What it lies in stays as it is. Gives a promise when reading must wait: the row group before is still
   * on its way. Throws Error for a row that has not as many cells as were planned, and what the store threw.
   */
  row(bytes: Buffer, start: number, end: number): Promise<void> | null {
    this.rows++
    const { copy } = this
    if (copy !== null) copy.add(bytes, start, end)
    if (copy === null || !copy.holds) this.make(bytes, start, end)
    else this.endRow(bytes, start, end)
    return this.groupBytes >= this.rowGroupBytes || this.groupRows >= ROW_GROUP_ROWS ? this.cut() : null
  }

  /** Puts a row's cells into the builders. */
  private make(bytes: Buffer, start: number, end: number): void {
    const { builders, groupRows } = this
    let at = start
    for (let i = 0; i < builders.length; i++) {
      const first = at < end ? bytes[at++]! : SHORT
      if (first < NULL) {
        const to = at + first
        if (to > end) throw this.misshapen(i)
        const outcome = builders[i]!.put(bytes, at, to)
        if (outcome !== null) this.untaken(i, outcome)
        at = to
      } else if (first === NULL) builders[i]!.putNull(groupRows)
      else at = this.longCell(bytes, at, end, { first, column: i })
    }
    if (at !== end) throw this.misshapen(builders.length + 1)
    this.endRow(bytes, start, end)
    if (this.reasons.length === 0) return
    this.rejects.add(cellsOf(this.latest), this.reasons)
    this.reasons = []
  }

  private endRow(bytes: Buffer, start: number, end: number): void {
    const { latest } = this
    latest.bytes = bytes
    latest.start = start
    latest.end = end
    this.groupRows++
    this.groupBytes += end - start + 4 * this.builders.length
  }

  /** A cell of the row that came last, null for NULL: a view, good until the next row. */
  lastCell(column: number): Buffer | null {
    return cellsOf(this.latest)[column] ?? null
  }

  /** Takes a cell of more than 250 bytes. Gives where it ends. */
  private longCell(
    bytes: Buffer,
    at: number,
    end: number,
    { first, column }: { first: number; column: number },
  ): number {
    const from = at + LENGTH_BYTES[first - NULL]!
    const to = first === SHORT || from > end ? Number.POSITIVE_INFINITY : from + readLength(bytes, at, from - at)
    if (to > end) throw this.misshapen(column)
    const outcome = this.builders[column]!.put(bytes, from, to)
    if (outcome !== null) this.untaken(column, outcome)
    return to
  }

  private untaken(at: number, outcome: NonNullable<Outcome>): void {
    this.builders[at]!.putNull(this.groupRows)
    if (outcome !== 'missing') this.reasons.push({ at, reason: outcome })
  }

  private misshapen(cells: number): Error {
    return new Error(`A row of ${this.plan.table} has ${cells} cells, ${this.builders.length} were planned`)
  }

  /** How often each policy acted, by column. */
  policies(): PolicyCount[] {
    return summedCounts([...(this.copy?.policies ?? []), ...this.acted()])
  }

  private acted(): PolicyCount[] {
    return this.builders.flatMap((builder, i) =>
      [...builder.acted].map(([policy, rows]) => ({ column: this.plan.columns[i]!.name, policy, rows })),
    )
  }

  /**
   * Writes what is left. Gives the parts in order, none for no rows, those of the last copy where they hold. Throws
   * ValueError naming table, columns, counts and where the rows are, when a value was not taken; and what the store throws.
   * Then nothing of it counts.
   */
  async finish(): Promise<Part[]> {
    try {
      if (this.groupRows) await this.cut()
      await this.rejects.check()
      const held = this.copy?.allHeld()
      if (held) return held
      this.letGo()
      return await this.files.finish()
    } catch (error) {
      await this.files.abandon()
      throw error
    }
  }

  /** Gives up: what was written will be seen by nobody. Never throws. */
  abandon(): Promise<void> {
    return this.files.abandon()
  }

  /** With a value refused nothing will count: the rest is only read to tell how many there are. */
  private cut(): Promise<void> | null {
    if (this.copy !== null && this.isHeld(this.copy)) return null
    if (this.rejects.rows > 0) {
      this.clear()
      return null
    }
    const { busy } = this.files
    if (busy === null) {
      this.send()
      return null
    }
    return busy.then(() => this.send())
  }

  /** Whether the row group is the last copy's, and nothing is to be done. If it was to be, and is not, its rows are made. */
  private isHeld(copy: WholeCopy): boolean {
    const { holds } = copy
    const rows = copy.endGroup()
    if (!holds) return false
    this.clear()
    if (rows === null) return true
    this.letGo()
    for (const { bytes, start, end } of rows) this.make(bytes, start, end)
    return false
  }

  /** From here on rows are made and put away, behind what holds of the last copy. */
  private letGo(): void {
    const held = this.copy?.letGo()
    if (held) this.files.begin(held)
  }

  /** Throws what the row group before met. */
  private send(): void {
    if (this.files.failure) throw this.files.failure
    if (this.groupRows === 0) return
    const pages = this.builders.map((builder, i): Page => {
      const body = builder.body(this.groupRows, this.bodies[i]!)
      this.bodies[i] = Buffer.from(body.buffer, 0)
      return { body, nulls: builder.nulls }
    })
    this.files.add(this.groupRows, pages, this.copy?.remembered(this.acted()))
    this.clear()
  }

  private clear(): void {
    for (const builder of this.builders) builder.clear()
    this.groupRows = 0
    this.groupBytes = 0
  }
}
