/** What a cursor must be like: there, of one order, NULL only as said, in a zone that there is. */
import { didYouMean } from '../metadata.ts'
import type { Column, SourceTable, TableMetadata } from '../model.ts'
import { mayBeNull } from '../sources/mysql/cursor.ts'
import { isZone } from '../sources/mysql/zone.ts'
import { cursorOf } from './policies.ts'

/** Types a cursor may have: they are ordered, and exact as text. */
const CURSOR_TYPES = /^(timestamp|datetime|date|tinyint|smallint|mediumint|int|bigint|decimal)\b/

const NEEDS_OVERLAP = /^(date|tinyint|smallint|mediumint|int|bigint|decimal)\b/

const kindOf = ({ type }: Column): string => /^(timestamp|datetime|date)\b/.exec(type)?.[1] ?? 'number'

const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(', ')

const typeProblems = (cursors: Column[]): string[] => {
  const unordered = cursors.filter(({ type }) => !CURSOR_TYPES.test(type))
  if (unordered.length)
    return unordered.map(
      ({ name, type }) => `incremental_column "${name}" is ${type}: a date, time or whole number is needed`,
    )
  const [first, ...others] = cursors
  return others
    .filter((column) => kindOf(column) !== kindOf(first!))
    .map(
      ({ name, type }) =>
        `incremental_column has "${name}", which is ${type}, and "${first!.name}", which is ${first!.type}: their values have no order among each other`,
    )
}

const zoneProblems = ({ cursor_time_zone: zone }: TableMetadata, cursor: Column): string[] => {
  if (zone === undefined) return []
  if (!/^(datetime|date)\b/.test(cursor.type))
    return [`cursor_time_zone can never act: "${cursor.name}" is ${cursor.type}, which has no zone of its own`]
  if (isZone(zone)) return []
  const best = didYouMean(zone, Intl.supportedValuesOf('timeZone'))
  return [
    `cursor_time_zone "${zone}" is no time zone${best ? `: did you mean "${best}"?` : ': a name such as "Europe/Berlin" is needed, or "UTC"'}`,
  ]
}

/** Every reason why a table cannot be read by its cursor; none for a table without one. */
export const cursorProblems = (meta: TableMetadata, source: SourceTable): string[] => {
  const names = cursorOf(meta)
  if (names.length === 0) return []
  const cursors = names.flatMap((name) => source.columns.find((column) => column.name === name) ?? [])
  const missing = names.filter((name) => !cursors.some((column) => column.name === name))
  const known = source.columns.map(({ name }) => name)
  if (missing.length)
    return missing.map((name) => {
      const best = didYouMean(name, known)
      return `incremental_column "${name}" is not a column of the table${best ? `: did you mean "${best}"?` : ''}`
    })
  const { type } = cursors[0]!
  const problems = [...typeProblems(cursors), ...zoneProblems(meta, cursors[0]!)]
  if (mayBeNull(cursors) && meta.null_cursor === undefined)
    problems.push(
      `incremental_column ${quoted(names)} may be NULL: say what to do with such rows, "null_cursor": "include", "exclude" or "error"`,
    )
  // numbers and days have no lag: a transaction still open may yet commit a value below the largest that is seen
  if (NEEDS_OVERLAP.test(type) && meta.overlap === undefined)
    problems.push(
      `incremental_column ${quoted(names)} is ${type}, which lag_seconds does not protect: say how much of the last window to read again, "overlap": in units of the number, or in seconds for a date (0 when nothing is ever committed late)`,
    )
  return problems
}
