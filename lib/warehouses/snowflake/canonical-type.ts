/** Snowflake's types in one spelling each, and which of them hold, or can be widened to hold, another. */

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
/** Names that mean another. */
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

const partsOf = (type: string): { name: string; width: number; scale: number } => {
  const [, name = type, sizes = ''] = /^(\w+)(?:\(([\d,]+)\))?$/.exec(type) ?? []
  const [width = 0, scale = 0] = sizes ? sizes.split(',').map(Number) : []
  return { name, width, scale }
}

/** Whether every value of one type (canonical) fits the other exactly: same kind, same scale, at least as wide. */
export const holds = (there: string, needed: string): boolean => {
  const [is, must] = [partsOf(there), partsOf(needed)]
  return is.name === must.name && is.width >= must.width && is.scale === must.scale
}

/**
 * Whether a column of one type (canonical) becomes the other in place: the length of text and bytes, and the precision of a
 * number of the same scale, may grow, and nothing else may ("ALTER TABLE … ALTER COLUMN": supported actions). Fractional
 * digits of a timestamp are not among them.
 */
export const widens = (there: string, needed: string): boolean =>
  ['VARCHAR', 'BINARY', 'NUMBER'].includes(partsOf(needed).name) && !holds(there, needed) && holds(needed, there)
