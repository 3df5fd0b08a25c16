/**
 * What every column builder shares: cells come in as the server's own bytes, a Parquet page's body goes out, and memory is
 * used again. Values stand side by side without gaps, as the PLAIN encoding wants them; NULLs are bits beside them.
 */
import type { PolicyName } from '../model.ts'

/** Parquet's physical type with the logical one that says what it means ("Parquet Logical Type Definitions"). */
export type Physical =
  | { type: 'BOOLEAN' }
  | { type: 'INT32'; logical: null | 'DATE' | { precision: number; scale: number } }
  | { type: 'INT64'; logical: null | 'TIMESTAMP' | { precision: number; scale: number } }
  | { type: 'DOUBLE' }
  | { type: 'BYTE_ARRAY'; logical: null | 'STRING' }
  | { type: 'FIXED_LEN_BYTE_ARRAY'; length: number; logical: { precision: number; scale: number } }

/** Why a cell was not taken: the policy that covers it, or `type` where it is not a value of the column's type at all. */
export type Rejection = PolicyName | 'type'

/** What became of a cell: null when it was written, `missing` when a policy makes it NULL, or why it was not taken. */
export type Outcome = null | 'missing' | Rejection

const FIRST_CAPACITY = 4096
/** Room for the lengths that stand before the levels: 4 bytes, and a varint of at most 5. */
const LEVELS_HEAD = 16

/** A typed array's content in a larger one of the same kind. */
export const enlarged = <T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(
  from: T,
  length: number,
): T => {
  const to = new (from.constructor as new (length: number) => T)(length)
  to.set(from as never)
  return to
}

const writeVarint = (value: number, to: Uint8Array, at: number): number => {
  let rest = value
  let end = at
  for (; rest > 127; rest = Math.floor(rest / 128)) to[end++] = (rest & 127) | 128
  to[end++] = rest
  return end
}

/**
 * Collects one column's cells. What is done for every cell is written out in each subclass: code that several classes
 * share would look up every property anew, which is most of the time that a cell takes (measured: a third on 40 columns).
 */
export abstract class Builder {
  abstract readonly physical: Physical
  nulls = 0
  /** Values written: where the next one goes. */
  protected count = 0
  protected capacity = FIRST_CAPACITY
  /** How often each policy acted since the beginning, not only since the last page. */
  readonly acted = new Map<PolicyName, number>()
  private missing = new Uint8Array(FIRST_CAPACITY >> 3)

  /**
   * Takes the next cell: `bytes` from `start` to `end`, as the text protocol sends it. For `missing`, and for a cell that
   * was not taken, nothing is written: `putNull` is to follow, and the row of the latter must not be published.
   */
  abstract put(bytes: Uint8Array, start: number, end: number): Outcome

  /** Takes a NULL, in the row so many after the page's first. */
  putNull(row: number): void {
    while (row >> 3 >= this.missing.length) this.missing = enlarged(this.missing, this.missing.length * 2)
    this.missing[row >> 3]! |= 1 << (row & 7)
    this.nulls++
  }

  /** The values as PLAIN wants them: a view of the builder's memory. */
  protected abstract values(): Uint8Array

  /**
   * The body of a page of so many rows: definition levels, then values. Copied, so that the builder may go on; `into` is
   * used if it is large enough.
   */
  body(rows: number, into: Buffer): Buffer {
    const values = this.values()
    const levels = LEVELS_HEAD + (this.nulls ? (rows + 7) >> 3 : 1)
    const to = into.length >= levels + values.length ? into : Buffer.allocUnsafeSlow((levels + values.length) * 1.25)
    const end = this.writeLevels(rows, to)
    to.set(values, end)
    return to.subarray(0, end + values.length)
  }

  /** Forgets the rows and keeps the memory. */
  clear(): void {
    if (this.nulls) this.missing.fill(0)
    this.nulls = 0
    this.count = 0
  }

  /** Doubles what there is room for; subclasses enlarge their own arrays as well. */
  protected grow(): void {
    this.capacity *= 2
  }

  protected act(policy: PolicyName): void {
    this.acted.set(policy, (this.acted.get(policy) ?? 0) + 1)
  }

  /** Levels of an optional column: 1 where there is a value. One run when there is one everywhere, else a bit per row. */
  private writeLevels(rows: number, to: Buffer): number {
    let end = 4
    if (this.nulls === 0) {
      end = writeVarint(rows * 2, to, end)
      to[end++] = 1
    } else {
      const groups = (rows + 7) >> 3
      end = writeVarint(groups * 2 + 1, to, end)
      for (let i = 0; i < groups; i++) to[end++] = ~this.missing[i]!
    }
    to.writeUInt32LE(end - 4, 0)
    return end
  }
}
