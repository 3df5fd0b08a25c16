/** What came of a dbt build, read from its log: the only thing that EXECUTE DBT PROJECT gives back. */
import type { TransformResult } from '../../model.ts'
import { maskValues, quotesValues } from './mask.ts'

export type DbtOutcome = Pick<TransformResult, 'models' | 'tests' | 'failed'> & {
  /** What dbt says went wrong, without time stamps and cell values; empty when nothing did. */
  errors: string
  /** Whether dbt came to its closing line; else it ended before building anything, or the log has no end. */
  complete: boolean
  /** Its last line counts errors, whether their names were found or not. */
  errored: boolean
}

type Kind = 'models' | 'tests'
type Status = 'passed' | 'failed' | 'warned' | 'skipped'
type Counts = Record<Kind, Record<Status, number>>

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
/** `16:59:36  ` on standard output, `16:59:36.123456 [info ] [MainThread]: ` in dbt.log. */
const STAMP = /^\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:\s+|$)(?:\[\w+\s*\] \[[^\]]*\]: )?/
/** `5 of 30 FAIL 2 unique_orders_order_id ..... [FAIL 2 in 0.10s]`: a node's end. */
const NODE = /^\d+ of \d+ (OK|PASS|FAIL|WARN|ERROR|SKIP|NO-OP)\b (.*?) \.*\s*\[[^\]]*\]$/
const BUILT = /^(created|snapshotted|loaded|creating|snapshotting|loading|relation|snapshot|seed)\b/
/** `Failure in test unique_orders_order_id (models/schema.yml)`, `Database Error in model orders (models/orders.sql)`. */
const PROBLEM = /^(?:\w+ Error|Failure) in (model|snapshot|seed|test|unit_test) (\S+)/
/** `Finished running 1 snapshot, 2 table models, 5 data tests, 1 unit test in 0 hours …` */
const FINISHED = /^Finished running (.*) in \d+ hours/
const DONE = /^Done\. PASS=\d+ WARN=(\d+) ERROR=\d+ SKIP=(\d+)/
const ERRORS = /^Done\. .*ERROR=[1-9]/
/** A server's message begins with its code and SQL state: `100038 (22018): Numeric value … is not recognized`. */
const SERVER_SPEAKS = /\b(\d{6}) \(\w{5}\)/
/** After a server's message: where the statement is, or the next problem. */
const DBT_SPEAKS = /^\s*compiled code at |^(?:\w+ Error|Failure) in |^Completed with /
const MAX_ERRORS = 2000

const STATUS: Record<string, Status> = {
  OK: 'passed',
  PASS: 'passed',
  'NO-OP': 'passed',
  FAIL: 'failed',
  ERROR: 'failed',
  WARN: 'warned',
  SKIP: 'skipped',
}

const linesOf = (log: string) =>
  log
    .replace(COLOURS, '')
    .split(/\r?\n/)
    .map((line) => line.replace(STAMP, '').trimEnd())

/** Models, snapshots and seeds are told with their schema, tests by their bare name. */
const nodeOf = (words: string): { kind: Kind; name: string } => {
  const name = words.slice(words.lastIndexOf(' ') + 1)
  return BUILT.test(words) ? { kind: 'models', name: name.slice(name.lastIndexOf('.') + 1) } : { kind: 'tests', name }
}

const readNodes = (lines: string[], counts: Counts, failed: Set<string>) => {
  for (const line of lines) {
    const [, verb, words] = NODE.exec(line) ?? []
    if (!verb || !words || words.startsWith('hook:')) continue
    const { kind, name } = nodeOf(words)
    counts[kind][STATUS[verb]!]++
    if (STATUS[verb] === 'failed') failed.add(name)
  }
}

const readProblems = (lines: string[], counts: Counts, failed: Set<string>) => {
  for (const line of lines) {
    const [, what, name] = PROBLEM.exec(line) ?? []
    if (!what || !name || [...failed].some((known) => known === name || known.endsWith(`::${name}`))) continue
    failed.add(name)
    counts[what.endsWith('test') ? 'tests' : 'models'].failed++
  }
}

const totalOf = (counts: Record<Status, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Nodes the log no longer shows, since its head was cut: how many there were is in its closing lines. */
const addUnseen = (lines: string[], counts: Counts) => {
  const finished = lines.map((line) => FINISHED.exec(line)?.[1]).find((found) => found !== undefined)
  const [, warned = '0', skipped = '0'] = lines.map((line) => DONE.exec(line)).find((found) => found !== null) ?? []
  if (finished === undefined) return
  const unseen = { models: -totalOf(counts.models), tests: -totalOf(counts.tests) }
  for (const [, count, noun] of finished.matchAll(/(\d+) ([a-z ]+)/g))
    if (!noun!.includes('hook')) unseen[noun!.includes('test') ? 'tests' : 'models'] += Number(count)
  const move = (kind: Kind, status: Status, most: number) => {
    const moved = Math.max(0, Math.min(unseen[kind], most))
    counts[kind][status] += moved
    unseen[kind] -= moved
  }
  move('tests', 'warned', Number(warned) - counts.tests.warned - counts.models.warned)
  for (const kind of ['tests', 'models'] as const)
    move(kind, 'skipped', Number(skipped) - counts.tests.skipped - counts.models.skipped)
  for (const kind of ['tests', 'models'] as const) move(kind, 'passed', unseen[kind])
}

/** The closing account: from `Completed with …` to `Done.`; or what stopped dbt before it built anything. */
const errorsIn = (lines: string[]): string => {
  const closing = lines.findIndex((line) => /^Completed with [1-9]\d* error/.test(line))
  const at = closing >= 0 ? closing + 1 : lines.findIndex((line) => /^(Encountered an error|\w+ Error)/.test(line))
  if (at < 0) return ''
  const told = lines.slice(at).filter((line) => line.trim() && !DONE.test(line))
  return withoutValues(told).join('\n').slice(0, MAX_ERRORS)
}

/** A value may go over several lines: a message about one ends where dbt itself speaks again. */
const withoutValues = (lines: string[]): string[] => {
  const messages: { lines: string[]; quotes: boolean }[] = []
  for (const line of lines) {
    const last = messages.at(-1)
    const code = SERVER_SPEAKS.exec(line)?.[1]
    if (last?.quotes && !DBT_SPEAKS.test(line)) last.lines.push(line)
    else messages.push({ lines: [line], quotes: code !== undefined && quotesValues(code) })
  }
  return messages.flatMap(({ lines, quotes }) => (quotes ? maskValues(lines.join('\n')).split('\n') : lines))
}

/**
 * Counts of models (snapshots and seeds among them) and tests (unit tests among them), names of what failed, in the
 * log's order, and what dbt says about it.
 */
export const parseDbtLog = (log: string): DbtOutcome => {
  const lines = linesOf(log)
  const none = { passed: 0, failed: 0, warned: 0, skipped: 0 }
  const counts: Counts = { models: { ...none }, tests: { ...none } }
  const failed = new Set<string>()
  readNodes(lines, counts, failed)
  readProblems(lines, counts, failed)
  addUnseen(lines, counts)
  const { warned, ...models } = counts.models
  return {
    models: { ...models, passed: models.passed + warned },
    tests: counts.tests,
    failed: [...failed],
    errors: errorsIn(lines),
    complete: lines.some((line) => DONE.test(line)),
    errored: lines.some((line) => ERRORS.test(line)),
  }
}
