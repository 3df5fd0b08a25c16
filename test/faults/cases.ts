/** Every case there is: what a clean run passed, times what can go wrong there. Which of them are tried is told by a seed. */
import { createHash } from 'node:crypto'
import { type Boundary, nameOf } from './boundary.ts'
import { FAULTS } from './faults.ts'
import type { At, Fault } from './scene.ts'
import { STATE_FAULTS, stagesIn } from './states.ts'

export type Case = { name: string; boundary: Boundary; fault: Fault; at: At }

const where = (at: At) => (typeof at === 'number' ? `after statement ${at}` : at)

/** As cases call it. */
const place = (boundary: Boundary): string =>
  boundary.isState
    ? `${boundary.stage}, the state`
    : `${nameOf(boundary)} #${boundary.nth}${boundary.run === 'warm' ? '' : ` (${boundary.run})`}`

const caseOf = (boundary: Boundary, fault: Fault, at: At): Case => ({
  name: `${place(boundary)}: ${fault.name}, ${where(at)}`,
  boundary,
  fault,
  at,
})

const crossed = (faults: Fault[], boundaries: Boundary[]): Case[] =>
  faults.flatMap((fault) =>
    boundaries.flatMap((boundary) => fault.fits(boundary).map((at) => caseOf(boundary, fault, at))),
  )

/** All of them, a fault after the other; whole states first. */
export const allCases = (boundaries: Boundary[]): Case[] => [
  ...crossed(STATE_FAULTS, stagesIn(boundaries)),
  ...crossed(FAULTS, boundaries),
]

/** Boundaries that are alike but for the table and how often it came: each table goes the same way. */
const alike = (text: string, tables: string[]): string =>
  tables.reduce((left, table) => left.replace(new RegExp(table, 'gi'), '<table>'), text)

/** What changes something is broken in every way, what only reads in one. */
const kindOf = ({ boundary, fault, at }: Case, tables: string[]): string =>
  alike(nameOf(boundary), tables) + (boundary.writes || boundary.isState ? `: ${fault.name}, ${where(at)}` : '')

const drawn = (seed: number, { name }: Case): string => createHash('sha256').update(`${seed} ${name}`).digest('hex')

/** One of each kind: which table's, which of several times, and which fault of a read, is drawn by the seed. */
export const oneOfEach = (cases: Case[], tables: string[], seed: number): Case[] => {
  const chosen = new Map<string, Case>()
  for (const each of cases) {
    const kind = kindOf(each, tables)
    const before = chosen.get(kind)
    if (!before || drawn(seed, each) < drawn(seed, before)) chosen.set(kind, each)
  }
  const names = new Set([...chosen.values()].map(({ name }) => name))
  return cases.filter(({ name }) => names.has(name))
}
