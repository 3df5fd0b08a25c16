/** What a live table must be like before anything of it moves: every finding in words, all of them at once. */
import { isDeepStrictEqual } from 'node:util'
import { columnSchema, columnType } from '../columns/types.ts'
import { didYouMean } from '../metadata.ts'
import type { Column, Drift, SourceTable, TableMetadata, TableSchema } from '../model.ts'
import { foldColumns } from '../warehouses/snowflake/quote.ts'
import { cursorProblems } from './check-cursor.ts'
import { policyProblems } from './check-policies.ts'
import { cursorOf, keyOf, moves, plannedTable } from './policies.ts'

export type Findings = { problems: string[]; drift: Drift[] }

/** Words about a column, not part of its type. */
const ANNOTATIONS = new Set(['title', 'description', 'examples', '$comment', 'enum'])

const bare = (schema: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(schema).filter(([word]) => !ANNOTATIONS.has(word)))

const near = (name: string, columns: Column[]) => {
  const best = didYouMean(
    name,
    columns.map((column) => column.name),
  )
  return best ? `: did you mean "${best}"?` : ''
}

/** Names in metadata that are no columns; and a key or cursor that is left out, without which nothing can be merged. */
const choiceProblems = (meta: TableMetadata, source: SourceTable): string[] => {
  const known = new Set(source.columns.map(({ name }) => name))
  const unknown = (['columns', 'exclude'] as const).flatMap((list) =>
    (meta[list] ?? [])
      .filter((name) => !known.has(name))
      .map((name) => `${list} has "${name}", which is not a column${near(name, source.columns)}`),
  )
  const leftOut = (name: string, what: string) =>
    moves(meta, name) || !known.has(name)
      ? []
      : [`${meta.columns ? '"columns" leaves out' : '"exclude" has'} "${name}", which is ${what}`]
  const movesNothing = known.size > 0 && [...known].every((name) => meta.exclude?.includes(name))
  return [
    ...unknown,
    ...(movesNothing
      ? ['"exclude" has every column, so nothing would move: leave one of them out of it, or the table']
      : []),
    ...cursorOf(meta).flatMap((name) => leftOut(name, 'the incremental_column: it must move')),
    ...keyOf(meta, source).flatMap((name) => leftOut(name, 'of the key: rows are told apart by it')),
  ]
}

const keyProblems = (meta: TableMetadata, source: SourceTable): string[] => {
  const missing = (meta.unique_key ?? []).filter((name) => !source.columns.some((column) => column.name === name))
  if (missing.length)
    return missing.map((name) => `unique_key has "${name}", which is not a column${near(name, source.columns)}`)
  if (meta.load_strategy === 'incremental' && keyOf(meta, source).length === 0)
    return [
      'an incremental load merges by key, and the table has no primary key: name the columns that tell rows apart in "unique_key"; or load it in full, or by "append" if its rows are only ever added',
    ]
  return []
}

/** A mask in the key would stand between the rows that are here and the keys that are there. */
const deletesProblems = (meta: TableMetadata, source: SourceTable): string[] =>
  (meta.deletes ?? 'ignore') === 'ignore'
    ? []
    : keyOf(meta, source)
        .filter((name) => meta.column_policies?.[name]?.mask !== undefined)
        .map(
          (name) =>
            `"deletes" is "${meta.deletes}", and column "${name}" of the key is masked, so that no rows can be deleted by it: leave out one of the two`,
        )

const typeProblems = (source: SourceTable): string[] =>
  source.columns.flatMap((column) => {
    try {
      columnType(column)
      return []
    } catch (error) {
      return [(error as Error).message]
    }
  })

/** Names that would be one in the warehouse, are too long for it, or would be ours. */
const nameProblems = ({ table, columns }: SourceTable): string[] => {
  try {
    foldColumns(
      table,
      columns.map(({ name }) => name),
    )
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** metadata/schema/<table>.json against what moves of the live table. */
const schemaDrift = (schema: TableSchema | undefined, source: SourceTable): Drift[] => {
  if (!schema) return []
  const file = `metadata/schema/${source.table}.json`
  const live = new Map(source.columns.map((column) => [column.name, column]))
  const known = Object.entries(schema.properties).flatMap(([name, expected]): Drift[] => {
    const column = live.get(name)
    if (!column) {
      const detail = `in ${file} and not among MySQL's that move${near(name, source.columns)}`
      return [{ column: name, change: 'removed', detail }]
    }
    const found = bare(columnSchema(column))
    if (isDeepStrictEqual(found, bare(expected))) return []
    const detail = `${column.type}${column.nullable ? '' : ' not null'}, that is ${JSON.stringify(found)}, and ${file} says ${JSON.stringify(bare(expected))}`
    return [{ column: name, change: 'retyped', detail }]
  })
  const added = source.columns.filter(({ name }) => !Object.hasOwn(schema.properties, name))
  return [
    ...known,
    ...added.map(({ name, type }): Drift => ({ column: name, change: 'added', detail: `${type}, not yet in ${file}` })),
  ]
}

/**
 * Every reason why a table cannot move as its metadata says, each naming its place and what mends it; and how MySQL differs
 * from the schema file, which is another matter (drift.ts). `source` is the whole live table; what of it moves, and how, is worked out here.
 */
export const checkTable = (
  meta: TableMetadata,
  source: SourceTable | undefined,
  schema: TableSchema | undefined,
): Findings => {
  const at = (problem: string) => `table_metadata.json: ${meta.table}: ${problem}`
  if (!source) return { problems: [at('there is no such table in the MySQL database')], drift: [] }
  const planned = plannedTable(meta, source)
  const types = typeProblems(planned)
  return {
    problems: [
      ...choiceProblems(meta, source),
      ...cursorProblems(meta, source),
      ...keyProblems(meta, source),
      ...deletesProblems(meta, source),
      ...policyProblems(meta, source),
      ...nameProblems(planned),
      ...types,
    ].map(at),
    // an unsupported type has no schema to compare
    drift: types.length ? [] : schemaDrift(schema, planned),
  }
}
