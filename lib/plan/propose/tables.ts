/** Metadata for tables that nobody has described yet: how each would be loaded, why, and what a person should decide. Pure. */
import { columnSchema } from '../../columns/types.ts'
import type { ColumnPolicies, LoadStrategy, SourceTable, TableSchema } from '../../model.ts'
import { quoteMysql } from '../../sources/mysql/quote.ts'
import type { Survey, Surveyed } from '../../sources/mysql/survey.ts'
import { foldName } from '../../warehouses/snowflake/quote.ts'
import { isReserved } from '../../warehouses/snowflake/reserved.ts'
import { plannedTable } from '../policies.ts'
import { proposeColumns } from './columns.ts'
import { proposeCursor } from './cursor.ts'

/** What table_metadata.json would say of a table. */
type ProposedEntry = {
  load_strategy: LoadStrategy
  incremental_column?: string
  unique_key?: string[]
  exclude?: string[]
  column_policies?: Record<string, ColumnPolicies>
  description: string
}

/**
 * `entry` is null for a table that cannot move: `reason` says why. `key`: what rows are told apart by, empty for nothing.
 * `advice`: what needs a decision, a sentence each.
 */
export type Proposal = {
  table: string
  rows: number
  entry: ProposedEntry | null
  key: string[]
  schema: TableSchema | null
  reason: string
  advice: string[]
}

type ProposedKey = { key: string[]; unique_key?: string[]; reason: string; advice: string[] }

const FLOATING = /^(float|double)\b/

const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(', ')

/** The primary key, else the unique not-null index of fewest columns. Floating numbers are not told apart reliably. */
const proposeKey = ({ table, columns, key, indexes }: SourceTable): ProposedKey => {
  const column = (name: string) => columns.find((each) => each.name === name)
  const floating = (names: string[]) => names.filter((name) => FLOATING.test(column(name)?.type ?? ''))
  const serves = (names: string[]) =>
    names.every((name) => column(name)?.nullable === false) && floating(names).length === 0
  if (key.length && serves(key)) return { key, reason: `its primary key is ${quoted(key)}`, advice: [] }
  const [index] = indexes
    .filter((each) => each.unique && serves(each.columns))
    .sort((a, b) => a.columns.length - b.columns.length)
  const advice = floating(key).length
    ? [`the key has floating numbers (${quoted(floating(key))}), which are not told apart reliably`]
    : []
  if (index)
    return {
      ...{ key: index.columns, unique_key: index.columns, advice },
      reason: `the unique index ${index.name} on ${quoted(index.columns)} tells rows apart`,
    }
  if (advice.length) return { key: [], reason: 'no key that a merge could trust', advice }
  const mend = `ALTER TABLE ${quoteMysql(table)} ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY`
  return {
    ...{ key: [], reason: 'nothing tells rows apart' },
    advice: [
      `no primary key and no unique index without NULL: read in one piece and loaded in full. Name the columns that tell rows apart in "unique_key", or, if the application bears it, ${mend}`,
    ],
  }
}

const strategy = (cursor: ReturnType<typeof proposeCursor>, key: ProposedKey) => {
  if (cursor.column !== null && key.key.length)
    return { column: cursor.column, reason: `Incremental: ${cursor.reason}; ${key.reason}` }
  if (cursor.column !== null)
    return { column: null, reason: `Full: ${cursor.reason}, but ${key.reason}, so changes cannot be merged` }
  return { column: null, reason: `Full: ${cursor.reason}` }
}

const tableAdvice = ({ source, facts }: Surveyed): string[] => [
  ...(facts.hasRows === true && source.rows === 0
    ? [`no statistics: its size is not known. ANALYZE TABLE ${quoteMysql(source.table)}`]
    : []),
  ...(facts.hasRows === false ? ['it is empty now'] : []),
  ...(isReserved(source.table)
    ? [
        `the table's name is a reserved word in Snowflake: queries must write "${foldName(source.table)}" in double quotes`,
      ]
    : []),
]

/** As the files of metadata/schema are written: `columnSchema` of every column that moves, with the source's own comments. */
const schemaOf = (entry: ProposedEntry, { source, facts }: Surveyed): TableSchema => {
  const { columns } = plannedTable({ table: source.table, ...entry }, source)
  const described = (name: string) => {
    const comment = facts.columns.get(name)?.comment
    return comment ? { description: comment } : {}
  }
  const required = columns.filter(({ nullable }) => !nullable).map(({ name }) => name)
  return {
    ...{ $schema: 'https://json-schema.org/draft/2020-12/schema', title: source.table, type: 'object' },
    ...(facts.comment ? { description: facts.comment } : {}),
    ...(required.length ? { required } : {}),
    additionalProperties: false,
    properties: Object.fromEntries(
      columns.map((column) => [column.name, { ...described(column.name), ...columnSchema(column) }]),
    ),
  } as TableSchema
}

const leftOut = ({ source }: Surveyed, reason: string, advice: string[] = []): Proposal => ({
  ...{ table: source.table, rows: source.rows, reason, advice },
  ...{ entry: null, key: [], schema: null },
})

const proposeTable = (surveyed: Surveyed, zeroDatesAllowed: boolean): Proposal => {
  const { source, facts } = surveyed
  const { exclude, policies, advice } = proposeColumns(surveyed, zeroDatesAllowed)
  const kept = source.columns.filter(({ name }) => !exclude.includes(name))
  if (kept.length === 0) return leftOut(surveyed, 'Left out: none of its columns can move', advice)
  const inKey = source.key.filter((name) => exclude.includes(name))
  if (inKey.length) return leftOut(surveyed, `Left out: ${quoted(inKey)} of its primary key cannot move`, advice)
  const indexes = source.indexes.filter(({ columns }) => !columns.some((name) => exclude.includes(name)))
  const moving = { source: { ...source, columns: kept, indexes }, facts }
  const key = proposeKey(moving.source)
  const cursor = proposeCursor(moving)
  const { column, reason } = strategy(cursor, key)
  const entry: ProposedEntry = {
    load_strategy: column === null ? 'full' : 'incremental',
    ...(column === null ? {} : { incremental_column: column }),
    ...(key.unique_key ? { unique_key: key.unique_key } : {}),
    ...(exclude.length ? { exclude } : {}),
    ...(Object.keys(policies).length ? { column_policies: policies } : {}),
    description: [facts.comment, reason].filter(Boolean).join('. '),
  }
  return {
    ...{ table: source.table, rows: source.rows, entry, key: key.key, reason },
    schema: schemaOf(entry, surveyed),
    advice: [...tableAdvice(surveyed), ...key.advice, ...cursor.advice, ...advice],
  }
}

/** A key of table_metadata.json that is not a table. */
const NOT_A_TABLE = '$schema'

/** Proposes every table of a survey. Of two whose names fold to one in the warehouse the first moves. Throws nothing. */
export const propose = ({ tables, zeroDatesAllowed }: Survey): Proposal[] => {
  const first = new Map<string, string>()
  return tables.map((surveyed) => {
    const { table } = surveyed.source
    if (table === NOT_A_TABLE) return leftOut(surveyed, 'Left out: table_metadata.json has no place for such a name')
    const folded = foldName(table)
    const other = first.get(folded)
    if (other !== undefined)
      return leftOut(
        surveyed,
        `Left out: it would be ${folded} in Snowflake, as "${other}" is. Move a view of another name in its place`,
      )
    const proposal = proposeTable(surveyed, zeroDatesAllowed)
    if (proposal.entry) first.set(folded, table)
    return proposal
  })
}
