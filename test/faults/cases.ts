/** Every case there is: what a clean run passed, times what can go wrong there. Which of them are tried is told by a seed. */
import { createHash } from 'node:crypto'
import { type Boundary, nameOf, type Recorded } from './boundary.ts'
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

/** Boundaries that are alike but for the table, the chunk and how often it came: each goes the same way, also a sweep's keys, and a lease in every stage. */
const alike = (text: string, tables: string[]): string =>
  tables
    .reduce((left, table) => left.replace(new RegExp(table, 'gi'), '<table>'), text)
    .replace(/(?<=<table>\/(?:rejects-)?)s?\d+(?=[-.])/, '<chunk>')
    .replace(/(?<=-\*-)\d+(?=\.parquet)/, '<part>')
    .replace(/(?<=STAGE_<table>_\*)_KEYS/, '')
    .replace(/^\w+ (AWS \w+ leases\/)/, '$1')

/** Runs that do in another way, or for another reason, what a usual one does: of all such requests of theirs one is drawn for each fault. */
const UNUSUAL: readonly Recorded[] = ['altered', 'replay', 'backfill', 'accept']

/**
 * What changes something is broken in every way, what only reads in one. Of what fails between two statements one is drawn for each
 * place; in another run than usual one, but that no other run has a rebuilding.
 */
const kindOf = ({ boundary, fault, at }: Case, tables: string[]): string => {
  const { run, writes, isState } = boundary
  const isBetween = typeof at === 'number'
  if (UNUSUAL.includes(run)) return `${run}: ${isBetween ? `between${run === 'accept' ? at : ''}` : fault.name}`
  const name = alike(nameOf(boundary), tables)
  if (!writes && !isState) return name
  const isUsual = run === 'warm' || run === 'cold' || run === 'red'
  return `${name}: ${isBetween ? '' : fault.name}${isUsual || isBetween ? where(at) : ''}`
}

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
