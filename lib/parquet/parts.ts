/**
 * A chunk's rows → Parquet files of about one size, put away while reading goes on. Memory stays flat whatever the rows:
 * one row group in the builders, whose memory is used again, and one being compressed and sent.
 */
import { type Builder, builderFor, type Rejection } from '../columns/builders.ts'
import type { Part, PolicyCount, TablePlan } from '../model.ts'
import { fileColumns, type Page, type PartSink } from './file.ts'
import { PartFiles } from './part-files.ts'
import type { RejectedRow } from './quarantine.ts'
import { Rejects } from './rejects.ts'

/** Where a chunk's files go: parts are numbered from 0, and written one at a time. */
export type PartStore = {
  openPart(part: number): PartSink
  /** Puts rejected rows into quarantine and gives the key they are at. */
  putRejects(rows: RejectedRow[]): Promise<string>
}

/** A row group ends when its cells have come to this many bytes, as they were sent and 4 more for each. */
export const ROW_GROUP_BYTES = 16 * 1024 * 1024
/** Few enough that a level's bits stay small when everything is NULL. */
const ROW_GROUP_ROWS = 1_000_000

/** A cell's first byte: below 251 its length; NULL; or how many bytes the length has. 255 is none ("Length-Encoded Integer"). */
const NULL = 251
const SHORT = 255
const LENGTH_BYTES = [0, 2, 3, 8, 0]
const SHORT_OF = Number.POSITIVE_INFINITY

/** Lengths beyond six bytes are beyond any packet. */
const readLength = (bytes: Buffer, at: number, count: number) => bytes.readUIntLE(at, Math.min(count, 6))

export type WriterPlan = Pick<TablePlan, 'table' | 'columns' | 'key' | 'targetFileBytes'>

export class PartWriter {
  rows = 0
  private readonly plan: WriterPlan
  private readonly builders: Builder[]
  private readonly files: PartFiles
  private readonly rejects: Rejects
  private readonly rowGroupBytes: number
  /** Memory of each column's last page, used for its next. */
  private readonly bodies: Buffer[]
  /** Where each cell of the last row begins and ends in `last`; begins at -1 for NULL. */
  private readonly spans: number[]
  private last: Buffer = Buffer.alloc(0)
  private reasons: { at: number; reason: Rejection }[] = []
  private groupRows = 0
  private groupBytes = 0

  /** Throws RefusedError for a column whose type cannot be moved exactly. */
  constructor(plan: WriterPlan, store: PartStore, rowGroupBytes = ROW_GROUP_BYTES) {
    this.plan = plan
    this.builders = plan.columns.map(builderFor)
    const names = plan.columns.map(({ name }) => name)
    const open = (part: number) => store.openPart(part)
    this.files = new PartFiles(fileColumns(names, this.builders), open, plan.targetFileBytes)
    this.rejects = new Rejects(plan, (rows) => store.putRejects(rows))
    this.rowGroupBytes = rowGroupBytes
    this.bodies = names.map(() => Buffer.alloc(0))
    this.spans = names.flatMap(() => [-1, -1])
  }

  /**
   * Takes a row as the text protocol sends it: from `start` to `end` cell after cell, each behind its length ("Text
   * Resultset Row"). Gives a promise when reading must wait: the row group before is still on its way. Throws Error for a
   * row that has not as many cells as were planned, and what the store threw.
   */
  row(bytes: Buffer, start: number, end: number): Promise<void> | null {
    const { builders, spans } = this
    let at = start
    for (let i = 0; i < builders.length; i++) {
      const first = at < end ? bytes[at++]! : SHORT
      if (first === NULL) {
        spans[i * 2] = -1
        builders[i]!.putNull()
        continue
      }
      const from = first < NULL ? at : at + LENGTH_BYTES[first - NULL]!
      const to =
        from > end || first === SHORT ? SHORT_OF : from + (first < NULL ? first : readLength(bytes, at, from - at))
      if (to > end) throw this.misshapen(i)
      spans[i * 2] = from
      spans[i * 2 + 1] = to
      const reason = builders[i]!.put(bytes, from, to)
      if (reason !== null) this.reasons.push({ at: i, reason })
      at = to
    }
    if (at !== end) throw this.misshapen(builders.length + 1)
    this.last = bytes
    this.groupBytes += end - start + 4 * builders.length
    return this.endRow()
  }

  /** A cell of the row that came last, null for NULL: a view, good until the next row. */
  lastCell(column: number): Buffer | null {
    const from = this.spans[column * 2]!
    return from < 0 ? null : this.last.subarray(from, this.spans[column * 2 + 1]!)
  }

  private misshapen(cells: number): Error {
    return new Error(`A row of ${this.plan.table} has ${cells} cells, ${this.builders.length} were planned`)
  }

  private endRow(): Promise<void> | null {
    this.rows++
    this.groupRows++
    if (this.reasons.length) {
      this.rejects.add(
        this.builders.map((_, i) => this.lastCell(i)),
        this.reasons,
      )
      this.reasons = []
    }
    return this.groupBytes >= this.rowGroupBytes || this.groupRows >= ROW_GROUP_ROWS ? this.cut() : null
  }

  /** How often each policy acted, by column. */
  policies(): PolicyCount[] {
    return this.builders.flatMap((builder, i) =>
      [...builder.acted].map(([policy, rows]) => ({ column: this.plan.columns[i]!.name, policy, rows })),
    )
  }

  /**
   * Writes what is left. Gives the parts in order, none for no rows. Throws ValueError naming table, columns, counts and
   * where the rows are, when a value was not taken; and what the store throws. Then nothing of it counts.
   */
  async finish(): Promise<Part[]> {
    try {
      if (this.groupRows) await this.cut()
      await this.rejects.check()
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

  /** Throws what the row group before met. */
  private send(): void {
    if (this.files.failure) throw this.files.failure
    if (this.groupRows === 0) return
    const pages = this.builders.map((builder, i): Page => {
      const body = builder.body(this.bodies[i]!)
      this.bodies[i] = Buffer.from(body.buffer, 0)
      return { body, nulls: builder.nulls }
    })
    this.files.add(this.groupRows, pages)
    this.clear()
  }

  private clear(): void {
    for (const builder of this.builders) builder.clear()
    this.groupRows = 0
    this.groupBytes = 0
  }
}
