/** The rows of a staged Parquet file as exact texts: what the warehouse would make of the file, a row group at a time. */
import { zstdDecompressSync } from 'node:zlib'
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  type SchemaElement,
} from 'hyparquet'

/** A column's value from the file → its text. Never called with NULL. */
type Writer = (value: unknown) => string

const MICROS_A_DAY = 86_400_000_000n

const scaled = (value: bigint, scale: number): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return scale ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : sign + digits
}

const bigEndian = (bytes: Uint8Array): bigint =>
  BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))

const day = (days: bigint): string => new Date(Number(days) * 86_400_000).toISOString().slice(0, 10)

const moment = (micros: bigint): string => {
  const inDay = ((micros % MICROS_A_DAY) + MICROS_A_DAY) % MICROS_A_DAY
  const seconds = inDay / 1_000_000n
  const [h, m, s] = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((each) => String(each).padStart(2, '0'))
  return `${day((micros - inDay) / MICROS_A_DAY)} ${h}:${m}:${s}.${String(inDay % 1_000_000n).padStart(6, '0')}`
}

const text: Writer = (value) => Buffer.from(value as Uint8Array).toString('utf8')
const hex: Writer = (value) => Buffer.from(value as Uint8Array).toString('hex')
/** The shortest text that is this double again; -0 has a sign. */
const double: Writer = (value) => (Object.is(value, -0) ? '-0' : String(value))

const writerFor = ({ type, logical_type: logical, scale = 0 }: SchemaElement): Writer => {
  if (logical?.type === 'DECIMAL')
    return (value) => scaled(value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number | bigint), scale)
  if (logical?.type === 'DATE') return (value) => day(BigInt(value as number))
  if (logical?.type === 'TIMESTAMP') return (value) => moment(value as bigint)
  if (logical?.type === 'STRING') return text
  if (type === 'BYTE_ARRAY') return hex
  return type === 'DOUBLE' ? double : String
}

/** hyparquet rounds decimals and moments: what a value means is taken from the schema, and the plain value is left. */
const takeMeaning = (metadata: FileMetaData): Map<string, Writer> => {
  const columns = metadata.schema.slice(1)
  const writers = new Map(columns.map((element) => [element.name, writerFor(element)]))
  for (const element of columns) {
    element.converted_type = undefined
    element.logical_type = undefined
  }
  return writers
}

/** Columns and rows of a file on this disk, row group by row group. Throws what a broken file makes hyparquet throw. */
export async function* fileRows(path: string, columns: string[]): AsyncGenerator<(string | null)[][]> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const writers = takeMeaning(metadata)
  let rowStart = 0
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows)
    const rows = await parquetReadObjects({
      ...{ file, metadata, rowStart, rowEnd, utf8: false },
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    })
    yield rows.map((row) =>
      columns.map((name) => {
        const value = row[name]
        return value === null || value === undefined ? null : writers.get(name)!(value)
      }),
    )
    rowStart = rowEnd
  }
}
