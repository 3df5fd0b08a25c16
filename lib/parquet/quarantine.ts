/**
 * Rows that a policy or check rejects → a small Parquet file for those who may see them: every value as text. Written by
 * `parquetjs-lite`, which is loaded only when there is something to reject.
 */

import { isUtf8 } from 'node:buffer'
import { Writable } from 'node:stream'
import { columnType } from '../columns/types.ts'
import type { Column } from '../model.ts'

/** `key`: JSON array of the key's values as text. `row`: every column's value as `rejectedText` gives it. */
export type RejectedRow = {
  table: string
  key: string
  /** The first column with a value that was rejected, and why. Never the value itself: that is in `row`. */
  column: string
  reason: string
  row: Record<string, string | null>
}

/** The most rows that one chunk keeps for quarantine, and the most bytes of text in them: there is memory for no more. */
export const QUARANTINE_ROWS = 1000
export const QUARANTINE_BYTES = 16 * 1024 * 1024

/** Longer values are cut here: who looks for more has the key. */
export const QUARANTINE_VALUE_BYTES = 256 * 1024

/** Columns of ours, before the source's own. */
const OWN = ['_table', '_key', '_column', '_reason'] as const

/** What Thrift's generated code assigns without declaring: an error in an ES module, which a bundle is. */
const LEAKED =
  'Statistics,StringType,UUIDType,MapType,ListType,EnumType,DateType,NullType,DecimalType,MilliSeconds,MicroSeconds,' +
  'TimeUnit,TimestampType,TimeType,IntType,JsonType,BsonType,LogicalType,SchemaElement,DataPageHeader,IndexPageHeader,' +
  'DictionaryPageHeader,DataPageHeaderV2,PageHeader,KeyValue,SortingColumn,PageEncodingStats,ColumnMetaData,ColumnChunk,' +
  'RowGroup,TypeDefinedOrder,ColumnOrder,PageLocation,OffsetIndex,ColumnIndex,FileMetaData'

/** The library, after the globals it leaks were declared. */
const parquetjs = async () => {
  for (const name of LEAKED.split(',')) if (!(name in globalThis)) Reflect.set(globalThis, name, undefined)
  return (await import('parquetjs-lite')).default
}

const BINARY = /^(bytes|geometry|boolean|bits)$/

/** Its first bytes without half a character at the end, which would make the whole invalid. */
const beginning = (bytes: Buffer): Buffer => {
  const cut = bytes.subarray(0, QUARANTINE_VALUE_BYTES)
  for (let end = cut.length; end > cut.length - 4; end--) if (isUtf8(cut.subarray(0, end))) return cut.subarray(0, end)
  return cut
}

/**
 * A cell as text: as it is where it is valid UTF-8, else, and always for binary columns, `\x` and its bytes in hex. One of
 * more than QUARANTINE_VALUE_BYTES is cut, and says so at its end.
 */
export const rejectedText = (column: Column, cell: Uint8Array | null): string | null => {
  if (cell === null) return null
  const whole = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength)
  const bytes = whole.length > QUARANTINE_VALUE_BYTES ? beginning(whole) : whole
  const more = bytes === whole ? '' : `… (cut: ${whole.length} bytes)`
  const plain = !BINARY.test(columnType(column).cells.kind) && isUtf8(bytes)
  return (plain ? bytes.toString() : `\\x${bytes.toString('hex')}`) + more
}

/**
 * The names of the source's columns in the file. A comma divides paths in the library, and readers take names that differ
 * in case for the same: such a name is changed by `%2C` and by underscores at its end.
 */
const fileNames = (columns: string[]): string[] => {
  const taken = new Set<string>(OWN)
  return columns.map((column) => {
    let name = column.replaceAll(',', '%2C')
    while (taken.has(name.toLowerCase()) || name === '__proto__') name += '_'
    taken.add(name.toLowerCase())
    return name
  })
}

/** A stream that keeps what it is given. */
const memory = (): { stream: Writable; bytes: () => Uint8Array } => {
  const pieces: Uint8Array[] = []
  const stream = new Writable({
    write: (piece: Uint8Array, _encoding, done) => {
      pieces.push(piece)
      done()
    },
  })
  return { stream, bytes: () => Buffer.concat(pieces) }
}

/**
 * The rejected rows of one chunk as a Parquet file: `_table`, `_key`, `_column`, `_reason`, then the source's columns under
 * their own names, every one of them optional text. Throws Error for no rows, since a file needs columns.
 */
export const encodeQuarantine = async (rows: RejectedRow[]): Promise<Uint8Array> => {
  const columns = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))]
  if (columns.length === 0) throw new Error('There is nothing to put into quarantine')
  const { ParquetSchema, ParquetWriter } = await parquetjs()
  const names = fileNames(columns)
  // min and max of each column would repeat its values in the footer
  const text = { type: 'UTF8', compression: 'GZIP', optional: true, statistics: false } as const
  const schema = new ParquetSchema(Object.fromEntries([...OWN, ...names].map((name) => [name, { ...text }])))
  const { stream, bytes } = memory()
  const writer = await ParquetWriter.openStream(schema, stream, { useDataPageV2: false })
  for (const { table, key, column, reason, row } of rows) {
    const values = columns.map((name, i): [string, string | null] => [names[i]!, row[name] ?? null])
    // the library asks whether a name is `in` the row: there must be nothing but its own
    const entries = Object.assign(Object.create(null), Object.fromEntries(values))
    await writer.appendRow(Object.assign(entries, { _table: table, _key: key, _column: column, _reason: reason }))
  }
  await writer.close()
  return bytes()
}
