/** Builders of text and of bytes: copied as they came. */
import { isUtf8 } from 'node:buffer'
import { Binary, type Data, type DataType, Utf8 } from 'apache-arrow'
import { Builder, enlarged } from './builder.ts'

const FIRST_BYTES = 65_536
/** Up to here a loop is quicker than a call of `set`. */
const SHORT_BYTES = 48

/** BINARY, VARBINARY and BLOB. */
export class BytesBuilder extends Builder {
  readonly type: DataType = new Binary()
  protected offsets = new Int32Array(this.capacity + 1)
  protected content = new Uint8Array(FIRST_BYTES)
  protected end = 0

  override put(cell: Buffer | null): void {
    super.put(cell)
    this.offsets[this.rows] = this.end
  }

  protected write(cell: Buffer): boolean {
    const { length } = cell
    if (this.end + length > this.content.length) this.makeRoom(this.end + length)
    if (length < SHORT_BYTES) for (let i = 0; i < length; i++) this.content[this.end + i] = cell[i]!
    else this.content.set(cell, this.end)
    this.end += length
    return true
  }

  get bytes(): number {
    return this.end + this.rows * 4
  }

  data(): Data {
    return this.arrow({
      valueOffsets: this.offsets.subarray(0, this.rows + 1),
      data: this.content.subarray(0, this.end),
    })
  }

  override clear(): void {
    super.clear()
    this.end = 0
  }

  private makeRoom(bytes: number): void {
    let length = this.content.length
    while (length < bytes) length *= 2
    this.content = enlarged(this.content, length)
  }

  protected override grow(): void {
    super.grow()
    this.offsets = enlarged(this.offsets, this.capacity + 1)
  }
}

/** CHAR, VARCHAR, TEXT, ENUM and SET labels, TIME: UTF-8, since the session's character set is utf8mb4. */
export class TextBuilder extends BytesBuilder {
  override readonly type = new Utf8()

  /** Invalid UTF-8 would make the whole file unreadable. All at once it is checked faster than the wire delivers. */
  override check(): void {
    const { content, offsets, rows } = this
    let split = false
    // valid together, but cut within a character: the cells by themselves are not
    for (let i = 1; i < rows && !split; i++) split = (content[offsets[i]!]! & 0xc0) === 0x80 && offsets[i]! < this.end
    if (!split && isUtf8(content.subarray(0, this.end))) return
    for (let i = 0; i < rows; i++) if (!isUtf8(content.subarray(offsets[i]!, offsets[i + 1]!))) this.refused++
  }
}
