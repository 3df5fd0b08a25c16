/** Which columns of a live table move, and under which policies. */
import { actingPolicies } from '../columns/types.ts'
import type { Column, ColumnPolicies, PolicyName, SourceTable, TableMetadata } from '../model.ts'

/** Policies that may be declared for a whole table; `mask` is said of single columns. */
const TABLE_WIDE = ['zero_date', 'tinyint1', 'oversize', 'invalid_utf8', 'decimal_overflow'] as const

/**
 * The columns rows are told apart by: declared in metadata, else the primary key; empty when there is neither, and for a
 * table that is appended to, whose rows are told apart by nothing.
 */
export const keyOf = (meta: TableMetadata, source: Pick<SourceTable, 'key'>): string[] =>
  meta.load_strategy === 'append' ? [] : (meta.unique_key ?? source.key)

/** The columns whose first that is not NULL is a row's cursor, as the metadata says; empty for a table without one. */
export const cursorOf = ({ incremental_column: cursor }: TableMetadata): string[] =>
  cursor === undefined ? [] : [cursor].flat()

/** Rows are told apart and put in order by these: what is made up in place of a value would do both wrong. */
const tellsRowsApart = (meta: TableMetadata, source: Pick<SourceTable, 'key'>, name: string): boolean =>
  cursorOf(meta).includes(name) || keyOf(meta, source).includes(name)

/** Whether a column moves, as far as `columns` or `exclude` say. */
export const moves = ({ columns, exclude }: TableMetadata, name: string): boolean =>
  columns ? columns.includes(name) : !exclude?.includes(name)

/** What the table says of all its columns, where it can act on this one. Its `null` for zero dates spares keys and cursors. */
const fromTable = (meta: TableMetadata, column: Column, exacting: boolean): ColumnPolicies => {
  const acting = new Set<PolicyName>(actingPolicies(column))
  const declared = Object.fromEntries(
    TABLE_WIDE.filter((policy) => acting.has(policy) && meta[policy] !== undefined).map((policy) => [
      policy,
      meta[policy],
    ]),
  ) as ColumnPolicies
  if (exacting && acting.has('zero_date') && declared.zero_date !== 'sentinel') declared.zero_date = 'error'
  return declared
}

/** The policies that are declared for a column, its own before the table's. `key`: the primary key. */
export const policiesOf = (meta: TableMetadata, key: string[], column: Column): ColumnPolicies => {
  const own = meta.column_policies?.[column.name] ?? {}
  const exacting = tellsRowsApart(meta, { key }, column.name)
  const { policies: _, ...bare } = column
  const masked: Column = { ...bare, ...(own.mask === undefined ? {} : { policies: { mask: own.mask } }) }
  return { ...fromTable(meta, masked, exacting), ...own }
}

const withPolicies = (meta: TableMetadata, source: SourceTable, column: Column): Column => {
  const policies = policiesOf(meta, source.key, column)
  const nullable = column.nullable || policies.mask === 'null'
  return { ...column, nullable, ...(Object.keys(policies).length ? { policies } : {}) }
}

/**
 * The table as a run sees it: its columns chosen, each with the policies that are declared for it, its own before the
 * table's. An index over a column that is left out or masked is of no use: its values would be written down as bounds.
 */
export const plannedTable = (meta: TableMetadata, source: SourceTable): SourceTable => {
  const columns = source.columns
    .filter(({ name }) => moves(meta, name))
    .map((column) => withPolicies(meta, source, column))
  const there = new Set(columns.map(({ name }) => name))
  const open = new Set(columns.filter(({ policies }) => !policies?.mask).map(({ name }) => name))
  return {
    ...source,
    columns,
    foreignKeys: source.foreignKeys.filter((key) => key.columns.every((name) => there.has(name))),
    indexes: source.indexes.filter((index) => index.columns.every((name) => open.has(name))),
  }
}
