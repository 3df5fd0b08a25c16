/** Results as text: a table and the lines of each case, for the terminal and for docs/benchmarks.md. */

import { medianSample, type Outcome, type Verdict } from './lines.ts'
import type { Machine } from './machine.ts'
import { machineText } from './machine.ts'

/** One case as it came out. `date` is a day, `repetitions` how often each competitor ran. */
export type CaseResult = {
  name: string
  title: string
  date: string
  repetitions: number
  machine: Machine
  outcomes: Outcome[]
  verdicts: Verdict[]
}

const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

const exactText = ({ exact }: Outcome): string =>
  exact === null ? '' : exact.wrong.length ? `not exact: ${exact.wrong.join(', ')}` : 'exact'

const outcomeRow = (outcome: Outcome, shortest: number): string => {
  const { label, notRun, bytes, samples } = outcome
  if (samples.length === 0) return row([label, `not run: ${notRun}`, '', '', '', '', ''])
  const { seconds, cpuSeconds, maxRssMb } = medianSample(samples)
  return row([
    label,
    seconds.toFixed(2),
    `${(seconds / shortest).toFixed(2)} ×`,
    cpuSeconds.toFixed(2),
    String(Math.round(maxRssMb)),
    bytes === null ? '' : (bytes / 1e6).toFixed(1),
    exactText(outcome),
  ])
}

/** Markdown of what each competitor needed; times beside firn's first entry, which is 1. */
export const outcomesText = (outcomes: Outcome[]): string => {
  const first = outcomes.find(({ samples }) => samples.length > 0)
  const own = first ? medianSample(first.samples).seconds : 1
  return [
    row(['', 'seconds', 'of the first', 'CPU seconds', 'max RSS, MB', 'files, MB', 'sums']),
    row(['---', '---:', '---:', '---:', '---:', '---:', '---']),
    ...outcomes.map((outcome) => outcomeRow(outcome, own)),
  ].join('\n')
}

/** Markdown of what must hold, and what was measured. */
export const verdictsText = (verdicts: Verdict[]): string =>
  [
    row(['must hold', 'measured', '']),
    row(['---', '---', '---']),
    ...verdicts.map(({ text, measured, held }) => row([text, measured, held ? 'holds' : '**does not hold**'])),
  ].join('\n')

/** A case's whole section. */
export const caseText = (result: CaseResult): string =>
  `### ${result.title}

${result.date}, medians of ${result.repetitions} alternating repetitions. ${machineText(result.machine)}.

${outcomesText(result.outcomes)}

${verdictsText(result.verdicts)}`

const marks = (name: string): [string, string] => [`<!-- bench ${name} -->`, `<!-- end of ${name} -->`]

/** The document with a section in place of what its marks enclose; at the end when there are none. */
export const withSection = (document: string, name: string, text: string): string => {
  const [begin, end] = marks(name)
  const section = `${begin}\n${text}\n${end}`
  const from = document.indexOf(begin)
  const to = document.indexOf(end, from)
  if (from < 0 || to < 0) return `${document.trimEnd()}\n\n${section}\n`
  return document.slice(0, from) + section + document.slice(to + end.length)
}

/** The document with a case of extraction in its place. */
export const withCase = (document: string, result: CaseResult): string =>
  withSection(document, `extract ${result.name}`, caseText(result))

/** The lines that did not hold, each named with its case; empty when all hold. */
export const unheld = (results: CaseResult[]): string[] =>
  results.flatMap(({ name, verdicts }) =>
    verdicts.filter(({ held }) => !held).map(({ text, measured }) => `${name}: ${text}: ${measured}`),
  )
