/** The benchmark of extraction: every case, its competitors in turn, several times; what came out, exact or not. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MysqlSettings } from '../lib/settings.ts'
import { withConnection } from '../local/olist/connection.ts'
import { type Case, type Entry, LABELS } from './cases.ts'
import { type Checksums, checksumsOf } from './checksums.ts'
import { type Ground, type Start, startOf } from './competitors.ts'
import { compare } from './exactness.ts'
import { judge, type Outcome, type Sample } from './lines.ts'
import type { Machine } from './machine.ts'
import { type Bench, emptied, measure } from './measure.ts'
import type { CaseResult } from './report.ts'

/** `log` is told of every repetition; `signal` ends the one that runs. */
type Extraction = {
  bench: Bench
  ground: Ground
  machine: Machine
  date: string
  repetitions: number
  signal: AbortSignal
  log: (line: string) => void
}

const expectedOf = (mysql: MysqlSettings, tables: string[]): Promise<Map<string, Checksums>> =>
  withConnection(mysql, async (connection) => {
    const found = new Map<string, Checksums>()
    for (const table of tables) found.set(table, await checksumsOf(connection, table))
    return found
  })

const bytesIn = (files: string[]) => files.reduce((bytes, file) => bytes + statSync(file).size, 0)

/** What was put into the twin, as files, and then no more there: it keeps everything in memory. */
const fetchParts = async (ground: Ground, said: string, out: string): Promise<void> => {
  const { AWS_ENDPOINT_URL: endpoint, FIRN_BUCKET: bucket } = ground.storage
  const { files } = JSON.parse(said) as { files: Record<string, string[]> }
  mkdirSync(out, { recursive: true })
  for (const [table, keys] of Object.entries(files))
    for (const [i, key] of keys.entries()) {
      const address = `${endpoint}/${bucket}/${key}`
      const answer = await fetch(address)
      if (!answer.ok) throw new Error(`the twin answers ${answer.status} to ${key}`)
      writeFileSync(join(out, `${table}-${i}.parquet`), Buffer.from(await answer.arrayBuffer()))
      await fetch(address, { method: 'DELETE' })
    }
}

/** One competitor of a case as it goes on: what has been measured so far. */
class Contender {
  readonly outcome: Outcome
  private readonly entry: Entry
  private readonly at: Extraction

  constructor(entry: Entry, labelled: string, at: Extraction) {
    this.entry = entry
    this.at = at
    this.outcome = {
      ...{ id: entry.id, label: labelled, rows: entry.rows, notRun: null, bytes: null, exact: null },
      samples: [],
    }
  }

  /** Runs it once, unless it failed before. What it wrote is compared the first time. */
  async run(expected: Map<string, Checksums>): Promise<void> {
    const { bench, ground, signal, log } = this.at
    if (this.outcome.notRun !== null) return
    const out = emptied(join(bench.work, 'out'))
    const start = startOf(ground, this.entry, out)
    if ('notRun' in start) return this.giveUp(start.notRun)
    const run = await measure(bench, start, signal)
    if ('failed' in run) return this.giveUp(run.failed)
    if (this.entry.competitor === 'firn-s3') await fetchParts(ground, run.said, out)
    this.outcome.samples.push(run.sample)
    log(`  ${this.outcome.label}: ${sampleText(run.sample)}`)
    if (this.outcome.samples.length === 1) this.look(start, expected)
    emptied(out)
  }

  private giveUp(reason: string): void {
    this.outcome.notRun = reason
    this.outcome.samples = []
    this.at.log(`  ${this.outcome.label}: NOT RUN: ${reason}`)
  }

  private look(start: Start, expected: Map<string, Checksums>): void {
    const { bench, ground } = this.at
    if (start.quiet) return
    const own = new Map(this.entry.tables.map((table) => [table, expected.get(table)!]))
    this.outcome.bytes = bytesIn(this.entry.tables.flatMap(start.files))
    if (ground.python) this.outcome.exact = compare({ ...bench, python: ground.python }, own, start.files)
  }
}

const sampleText = ({ seconds, cpuSeconds, maxRssMb }: Sample) =>
  `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU s, ${Math.round(maxRssMb)} MB`

/** Entries of one competitor over several tables are told apart by their rows. */
const labelOf = (entry: Entry, all: Entry[]): string => {
  const label = LABELS[entry.competitor]
  const several = all.filter(({ competitor }) => competitor === entry.competitor).length > 1
  return several ? `${label}, ${entry.rows / 1e6} M rows` : label
}

/** Measures one case: all competitors one after the other, then all again. */
export const runCase = async (at: Extraction, measured: Case): Promise<CaseResult> => {
  const { log, ground } = at
  log(`${measured.title}`)
  const tables = [...new Set(measured.entries.flatMap((entry) => entry.tables))]
  const expected = await expectedOf(ground.mysql, tables)
  const contenders = measured.entries.map((entry) => new Contender(entry, labelOf(entry, measured.entries), at))
  for (let i = 1; i <= at.repetitions; i++) {
    log(` repetition ${i} of ${at.repetitions}`)
    for (const contender of contenders) await contender.run(expected)
  }
  const outcomes = contenders.map(({ outcome }) => outcome)
  const { date, repetitions, machine } = at
  const { name, title } = measured
  return { name, title, date, repetitions, machine, outcomes, verdicts: judge(measured, outcomes) }
}

/** A folder for outputs, emptied of what a killed command left. */
export const workFolder = (home: string): string => emptied(join(home, 'work'))
