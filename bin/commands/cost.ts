/** cost: what our statements took in the warehouse, and the credits that the account attributes to them. */
import { type Command, InvalidArgumentError } from 'commander'
import { snowflakeSettings } from '../../lib/settings.ts'
import { readCosts } from '../../lib/warehouses/snowflake/cost.ts'
import { costText } from '../cost-text.ts'
import { loadEnvironment } from '../environment.ts'
import { answer } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'

/** As far back as ACCOUNT_USAGE reaches. */
const MOST_DAYS = 365
const DAYS = 7

const wholeDays = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > MOST_DAYS)
    throw new InvalidArgumentError(`a whole number of days from 1 to ${MOST_DAYS} is needed`)
  return number
}

/** Adds the command. */
export const addCost = (program: Command): void => {
  program
    .command('cost')
    .argument('[run]', 'the id of a run; every run of the last days when left out')
    .description('what runs took and cost in Snowflake, by job, run and table, as the account itself tells')
    .option('--days <n>', 'how far back', wholeDays, DAYS)
    .action(async (run: string | undefined, { days }: { days: number }) => {
      loadEnvironment()
      const settings = await snowflakeSettings()
      const asked = { days, ...(run ? { run } : {}) }
      const costs = await withWarehouse((warehouse) => readCosts(warehouse, settings, asked), settings)
      answer(costs, costText(costs, asked))
    })
}
