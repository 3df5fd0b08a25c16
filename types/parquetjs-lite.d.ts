/** parquetjs-lite ships no types: what is used of it. */
declare module 'parquetjs-lite' {
  import type { Writable } from 'node:stream'

  type Field = { type: 'UTF8'; compression: 'GZIP'; optional: boolean; statistics: false }
  class ParquetSchema {
    constructor(fields: Record<string, Field>)
  }
  class ParquetWriter {
    static openStream(
      schema: ParquetSchema,
      stream: Writable,
      options: { useDataPageV2: boolean },
    ): Promise<ParquetWriter>
    appendRow(row: Record<string, string | null>): Promise<void>
    close(): Promise<void>
  }
  class ParquetReader {
    static openBuffer(bytes: Buffer): Promise<ParquetReader>
    getCursor(): { next(): Promise<Record<string, string | null> | null> }
    close(): Promise<void>
  }
  const parquet: {
    ParquetSchema: typeof ParquetSchema
    ParquetWriter: typeof ParquetWriter
    ParquetReader: typeof ParquetReader
  }
  export default parquet
}
