/** What the report says of one table: its numbers, what policies did to its values, and what people should look at. */
import type { ChunkResult, FailureRecord, LoadResult, PolicyCount, TablePlan, TableReport } from './model.ts'
import { chunkIds } from './sweep.ts'

/** What a run folder holds of one table when the run ends. */
export type TableFacts = {
  plan: TablePlan
  chunks: ChunkResult[]
  /** Those of a sweep, which hold keys and no rows. */
  keys?: ChunkResult[]
  load: LoadResult | null
  failure: FailureRecord | null
}

/** Estimates of less than this say too little to be held against. */
const LEAST_ESTIMATE = 10_000
/** A count further from its estimate than this many times is told. */
const TIMES_OFF = 2

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)
const max = (numbers: number[]) => Math.max(0, ...numbers)
const number = (value: number) => value.toLocaleString('en-US')

/** How often each policy acted, over all chunks, in the order of the plan's columns; `value` is what it was set to. */
const policiesOf = ({ plan, chunks }: TableFacts): PolicyCount[] => {
  const counted = chunks.flatMap(({ policies }) => policies)
  return plan.columns.flatMap(({ name, policies }) => {
    const own = counted.filter(({ column }) => column === name)
    return [...new Set(own.map(({ policy }) => policy))].map((policy) => ({
      column: name,
      policy,
      rows: sum(own.filter((each) => each.policy === policy).map(({ rows }) => rows)),
      value: policies?.[policy] ?? 'null',
    }))
  })
}

/** Whether every row of the source was to be read, so that its statistics speak of the same rows. */
const isWhole = ({ publish, window, where, sampleSql }: TablePlan) =>
  (publish === 'replace' || publish === 'rebuild') &&
  where === null &&
  sampleSql === null &&
  window?.nullCursor !== 'exclude'

const estimateOf = ({ chunks, estimatedRows }: TablePlan): number =>
  chunks.every(({ rows }) => rows !== null) ? sum(chunks.map(({ rows }) => rows!)) : estimatedRows

/** In words, when a whole table held far more or fewer rows than the plan expected; nothing otherwise. */
const unexpected = ({ plan, chunks }: TableFacts): string[] => {
  if (!isWhole(plan) || chunks.length < plan.chunks.length) return []
  const [read, expected] = [sum(chunks.map(({ rows }) => rows)), estimateOf(plan)]
  if (expected < LEAST_ESTIMATE || (read * TIMES_OFF >= expected && read <= expected * TIMES_OFF)) return []
  return [
    `${number(read)} rows were read, and MySQL's statistics expected about ${number(expected)}: if that many are right, bring the statistics up to date with ANALYZE TABLE`,
  ]
}

/** The report of one table. */
export const tableReport = (facts: TableFacts): TableReport => {
  const { plan, keys = [], load, failure } = facts
  const chunks = [...facts.chunks, ...keys]
  return {
    table: plan.table,
    // what is published stays published, whatever was reported after it
    status: load ? 'published' : failure ? 'failed' : 'not reached',
    load,
    failure: load ? null : (failure?.failure ?? null),
    chunks: chunkIds(plan).length,
    pieces: sum(chunks.map(({ pieces }) => pieces)),
    files: sum(chunks.map(({ parts }) => parts.length)),
    extractSeconds: sum(chunks.map(({ seconds }) => seconds)),
    loadSeconds: load?.seconds ?? 0,
    peakMemoryMb: max([...chunks.map(({ peakMemoryMb }) => peakMemoryMb), load?.peakMemoryMb ?? 0]),
    drift: plan.drift,
    policies: policiesOf(facts),
    warnings: [...plan.warnings, ...unexpected(facts)],
  }
}
