/** What the targets look like now: one read of information_schema for all of them; and how that differs from a plan. */
import { snowflakeType } from '../../columns/types.ts'
import { DriftError } from '../../errors.ts'
import type { Column, Target, TargetColumn } from '../../model.ts'
import type { Row, Warehouse } from './connect.ts'
import { AUDIT_COLUMNS } from './ddl.ts'
import { foldColumns, quoteSnowflake, quoteText } from './quote.ts'

/** What Snowflake makes of a type without its sizes ("Summary of data types"). */
const DEFAULTS: Record<string, string> = {
  NUMBER: 'NUMBER(38,0)',
  VARCHAR: 'VARCHAR(16777216)',
  BINARY: 'BINARY(8388608)',
  TIMESTAMP_NTZ: 'TIMESTAMP_NTZ(9)',
  TIMESTAMP_LTZ: 'TIMESTAMP_LTZ(9)',
  TIMESTAMP_TZ: 'TIMESTAMP_TZ(9)',
  TIME: 'TIME(9)',
}
const SYNONYMS: Record<string, string> = {
  TEXT: 'VARCHAR',
  STRING: 'VARCHAR',
  DECIMAL: 'NUMBER',
  NUMERIC: 'NUMBER',
  DOUBLE: 'FLOAT',
  REAL: 'FLOAT',
  VARBINARY: 'BINARY',
}

/** One spelling for each type: synonyms replaced, sizes written out. */
export const canonicalType = (type: string): string => {
  const [, name = '', sizes] = /^\s*(\w+)\s*(?:\(([\d\s,]+)\))?\s*$/.exec(type.toUpperCase()) ?? [type, type]
  const known = SYNONYMS[name] ?? name
  if (sizes === undefined) return DEFAULTS[known] ?? known
  const written = sizes.replaceAll(/\s/g, '')
  return known === 'NUMBER' && !written.includes(',') ? `NUMBER(${written},0)` : `${known}(${written})`
}

const partsOf = (type: string): { name: string; sizes: number[] } => {
  const [, name = type, sizes = ''] = /^(\w+)(?:\(([\d,]+)\))?$/.exec(type) ?? []
  return { name, sizes: sizes ? sizes.split(',').map(Number) : [] }
}

/** Whether every value of one type (canonical) fits the other exactly: same kind, same scale, at least as wide. */
export const holds = (there: string, needed: string): boolean => {
  const [is, must] = [partsOf(there), partsOf(needed)]
  if (is.name !== must.name) return false
  const [width = 0, scale = 0] = is.sizes
  const [neededWidth = 0, neededScale = 0] = must.sizes
  return width >= neededWidth && scale === neededScale
}

/** Columns of all tables in one schema, or of some, in order. */
const targetColumnsSql = (database: string, schema: string, tables?: string[]): string =>
  `SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION
FROM ${quoteSnowflake(database)}.INFORMATION_SCHEMA.COLUMNS
WHERE TABLE_SCHEMA = ${quoteText(schema)}${tables ? ` AND TABLE_NAME IN (${tables.map(quoteText).join(', ')})` : ''}
ORDER BY TABLE_NAME, ORDINAL_POSITION`

const typeOf = (row: Row): string => {
  const name = String(row.DATA_TYPE).toUpperCase()
  const known = SYNONYMS[name] ?? name
  const size = (value: unknown) => (value === null || value === undefined ? '' : String(value))
  if (known === 'NUMBER') return canonicalType(`NUMBER(${size(row.NUMERIC_PRECISION)},${size(row.NUMERIC_SCALE)})`)
  const sizes = known.startsWith('TIME') ? size(row.DATETIME_PRECISION) : size(row.CHARACTER_MAXIMUM_LENGTH)
  return canonicalType(sizes ? `${known}(${sizes})` : known)
}

/** Columns of every table of the raw schema, by table. A table that is not there is not in the map. */
export const targetColumns = async (
  warehouse: Warehouse,
  suffix: string,
  tables?: string[],
): Promise<Map<string, TargetColumn[]>> => {
  const found = new Map<string, TargetColumn[]>()
  const rows = await warehouse.query(targetColumnsSql(warehouse.database, warehouse.schema + suffix, tables))
  for (const row of rows) {
    const table = String(row.TABLE_NAME)
    found.set(table, [...(found.get(table) ?? []), { name: String(row.COLUMN_NAME), type: typeOf(row) }])
  }
  return found
}

/**
 * The source's columns that the target has not yet. Throws DriftError, naming column and both types, for everything
 * that adding columns cannot mend: a column of another type, a column that the source no longer has.
 */
export const missingColumns = (target: Target, columns: Column[], there: TargetColumn[]): Column[] => {
  const name = `${target.schema}.${target.table}`
  const folded = foldColumns(
    target.table,
    columns.map((column) => column.name),
  )
  const types = new Map(there.map((column) => [column.name, column.type]))
  const added: Column[] = []
  const problems: string[] = []
  for (const column of columns) {
    const is = types.get(folded.get(column.name)!)
    const expected = canonicalType(snowflakeType(column))
    if (is === undefined) added.push(column)
    else if (!holds(is, expected))
      problems.push(`column ${folded.get(column.name)} is ${is}, and MySQL now has ${expected}`)
  }
  const source = new Set(folded.values())
  for (const column of there)
    if (!source.has(column.name) && !column.name.startsWith('_FIRN_'))
      problems.push(`column ${column.name} (${column.type}) is no longer in MySQL`)
  for (const { name: audit } of AUDIT_COLUMNS) if (!types.has(audit)) problems.push(`column ${audit} is missing`)
  if (problems.length)
    throw new DriftError(
      `${name} and its source no longer agree, so nothing was loaded into it: ${problems.join('; ')}. Change the source back, or rename ${name} in Snowflake and load it anew: npm run -s firn -- run --full-refresh`,
    )
  return added
}
