/** seed: fills MySQL with Olist, generated or from the nine Kaggle files. */
import { type Command, InvalidArgumentError } from 'commander'
import { mysqlSettings } from '../../lib/settings.ts'
import { seedOlist } from '../../local/olist/seed.ts'
import { loadEnvironment } from '../environment.ts'
import { answer, count, say, seconds, table } from '../terminal.ts'

export const SEED = 42

const positive = (text: string): number => {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return number
}

/** Adds the command. */
export const addSeed = (program: Command): void => {
  program
    .command('seed')
    .argument('<dataset>', 'olist', (name) => {
      if (name !== 'olist') throw new InvalidArgumentError('the one data set is "olist"')
      return name
    })
    .description('fill MySQL with the Olist tables: generated from a fixed seed, or from the Kaggle files')
    .option('--scale <x>', 'size against the real one: 1 is 1,550,922 rows', positive, 1)
    .option('--from <dir>', 'the folder with the nine CSV files')
    .action(async (_: string, { scale, from }: { scale: number; from?: string }) => {
      loadEnvironment()
      const mysql = await mysqlSettings()
      const log = (line: string) => say(line)
      const result = from
        ? await (await import('../../local/olist/csv.ts')).importOlist(mysql, from, { log })
        : await seedOlist(mysql, { scale, seed: SEED, log })
      const rows = Object.entries(result.rows)
      answer(
        result,
        `${table(
          ['table', '>rows'],
          rows.map(([name, number]) => [name, count(number)]),
        )}\n${count(rows.reduce((total, [, number]) => total + number, 0))} rows in ${seconds(result.seconds)}`,
      )
    })
}
