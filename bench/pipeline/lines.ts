/** What must hold of the whole line, and whether it does. */
import { median, type Verdict } from '../lines.ts'
import type { Age } from './ages.ts'
import { type Contest, type Entrant, WITHOUT_START } from './contest.ts'
import { LIMITS, type Many } from './many-tables.ts'

/** A run with nothing new, in seconds. */
const NOTHING_SECONDS = 3
/** What counts as flat: timings of one thing differ by as much. */
const FLAT = 1.25

const count = (number: number) => number.toLocaleString('en-US')

const verdict = (text: string, held: boolean, measured: string): Verdict => ({ text, held, measured })

const ratio = (text: string, of: Entrant, than: Entrant, times: number): Verdict => {
  const absent = [of, than].filter(({ seconds }) => seconds.length === 0)
  if (absent.length) return verdict(text, false, `not run: ${absent.map(({ notRun }) => notRun).join('; ')}`)
  const factor = median(of.seconds) / median(than.seconds)
  return verdict(text, factor <= times, `${factor.toFixed(2)} ×`)
}

/** dlt is a process for each run; what it would take if it were kept warm is told beside it. */
const fullLine = (full: Entrant, peer: Entrant): Verdict => {
  const line = ratio('a full load ≤ 1.0 × dlt into DuckDB', full, peer, 1)
  if (peer.seconds.length === 0) return line
  const warm = { ...peer, seconds: peer.stages.map((stages) => stages[WITHOUT_START] ?? Number.NaN) }
  return {
    ...line,
    measured: `${line.measured} (${ratio('', full, warm, 1).measured} without Python’s start and imports)`,
  }
}

/** All nine tables are asked for; what a run costs in which the table of reference rests is told beside it. */
const changedLine = (every: Entrant, some: Entrant, full: Entrant): Verdict => {
  const line = ratio('1 % changed ≤ 0.5 × a full load', every, full, 0.5)
  const rested = ratio('', some, full, 1).measured
  return { ...line, measured: `${line.measured} (geolocation at rest: ${rested})` }
}

/** Lines of the contest. */
export const contestLines = ({ entrants, comparisons }: Contest): Verdict[] => {
  const of = (id: string) => entrants.find((each) => each.id === id)!
  const wrong = comparisons.filter(({ differs }) => differs.length)
  const nothing = median(of('nothing').seconds)
  return [
    fullLine(of('full'), of('dlt-duckdb')),
    changedLine(of('changed-every'), of('changed'), of('full')),
    verdict(`nothing new ≤ ${NOTHING_SECONDS} s`, nothing <= NOTHING_SECONDS, `${nothing.toFixed(2)} s`),
    verdict(
      'rows and exact sums equal in MySQL and the warehouse',
      wrong.length === 0,
      wrong.length ? wrong.map(({ table, differs }) => `${table}: ${differs.join(', ')}`).join('; ') : 'equal',
    ),
  ]
}

/** Lines of a pipeline that is young, and one that is old. */
export const ageLines = ([young, old]: [Age, Age]): Verdict[] =>
  (['plan', 'whole'] as const).map((part) =>
    verdict(
      `${part === 'plan' ? 'the plan' : 'the run'} after ${count(old.runs)} runs ≤ ${FLAT} × before`,
      old[part] <= FLAT * young[part],
      `${young[part].toFixed(2)} → ${old[part].toFixed(2)} s, ${count(old.ledgerRows)} ledger rows`,
    ),
  )

/** Lines of many tables. */
export const manyLines = (many: Many): Verdict[] => [
  verdict(`${count(many.tables)} tables are published`, many.published === many.tables, count(many.published)),
  verdict(
    `events of one history ≤ ${count(LIMITS.events)}`,
    Math.max(many.events, many.eventsATable, many.eventsAtMost) <= LIMITS.events,
    `${count(many.events)} of the run, ${count(many.eventsATable)} of a table, ${count(many.eventsAtMost)} of one with a thousand chunks`,
  ),
  verdict(`bytes of one state ≤ ${count(LIMITS.bytes)}`, many.largest <= LIMITS.bytes, count(many.largest)),
]
