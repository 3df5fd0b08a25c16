/** Measured samples → medians → whether the lines hold. No line is left out: what could not be run has not held. */
import type { Case, Line } from './cases.ts'

/** One run's cost: wall and CPU seconds, MB of 1024². `workSeconds`: what it said itself, without its own start. */
export type Sample = { seconds: number; cpuSeconds: number; maxRssMb: number; workSeconds: number | null }

/** Compared with the server's own: `wrong` names columns, or tables whose rows are not as many. Null: nothing to compare. */
export type Exactness = { wrong: string[] } | null

/** What became of one entry. `notRun` says why there are no samples. `bytes`: the files it wrote. */
export type Outcome = {
  id: string
  label: string
  rows: number
  notRun: string | null
  bytes: number | null
  exact: Exactness
  samples: Sample[]
}

export type Verdict = { text: string; held: boolean; measured: string }

/** The middle value, or the mean of the two in the middle. Throws for no values. */
export const median = (values: number[]): number => {
  if (values.length === 0) throw new Error('There is no median of nothing')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Medians of each figure by itself. */
export const medianSample = (samples: Sample[]): Sample => ({
  seconds: median(samples.map(({ seconds }) => seconds)),
  cpuSeconds: median(samples.map(({ cpuSeconds }) => cpuSeconds)),
  maxRssMb: median(samples.map(({ maxRssMb }) => maxRssMb)),
  workSeconds: samples.some(({ workSeconds }) => workSeconds === null)
    ? null
    : median(samples.map(({ workSeconds }) => workSeconds!)),
})

const times = (factor: number) => `${factor.toFixed(2)} ×`

/** How much more one costs than the cheapest of the smaller ones before it; below 1 when each is cheaper than all before. */
const growthOf = (figures: number[]): number =>
  Math.max(...figures.slice(1).map((figure, i) => figure / Math.min(...figures.slice(0, i + 1))))

type Found = { outcome: Outcome; sample: Sample }

const judged = (line: Line, found: Map<string, Found>): Omit<Verdict, 'text'> => {
  const of = (id: string) => found.get(id)!
  switch (line.kind) {
    case 'faster': {
      const factor = of(line.than).sample.seconds / of(line.of).sample.seconds
      return { held: factor >= line.times, measured: times(factor) }
    }
    case 'within': {
      const factor = of(line.of).sample.seconds / of(line.than).sample.seconds
      return { held: factor <= line.times, measured: times(factor) }
    }
    case 'at most': {
      const { maxRssMb } = of(line.of).sample
      return { held: maxRssMb <= line.maxRssMb, measured: `${Math.round(maxRssMb)} MB` }
    }
    case 'flat': {
      const figures = line.of.map((id) => {
        const { outcome, sample } = of(id)
        return line.metric === 'maxRssMb' ? sample.maxRssMb : (sample.workSeconds ?? sample.seconds) / outcome.rows
      })
      const factor = growthOf(figures)
      const shown = figures.map((figure) =>
        line.metric === 'maxRssMb' ? `${Math.round(figure)} MB` : `${(figure * 1e6).toFixed(2)} µs`,
      )
      return { held: factor <= 1 + line.within, measured: `${shown.join(', ')}: grows by ${times(factor)} at most` }
    }
    case 'exact': {
      const wrong = line.of.flatMap((id) => of(id).outcome.exact?.wrong ?? ['not compared'])
      return { held: wrong.length === 0, measured: wrong.length ? `not exact: ${wrong.join(', ')}` : 'exact' }
    }
  }
}

const idsOf = (line: Line): string[] =>
  line.kind === 'flat' || line.kind === 'exact' ? line.of : 'than' in line ? [line.of, line.than] : [line.of]

/** Whether each line of a case holds; one that speaks of something that did not run has not held, and says so. */
export const judge = ({ lines }: Pick<Case, 'lines'>, outcomes: Outcome[]): Verdict[] => {
  const found = new Map(
    outcomes
      .filter(({ samples }) => samples.length > 0)
      .map((outcome) => [outcome.id, { outcome, sample: medianSample(outcome.samples) }]),
  )
  return lines.map((line) => {
    const absent = idsOf(line).filter((id) => !found.has(id))
    const verdict = absent.length ? { held: false, measured: `not run: ${absent.join(', ')}` } : judged(line, found)
    return { text: line.text, ...verdict }
  })
}
