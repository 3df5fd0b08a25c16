/**
 * The fault matrix: `npm run test:faults -- [--seed N] [--only TEXT] [--all] [--list]`. Twins of its own, under
 * `.firn/faults`, started and stopped here. Ends with status 1 when a row was lost or doubled, or a case did not recover.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from '../../local/prepare.ts'
import { running, start, stop } from '../../local/processes.ts'
import { snowflakeAnswers } from '../../local/snowflake.ts'
import type { Stack } from '../../local/stack.ts'
import { serverEnvironment } from '../../local/twin.ts'
import { down, up } from '../../local/twins.ts'
import { ROOT } from '../stack.ts'
import { allCases, type Case, oneOfEach } from './cases.ts'
import { holdsIn, openLine } from './line.ts'
import { holds, matrixText, outcomeText } from './matrix.ts'
import { playAll } from './play.ts'
import { recordedInEveryWay } from './recorded.ts'
import { until } from './runs.ts'
import { openShop, TABLES } from './shop.ts'

/** Fewer would be no matrix. */
const LEAST = 150

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    all: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const home = join(ROOT, '.firn', 'faults')
const say = (line: string) => process.stdout.write(`${line}\n`)
const log = (line: string) => process.stderr.write(`# ${line}\n`)

const chosen = (cases: Case[]): Case[] => {
  const { only } = values
  if (only !== undefined) return cases.filter(({ name }) => name.includes(only))
  return values.all ? cases : oneOfEach(cases, Object.keys(TABLES), seed)
}

/** A transaction that nobody ends holds its locks for this long, where Snowflake's are held for five minutes. */
const ABANDONED_SECONDS = 3

/** Starts the warehouse again, with less patience, and so that its statements can be held up. */
const hasten = async ({ snowflake }: Stack) => {
  const { command, port } = running(home, 'snowflake')!
  await stop(home, 'snowflake')
  const environment = serverEnvironment(await prepare({ root: ROOT, log: () => {} }))
  const hasty = [
    ...command,
    '--idle-blocker-seconds',
    String(ABANDONED_SECONDS),
    '--hold',
    holdsIn(home),
    '--answer-within',
    '1',
  ]
  start({ home, name: 'snowflake', port, command: hasty, environment, folder: ROOT })
  await until(snowflake.accessUrl, async () => ((await snowflakeAnswers(port)) ? true : null), 60)
}

/** Gives whether everything held. */
const main = async (): Promise<boolean> => {
  await down({ home, log, wipe: true })
  const stack = await up({ home, root: ROOT, log })
  await hasten(stack)
  const shop = await openShop(stack.mysql, 'firn_faults', seed)
  const line = await openLine(stack, home, shop)
  const boundaries = await recordedInEveryWay(line, shop)
  const cases = chosen(allCases(boundaries))
  log(
    `${boundaries.length} boundaries, ${allCases(boundaries).length} cases, ${cases.length} of them now; seed ${seed}`,
  )
  if (values.list) {
    for (const { name } of cases) say(name)
    return true
  }
  const outcomes = await playAll(line, shop, cases, (outcome, { done, all }) =>
    log(`${done}/${all}  ${outcomeText(outcome)}`),
  )
  say(matrixText(outcomes, boundaries.length))
  if (values.only === undefined && outcomes.length < LEAST) say(`fewer than ${LEAST} cases: that is no matrix`)
  return holds(outcomes) && (values.only === undefined ? outcomes.length >= LEAST : outcomes.length > 0)
}

try {
  process.exitCode = (await main()) ? 0 : 1
} finally {
  await down({ home, log, wipe: true })
}
// proxies and drivers keep connections that nobody waits for
process.exit()
