/** What is known of a table's last whole copy, and how much of it holds. */
import type { Part, RowGroupRecord } from '../model.ts'
import { bytesOf } from './footer.ts'

/** A part that can be held against: of each row group it is known which rows it is of. */
export type KnownPart = Part & { groups: RowGroupRecord[] }

/** A chunk's files of the table's last copy, each as it was written. `read` gives a file's bytes up to the end of its first row groups. */
export type LastCopy = {
  parts: KnownPart[]
  read: (part: Part, groups: RowGroupRecord[]) => AsyncIterable<Uint8Array>
}

/** What of a last copy holds: whole files, and of the one behind them the first row groups. */
export type Held = { whole: Part[]; begun: { part: Part; groups: RowGroupRecord[] } | null }

export class Holding {
  private readonly parts: KnownPart[]
  private readonly targetBytes: number
  /** The part, and the row group in it, that come next. */
  private part = 0
  private group = 0

  constructor(parts: KnownPart[], targetBytes: number) {
    this.parts = parts
    this.targetBytes = targetBytes
  }

  /** The row group that comes next, if its rows are those of this digest: then it holds. */
  next(digest: string): RowGroupRecord | null {
    const found = this.parts[this.part]?.groups[this.group]
    if (found?.digest !== digest) return null
    this.group++
    if (this.group === this.parts[this.part]!.groups.length && this.part < this.parts.length - 1) {
      this.part++
      this.group = 0
    }
    return found
  }

  /** The files, if all of them hold. */
  all(): Part[] | null {
    const isAll = this.parts.length === 0 || this.group === this.parts.at(-1)!.groups.length
    return isAll && this.part >= this.parts.length - 1 ? this.parts : null
  }

  /** What holds so far. The last file ended where the rows did: with more of them it is gone on with, unless it is full. */
  held(): Held {
    const part = this.parts[this.part]
    const whole = this.parts.slice(0, this.part)
    if (!part || this.group === 0) return { whole, begun: null }
    const groups = part.groups.slice(0, this.group)
    const isFull = this.group === part.groups.length && bytesOf(groups) >= this.targetBytes
    return isFull ? { whole: [...whole, part], begun: null } : { whole, begun: { part, groups } }
  }
}
