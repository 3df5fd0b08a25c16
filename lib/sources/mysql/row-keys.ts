/** The key of a chunk's row as text: what the chunk is gone on with after, when there was no time for the rest. */
import { isUtf8 } from 'node:buffer'
import { columnType } from '../../columns/types.ts'
import { AuditError } from '../../errors.ts'
import type { TablePlan } from '../../model.ts'

/** A cell's text as literalSql takes it; null when there is none, since its bytes are no text. */
const textOf = (bytes: Buffer | null, isBytes: boolean): string | null => {
  if (bytes === null) return null
  if (isBytes) return bytes.toString('hex').toUpperCase()
  return isUtf8(bytes) ? bytes.toString('utf8') : null
}

export class RowKeys {
  private readonly table: string
  /** Places among the plan's columns, and whether a bound of one is hexadecimal. */
  private readonly columns: { at: number; isBytes: boolean }[]

  constructor({ table, columns, chunkColumns }: TablePlan) {
    this.table = table
    this.columns = chunkColumns.map((name) => {
      const at = columns.findIndex((column) => column.name === name)
      return { at, isBytes: columnType(columns[at]!).cells.kind === 'bytes' }
    })
  }

  /** The key of the row whose cells `cell` gives by place; null when there is no going on after it. Throws as `refuse`. */
  of(cell: (at: number) => Buffer | null): string[] | null {
    this.refuse()
    const texts = this.columns.map(({ at, isBytes }) => textOf(cell(at), isBytes))
    return texts.every((text) => text !== null) ? texts : null
  }

  /** Throws AuditError when the rows are in no order: then there is no going on after any of them. */
  refuse(): void {
    if (this.columns.length > 0) return
    throw new AuditError(
      `${this.table}: the time of one Lambda is not enough to read it, and without a unique key to walk along there is no going on where it ended. Nothing of the table was published. Declare a primary key, or a unique index over NOT NULL columns, in MySQL; or make the table smaller with "where", "columns" or "exclude" in table_metadata.json; or give Extract more memory (lib/stacks/stages.ts)`,
    )
  }
}
