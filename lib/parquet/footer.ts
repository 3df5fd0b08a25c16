/** What a Parquet file says of itself: page headers, and the footer with its schema and where everything is (parquet.thrift). */
import type { Physical } from '../columns/builder.ts'
import type { RowGroupRecord } from '../model.ts'
import { encodeStruct, type Field } from './thrift.ts'

const TYPES = { BOOLEAN: 0, INT32: 1, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6, FIXED_LEN_BYTE_ARRAY: 7 } as const
const OPTIONAL = 1
const ZSTD = 6
const PLAIN = 0
const RLE = 3
const DATA_PAGE = 0
/** ConvertedType: what readers knew before LogicalType. */
const UTF8 = 0
const DECIMAL = 5
const DATE = 6

/** What a file begins and ends with. */
export const MAGIC = Buffer.from('PAR1')

export type FileColumn = { name: string; physical: Physical }

/** A row group as the footer needs it: all of a file lies side by side, so that its bytes say where everything is. */
export type RowGroup = Pick<RowGroupRecord, 'rows' | 'columns'>

type ColumnChunk = { offset: number; bytes: number; rawBytes: number; nulls: number }

/** A version-1 data page: the one that Snowflake promises to read ("CREATE FILE FORMAT", TYPE = PARQUET). */
export const pageHeader = (rows: number, rawBytes: number, bytes: number): Buffer =>
  encodeStruct([
    { id: 1, i32: DATA_PAGE },
    { id: 2, i32: rawBytes },
    { id: 3, i32: bytes },
    {
      id: 5,
      struct: [
        { id: 1, i32: rows },
        { id: 2, i32: PLAIN },
        { id: 3, i32: RLE },
        { id: 4, i32: RLE },
      ],
    },
  ])

const annotation = (physical: Physical): Field[] => {
  const logical = 'logical' in physical ? physical.logical : null
  if (logical === null) return []
  if (logical === 'STRING')
    return [
      { id: 6, i32: UTF8 },
      { id: 10, struct: [{ id: 1, struct: [] }] },
    ]
  if (logical === 'DATE')
    return [
      { id: 6, i32: DATE },
      { id: 10, struct: [{ id: 6, struct: [] }] },
    ]
  if (logical === 'TIMESTAMP') {
    // wall clock: no ConvertedType says that, TIMESTAMP_MICROS means UTC
    const micros: Field = { id: 2, struct: [{ id: 2, struct: [] }] }
    return [{ id: 10, struct: [{ id: 8, struct: [{ id: 1, bool: false }, micros] }] }]
  }
  const { precision, scale } = logical
  const decimal: Field[] = [
    { id: 1, i32: scale },
    { id: 2, i32: precision },
  ]
  return [
    { id: 6, i32: DECIMAL },
    { id: 7, i32: scale },
    { id: 8, i32: precision },
    { id: 10, struct: [{ id: 5, struct: decimal }] },
  ]
}

/** Columns are optional whatever the source says, so that one made nullable since the plan loses nothing. */
const schemaElement = ({ name, physical }: FileColumn): Field[] => [
  { id: 1, i32: TYPES[physical.type] },
  ...(physical.type === 'FIXED_LEN_BYTE_ARRAY' ? [{ id: 2, i32: physical.length }] : []),
  { id: 3, i32: OPTIONAL },
  { id: 4, text: name },
  ...annotation(physical),
]

const columnChunk = ({ name, physical }: FileColumn, rows: number, chunk: ColumnChunk): Field[] => [
  { id: 2, i64: 0 },
  {
    id: 3,
    struct: [
      { id: 1, i32: TYPES[physical.type] },
      { id: 2, list: { i32: [PLAIN, RLE] } },
      { id: 3, list: { text: [name] } },
      { id: 4, i32: ZSTD },
      { id: 5, i64: rows },
      { id: 6, i64: chunk.rawBytes },
      { id: 7, i64: chunk.bytes },
      { id: 9, i64: chunk.offset },
      { id: 12, struct: [{ id: 3, i64: chunk.nulls }] },
    ],
  },
]

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)

/** Bytes of a file up to the end of these row groups, which are its first. */
export const bytesOf = (groups: RowGroup[]): number =>
  groups.reduce((end, { columns }) => columns.reduce((at, [bytes]) => at + bytes, end), MAGIC.length)

const rowGroup = (columns: FileColumn[], group: RowGroup, begin: number): Field[] => {
  let end = begin
  const chunks = group.columns.map(([bytes, rawBytes, nulls]): ColumnChunk => {
    const offset = end
    end += bytes
    return { offset, bytes, rawBytes, nulls }
  })
  return [
    { id: 1, list: { struct: columns.map((column, i) => columnChunk(column, group.rows, chunks[i]!)) } },
    { id: 2, i64: sum(chunks.map(({ rawBytes }) => rawBytes)) },
    { id: 3, i64: group.rows },
    { id: 5, i64: begin },
    { id: 6, i64: end - begin },
  ]
}

/** The end of a file: metadata, its length, the magic number. */
export const footer = (columns: FileColumn[], groups: RowGroup[]): Buffer => {
  const metadata = encodeStruct([
    { id: 1, i32: 1 },
    {
      id: 2,
      list: {
        struct: [
          [
            { id: 4, text: 'schema' },
            { id: 5, i32: columns.length },
          ],
          ...columns.map(schemaElement),
        ],
      },
    },
    { id: 3, i64: sum(groups.map(({ rows }) => rows)) },
    { id: 4, list: { struct: groups.map((group, i) => rowGroup(columns, group, bytesOf(groups.slice(0, i)))) } },
    { id: 6, text: 'firn' },
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(metadata.length)
  return Buffer.concat([metadata, length, MAGIC])
}
