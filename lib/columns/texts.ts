/** Builders of text and of bytes: copied as they came, each behind its length. */
import { isUtf8 } from 'node:buffer'
import type { ColumnPolicies } from '../model.ts'
import { Builder, enlarged, type Outcome, type Physical } from './builder.ts'

const FIRST_BYTES = 65_536
/** Memory that one large value made necessary is given back above this. */
const KEPT_BYTES = 32 * 1024 * 1024
/** Up to here a loop is quicker than a call of `set`. */
const SHORT_BYTES = 40

type Oversize = NonNullable<ColumnPolicies['oversize']>
type InvalidUtf8 = NonNullable<ColumnPolicies['invalid_utf8']>

/** BINARY, VARBINARY and BLOB. */
export class BytesBuilder extends Builder {
  readonly physical: Physical = { type: 'BYTE_ARRAY', logical: null }
  private content = new Uint8Array(FIRST_BYTES)
  private end = 0
  private readonly maxBytes: number
  private readonly oversize: Oversize

  constructor(maxBytes: number, oversize: Oversize) {
    super()
    this.maxBytes = maxBytes
    this.oversize = oversize
  }

  put(bytes: Uint8Array, start: number, end: number): Outcome {
    return end - start > this.maxBytes ? this.writeLong(bytes, start) : this.append(bytes, start, end)
  }

  private writeLong(bytes: Uint8Array, start: number): Outcome {
    if (this.oversize === 'error') return 'oversize'
    this.act('oversize')
    return this.append(bytes, start, this.cutAt(bytes, start + this.maxBytes))
  }

  /** Where a value that is cut ends: at most at `limit`. */
  protected cutAt(_bytes: Uint8Array, limit: number): number {
    return limit
  }

  protected append(bytes: Uint8Array, start: number, end: number): Outcome {
    this.begin(end - start)
    if (end - start <= SHORT_BYTES) this.copyShort(bytes, start, end)
    else {
      this.content.set(bytes.subarray(start, end), this.end)
      this.end += end - start
    }
    return null
  }

  /** Makes room for a value and writes its length. */
  protected begin(length: number): void {
    const needed = this.end + 4 + length
    if (needed > this.content.length) this.makeRoom(needed)
    const { content, end } = this
    content[end] = length
    content[end + 1] = length >>> 8
    content[end + 2] = length >>> 16
    content[end + 3] = length >>> 24
    this.end = end + 4
  }

  /** Copies a short value; gives its bytes or-ed together, below 128 when all of them are ASCII. */
  protected copyShort(bytes: Uint8Array, start: number, end: number): number {
    const { content } = this
    let at = this.end
    let all = 0
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      all |= byte
      content[at++] = byte
    }
    this.end = at
    return all
  }

  /** Takes back what was written of a value. */
  protected rewind(length: number): void {
    this.end -= length + 4
  }

  protected values(): Uint8Array {
    return this.content.subarray(0, this.end)
  }

  override clear(): void {
    super.clear()
    this.end = 0
    if (this.content.length > KEPT_BYTES) this.content = new Uint8Array(FIRST_BYTES)
  }

  private makeRoom(bytes: number): void {
    let length = this.content.length
    while (length < bytes) length *= 2
    this.content = enlarged(this.content, length)
  }
}

/** CHAR, VARCHAR, TEXT, JSON, ENUM and SET labels, TIME: UTF-8, since the session's character set is utf8mb4. */
export class TextBuilder extends BytesBuilder {
  override readonly physical: Physical = { type: 'BYTE_ARRAY', logical: 'STRING' }
  private readonly invalid: InvalidUtf8

  constructor(maxBytes: number, oversize: Oversize, invalid: InvalidUtf8) {
    super(maxBytes, oversize)
    this.invalid = invalid
  }

  /** Never within a character: back over the bytes that continue one. */
  protected override cutAt(bytes: Uint8Array, limit: number): number {
    let at = limit
    while (at > 0 && (bytes[at]! & 0xc0) === 0x80) at--
    return at
  }

  /** Invalid UTF-8 would make the whole file unreadable, so nothing else is let in. */
  protected override append(bytes: Uint8Array, start: number, end: number): Outcome {
    const length = end - start
    if (length <= SHORT_BYTES) {
      this.begin(length)
      if (this.copyShort(bytes, start, end) < 128) return null
      if (isUtf8(bytes.subarray(start, end))) return null
      this.rewind(length)
    } else if (isUtf8(bytes.subarray(start, end))) return super.append(bytes, start, end)
    if (this.invalid === 'error') return 'invalid_utf8'
    this.act('invalid_utf8')
    const mended = Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8'))
    return super.append(mended, 0, mended.length)
  }
}
