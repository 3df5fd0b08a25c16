/** The command line: `npm run -s firn -- COMMAND`. Each command is a file in bin/commands. */
import { Command, CommanderError } from 'commander'
import { REFUSALS } from '../lib/errors.ts'
import { addAccept } from './commands/accept.ts'
import { addCost } from './commands/cost.ts'
import { addDbt } from './commands/dbt.ts'
import { addDemo } from './commands/demo.ts'
import { addDeploy } from './commands/deploy.ts'
import { addDoctor } from './commands/doctor.ts'
import { addInit } from './commands/init.ts'
import { addLeases } from './commands/leases.ts'
import { addPlan } from './commands/plan.ts'
import { addReconcile } from './commands/reconcile.ts'
import { addReplay } from './commands/replay.ts'
import { addRun } from './commands/run.ts'
import { addRuns } from './commands/runs.ts'
import { addSecrets } from './commands/secrets.ts'
import { addSeed } from './commands/seed.ts'
import { addSetup } from './commands/setup.ts'
import { addSql } from './commands/sql.ts'
import { addState } from './commands/state.ts'
import { addTwins } from './commands/twins.ts'
import { complain, endWith, useJson } from './terminal.ts'

const program = new Command('firn')
  .description('MySQL → Parquet on S3 → Snowflake → dbt, exact to the last digit')
  .configureHelp({ sortSubcommands: false })
  .showHelpAfterError('(npm run -s firn -- COMMAND --help says more)')
  .showSuggestionAfterError()
  .enablePositionalOptions()
  .exitOverride()

for (const add of [
  addDemo,
  addTwins,
  addSeed,
  addInit,
  addDeploy,
  addPlan,
  addRun,
  addAccept,
  addRuns,
  addCost,
  addReconcile,
  addReplay,
  addState,
  addSql,
  addDoctor,
  addSetup,
  addSecrets,
  addLeases,
  addDbt,
])
  add(program)

const withJson = (command: Command): void => {
  command.option('--json', 'print one JSON document on standard output, everything else on standard error')
  command.hook('preAction', () => useJson(command.opts().json === true))
  command.exitOverride()
}
const leaves = (command: Command): Command[] => (command.commands.length ? command.commands.flatMap(leaves) : [command])
leaves(program).forEach(withJson)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has said it already; help asked for is no mistake
    if (error.exitCode !== 0 && process.argv.includes('--json'))
      process.stdout.write(`${JSON.stringify({ error: { name: 'UsageError', message: error.message } }, null, 2)}\n`)
    endWith(error.exitCode === 0 ? 0 : 2)
  } else {
    const { name, stack } = error as Error
    complain(error as Error)
    if (process.env.FIRN_DEBUG) process.stderr.write(`${stack}\n`)
    endWith(REFUSALS.includes(name) || name === 'UnavailableError' ? 2 : 1)
  }
}
// a pipe takes what is written little by little: a document would be cut where the process ends
for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write('', done))
// the Snowflake driver keeps timers of its own
process.exit()
