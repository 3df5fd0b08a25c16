/** What is done once in so many hours, and what therefore rests in a run. Pure. */
import type { FoundTarget, Resting, RunRequest, TableMetadata } from '../model.ts'
import type { Cursor } from '../warehouses/snowflake/standing.ts'

/** A nightly run is planned less than a day after the last one published: so much of the hours is enough. */
const ENOUGH = 0.9

/** Whether it is time again. `secondsAgo`: null for what was never done; below zero somebody has set the ledger's time. */
export const isDueAgain = (hours: number, secondsAgo: number | null): boolean =>
  secondsAgo === null || secondsAgo < 0 || secondsAgo >= hours * 3600 * ENOUGH

/** `terms`: today's (terms.ts), with the columns they are of. */
type Standing = {
  meta: TableMetadata
  cursor: Cursor | undefined
  terms: string
  found: FoundTarget
  settled: { refused?: string }
}

/** Whoever names tables, or says which rows are read, means it. */
const isByCadence = ({ tables, fullRefresh, testMode, accept, retryOf }: RunRequest): boolean =>
  tables === undefined && !fullRefresh && !testMode && !accept && !retryOf

/**
 * How a table rests that is copied whole every `refresh_hours` at most; null when it is due. It is due whatever the hours
 * where its last load was no whole copy, or one of other columns, policies or conditions than today's, and where its target
 * is gone. One whose source and target no longer agree is not resting: that is told now.
 */
const restOf = ({ meta, cursor, terms, found, settled }: Standing): Resting | null => {
  const { table, refresh_hours: hours } = meta
  const ago = cursor?.sweptSecondsAgo ?? null
  if (hours === undefined || ago === null || isDueAgain(hours, ago)) return null
  if (!cursor?.copy || cursor.lastTerms !== terms) return null
  if (found.columns === null || settled.refused !== undefined) return null
  return { table, copiedSecondsAgo: ago, refreshHours: hours }
}

/** The tables of a run that move in it, and those that rest. */
export const withoutResting = <T extends Standing>(tables: T[], request: RunRequest) => {
  if (!isByCadence(request)) return { moving: tables, resting: [] }
  const rests = tables.map(restOf)
  return {
    moving: tables.filter((_, i) => rests[i] === null),
    resting: rests.filter((rest) => rest !== null),
  }
}
