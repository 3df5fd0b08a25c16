/** Which column could tell the rows that changed since the last run, and why; or why none can. */
import type { Column } from '../../model.ts'
import { quoteMysql } from '../../sources/mysql/quote.ts'
import type { Surveyed } from '../../sources/mysql/survey.ts'

/** `column` is null when none will do; `reason` says why in either case. `advice`: what would make one do. */
type ProposedCursor = { column: string | null; reason: string; advice: string[] }

/** Words by which an application says when a row changed. */
const CHANGED =
  /(^|_)(up_?dated?|modif(y|ied|ication)|chang(e|ed)|altered|edited|mtime|last_(touched|written|saved|seen_change))(_|$)/
const CREATED = /(^|_)(creat(e|ed|ion)|insert(ed)?|added|registered|ctime)(_|$)/
const MOMENT = /^(datetime|timestamp)\b/

const snake = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

type Candidate = { column: Column; onUpdate: boolean }

/** Moments at which rows were made. */
const madeOf = ({ source }: Surveyed): Column[] =>
  source.columns.filter(({ name, type }) => MOMENT.test(type) && CREATED.test(snake(name)))

/** A moment that every row has, of the candidate's own type: a list of both is never NULL. */
const besides = (surveyed: Surveyed, { type }: Column): string => {
  const made = madeOf(surveyed).find((each) => !each.nullable && each.type.startsWith(MOMENT.exec(type)![0]))
  return made ? `"${made.name}"` : ''
}

/** What keeps a candidate from being a cursor, each with what mends it. */
const faults = (surveyed: Surveyed, { column }: Candidate): string[] => {
  const { source, facts } = surveyed
  const { name, nullable } = column
  const made = besides(surveyed, column)
  const found: string[] = []
  if (!source.indexes.some(({ columns }) => columns[0] === name))
    found.push(
      `no index begins with it: ALTER TABLE ${quoteMysql(source.table)} ADD INDEX (${quoteMysql(name)}) would mend that`,
    )
  if (nullable)
    found.push(
      `it may be NULL: make it NOT NULL, or take it and say what becomes of such rows with "null_cursor": "include", "exclude" or "error"${made ? `; if it is NULL until a row's first change, "incremental_column": ["${name}", ${made}] takes the first of the two that is not` : ''}`,
    )
  const zeros = facts.zeroDates.get(name) ?? 0
  if (zeros) found.push(`${zeros} rows have a zero date in it, which no window reaches: set them to a moment first`)
  return found
}

/** Those that the server keeps come first, then in the table's order. */
const candidatesOf = ({ source, facts }: Surveyed): Candidate[] =>
  source.columns
    .filter(({ name, type }) => MOMENT.test(type) && !facts.columns.get(name)?.generated)
    .map((column) => ({ column, onUpdate: facts.columns.get(column.name)?.onUpdate === true }))
    .filter(({ column, onUpdate }) => onUpdate || CHANGED.test(snake(column.name)))
    .sort((a, b) => Number(b.onUpdate) - Number(a.onUpdate))

const why = ({ column, onUpdate }: Candidate) =>
  onUpdate
    ? `the server sets "${column.name}" whenever a row changes (ON UPDATE CURRENT_TIMESTAMP); it is indexed and never NULL`
    : `"${column.name}" says by its name when a row changed; it is indexed and never NULL. It is the application that keeps it: a change that does not set it is missed`

/** Not cursors, but worth a word: when rows were made, and numbers that grow with every new row. */
const lookalikes = (surveyed: Surveyed): string[] => {
  const { source, facts } = surveyed
  const counter = source.columns.find(({ name }) => facts.columns.get(name)?.autoIncrement)
  return [
    ...madeOf(surveyed).map(
      ({ name }) =>
        `"${name}" tells when a row was made, not when it changed: no cursor for changes. If rows are only ever added, "load_strategy": "append" with it reads new ones alone`,
    ),
    ...(counter
      ? [
          `"${counter.name}" grows with every new row: if rows are only ever added and never changed, "load_strategy": "incremental" with "incremental_column": "${counter.name}" and an "overlap" reads new ones alone`,
        ]
      : []),
  ]
}

/** Proposes the cursor. Only a DATETIME or TIMESTAMP that tells changes is ever taken, never a number or a date of making. */
export const proposeCursor = (surveyed: Surveyed): ProposedCursor => {
  const candidates = candidatesOf(surveyed)
  const good = candidates.find((candidate) => faults(surveyed, candidate).length === 0)
  if (good) return { column: good.column.name, reason: why(good), advice: [] }
  const advice = candidates.map(
    (candidate) => `"${candidate.column.name}" is no cursor yet: ${faults(surveyed, candidate).join('; ')}`,
  )
  return {
    column: null,
    reason: candidates.length
      ? `${candidates.map(({ column }) => `"${column.name}"`).join(', ')} would tell which rows changed, and cannot serve as it is`
      : 'no column tells which rows changed',
    advice: [...advice, ...lookalikes(surveyed)],
  }
}
