/** Column builders → the bytes of one Parquet file: zstd, one row group, every column optional, types exact. */
import { DataType, Field, makeData, RecordBatch, Schema, Struct, Table, tableToIPC } from 'apache-arrow'
import { Compression, Table as WasmTable, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm'
import type { Builder } from '../columns/builders.ts'

/** Texts repeat; numbers and moments mostly do not, and trying a dictionary for them costs time and bytes (measured). */
const propertiesFor = (names: string[], builders: Builder[]) =>
  names
    .filter((_, i) => DataType.isUtf8(builders[i]!.type))
    .reduce(
      (properties, name) => properties.setColumnDictionaryEnabled(name, true),
      new WriterPropertiesBuilder().setCompression(Compression.ZSTD).setCreatedBy('firn').setDictionaryEnabled(false),
    )
    .build()

/**
 * Writes what the builders hold now. `names` are the columns' names in the file, as many as there are builders. Columns
 * are optional whatever the source says, so that a column made nullable since the plan loses nothing.
 */
export const encodeParquet = (names: string[], builders: Builder[]): Uint8Array => {
  const schema = new Schema(names.map((name, i) => Field.new({ name, type: builders[i]!.type, nullable: true })))
  const children = builders.map((builder) => builder.data())
  const data = makeData({ type: new Struct(schema.fields), length: builders[0]!.rows, nullCount: 0, children })
  const ipc = tableToIPC(new Table(schema, [new RecordBatch(schema, data)]), 'stream')
  // both arguments are moved into the call, which frees them
  return writeParquet(WasmTable.fromIPCStream(ipc), propertiesFor(names, builders))
}
