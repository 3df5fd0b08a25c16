/** Publishes what is staged, once; and says why it could not. */
import { AuditError, LeaseLostError, WarehouseError } from '../../../errors.ts'
import type { Warehouse } from '../connect.ts'
import { ledgerName, type Published, readPublished } from '../ledger.ts'
import { foldName, quoteSnowflake, quoteTarget } from '../quote.ts'
import { codeOf, type DriverError, isMissing } from '../translate.ts'
import { expectedRows, modeOf, type Publication } from './modes.ts'
import { endInterrupted, isTaken, rebuildSql } from './rebuild.ts'
import { sweepError } from './sweep.ts'
import { transactionSql } from './transaction.ts'

export type { Gone, Publication, Repair } from './modes.ts'

/** "Numeric value … is not recognized": nothing but the ledger row's check turns text into a number there. */
const NOT_A_NUMBER = '100038'

/** The transaction's statements, without BEGIN and COMMIT; those of a rebuilding are two, with a change of names between them. */
export const publishSql = (publication: Publication): string[] => {
  if (publication.load.publish === 'rebuild') return rebuildSql(publication)
  const { rows, counted } = modeOf(publication)
  return transactionSql(publication.load, rows, counted)
}

const countsSql = ({ load, plan }: Publication): string => {
  const keys = plan.key.map((name) => quoteSnowflake(foldName(name))).join(', ')
  const target = quoteTarget(load.target)
  const repeated = keys
    ? `(SELECT COUNT(*) FROM (SELECT ${keys} FROM ${target} GROUP BY ${keys} HAVING COUNT(*) > 1))`
    : '0'
  return `SELECT COUNT(*) AS IN_TARGET, ${repeated} AS REPEATED FROM ${target}`
}

/** Why the counts did not hold, as far as Snowflake's message and the target itself can tell. */
const explained = async (
  warehouse: Warehouse,
  publication: Publication,
  cause: WarehouseError,
): Promise<AuditError> => {
  const { load, plan, sweep } = publication
  const name = ledgerName(load.target)
  const told = /counts differ: [\w ,-]+/.exec((cause.cause as Error).message)?.[0]
  if (sweep) return sweepError(load, sweep.counts, told)
  const [row] = await warehouse.query(countsSql(publication))
  const numbers = `${load.rowsRead} rows read, ${load.rowsStaged} staged, ${load.duplicates} of them duplicates, ${Number(row!.IN_TARGET)} in the table before`
  const begin = `${name}: publishing ${expectedRows(load)} rows would not have left as many of them in the table (${numbers}${told ? `; ${told}` : ''})`
  const repeated = Number(row!.REPEATED)
  return new AuditError(
    repeated > 0
      ? `${begin}: ${repeated} keys (${plan.key.join(', ')}) are in ${name} more than once. Nothing was published; load it anew: npm run -s firn -- run --full-refresh`
      : `${begin}. Nothing was published; retry the run: npm run -s firn -- retry ${load.runId}`,
  )
}

/** Publishes, if the fence lets it. Gives the run's ledger row, null when it was refused. */
const tried = async (warehouse: Warehouse, publication: Publication): Promise<Published | null> => {
  const { load } = publication
  try {
    await warehouse.transaction(publishSql(publication))
  } catch (error) {
    const counted = error instanceof WarehouseError && codeOf(error.cause as DriverError) === NOT_A_NUMBER
    if (load.publish === 'rebuild' && (counted || isMissing(error))) {
      // a rebuilding that is refused ends at its check, or where the table beside is gone
      const published = await readPublished(warehouse, load)
      if (published || !counted || (await isTaken(warehouse, load))) return published
    }
    throw counted ? await explained(warehouse, publication, error) : error
  }
  return readPublished(warehouse, load)
}

/**
 * Publishes a load, or finds that this run has done so already. Gives the ledger row that counts. Throws LeaseLostError
 * when a later run holds the target (it is unchanged then), AuditError when the counts in the target do not hold.
 */
export const publish = async (warehouse: Warehouse, publication: Publication): Promise<Published> => {
  const { load } = publication
  let published = await tried(warehouse, publication)
  if (published === null && (await endInterrupted(warehouse, load))) published = await tried(warehouse, publication)
  if (published === null)
    throw new LeaseLostError(
      `${ledgerName(load.target)} has been taken over by a later run (epoch above ${load.epoch}): run ${load.runId} published nothing to it. Start a new run: npm run -s firn -- run`,
    )
  return published
}
