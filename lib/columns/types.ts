/**
 * The one table of types: MySQL's COLUMN_TYPE → how cells are kept in Arrow and Parquet → Snowflake's type → JSON Schema.
 * Plan, extract, load and DDL all read it here. A type that is not in it is refused by name, never guessed.
 */
import { RefusedError } from '../errors.ts'
import type { Column } from '../model.ts'

/**
 * What a builder keeps of a cell. Decimals have at most 38 digits; timestamps are microseconds of wall clock; `flag` is a
 * TINYINT(1) read as boolean, `boolean` a BIT(1), `bits` a wider BIT as an unsigned number; `geometry` is WKB, EWKB where it
 * has an SRID. `maxBytes` is the most that the warehouse's column takes.
 */
export type Cells =
  | { kind: 'integer'; bits: 32 | 64 }
  | { kind: 'decimal'; precision: number; scale: number }
  | { kind: 'double' }
  | { kind: 'boolean' }
  | { kind: 'flag' }
  | { kind: 'bits' }
  | { kind: 'date' }
  | { kind: 'timestamp' }
  | { kind: 'text'; maxBytes: number }
  | { kind: 'bytes'; maxBytes: number }
  | { kind: 'geometry'; maxBytes: number }

export type ColumnType = {
  cells: Cells
  snowflake: string
  /** JSON Schema of a value that is not null. */
  schema: Record<string, unknown>
  /** FLOAT comes rounded in the text protocol, so the server widens it first. */
  castToDouble: boolean
}

type Declared = { name: string; sizes: number[]; unsigned: boolean }

/** Arrow's Decimal128 and Snowflake's NUMBER both end here; MySQL's DECIMAL goes on to 65. */
const MAX_PRECISION = 38
/** Snowflake's VARCHAR without a length, and the most it takes when declared so. */
const TEXT_CHARACTERS = 16_777_216
const LONG_TEXT_CHARACTERS = 134_217_728
const MAX_BINARY_BYTES = 67_108_864
/** A label has at most 255 characters; a SET at most 64 labels with commas between ("Limits on ENUM and SET"). */
const ENUM_CHARACTERS = 255
const SET_CHARACTERS = 64 * 255 + 63
/** `-838:59:59.000000`: beyond what Snowflake's TIME holds, so it stays text. */
const TIME_CHARACTERS = 17

const type = (cells: Cells, snowflake: string, schema: Record<string, unknown>, castToDouble = false): ColumnType => ({
  cells,
  snowflake,
  schema,
  castToDouble,
})

const decimal = (precision: number, scale: number, schema: Record<string, unknown>): ColumnType | null =>
  precision > MAX_PRECISION
    ? null
    : type({ kind: 'decimal', precision, scale }, `NUMBER(${precision},${scale})`, schema)

const integer = (bits: 32 | 64, digits: number) =>
  type({ kind: 'integer', bits }, `NUMBER(${digits},0)`, { type: 'integer' })

const text = (characters: number, schema: Record<string, unknown>) =>
  type({ kind: 'text', maxBytes: LONG_TEXT_CHARACTERS }, `VARCHAR(${characters})`, { type: 'string', ...schema })

const sizedText = ({ sizes: [size = 1] }: Declared) => text(Math.max(size, 1), { maxLength: size })

const bytes = (size: number) =>
  type({ kind: 'bytes', maxBytes: MAX_BINARY_BYTES }, `BINARY(${Math.min(Math.max(size, 1), MAX_BINARY_BYTES)})`, {
    type: 'string',
    contentEncoding: 'base16',
  })

const sizedBytes = ({ sizes: [size = 1] }: Declared) => bytes(size)

const double = ({ name, sizes }: Declared) =>
  type({ kind: 'double' }, 'FLOAT', { type: 'number' }, name === 'float' || sizes.length > 0)

const timestamp =
  (format: string) =>
  ({ sizes: [fraction = 0] }: Declared) =>
    type({ kind: 'timestamp' }, `TIMESTAMP_NTZ(${fraction})`, { type: 'string', format })

const TYPES: Record<string, (declared: Declared) => ColumnType | null> = {
  tinyint: () => integer(32, 3),
  smallint: () => integer(32, 5),
  mediumint: ({ unsigned }) => integer(32, unsigned ? 8 : 7),
  int: ({ unsigned }) => integer(unsigned ? 64 : 32, 10),
  bigint: ({ unsigned }) => (unsigned ? decimal(20, 0, { type: 'integer' }) : integer(64, 19)),
  year: () => integer(32, 4),
  decimal: ({ sizes: [precision = 10, scale = 0] }) =>
    decimal(precision, scale, { type: 'string', format: 'decimal', precision, scale }),
  float: double,
  double: double,
  bit: ({ sizes: [size = 1] }) => (size === 1 ? type({ kind: 'boolean' }, 'BOOLEAN', { type: 'boolean' }) : null),
  date: () => type({ kind: 'date' }, 'DATE', { type: 'string', format: 'date' }),
  datetime: timestamp('date-time-local'),
  timestamp: timestamp('date-time'),
  time: () => text(TIME_CHARACTERS, { format: 'signed-time' }),
  char: sizedText,
  varchar: sizedText,
  tinytext: () => text(TEXT_CHARACTERS, {}),
  text: () => text(TEXT_CHARACTERS, {}),
  mediumtext: () => text(TEXT_CHARACTERS, {}),
  longtext: () => text(LONG_TEXT_CHARACTERS, {}),
  enum: () => text(ENUM_CHARACTERS, {}),
  set: () => text(SET_CHARACTERS, {}),
  binary: sizedBytes,
  varbinary: sizedBytes,
  tinyblob: () => bytes(255),
  blob: () => bytes(65_535),
  mediumblob: () => bytes(16_777_215),
  longblob: () => bytes(MAX_BINARY_BYTES),
}

const DECLARATION = /^(\w+)(?:\(([\d,\s]*)\))?(.*)$/s

const parse = (declaration: string): Declared => {
  const [, name = '', sizes, rest = ''] = DECLARATION.exec(declaration.toLowerCase()) ?? []
  return { name, sizes: sizes ? sizes.split(',').map(Number) : [], unsigned: /\b(unsigned|zerofill)\b/.test(rest) }
}

/**
 * What becomes of a column. Throws RefusedError naming column and type for one that cannot be moved exactly (JSON,
 * GEOMETRY, VECTOR, UUID, INET, BIT of more than one bit, DECIMAL of more than 38 digits …).
 */
export const columnType = (column: Column): ColumnType => {
  const declared = parse(column.type)
  const found = Object.hasOwn(TYPES, declared.name) ? TYPES[declared.name]!(declared) : null
  if (!found)
    throw new RefusedError(
      `column "${column.name}" is ${column.type}, a type that is not moved exactly yet: name a view in table_metadata.json that casts or leaves out the column, or take the table out of it`,
    )
  return found
}

/** The column's type in Snowflake, such as `NUMBER(10,2)` or `TIMESTAMP_NTZ(6)`. Throws as columnType does. */
export const snowflakeType = (column: Column): string => columnType(column).snowflake

/** The column's JSON Schema, as in metadata/schema/<table>.json. Throws as columnType does. */
export const columnSchema = (column: Column): Record<string, unknown> => {
  const { schema } = columnType(column)
  return column.nullable ? { ...schema, type: [schema.type, 'null'] } : { ...schema }
}
