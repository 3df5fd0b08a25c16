/** An independent reader of what was written: every value as exact text, which hyparquet's own conversions would round. */
import { type FileMetaData, parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const scaled = (value: bigint, scale: number): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return scale ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : sign + digits
}

const bigEndian = (bytes: Uint8Array): bigint =>
  BigInt.asIntN(
    bytes.length * 8,
    bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  )

const moment = (micros: bigint): string => {
  const day = 86_400_000_000n
  const inDay = ((micros % day) + day) % day
  const date = new Date(Number((micros - inDay) / 1000n)).toISOString().slice(0, 10).replace(/^\+0*/, '')
  const seconds = inDay / 1_000_000n
  const two = (value: bigint) => String(value).padStart(2, '0')
  const time = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map(two).join(':')
  return `${date} ${time}.${String(inDay % 1_000_000n).padStart(6, '0')}`
}

/** The bytes mean what the logical type says, so it is taken away only after its parameters were noted. */
const takeDecimals = (metadata: FileMetaData): Map<string, number> => {
  const scales = new Map<string, number>()
  for (const element of metadata.schema) {
    if (element.converted_type !== 'DECIMAL') continue
    scales.set(element.name, element.scale ?? 0)
    element.converted_type = undefined
    element.logical_type = undefined
  }
  return scales
}

type ReadBack = { rows: Record<string, unknown>[]; schema: Record<string, SchemaElement>; rowGroups: number }

/** Rows in order with exact values, and the file's own schema elements by column name. */
export const readBack = async (body: Uint8Array): Promise<ReadBack> => {
  const file = body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer
  const metadata = parquetMetadata(file)
  const schema = Object.fromEntries(metadata.schema.slice(1).map((element) => [element.name, { ...element }]))
  const scales = takeDecimals(metadata)
  const rows = await parquetReadObjects({
    file,
    metadata,
    compressors,
    utf8: false,
    parsers: {
      timestampFromMicroseconds: moment as never,
      dateFromDays: ((days: number) => moment(BigInt(days) * 86_400_000_000n).slice(0, 10)) as never,
    },
  })
  for (const row of rows)
    for (const [name, scale] of scales) {
      const value = row[name]
      if (value === null || value === undefined) continue
      row[name] = scaled(value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number | bigint), scale)
    }
  return { rows, schema, rowGroups: metadata.row_groups.length }
}
