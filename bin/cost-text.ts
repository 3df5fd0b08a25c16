/** Costs as people read them. */
import type { Costs } from '../lib/warehouses/snowflake/cost.ts'
import { count, dim, table } from './terminal.ts'

type Line = Costs['lines'][number]

const HEADINGS = ['job', 'run', 'table or stage', '>statements', '>seconds', '>credits']

const cells = (line: Line): string[] => [
  line.job ?? '',
  line.run ?? '',
  line.what,
  count(line.statements),
  line.seconds.toFixed(1),
  line.credits === null ? '' : line.credits.toFixed(6),
]

/** Lines as one: of a run, a job, or all. A sum has credits as soon as one of its lines has. */
const summed = (lines: Line[], names: Pick<Line, 'job' | 'run' | 'what'>): Line => {
  const credits = lines.flatMap((line) => line.credits ?? [])
  return {
    ...names,
    statements: lines.reduce((sum, { statements }) => sum + statements, 0),
    seconds: lines.reduce((sum, { seconds }) => sum + seconds, 0),
    credits: credits.length ? credits.reduce((sum, each) => sum + each, 0) : null,
  }
}

const byRun = (lines: Line[]): Line[] => {
  const runs = Map.groupBy(lines, ({ job, run, what }) => JSON.stringify([job, run, run === null ? what : '']))
  return [...runs.values()].map((of) => {
    const { job, run, what } = of[0]!
    return summed(of, { job, run, what: run === null ? what : `(${of.length})` })
  })
}

/** Every table of one run; without one a line for each run, and the statements of commands. */
export const costText = ({ lines, notes }: Costs, { days, run }: { days: number; run?: string }): string => {
  const shown = run ? lines : byRun(lines)
  if (shown.length === 0)
    return [
      `Snowflake knows of no statement of ${run ? `run ${run}` : 'ours'} in the last ${days} days.`,
      ...notes,
    ].join('\n')
  const total = summed(lines, { job: 'all', run: '', what: '' })
  return [table(HEADINGS, [...shown, total].map(cells)), ...notes.map((note) => dim(note))].join('\n')
}
