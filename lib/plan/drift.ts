/** What a run makes of columns that MySQL has and the target has not, or the other way round: followed, left out, or refused. Pure. */
import { DriftError } from '../errors.ts'
import type { Drift, FoundTarget, SourceTable, TableMetadata, Target } from '../model.ts'
import { driftError, type Evolution, evolutionOf, misfitsIn, notSentSince } from '../warehouses/snowflake/evolve.ts'
import { foldName } from '../warehouses/snowflake/quote.ts'
import { cursorOf, keyOf, plannedTable } from './policies.ts'

/** `fromFile`: how MySQL differs from metadata/schema. `accept`: a person has accepted whatever is found. */
type Compared = {
  meta: TableMetadata
  live: SourceTable
  fromFile: Drift[]
  target: Target
  found: FoundTarget
  accept: boolean
}

/** What of the table moves, what people should know of it, and why nothing of it moves. */
type Settled = { source: SourceTable; drift: Drift[]; refused?: string }

const nameOf = ({ schema, table }: Target) => `${schema}.${table}`

/** Whether all rows are written anew, whatever is in the target. */
const isWhole = ({ meta, accept }: Compared): boolean => meta.load_strategy === 'full' || accept

/**
 * Columns of the key that the target has not. Rows that are there already would have NULL in them, match no staged row,
 * and stay beside the same rows under their new key.
 */
const newInKey = (compared: Compared, { added }: Evolution): string[] => {
  if (isWhole(compared)) return []
  const { meta, live } = compared
  const key = new Set(keyOf(meta, plannedTable(meta, live)))
  return added.map(({ source }) => source).filter((name) => key.has(name))
}

const addedDrift = (compared: Compared, evolution: Evolution): Drift[] => {
  const { meta, target } = compared
  const inKey = new Set(newInKey(compared, evolution))
  const filled = `: rows that are there already have NULL in it, whatever its default in MySQL is. To fill them: npm run -s firn -- run --full-refresh --tables ${meta.table}`
  return evolution.added.map(({ source, type }) => ({
    column: source,
    change: 'added',
    detail: `${type}, not yet in ${nameOf(target)}${inKey.has(source) ? ', and of its key' : isWhole(compared) ? '' : filled}`,
  }))
}

/** A new column of the same type may be the old one under another name. */
const renameHint = (type: string, { added }: Evolution): string => {
  const alike = added.filter((column) => column.type === type).map(({ source }) => source)
  return alike.length
    ? `. Renamed to ${alike.join(' or ')}? To MySQL's catalogue these are two columns: what was loaded stays in the old one`
    : ''
}

const removedDrift = ({ target, accept }: Compared, evolution: Evolution): Drift[] =>
  evolution.kept.map((column) => {
    const since = notSentSince(column)
    const kept = since
      ? `not sent since run ${since}: kept in ${nameOf(target)}, NULL in every row written since`
      : `no longer among the columns that move: kept in ${nameOf(target)}, NULL in every row that is written from now on`
    return {
      column: column.name,
      change: 'removed',
      detail: accept
        ? `${column.type}: ${nameOf(target)} is rebuilt without it, and its values go`
        : `${kept}${since ? '' : renameHint(column.type, evolution)}`,
    }
  })

const rebuiltDetail = ({ target }: Compared, there: string, needed: string): string =>
  `${there} becomes ${needed}: ${nameOf(target)} is rebuilt; a masking policy, tag or comment on the column goes`

/** Every value fits, and what was loaded before does too: a wider column is kept, and told. */
const narrowedDrift = (compared: Compared, { narrowed }: Evolution): Drift[] =>
  narrowed.map(({ there, needed }) => ({
    column: needed.source,
    change: 'narrowed',
    detail: compared.accept
      ? rebuiltDetail(compared, there.type, needed.type)
      : `${needed.type} in MySQL, and kept wider in ${nameOf(compared.target)}, ${there.type}: every value fits`,
  }))

const retypedDrift = (compared: Compared, { widened, misfits }: Evolution): Drift[] => [
  ...widened.map(({ there, needed }) => ({
    column: needed.source,
    change: 'widened' as const,
    detail: `${there.type} in ${nameOf(compared.target)} becomes ${needed.type}`,
  })),
  ...misfits.map(({ there, needed }) => ({
    column: needed.source,
    change: 'retyped' as const,
    detail: compared.accept
      ? rebuiltDetail(compared, there.type, needed.type)
      : `${there.type} in ${nameOf(compared.target)}, and ${needed.type} in MySQL`,
  })),
]

const targetDrift = (compared: Compared, evolution: Evolution): Drift[] => [
  ...addedDrift(compared, evolution),
  ...retypedDrift(compared, evolution),
  ...narrowedDrift(compared, evolution),
  ...removedDrift(compared, evolution),
]

/** One line for each column and change, whoever said it. */
const together = (drift: Drift[]): Drift[] => {
  const found = new Map<string, Drift>()
  for (const each of drift) {
    const key = `${each.change} ${foldName(each.column)}`
    const before = found.get(key)
    found.set(key, before ? { ...before, detail: `${before.detail}; ${each.detail}` } : each)
  }
  return [...found.values()]
}

/** Columns that the target, as it is, cannot take. */
const tooMuch = ({ added, widened, misfits }: Evolution): Set<string> =>
  new Set([...added, ...[...widened, ...misfits].map(({ needed }) => needed)].map(({ source }) => source))

const without = (meta: TableMetadata, names: Set<string>): TableMetadata =>
  meta.columns
    ? { ...meta, columns: meta.columns.filter((name) => !names.has(name)) }
    : { ...meta, exclude: [...(meta.exclude ?? []), ...names] }

const discarded = (compared: Compared, evolution: Evolution): Settled => {
  const { meta, live, target, found } = compared
  const names = tooMuch(evolution)
  const needed = [...keyOf(meta, live), ...cursorOf(meta)].filter((name) => names.has(name))
  const refused = { ...evolution, kept: [], narrowed: [] }
  const left = targetDrift({ ...compared, meta: { ...meta, load_strategy: 'full' } }, refused).map(
    ({ column, change, detail }): Drift => {
      const written = change === 'added' ? '' : '. NULL in every row that is written'
      return { column, change: 'discarded', detail: `left out ("schema_changes": "discard"): ${detail}${written}` }
    },
  )
  const source = plannedTable(without(meta, names), live)
  const rest = evolutionOf(target, source.columns, found.columns ?? [])
  const findings = [
    ...[...new Set(needed)].map(
      (name) => `column "${name}", without which nothing can be loaded, does not fit as it is`,
    ),
    ...misfitsIn(rest),
  ]
  const drift = [
    ...left,
    ...narrowedDrift(compared, rest),
    ...removedDrift(compared, { ...rest, kept: evolution.kept }),
  ]
  return { source, drift, ...(findings.length ? { refused: driftError(meta.table, target, findings).message } : {}) }
}

const keyless = (compared: Compared, evolution: Evolution): string[] =>
  newInKey(compared, evolution).map(
    (name) =>
      `column "${name}" of its key is not in ${nameOf(compared.target)} yet: rows that are there have no value of it, so that every row that comes again would be there twice`,
  )

const frozen = (compared: Compared, drift: Drift[]): string[] =>
  compared.meta.schema_changes === 'freeze'
    ? drift.map(
        ({ column, change, detail }) => `column ${column} is ${change}, and "schema_changes" is "freeze" (${detail})`,
      )
    : []

/** Before its first load a table has nothing but its schema file to be held against. */
const againstFile = ({ meta, fromFile }: Compared): string | undefined => {
  const against = fromFile.filter(({ change }) => change !== 'added' || meta.schema_changes === 'freeze')
  if (against.length === 0) return undefined
  return new DriftError(
    `${meta.table}: metadata/schema/${meta.table}.json and MySQL do not agree, so nothing of it was read: ${against.map(({ column, detail }) => `column "${column}": ${detail}`).join('; ')}. Bring the file up to date, or take it away, and deploy: npm run -s firn -- deploy`,
  ).message
}

/**
 * What becomes of a table's drift. `evolve` follows what can be followed and refuses the rest, a new column of the key of a
 * table that is merged into among it; `freeze` refuses all of it,
 * `discard` leaves out what the target cannot take. What a person has accepted is not refused; nor is what the schema file
 * says otherwise of a table that has been loaded as MySQL has it.
 */
export const settleDrift = (compared: Compared): Settled => {
  const { meta, live, target, found, fromFile, accept } = compared
  const source = plannedTable(meta, live)
  if (found.isView)
    return {
      ...{ source, drift: fromFile },
      refused: new DriftError(
        `${meta.table}: ${nameOf(target)} is a view, which nothing can be loaded into. Drop or rename it, or leave ${meta.table} out of table_metadata.json`,
      ).message,
    }
  if (found.columns === null) {
    const refused = accept ? undefined : againstFile(compared)
    return { source, drift: fromFile, ...(refused === undefined ? {} : { refused }) }
  }
  const evolution = evolutionOf(target, source.columns, found.columns)
  if (meta.schema_changes === 'discard' && !accept && tooMuch(evolution).size) {
    const settled = discarded(compared, evolution)
    return { ...settled, drift: together([...settled.drift, ...fromFile]) }
  }
  const drift = together([...targetDrift(compared, evolution), ...fromFile])
  const findings = accept
    ? []
    : [...new Set([...misfitsIn(evolution), ...keyless(compared, evolution), ...frozen(compared, drift)])]
  return { source, drift, ...(findings.length ? { refused: driftError(meta.table, target, findings).message } : {}) }
}
