/** The results of the whole line as Markdown. */
import { median, type Verdict } from '../lines.ts'
import { type Machine, machineText } from '../machine.ts'
import { verdictsText } from '../report.ts'
import type { Age } from './ages.ts'
import type { Contest, Entrant } from './contest.ts'
import type { Many } from './many-tables.ts'

/** Everything that was measured on one day. A part that was not asked for is null. */
export type LineResult = {
  date: string
  repetitions: number
  machine: Machine
  contest: Contest | null
  ages: [Age, Age] | null
  many: Many | null
  verdicts: Verdict[]
}

const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

const partsText = ({ stages }: Entrant): string => {
  const names = [...new Set(stages.flatMap((each) => Object.keys(each)))]
  return names.map((name) => `${name} ${median(stages.map((each) => each[name] ?? 0)).toFixed(2)}`).join(', ')
}

const entrantRow = (entrant: Entrant, first: number): string => {
  const { label, seconds, notRun } = entrant
  if (seconds.length === 0) return row([label, `not run: ${notRun}`, '', ''])
  const middle = median(seconds)
  return row([label, middle.toFixed(2), `${(middle / first).toFixed(2)} ×`, partsText(entrant)])
}

const contestText = ({ entrants, rows }: Contest): string => {
  const first = median(entrants[0]!.seconds)
  return [
    `Nine tables, ${rows.toLocaleString('en-US')} rows, through the deployed state machine, warm; dlt as a process for each run.`,
    '',
    row(['', 'seconds', 'of the first', 'of which']),
    row(['---', '---:', '---:', '---']),
    ...entrants.map((entrant) => entrantRow(entrant, first)),
  ].join('\n')
}

const manyText = ({ tables, seconds, plan }: Many) =>
  `${tables.toLocaleString('en-US')} tables of ten rows: planned in ${plan.toFixed(1)} s, all of it in ${seconds.toFixed(1)} s.`

/** The whole section. */
export const lineText = (result: LineResult): string =>
  [
    `### The whole line: MySQL → S3 → published`,
    `${result.date}, medians of ${result.repetitions} alternating repetitions. ${machineText(result.machine)}.`,
    ...(result.contest ? [contestText(result.contest)] : []),
    ...(result.many ? [manyText(result.many)] : []),
    verdictsText(result.verdicts),
  ].join('\n\n')
