/** `npm run bench -- extract`: measures and judges. `npm run bench -- serve`: only the servers, filled, for a look by hand. */
import { once } from 'node:events'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { RefusedError } from '../lib/errors.ts'
import { findPython, makeVenv } from '../local/python.ts'
import { bundle } from './bundle.ts'
import { type Case, casesAt } from './cases.ts'
import type { Ground } from './competitors.ts'
import { runCase, workFolder } from './extract.ts'
import { thisMachine } from './machine.ts'
import { type LinePart, measureLine, PARTS, recordLine } from './pipeline/pipeline.ts'
import { lineText } from './pipeline/text.ts'
import { record } from './record.ts'
import { type CaseResult, caseText, unheld } from './report.ts'
import { seed } from './seed.ts'
import { type Servers, startServers } from './servers.ts'

const ROOT = join(import.meta.dirname, '..')
const HOME = join(ROOT, '.firn', 'bench')
const REQUIREMENTS = join(ROOT, 'bench', 'requirements.txt')
/** Fewer say nothing, and are not kept. */
const REPETITIONS = 5

const log = (line: string) => process.stderr.write(`${line}\n`)

type Options = { only?: string; repeat: number; rowsScale: number }

/** The peers' Python; or null and why, so that every one of them is counted as not run. */
const peersPython = (): Pick<Ground, 'python' | 'noPython'> => {
  const venv = join(ROOT, '.firn', 'bench-venv')
  try {
    makeVenv(venv, REQUIREMENTS, log)
    return { python: join(venv, 'bin', 'python'), noPython: '' }
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    log(error.message)
    return { python: null, noPython: `bench/requirements.txt could not be installed: see ${venv}.log` }
  }
}

const wantedOf = (cases: Case[], scale: number) => ({
  olist: cases.some(({ olist }) => olist),
  made: cases.flatMap(({ made }) => made),
  scale,
})

const chosen = ({ only, rowsScale }: Options): Case[] =>
  casesAt(rowsScale).filter(({ name }) => only === undefined || name === only)

/** Ends the servers whatever happens, also when the command is told to end. */
const withServers = async <T>(work: (servers: Servers, signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  const servers = await startServers(ROOT, log)
  try {
    return await work(servers, controller.signal)
  } finally {
    await servers.stop()
  }
}

const runAll = async (servers: Servers, signal: AbortSignal, options: Options): Promise<CaseResult[]> => {
  const cases = chosen(options)
  const mysql = await seed(servers.mysql, wantedOf(cases, options.rowsScale), log)
  const peers = peersPython()
  const toS3 = cases.some(({ entries }) => entries.some(({ competitor }) => competitor === 'firn-s3'))
  const ground: Ground = {
    ...{ root: ROOT, mysql, ...peers, bundles: bundle(join(HOME, 'bundles')) },
    storage: toS3 ? await servers.storage() : {},
  }
  const work = workFolder(HOME)
  const at = {
    ...{ bench: { root: ROOT, launcher: peers.python ?? findPython(), work }, ground, signal, log },
    ...{ machine: thisMachine(servers.version, REQUIREMENTS), repetitions: options.repeat },
    date: new Date().toISOString().slice(0, 10),
  }
  const results: CaseResult[] = []
  for (const each of cases) results.push(await runCase(at, each))
  return options.rowsScale === 1 ? results : results.map(onlyExactness)
}

/** Times of few rows are those of starting: at another size nothing is judged but exactness, and that everything ran. */
const onlyExactness = (result: CaseResult): CaseResult => ({
  ...result,
  verdicts: [
    ...result.verdicts.filter(({ text }) => text === 'exact'),
    ...result.outcomes
      .filter(({ notRun }) => notRun !== null)
      .map(({ label, notRun }) => ({ text: label, measured: `not run: ${notRun}`, held: false })),
  ],
})

const extract = async (options: Options): Promise<void> => {
  const results = await withServers((servers, signal) => runAll(servers, signal, options))
  process.stdout.write(`${results.map(caseText).join('\n\n')}\n\n`)
  if (options.rowsScale === 1 && options.repeat >= REPETITIONS)
    log(`written: ${record(ROOT, results[0]!.date, results).join(', ')}`)
  else log(`nothing is written: only ${REPETITIONS} repetitions or more at --rows-scale 1 are kept`)
  const failed = unheld(results)
  for (const line of failed) process.stdout.write(`DOES NOT HOLD: ${line}\n`)
  if (failed.length === 0)
    process.stdout.write(options.rowsScale === 1 ? 'every line holds\n' : 'all of it ran, and firn is exact\n')
  process.exitCode = failed.length ? 1 : 0
}

const pipeline = async ({ only, repeat, rowsScale }: Omit<Options, 'only'> & { only?: LinePart }): Promise<void> => {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  const { python, noPython } = peersPython()
  if (!python) throw new RefusedError(noPython)
  const result = await measureLine({
    ...{ bench: { root: ROOT, launcher: python, work: workFolder(HOME) }, python, requirements: REQUIREMENTS },
    ...{ repetitions: repeat, scale: rowsScale, signal: controller.signal, log },
    ...(only ? { only } : {}),
  })
  process.stdout.write(`${lineText(result)}\n\n`)
  if (rowsScale === 1 && repeat >= REPETITIONS && !only) log(`written: ${recordLine(ROOT, result).join(', ')}`)
  else log(`nothing is written: only all parts, ${REPETITIONS} repetitions or more, --rows-scale 1 are kept`)
  const failed = result.verdicts.filter(({ held }) => !held)
  for (const { text, measured } of failed) process.stdout.write(`DOES NOT HOLD: ${text}: ${measured}\n`)
  if (failed.length === 0) process.stdout.write('every line holds\n')
  process.exitCode = failed.length ? 1 : 0
}

const serve = (options: Options): Promise<void> =>
  withServers(async (servers, signal) => {
    const mysql = await seed(servers.mysql, wantedOf(chosen(options), options.rowsScale), log)
    const { host, port, user, password, database } = mysql
    const names = { MYSQL_HOST: host, MYSQL_PORT: port, MYSQL_USER: user, MYSQL_PASSWORD: password }
    const all = { ...names, MYSQL_DATABASE: database, ...(await servers.storage()) }
    for (const [name, value] of Object.entries(all)) process.stdout.write(`export ${name}=${value}\n`)
    log('serving until interrupted')
    const alive = setInterval(() => {}, 60_000)
    await once(signal, 'abort')
    clearInterval(alive)
  })

const positive = (text: string): number => {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return number
}

const whole = (text: string): number => {
  if (!Number.isInteger(positive(text))) throw new InvalidArgumentError('a whole number from 1 is needed')
  return Number(text)
}

const program = new Command('bench')
  .description('firn beside its peers, on this machine')
  .showHelpAfterError()
  .exitOverride()
const only = () => new Option('--only <case>', 'only this case').choices(casesAt(1).map(({ name }) => name))
const rowsScale = () =>
  new Option('--rows-scale <x>', 'rows against the size that counts').argParser(positive).default(1)
program
  .command('extract')
  .description('MySQL → Parquet: measures every case, writes the results down, ends with 1 when a line does not hold')
  .addOption(only())
  .addOption(new Option('--repeat <n>', 'alternating repetitions').argParser(whole).default(REPETITIONS))
  .addOption(rowsScale())
  .action(extract)
program
  .command('pipeline')
  .description(
    'MySQL → S3 → published, through the deployed state machine, beside dlt; ends with 1 when a line does not hold',
  )
  .addOption(new Option('--only <part>', 'only this part').choices(PARTS))
  .addOption(new Option('--repeat <n>', 'alternating repetitions').argParser(whole).default(REPETITIONS))
  .addOption(rowsScale())
  .action(pipeline)
program
  .command('serve')
  .description('only the filled servers, until interrupted')
  .addOption(only())
  .addOption(rowsScale())
  .action(serve)

try {
  await program.parseAsync()
} catch (error) {
  // commander has said it already; help asked for is no mistake
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2)
  const { name, message } = error as Error
  log(
    name === 'AbortError'
      ? 'ended before its time: nothing is written, the servers are stopped'
      : `${name}: ${message}`,
  )
  process.exitCode = 2
}
