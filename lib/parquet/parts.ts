/**
 * A chunk's rows → Parquet parts of bounded size, put away while reading goes on. Memory stays flat: one part in the
 * builders, whose memory is used again, and at most two encoded parts on their way.
 */
import { type Builder, builderFor } from '../columns/builders.ts'
import { ValueError } from '../errors.ts'
import type { Column, Part } from '../model.ts'
import { encodeParquet } from './encode.ts'

/** Puts one encoded part away. Parts are numbered from 0 and put in order, one at a time. */
export type PutPart = (part: { part: number; body: Uint8Array; rows: number }) => Promise<Part>

/** A part is cut when its Arrow data reaches this: encoding needs about four times as much beside it. */
export const PART_BYTES = 24 * 1024 * 1024

export class PartWriter {
  rows = 0
  private readonly table: string
  private readonly columns: Column[]
  private readonly names: string[]
  private readonly builders: Builder[]
  private readonly put: PutPart
  private readonly partBytes: number
  private at = 0
  private cuts = 0
  private parts: Part[] = []
  private puts: Promise<void> = Promise.resolve()

  /** Throws RefusedError for a column whose type cannot be moved exactly. */
  constructor(table: string, columns: Column[], put: PutPart, partBytes = PART_BYTES) {
    this.table = table
    this.columns = columns
    this.names = columns.map((column) => column.name)
    this.builders = columns.map(builderFor)
    this.put = put
    this.partBytes = partBytes
  }

  /** Takes the next cell of the row, in the columns' order. */
  cell(bytes: Buffer | null): void {
    this.builders[this.at++]!.put(bytes)
  }

  /** Ends the row. Gives a promise when a part was cut: reading must wait for it, so that parts do not pile up. */
  endRow(): Promise<void> | null {
    if (this.at !== this.builders.length)
      throw new Error(`A row of ${this.table} has ${this.at} cells, ${this.builders.length} were planned`)
    this.at = 0
    this.rows++
    return this.bytes() >= this.partBytes ? this.cut() : null
  }

  /** Writes what is left. Gives the parts in order, none for no rows. Throws ValueError naming table, columns and counts. */
  async finish(): Promise<Part[]> {
    if (this.builders[0]?.rows) void this.cut()
    await this.puts
    this.refuseValues()
    return this.parts
  }

  private bytes(): number {
    let bytes = 0
    for (const builder of this.builders) bytes += builder.bytes
    return bytes
  }

  /** Resolves when the part before this one is away. */
  private cut(): Promise<void> {
    for (const builder of this.builders) builder.check()
    const rows = this.builders[0]!.rows
    // with a value refused nothing will count: the rest is only read to tell how many there are
    const body = this.builders.some((builder) => builder.refused) ? null : encodeParquet(this.names, this.builders)
    for (const builder of this.builders) builder.clear()
    const before = this.puts
    if (body) {
      const part = this.cuts++
      this.puts = before.then(async () => void this.parts.push(await this.put({ part, body, rows })))
      // whoever waits next gets the error; until then it must not count as unhandled
      this.puts.catch(() => {})
    }
    return before
  }

  private refuseValues(): void {
    const refused = this.builders.flatMap(({ refused }, i) => {
      const { name, type } = this.columns[i]!
      return refused
        ? [`${this.table}.${name}: ${refused} ${refused === 1 ? 'value' : 'values'} not exact as ${type}`]
        : []
    })
    if (refused.length)
      throw new ValueError(
        `${refused.join('; ')} (zero or impossible dates, invalid UTF-8, or the column's type was changed since the plan). Nothing of the table was published. Correct the rows at the source, or name a view that does in table_metadata.json, then start a new run`,
      )
  }
}
