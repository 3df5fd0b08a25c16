/**
 * Tells one row group's rows from another's by the bytes that MySQL sent, before anything is made of them. Rows lie in what
 * came from the network one behind the other, so that thousands are hashed at a time.
 */
import { createHash, type Hash } from 'node:crypto'

/** A packet's length in 3 bytes and its number in the result, before each row ("MySQL Packets"). */
const HEADER_BYTES = 4

/** Rows side by side, each behind its header: the first from `start` to `firstEnd`, the last to `end`. */
type Span = { bytes: Buffer; start: number; firstEnd: number; end: number }

/** The rows of spans, as they were added. */
export function* rowsIn(spans: Span[]): Generator<{ bytes: Buffer; start: number; end: number }> {
  for (const { bytes, start: first, firstEnd, end: last } of spans) {
    let [start, end] = [first, firstEnd]
    while (true) {
      yield { bytes, start, end }
      if (end === last) break
      start = end + HEADER_BYTES
      end = start + bytes.readUIntLE(start - HEADER_BYTES, 3)
    }
  }
}

export class RowsDigest {
  private readonly seed: string
  private hash: Hash
  private readonly header = Buffer.alloc(HEADER_BYTES)
  private span: Span | null = null
  private spans: Span[] | null

  /** `seed`: what else must be equal. `keeps`: each group's rows, for `take` to give; what they lie in must stay as it is. */
  constructor(seed: string, keeps: boolean) {
    this.seed = seed
    this.hash = createHash('sha256').update(seed)
    this.spans = keeps ? [] : null
  }

  keepNone(): void {
    this.spans = null
  }

  /** Adds a row as the text protocol sends it, from `start` to `end` of what came from the network. */
  add(bytes: Buffer, start: number, end: number): void {
    const { span } = this
    if (span !== null && span.bytes === bytes && span.end + HEADER_BYTES === start) span.end = end
    else {
      this.close()
      this.span = { bytes, start, firstEnd: end, end }
    }
  }

  /** 64 hexadecimal digits over the rows since the last time, however the network cut them, and these rows if they are kept. */
  take(): { digest: string; spans: Span[] } {
    this.close()
    const digest = this.hash.digest('hex')
    const spans = this.spans ?? []
    this.hash = createHash('sha256').update(this.seed)
    if (this.spans) this.spans = []
    return { digest, spans }
  }

  /** The length before a row that came in two pieces is not where the row is, so that the first one's is made here. */
  private close(): void {
    const { span, header } = this
    if (span === null) return
    const { bytes, start, firstEnd, end } = span
    header.writeUIntLE((firstEnd - start) & 0xffffff, 0, 3)
    header[3] = start > 0 ? bytes[start - 1]! : 0
    this.hash.update(header).update(bytes.subarray(start, end))
    this.spans?.push(span)
    this.span = null
  }
}
