/** The matrix, for people: boundaries by faults, how many were tried and how many recovered. */
import type { Outcome } from './play.ts'

const groupOf = ({ case: { boundary } }: Outcome) =>
  `${boundary.stage} ${boundary.isState ? 'state' : boundary.service}`

const cell = (outcomes: Outcome[]): string => {
  const recovered = outcomes.filter((each) => each.recovered).length
  return outcomes.length === 0
    ? '·'
    : recovered === outcomes.length
      ? `${recovered}`
      : `${recovered}/${outcomes.length}`
}

const distinct = (names: string[]) => [...new Set(names)]

const sum = (outcomes: Outcome[], what: 'lost' | 'doubled') => outcomes.reduce((rows, each) => rows + each[what], 0)

/** Whether nothing was lost or doubled, and every case recovered. */
export const holds = (outcomes: Outcome[]): boolean =>
  outcomes.every(({ recovered }) => recovered) && sum(outcomes, 'lost') + sum(outcomes, 'doubled') === 0

/** One line for each group of boundaries, one column for each fault. `3/4`: four were tried, three recovered. */
export const matrixText = (outcomes: Outcome[], boundaries: number): string => {
  const faults = distinct(outcomes.map((each) => each.case.fault.name))
  const groups = distinct(outcomes.map(groupOf))
  const first = Math.max(8, ...groups.map((name) => name.length))
  const line = (name: string, cells: string[]) =>
    `${name.padEnd(first)}  ${cells.map((text, i) => text.padStart(faults[i]?.length ?? text.length)).join('  ')}`
  const of = (group: string | null) =>
    faults.map((fault) =>
      cell(outcomes.filter((each) => each.case.fault.name === fault && (group === null || groupOf(each) === group))),
    )
  const recovered = outcomes.filter((each) => each.recovered).length
  return [
    line('', faults),
    ...groups.map((group) => line(group, of(group))),
    line('together', of(null)),
    '',
    `boundaries                  ${boundaries}`,
    `cases tried                 ${outcomes.length}`,
    `cases recovered             ${recovered}`,
    `rows lost                   ${sum(outcomes, 'lost')}`,
    `rows doubled                ${sum(outcomes, 'doubled')}`,
  ].join('\n')
}

/** What is said of one case when it is over. */
export const outcomeText = ({ case: { name }, recovered, lost, doubled, because, seconds }: Outcome): string =>
  recovered
    ? `${seconds.toFixed(1)} s  ${name}`
    : `${seconds.toFixed(1)} s  NOT RECOVERED  ${name}: ${lost} rows lost, ${doubled} doubled\n${because.map((why) => `    ${why}`).join('\n')}\n    again: npm run test:faults -- --only '${name}'`
