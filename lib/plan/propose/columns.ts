/** Which columns of a table nobody has described yet can move, under which policies, and what of them needs a person's decision. */
import { columnType } from '../../columns/types.ts'
import type { Column, ColumnPolicies } from '../../model.ts'
import { type Surveyed, ZERO_DATES_COUNTED } from '../../sources/mysql/survey.ts'
import { foldName } from '../../warehouses/snowflake/quote.ts'
import { isReserved } from '../../warehouses/snowflake/reserved.ts'

/** `advice`: sentences for people, each naming columns and what to write or do. */
type ProposedColumns = { exclude: string[]; policies: Record<string, ColumnPolicies>; advice: string[] }

const moves = (column: Column): boolean => {
  try {
    columnType(column)
    return true
  } catch {
    return false
  }
}

/** Digits beyond the warehouse's longest number are kept as text rather than left behind. */
const DECIMAL_AS_TEXT: ColumnPolicies = { decimal_overflow: 'string' }

const named = (columns: Column[]): string => columns.map(({ name }) => `"${name}"`).join(', ')

/** A sentence about columns, unless there are none. */
const about = (columns: Column[], sentence: string): string[] =>
  columns.length ? [`${named(columns)}: ${sentence}`] : []

/** Columns that would share a name in the warehouse with an earlier one, or with the pipeline's own; the key's come first. */
const clashing = (columns: Column[], key: string[]): { column: Column; why: string }[] => {
  const first = new Map<string, string>()
  const inOrder = [...columns].sort((a, b) => Number(key.includes(b.name)) - Number(key.includes(a.name)))
  return inOrder.flatMap((column) => {
    const folded = foldName(column.name)
    if (folded.startsWith('_FIRN_'))
      return [{ column, why: `would be ${folded} in Snowflake, where names in _FIRN_ are the pipeline's own` }]
    const other = first.get(folded)
    if (other !== undefined) return [{ column, why: `would be ${folded} in Snowflake, as "${other}" is` }]
    first.set(folded, column.name)
    return []
  })
}

const PERSONAL = new RegExp(
  [
    'e_?mail',
    'phone|mobile|telefone?|fax|whatsapp',
    'birth|dob|born',
    'ssn|passport|cpf|iban|tax_id|national_id|credit_card|card_number',
    '(first|last|middle|full|given|family|maiden|nick|user|customer|contact|person|recipient|holder)_?names?',
    'sur_?name|street|address',
    'ip_addr(ess)?|remote_ip|client_ip',
  ]
    .map((words) => `(?:^|_)(?:${words})(?:_|$)`)
    .join('|'),
)
const OF_PEOPLE =
  /(^|_)(account|author|client|contact|customer|employee|member|patient|people|person|student|subscriber|user)s?(_|$)/

const snake = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

/** By its name alone: no value is looked at. */
export const looksPersonal = (table: string, { name, type }: Column): boolean => {
  if (/^(bit|tinyint\(1\)|enum|set|geometry)/.test(type)) return false
  return PERSONAL.test(snake(name)) || (/^names?$/i.test(name) && OF_PEOPLE.test(snake(table)))
}

const DATES = /^(date|datetime|timestamp)\b/

const zeroDateAdvice = ({ source, facts }: Surveyed, allowed: boolean): string[] => {
  const dates = source.columns.filter(({ type }) => DATES.test(type))
  const counted = dates.flatMap((column) => {
    const rows = facts.zeroDates.get(column.name) ?? 0
    if (rows === 0) return []
    const number =
      rows < ZERO_DATES_COUNTED ? `${rows} ${rows === 1 ? 'row has' : 'rows have'}` : `${rows} rows or more have`
    return source.key.includes(column.name)
      ? [
          `"${column.name}": ${number} a zero date in the key, which fails the table unless its "zero_date" is "sentinel"`,
        ]
      : [
          `"${column.name}": ${number} a zero date, which arrives as NULL and is counted ("zero_date": "error" or "sentinel" else)`,
        ]
  })
  const uncounted = allowed && facts.kind === 'table' ? dates.filter(({ name }) => !facts.zeroDates.has(name)) : []
  return [
    ...counted,
    ...about(
      uncounted,
      'the server takes zero dates, and no index tells whether there are any: they would arrive as NULL and be counted ("zero_date": "error" or "sentinel" else)',
    ),
  ]
}

const typeAdvice = ({ source, facts }: Surveyed): string[] => {
  const ofType = (pattern: RegExp) => source.columns.filter(({ type }) => pattern.test(type))
  return [
    ...about(
      ofType(/^tinyint\(1\)(?! unsigned)/),
      'TINYINT(1) arrives as a number; "tinyint1": "boolean" where it holds nothing but 0 and 1',
    ),
    ...about(
      ofType(/^(longtext|longblob)\b/),
      'may hold more than Snowflake takes (128 MB of text, 64 MB of bytes), which fails the table unless its "oversize" is "truncate"',
    ),
    ...about(
      source.columns.filter((column) => looksPersonal(facts.kind === 'view' ? '' : source.table, column)),
      'looks personal; "mask": "sha256" or "null" in "column_policies" keeps it inside MySQL',
    ),
    ...about(
      source.columns.filter(({ name }) => isReserved(name)),
      'a reserved word in Snowflake: queries must write it in double quotes and upper case',
    ),
  ]
}

/** Columns that move as text alone, since no number of Snowflake's holds them. */
const movesAsText = (column: Column): boolean =>
  !moves(column) && moves({ ...column, policies: DECIMAL_AS_TEXT }) && column.type.startsWith('decimal')

/** What stays behind, each with why and what could be done. */
const leftBehind = (columns: Column[], key: string[]): { column: Column; why: string; remedy: string }[] => {
  const refused = columns.filter((column) => !moves(column) && !movesAsText(column))
  const movable = columns.filter((column) => !refused.includes(column))
  return [
    ...refused.map((column) => ({
      column,
      why: `is ${column.type}, which cannot be moved exactly`,
      remedy: "a view that casts it can be moved in the table's place",
    })),
    ...clashing(movable, key).map((clash) => ({ ...clash, remedy: 'rename it, or move a view that does' })),
  ]
}

/** Proposes what of the table's columns moves. `zeroDatesAllowed` as the survey tells it. Throws nothing. */
export const proposeColumns = (surveyed: Surveyed, zeroDatesAllowed: boolean): ProposedColumns => {
  const { columns, key } = surveyed.source
  const left = leftBehind(columns, key)
  const exclude = left.map(({ column }) => column.name)
  const kept = columns.filter(({ name }) => !exclude.includes(name))
  const asText = kept.filter(movesAsText)
  const moving = { ...surveyed, source: { ...surveyed.source, columns: kept } }
  return {
    exclude,
    policies: Object.fromEntries(asText.map(({ name }) => [name, DECIMAL_AS_TEXT])),
    advice: [
      ...left.map(({ column, why, remedy }) => `"${column.name}" ${why}: left out by "exclude"; ${remedy}`),
      ...asText.map(
        ({ name, type }) =>
          `"${name}" is ${type}, and Snowflake's NUMBER ends at 38 digits: moved as text ("decimal_overflow": "string")`,
      ),
      ...typeAdvice(moving),
      ...zeroDateAdvice(moving, zeroDatesAllowed),
    ],
  }
}
