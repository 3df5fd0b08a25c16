/**
 * Compares one table in MySQL and in the warehouse: sums of buckets, then hashes of the rows of those that differ, then the
 * cells of the rows whose hashes do. So a row must differ twice, at two moments, before it is told.
 */
import { readable } from '../columns/canonical.ts'
import { AuditError } from '../errors.ts'
import type { Comparison, TableMetadata } from '../model.ts'
import { lastLoadedSql } from '../warehouses/snowflake/checksum.ts'
import { differingBuckets, digitsFor, groupBuckets, type Sums, totalRows } from './buckets.ts'
import type { Comparing, NotCompared } from './comparison.ts'
import {
  type Sides,
  sourceCounts,
  sourceHashes,
  sourceRows,
  sourceSums,
  targetCounts,
  targetHashes,
  targetRows,
  targetSums,
} from './sides.ts'
import { differingCells, type Hashes, judge, surplus, suspectKeys, takeOthers, type Verdict } from './suspects.ts'

export type { Sides } from './sides.ts'

/**
 * A key whose rows differ: as canonical texts, and as `values` for people; and how many rows of it the warehouse has.
 */
export type Difference = {
  verdict: Exclude<Verdict, 'newer' | 'equal'>
  key: string[]
  values: (string | null)[]
  rows: number
}

/** A difference with its key for people. */
export const differenceOf = (
  { key: columns }: Comparison,
  verdict: Difference['verdict'],
  key: string[],
  rows: number,
): Difference => ({ verdict, key, values: key.map((text, i) => readable(columns[i]!, text)), rows })

/** What came of comparing a table. Counts are of rows; `newer`: changed in MySQL since the last window, so not counted. */
export type Compared = {
  table: string
  target: string
  /** The end of the last published window, which rows are compared up to; null for a table without a cursor. */
  upTo: string | null
  /** When the target was last loaded, UTC; null when it has no row. */
  loadedAt: string | null
  rows: { mysql: number; warehouse: number }
  missing: number
  extra: number
  different: number
  repeated: number
  newer: number
  /** Of rows that are different: in how many each column is. */
  columns: { column: string; rows: number }[]
  notCompared: NotCompared[]
  /** Whether rows are told apart by a key; else only counts are known. */
  isKeyed: boolean
  /** Whether every difference was looked for: not when there are too many. */
  isWhole: boolean
  /** Whether rows that are gone from MySQL stay by "deletes": "ignore": then `extra` is no difference. */
  keepsDeleted: boolean
  differences: Difference[]
}

type Counts = Pick<Compared, 'missing' | 'extra' | 'different' | 'repeated' | 'newer' | 'isWhole' | 'differences'> & {
  byColumn: number[]
}

/** Rows of both sides whose hashes are held in memory at once. */
const MOST_ROWS = 1_000_000
/** More differing rows than this are not narrowed down: a full refresh is cheaper. */
const MOST_SUSPECTS = 100_000

const nothing = (): Counts => ({
  ...{ missing: 0, extra: 0, different: 0, repeated: 0, newer: 0 },
  ...{ isWhole: true, differences: [], byColumn: [] },
})

const refuseRepeated = ({ plan, key }: Comparison, hashes: Hashes): void => {
  const repeated = [...hashes.values()].filter((each) => each.hashes.length > 1).length
  if (repeated > 0)
    throw new AuditError(
      `${plan.table}: ${repeated} keys (${key.map(({ name }) => name).join(', ')}) are in MySQL more than once, so they do not tell its rows apart: correct "unique_key" in table_metadata.json`,
    )
}

/** Judges suspects by what both sides have of them now. */
const judgeAll = async (sides: Sides, comparison: Comparison, suspects: string[][], counts: Counts): Promise<void> => {
  const [source, target] = await Promise.all([
    sourceRows(sides, comparison, suspects),
    targetRows(sides, comparison, suspects),
  ])
  for (const key of suspects) {
    const [row, there] = [source.get(key.join()), target.get(key.join()) ?? []]
    const verdict = judge(row, there)
    if (verdict === 'equal') continue
    counts[verdict]++
    if (verdict === 'newer') continue
    counts.differences.push(differenceOf(comparison, verdict, key, there.length))
    if (verdict === 'different')
      for (const at of differingCells(row!.cells, there[0]!)) counts.byColumn[at] = (counts.byColumn[at] ?? 0) + 1
  }
}

/**
 * Counts rows that only the warehouse has, and may keep: no difference, whatever becomes of them. MySQL is asked once more, for
 * `most` of them, to tell those that are gone from those that changed since; who came back meanwhile is not told.
 */
const countKept = async (
  sides: Sides,
  comparison: Comparison,
  kept: Hashes,
  counts: Counts,
  most: number,
): Promise<void> => {
  const looked = [...kept.values()].slice(0, most)
  const source = await sourceRows(
    sides,
    comparison,
    looked.map(({ key }) => key),
  )
  counts.extra += kept.size - looked.length
  for (const { key, hashes } of looked) {
    const row = source.get(key.join())
    if (row) counts.newer += row.reached ? 0 : 1
    else {
      counts.extra++
      counts.differences.push(differenceOf(comparison, 'extra', key, hashes.length))
    }
  }
}

type Group = { digits: number; buckets: string[] }

/** `keepsDeleted`: as in Compared. `most`: differing rows that are looked at one by one, and as many that are kept. */
type Limits = { keepsDeleted: boolean; most: number }

const compareKeyed = async (
  sides: Sides,
  comparison: Comparison,
  groups: Group[],
  { keepsDeleted, most }: Limits,
): Promise<Counts> => {
  const counts = nothing()
  let [suspected, kept] = [0, 0]
  for (const group of groups) {
    const [source, target] = await Promise.all([
      sourceHashes(sides, comparison, group),
      targetHashes(sides, comparison, group),
    ])
    refuseRepeated(comparison, source)
    if (keepsDeleted) {
      const only = takeOthers(target, source)
      await countKept(sides, comparison, only, counts, Math.max(most - kept, 0))
      kept += only.size
    }
    const suspects = suspectKeys(source, target)
    const room = Math.max(most - suspected, 0)
    suspected += suspects.length
    await judgeAll(sides, comparison, suspects.slice(0, room), counts)
    if (suspected > most) return { ...counts, isWhole: false }
  }
  return counts
}

const sum = (counts: Map<string, number>) => [...counts.values()].reduce((total, each) => total + each, 0)

/** What two looks agree in. */
const both = (a: Map<string, number>, b: Map<string, number>) =>
  new Map([...a].map(([hash, rows]) => [hash, Math.min(rows, b.get(hash) ?? 0)]))

/** Rows alike are counted on both sides, twice: what is told is what both looks saw. */
const compareUnkeyed = async (sides: Sides, comparison: Comparison, groups: Group[]): Promise<Counts> => {
  const counts = nothing()
  const look = async (group: Group) => {
    const [source, target] = await Promise.all([
      sourceCounts(sides, comparison, group),
      targetCounts(sides, comparison, group),
    ])
    return { missing: surplus(source, target), extra: surplus(target, source) }
  }
  for (const group of groups) {
    const [first, second] = [await look(group), await look(group)]
    counts.missing += sum(both(first.missing, second.missing))
    counts.extra += sum(both(first.extra, second.extra))
  }
  return counts
}

const groupsOf = (digits: number, sums: [Sums, Sums]): Group[] =>
  groupBuckets(differingBuckets(...sums), sums, MOST_ROWS).map((buckets) => ({ digits, buckets }))

/** Whether what was found is more than what is meant to be so. */
export const differs = ({ missing, extra, different, repeated, keepsDeleted, isWhole }: Compared): boolean =>
  missing + different + repeated + (keepsDeleted ? 0 : extra) > 0 || !isWhole

/**
 * Compares a table; of more differing rows than `most` the rest is not looked for. Throws AuditError where the key does not
 * tell MySQL's rows apart, and what either side throws (UnavailableError, RefusedError, WarehouseError).
 */
export const compareTable = async (
  sides: Sides,
  meta: TableMetadata,
  { comparison, notCompared }: Pick<Comparing, 'comparison' | 'notCompared'>,
  most = MOST_SUSPECTS,
): Promise<Compared> => {
  const { plan, window, columns, key } = comparison
  const keepsDeleted = meta.load_strategy === 'incremental' && (meta.deletes ?? 'ignore') === 'ignore'
  const digits = digitsFor(plan.estimatedRows)
  const [source, target] = await Promise.all([
    sourceSums(sides, comparison, digits),
    targetSums(sides, comparison, digits),
  ])
  const [last] = await sides.warehouse.query(lastLoadedSql(comparison))
  const groups = groupsOf(digits, [source, target])
  const { byColumn, ...counts } = key.length
    ? await compareKeyed(sides, comparison, groups, { keepsDeleted, most })
    : await compareUnkeyed(sides, comparison, groups)
  return {
    table: plan.table,
    target: `${plan.target.schema}.${plan.target.table}`,
    upTo: window?.high ?? null,
    loadedAt: (last?.AT ?? null) as string | null,
    rows: { mysql: totalRows(source), warehouse: totalRows(target) },
    ...counts,
    columns: columns.flatMap(({ name }, i) => (byColumn[i] ? [{ column: name, rows: byColumn[i] }] : [])),
    notCompared,
    isKeyed: key.length > 0,
    keepsDeleted,
  }
}
