/** A ledger row's seal: what it says of the cursor, hashed, so that a row changed by hand is told from one that a load wrote. */
import { createHash } from 'node:crypto'
import type { LoadKind, PublishMode } from '../../model.ts'

/** What is sealed: the fields that say how far a target was loaded, and by whom. */
export type Sealed = {
  runId: string
  /** `RAW.ORDERS`. */
  name: string
  kind: LoadKind
  publish: PublishMode
  attempt: string
  epoch: number
  low: string | null
  high: string | null
  cursorColumn: string | null
  /** What its rows were read under; null in rows of before that was kept, which have no place for it in their seal. */
  terms: string | null
}

/** 64 hexadecimal digits. No secret is in it: it tells of mistakes, not of malice. */
export const sealOf = ({ terms, ...of }: Sealed): string => {
  const { runId, name, kind, publish, attempt, epoch, low, high, cursorColumn } = of
  const said = [runId, name, kind, publish, attempt, epoch, low, high, cursorColumn]
  return createHash('sha256')
    .update(JSON.stringify(terms === null ? said : [...said, terms]))
    .digest('hex')
}
