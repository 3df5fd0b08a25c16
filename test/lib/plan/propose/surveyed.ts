/** Tables as a survey finds them, for tests of what is proposed. */
import type { Column, Index, SourceTable } from '../../../../lib/model.ts'
import type { ColumnFacts, Survey, Surveyed, TableFacts } from '../../../../lib/sources/mysql/survey.ts'

export type Shape = {
  columns: Column[]
  key?: string[]
  indexes?: Index[]
  rows?: number
  columnFacts?: Record<string, Partial<ColumnFacts>>
} & Partial<Omit<TableFacts, 'columns'>>

const NO_FACTS: ColumnFacts = { onUpdate: false, autoIncrement: false, generated: false, comment: '' }

export const column = (name: string, type: string, nullable = false): Column => ({ name, type, nullable })

/** An index of that name's own columns, whole and walkable. */
export const index = (columns: string[], unique = false): Index => ({ name: columns.join('_'), columns, unique })

export const surveyed = (table: string, shape: Shape): Surveyed => {
  const { columns, key = [], indexes = [], rows = 10, columnFacts = {}, ...facts } = shape
  const primary: Index[] = key.length ? [{ name: 'PRIMARY', columns: key, unique: true }] : []
  const source: SourceTable = {
    ...{ table, columns, key, rows, bytes: rows * 100, foreignKeys: [] },
    indexes: [...primary, ...indexes],
  }
  return {
    source,
    facts: {
      ...{ kind: 'table', comment: '', hasRows: true, zeroDates: new Map(), ...facts },
      columns: new Map(columns.map(({ name }) => [name, { ...NO_FACTS, ...columnFacts[name] }])),
    },
  }
}

export const surveyOf = (...tables: Surveyed[]): Survey => ({ database: 'shop', zeroDatesAllowed: false, tables })
