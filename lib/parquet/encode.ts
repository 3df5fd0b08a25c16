/** Column builders → the bytes of one Parquet file: zstd, one row group, every column optional, types exact. */
import { Field, makeData, RecordBatch, Schema, Struct, Table, tableToIPC } from 'apache-arrow'
import { Compression, Table as WasmTable, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm'
import type { Builder } from '../columns/builders.ts'

/**
 * Writes what the builders hold now. `names` are the columns' names in the file, as many as there are builders. Columns
 * are optional whatever the source says, so that a column made nullable since the plan loses nothing.
 */
export const encodeParquet = (names: string[], builders: Builder[]): Uint8Array => {
  const schema = new Schema(names.map((name, i) => Field.new({ name, type: builders[i]!.type, nullable: true })))
  const children = builders.map((builder) => builder.data())
  const data = makeData({ type: new Struct(schema.fields), length: builders[0]!.rows, nullCount: 0, children })
  const ipc = tableToIPC(new Table(schema, [new RecordBatch(schema, data)]), 'stream')
  const properties = new WriterPropertiesBuilder().setCompression(Compression.ZSTD).setCreatedBy('firn').build()
  // both arguments are moved into the call, which frees them
  return writeParquet(WasmTable.fromIPCStream(ipc), properties)
}
