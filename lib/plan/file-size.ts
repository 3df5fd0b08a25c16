/** How large staged files become: several for a small load, so that the warehouse reads them side by side, large ones else. */
import type { SourceTable, TableMetadata } from '../model.ts'

const MB = 1024 * 1024
/** An X-Small warehouse reads eight files at once; 100 to 250 MB compressed is what "Preparing your data files" asks for. */
const FILES = 8
const SMALLEST_MB = 4
const LARGEST_MB = 150
/** Bytes of InnoDB's pages to bytes of Parquet: measured between 2.5 and 4 on tables of all kinds. */
const COMPRESSION = 3

/** Bytes, compressed, at which a table's files are closed: what the metadata says, or an eighth of the table within bounds. */
export const targetFileBytes = (meta: TableMetadata, source: SourceTable): number => {
  const megabytes = meta.target_file_mb ?? source.bytes / COMPRESSION / FILES / MB
  return meta.target_file_mb === undefined
    ? Math.round(Math.min(Math.max(megabytes, SMALLEST_MB), LARGEST_MB) * MB)
    : Math.round(megabytes * MB)
}
