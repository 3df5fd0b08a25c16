/** `npm run bench -- pipeline`: the whole line measured and judged. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rowsOf, withConnection } from '../../local/olist/connection.ts'
import { thisMachine } from '../machine.ts'
import type { Bench } from '../measure.ts'
import { formatted } from '../record.ts'
import { withSection } from '../report.ts'
import { ages } from './ages.ts'
import { contest } from './contest.ts'
import { openLine } from './line.ts'
import { ageLines, contestLines, manyLines } from './lines.ts'
import { manyTables } from './many-tables.ts'
import { type LineResult, lineText } from './text.ts'

const RUNS = 10_000
const TABLES = 1000
export const PARTS = ['contest', 'ages', 'tables'] as const
export type LinePart = (typeof PARTS)[number]

type LineOptions = {
  bench: Bench
  python: string
  requirements: string
  repetitions: number
  scale: number
  only?: LinePart
  signal: AbortSignal
  log: (line: string) => void
}

/** Measures on twins of its own, which are gone afterwards. Throws what a run that fails says. */
export const measureLine = async (options: LineOptions): Promise<LineResult> => {
  const { bench, log, repetitions, only } = options
  const wanted = (part: LinePart) => only === undefined || only === part
  const line = await openLine(bench.root, log)
  try {
    const [server] = await withConnection(line.mysql, (c) =>
      rowsOf<{ version: string }>(c, 'SELECT VERSION() AS version'),
    )
    // the others need a line that has run
    const found =
      wanted('contest') || wanted('ages')
        ? await contest({ ...options, line, repetitions: wanted('contest') ? repetitions : 1 })
        : null
    const aged = wanted('ages') ? await ages(line, { runs: RUNS, repetitions, log }) : null
    const many = wanted('tables') ? await manyTables(line, TABLES, log) : null
    const contested = wanted('contest') ? found : null
    return {
      ...{ date: new Date().toISOString().slice(0, 10), repetitions },
      machine: thisMachine(server!.version, options.requirements),
      ...{ contest: contested, ages: aged, many },
      verdicts: [
        ...(contested ? contestLines(contested) : []),
        ...(aged ? ageLines(aged) : []),
        ...(many ? manyLines(many) : []),
      ],
    }
  } finally {
    await line.stop()
  }
}

/** Writes bench/results/pipeline-<date>.json and the section of docs/benchmarks.md. Gives the paths. */
export const recordLine = (root: string, result: LineResult): string[] => {
  const folder = join(root, 'bench', 'results')
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
  const file = join(folder, `pipeline-${result.date}.json`)
  writeFileSync(file, formatted(JSON.stringify(result, null, 2)))
  const page = join(root, 'docs', 'benchmarks.md')
  writeFileSync(page, withSection(readFileSync(page, 'utf8'), 'pipeline', lineText(result)))
  return [file, page]
}
