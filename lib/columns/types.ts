/**
 * The one table of types: MySQL's COLUMN_TYPE → how cells are kept in Parquet → Snowflake's type → JSON Schema. Plan,
 * extract, load, DDL and docs/types.md all read it here. A type that is not in it is refused by name, never guessed.
 */
import { RefusedError } from '../errors.ts'
import type { Column, ColumnPolicies, PolicyName } from '../model.ts'
import { type Declared, declaredType } from './declared.ts'

/**
 * What a builder keeps of a cell. Decimals have at most 38 digits; timestamps are microseconds of wall clock; `flag` is a
 * TINYINT(1) read as boolean, `boolean` a BIT(1), `bits` a wider BIT as an unsigned number; `geometry` is WKB, EWKB where it
 * has an SRID. `maxBytes` is the most that the warehouse's column takes.
 */
type Cells =
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

type ColumnType = {
  cells: Cells
  /** Parquet's logical type in words; its physical type where that says all. */
  parquet: string
  /** The target's column. */
  snowflake: string
  /** The stage table's column: as the target's, but for what only becomes its type when it is published. */
  staged: string
  /** JSON Schema of a value that is not null. */
  schema: Record<string, unknown>
  /** The text protocol rounds FLOAT, and pads or cuts what has a display width, so the server widens those first. */
  castToDouble: boolean
  /** The policies that can act on the column's values. */
  policies: readonly PolicyName[]
}

/** Parquet's and Snowflake's decimals both end here; MySQL's DECIMAL goes on to 65, with a sign and a point. */
const MAX_PRECISION = 38
const DECIMAL_CHARACTERS = 67
/** Snowflake's VARCHAR without a length, and the most it takes when declared so. */
const TEXT_CHARACTERS = 16_777_216
const LONG_TEXT_CHARACTERS = 134_217_728
const MAX_TEXT_BYTES = 134_217_728
const MAX_BINARY_BYTES = 67_108_864
/** A label has at most 255 characters; a SET at most 64 labels with commas between ("Limits on ENUM and SET"). */
const ENUM_CHARACTERS = 255
const SET_CHARACTERS = 64 * 255 + 63
/** `-838:59:59.000000`: beyond what Snowflake's TIME holds, so it stays text. */
const TIME_CHARACTERS = 17
const SHA256_CHARACTERS = 64

type Parts = Omit<ColumnType, 'staged' | 'castToDouble' | 'policies'> & Partial<ColumnType>

const type = (parts: Parts): ColumnType => ({ staged: parts.snowflake, castToDouble: false, policies: [], ...parts })

const decimal = (precision: number, scale: number, schema: Record<string, unknown>): ColumnType =>
  type({
    cells: { kind: 'decimal', precision, scale },
    parquet: `DECIMAL(${precision},${scale})`,
    snowflake: `NUMBER(${precision},${scale})`,
    schema,
  })

const integer = (bits: 32 | 64, digits: number) =>
  type({
    cells: { kind: 'integer', bits },
    parquet: `INT${bits}`,
    snowflake: `NUMBER(${digits},0)`,
    schema: { type: 'integer' },
  })

const text = (characters: number, schema: Record<string, unknown>, policies: PolicyName[] = []) =>
  type({
    cells: { kind: 'text', maxBytes: MAX_TEXT_BYTES },
    parquet: 'STRING',
    snowflake: `VARCHAR(${characters})`,
    schema: { type: 'string', ...schema },
    policies,
  })

/** Text of the source's own making: its bytes may be no UTF-8. Only LONGTEXT can be too long. */
const words = (characters: number, schema: Record<string, unknown> = {}) =>
  text(characters, schema, characters > TEXT_CHARACTERS ? ['invalid_utf8', 'oversize'] : ['invalid_utf8'])

const sizedText = ({ sizes: [size = 1] }: Declared) => words(Math.max(size, 1), { maxLength: size })

const json = () => ({
  ...text(LONG_TEXT_CHARACTERS, { contentMediaType: 'application/json' }, ['invalid_utf8']),
  snowflake: 'VARIANT',
})

const bytes = (size: number) =>
  type({
    cells: { kind: 'bytes', maxBytes: MAX_BINARY_BYTES },
    parquet: 'BYTE_ARRAY',
    snowflake: `BINARY(${Math.min(Math.max(size, 1), MAX_BINARY_BYTES)})`,
    schema: { type: 'string', contentEncoding: 'base16' },
    policies: size > MAX_BINARY_BYTES ? ['oversize'] : [],
  })

const sizedBytes = ({ sizes: [size = 1] }: Declared) => bytes(size)

const geometry = () =>
  type({
    cells: { kind: 'geometry', maxBytes: MAX_BINARY_BYTES },
    parquet: 'BYTE_ARRAY',
    snowflake: `BINARY(${MAX_BINARY_BYTES})`,
    schema: { type: 'string', contentEncoding: 'base16', format: 'wkb' },
  })

const double = ({ name, sizes, zerofill }: Declared) =>
  type({
    cells: { kind: 'double' },
    parquet: 'DOUBLE',
    snowflake: 'FLOAT',
    schema: { type: 'number' },
    castToDouble: name === 'float' || sizes.length > 0 || zerofill,
  })

const boolean = (kind: 'boolean' | 'flag') =>
  type({ cells: { kind }, parquet: 'BOOLEAN', snowflake: 'BOOLEAN', schema: { type: 'boolean' } })

const bits = () => ({ ...decimal(20, 0, { type: 'integer' }), cells: { kind: 'bits' as const } })

const tinyint = ({ sizes }: Declared, { tinyint1 }: ColumnPolicies): ColumnType => ({
  ...(sizes[0] === 1 && tinyint1 === 'boolean' ? boolean('flag') : integer(32, 3)),
  policies: sizes[0] === 1 ? ['tinyint1'] : [],
})

const exactDecimal = ({ sizes: [precision = 10, scale = 0] }: Declared, policies: ColumnPolicies) => {
  const schema = { type: 'string', format: 'decimal', precision, scale }
  if (precision <= MAX_PRECISION) return decimal(precision, scale, schema)
  return policies.decimal_overflow === 'string' ? text(DECIMAL_CHARACTERS, schema, ['decimal_overflow']) : null
}

const date = () =>
  type({
    cells: { kind: 'date' },
    parquet: 'DATE',
    snowflake: 'DATE',
    schema: { type: 'string', format: 'date' },
    policies: ['zero_date'],
  })

const timestamp =
  (format: string) =>
  ({ sizes: [fraction = 0] }: Declared) =>
    type({
      cells: { kind: 'timestamp' },
      parquet: 'TIMESTAMP(micros, local)',
      snowflake: `TIMESTAMP_NTZ(${fraction})`,
      schema: { type: 'string', format },
      policies: ['zero_date'],
    })

const TYPES: Record<string, (declared: Declared, policies: ColumnPolicies) => ColumnType | null> = {
  tinyint,
  smallint: () => integer(32, 5),
  mediumint: ({ unsigned }) => integer(32, unsigned ? 8 : 7),
  int: ({ unsigned }) => integer(unsigned ? 64 : 32, 10),
  bigint: ({ unsigned }) => (unsigned ? decimal(20, 0, { type: 'integer' }) : integer(64, 19)),
  // the two digits of a YEAR(2) do not say their century
  year: ({ sizes }) => (sizes[0] === 2 ? null : integer(32, 4)),
  decimal: exactDecimal,
  float: double,
  double,
  bit: ({ sizes: [size = 1] }) => (size === 1 ? boolean('boolean') : bits()),
  date,
  datetime: timestamp('date-time-local'),
  timestamp: timestamp('date-time'),
  time: () => text(TIME_CHARACTERS, { format: 'signed-time' }),
  char: sizedText,
  varchar: sizedText,
  tinytext: () => words(TEXT_CHARACTERS),
  text: () => words(TEXT_CHARACTERS),
  mediumtext: () => words(TEXT_CHARACTERS),
  longtext: () => words(LONG_TEXT_CHARACTERS),
  enum: () => words(ENUM_CHARACTERS),
  set: () => words(SET_CHARACTERS),
  binary: sizedBytes,
  varbinary: sizedBytes,
  tinyblob: () => bytes(255),
  blob: () => bytes(65_535),
  mediumblob: () => bytes(16_777_215),
  longblob: () => bytes(4_294_967_295),
  json,
  uuid: () => text(36, { format: 'uuid' }),
  inet4: () => text(15, { format: 'ipv4' }),
  inet6: () => text(39, { format: 'ipv6' }),
  geometry,
  point: geometry,
  linestring: geometry,
  polygon: geometry,
  multipoint: geometry,
  multilinestring: geometry,
  multipolygon: geometry,
  geometrycollection: geometry,
  geomcollection: geometry,
}

/** The names of all types that move, as COLUMN_TYPE begins with them. */
export const TYPE_NAMES: readonly string[] = Object.keys(TYPES)

const REMEDIES: Record<string, (column: Column) => string> = {
  decimal: () =>
    `more digits than Snowflake's NUMBER holds (${MAX_PRECISION}): say "decimal_overflow": "string" in table_metadata.json and it moves as text, or leave it out with "exclude"`,
  year: () => 'a year without its century: make it a YEAR(4) at the source, or leave it out with "exclude"',
}

const refusal = (column: Column, name: string): RefusedError => {
  const why = Object.hasOwn(REMEDIES, name)
    ? REMEDIES[name]!(column)
    : `a type that does not move: leave it out ("exclude": [${JSON.stringify(column.name)}] in table_metadata.json), or name a view there that casts it`
  return new RefusedError(`column "${column.name}" is ${column.type}, ${why}`)
}

const unmasked = (column: Column, policies: ColumnPolicies): ColumnType => {
  const declared = declaredType(column.type)
  const found = Object.hasOwn(TYPES, declared.name) ? TYPES[declared.name]!(declared, policies) : null
  if (!found) throw refusal(column, declared.name)
  return found
}

const masked = (column: Column, mask: 'sha256' | 'null'): ColumnType => {
  // of a value that never comes, the size is no matter
  const itself = unmasked(column, { ...column.policies, decimal_overflow: 'string' })
  const shape = mask === 'null' ? itself : text(SHA256_CHARACTERS, { pattern: '^[0-9a-f]{64}$' })
  return { ...shape, castToDouble: false, policies: [] }
}

/**
 * What becomes of a column under its policies. Throws RefusedError naming column, type and remedy for one that cannot be
 * moved exactly (VECTOR, YEAR(2), DECIMAL of more than 38 digits without a policy, anything unknown).
 */
export const columnType = (column: Column): ColumnType => {
  const { mask } = column.policies ?? {}
  return mask ? masked(column, mask) : unmasked(column, column.policies ?? {})
}

/** The policies that can act on a column as MySQL declares it, apart from `mask`; none for a type that does not move. */
export const actingPolicies = (column: Column): readonly PolicyName[] => {
  try {
    return columnType({
      ...column,
      policies: { decimal_overflow: 'string', mask: column.policies?.mask } as ColumnPolicies,
    }).policies
  } catch (error) {
    if (error instanceof RefusedError) return []
    throw error
  }
}

/** The column's type in Snowflake, such as `NUMBER(10,2)` or `VARIANT`. Throws as columnType does. */
export const snowflakeType = (column: Column): string => columnType(column).snowflake

/** The type of the stage table's column: JSON is text until it is published. Throws as columnType does. */
export const stagedType = (column: Column): string => columnType(column).staged

/** The column's JSON Schema under its policies, as in metadata/schema/<table>.json. Throws as columnType does. */
export const columnSchema = (column: Column): Record<string, unknown> => {
  const { schema } = columnType(column)
  const nullable = column.nullable || column.policies?.mask === 'null'
  return nullable ? { ...schema, type: [schema.type, 'null'] } : { ...schema }
}
