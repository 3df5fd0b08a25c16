/** What every column builder shares: cells come in as the server's own bytes, Arrow data goes out, memory is used again. */
import { type Data, type DataType, makeData } from 'apache-arrow'

const FIRST_CAPACITY = 4096

/** A typed array's content in a larger one of the same kind. */
export const enlarged = <T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(
  from: T,
  length: number,
): T => {
  const to = new (from.constructor as new (length: number) => T)(length)
  to.set(from as never)
  return to
}

/** Collects one column's cells. A cell without an exact meaning in the column's type is counted in `refused`. */
export abstract class Builder {
  abstract readonly type: DataType
  rows = 0
  nulls = 0
  refused = 0
  protected capacity = FIRST_CAPACITY
  private validity = new Uint8Array(FIRST_CAPACITY >> 3)

  /**
   * Takes the next cell: its bytes as the text protocol sends them, null for NULL; no JavaScript string is made of them.
   * Never throws, since mysql2 would swallow it. A refused cell is kept as NULL: whoever writes the column out must look
   * at `refused` first.
   */
  put(cell: Buffer | null): void {
    if (this.rows === this.capacity) this.grow()
    if (cell === null) this.nulls++
    else if (this.write(cell)) this.validity[this.rows >> 3]! |= 1 << (this.rows & 7)
    else {
      this.nulls++
      this.refused++
    }
    this.rows++
  }

  /** Writes the value at `rows`, for which there is room. Gives false when the cell has no exact meaning in this type. */
  protected abstract write(cell: Buffer): boolean

  /** About how many bytes of Arrow data there are now. */
  abstract get bytes(): number

  /** The data as Arrow: a view of the builder's memory, good until `clear`. */
  abstract data(): Data

  /** Looks at what can only be judged once for all cells. */
  check(): void {}

  /** Forgets the rows and keeps the memory, and the count of what was refused. */
  clear(): void {
    this.validity.fill(0, 0, (this.rows + 7) >> 3)
    this.rows = 0
    this.nulls = 0
  }

  /** Doubles what there is room for; subclasses enlarge their own arrays as well. */
  protected grow(): void {
    this.capacity *= 2
    this.validity = enlarged(this.validity, this.capacity >> 3)
  }

  protected arrow(buffers: { data: unknown; valueOffsets?: Int32Array }): Data {
    const { type, rows: length, nulls: nullCount } = this
    const nullBitmap = nullCount ? this.validity.subarray(0, (length + 7) >> 3) : undefined
    return makeData({ type, length, nullCount, nullBitmap, ...buffers } as never) as Data
  }
}
