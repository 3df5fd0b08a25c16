/** prepare, up, down, status: the local twins of MySQL, AWS and Snowflake. */
import type { Command } from 'commander'
import { takeLock } from '../../local/lock.ts'
import { prepare } from '../../local/prepare.ts'
import { down, status, up } from '../../local/twins.ts'
import { home, ROOT } from '../environment.ts'
import { answer, endWith, say, table } from '../terminal.ts'

const log = (line: string) => say(line)

/** Adds the commands. */
export const addTwins = (program: Command): void => {
  program
    .command('prepare')
    .description('install what the twins need into .firn/ (and the database server, if there is none)')
    .action(async () => {
      const tools = await prepare({ root: ROOT, log })
      answer(tools, 'prepared')
    })
  program
    .command('up')
    .description('start the twins on free ports; their addresses are in .firn/stack.json')
    .action(async () => {
      const release = takeLock(home(), 'up')
      try {
        const stack = await up({ home: home(), root: ROOT, log })
        answer(stack, JSON.stringify(stack, null, 2))
      } finally {
        release()
      }
    })
  program
    .command('down')
    .description('stop the twins; MySQL keeps its data')
    .option('--wipe', "throw away the twins' data too")
    .action(async ({ wipe }: { wipe?: boolean }) => {
      await down({ home: home(), log, wipe: wipe === true })
      answer({ stopped: true }, 'the twins are down')
    })
  program
    .command('status')
    .description('show the twins')
    .action(async () => {
      const found = await status({ home: home() })
      answer(
        found,
        table(
          ['twin', 'state', 'address', '>process'],
          found.map((twin) => [twin.name, twin.state, twin.address ?? '', String(twin.pid ?? '')]),
        ),
      )
      if (found.some((twin) => twin.state !== 'up')) endWith(1)
    })
}
