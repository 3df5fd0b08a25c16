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

/** What became of a cell: written, turned into NULL by a policy, or not taken. */
export type Outcome = 'written' | 'null' | Rejection

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

/** Collects one column's cells. */
export abstract class Builder {
  abstract readonly physical: Physical
  rows = 0
  nulls = 0
  /** Values written: where the next one goes. */
  protected count = 0
  protected capacity = FIRST_CAPACITY
  /** How often each policy acted since the beginning, not only since the last page. */
  readonly acted = new Map<PolicyName, number>()
  private missing = new Uint8Array(FIRST_CAPACITY >> 3)

  /** Takes a NULL. */
  putNull(): void {
    const { rows } = this
    if (rows >> 3 >= this.missing.length) this.missing = enlarged(this.missing, this.missing.length * 2)
    this.missing[rows >> 3]! |= 1 << (rows & 7)
    this.nulls++
    this.rows++
  }

  /**
   * Takes the next cell: `bytes` from `start` to `end`, as the text protocol sends it. Never throws, since the driver would
   * swallow it. Gives null, or why the cell was not taken; it stands as NULL then, and the row must not be published.
   */
  put(bytes: Uint8Array, start: number, end: number): Rejection | null {
    if (this.count === this.capacity) this.grow()
    const outcome = this.write(bytes, start, end)
    if (outcome === 'written') {
      this.count++
      this.rows++
      return null
    }
    this.putNull()
    return outcome === 'null' ? null : outcome
  }

  /** Writes the value at `count`, for which there is room. */
  protected abstract write(bytes: Uint8Array, start: number, end: number): Outcome

  /** The values as PLAIN wants them: a view of the builder's memory. */
  protected abstract values(): Uint8Array

  /**
   * The page's body: definition levels, then values. Copied, so that the builder may go on; `into` is used if it is large
   * enough.
   */
  body(into: Buffer): Buffer {
    const values = this.values()
    const levels = LEVELS_HEAD + (this.nulls ? (this.rows + 7) >> 3 : 1)
    const to = into.length >= levels + values.length ? into : Buffer.allocUnsafeSlow((levels + values.length) * 1.25)
    const end = this.writeLevels(to)
    to.set(values, end)
    return to.subarray(0, end + values.length)
  }

  /** Forgets the rows and keeps the memory. */
  clear(): void {
    this.missing.fill(0, 0, (this.rows + 7) >> 3)
    this.rows = 0
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
  private writeLevels(to: Buffer): number {
    const { rows } = this
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
