/**
 * A whole copy that is read again, held against the last one while it comes: as long as each row group's rows are the same, none
 * of it is made, compressed or put away a second time. Where they begin to differ, the last copy's file is gone on with.
 */
import type { PolicyCount } from '../model.ts'
import { countsSince, summedCounts } from '../policy-counts.ts'
import type { Remembered } from './file.ts'
import { type Held, Holding, type LastCopy } from './last-copy.ts'
import { RowsDigest, rowsIn } from './rows-digest.ts'

/** `seed`: what says how rows are written; `last`: null for none. */
export type Copying = { seed: string; last: LastCopy | null }

export class WholeCopy {
  /** What policies did in the rows that hold. */
  policies: PolicyCount[] = []
  private readonly digest: RowsDigest
  private readonly last: LastCopy | null
  private holding: Holding | null
  private groupDigest = ''
  private sent: PolicyCount[] = []

  constructor({ seed, last }: Copying, targetBytes: number) {
    this.digest = new RowsDigest(seed, last !== null)
    this.last = last
    this.holding = last && new Holding(last.parts, targetBytes)
  }

  /** Whether all that came is as it was: then nothing is to be made of a row. */
  get holds(): boolean {
    return this.holding !== null
  }

  add(bytes: Buffer, start: number, end: number): void {
    this.digest.add(bytes, start, end)
  }

  /** Ends a row group. While all holds: null if this one does, or its rows, which are to be made after all. */
  endGroup(): ReturnType<typeof rowsIn> | null {
    const { digest, spans } = this.digest.take()
    this.groupDigest = digest
    const found = this.holding?.next(digest)
    if (found) this.policies = summedCounts([...this.policies, ...(found.policies ?? [])])
    return found ? null : rowsIn(spans)
  }

  /** The last copy's files, if all of them hold. */
  allHeld() {
    return this.holding?.all() ?? null
  }

  /** From here on rows are made. Gives what holds, with the way to read it; null when they were made before. */
  letGo(): (Held & Pick<LastCopy, 'read'>) | null {
    const { holding, last } = this
    if (!holding || !last) return null
    this.holding = null
    this.digest.keepNone()
    return { ...holding.held(), read: last.read }
  }

  /** What the next copy is held against, of the row group that ended. `acted`: what policies did in all rows that were made. */
  remembered(acted: PolicyCount[]): Remembered {
    const policies = countsSince(this.sent, acted)
    this.sent = acted
    return { digest: this.groupDigest, ...(policies.length ? { policies } : {}) }
  }
}
