/** Plans a run and takes the leases on its targets; what is refused is refused before anything moves. */

import { UnavailableError } from '../errors.ts'
import { releaseLeases, takeLeases, targetName } from '../lease.ts'
import type { Plan, Target } from '../model.ts'
import { codeVersion } from '../settings.ts'
import { type Catalogue, dropStale } from '../warehouses/snowflake/catalogue.ts'
import type { Warehouse } from '../warehouses/snowflake/connect.ts'
import { foldName } from '../warehouses/snowflake/quote.ts'
import { type Cursor, readCursorsAgain } from '../warehouses/snowflake/standing.ts'
import { replayTables } from './plan-replay.ts'
import { type PlanInput, planTables, type Sides } from './plan-tables.ts'

type Planned = Pick<Plan, 'tables' | 'filesOf' | 'resting'> & {
  suffix: Plan['schemaSuffix']
  cursors: Map<string, Cursor>
  stale: Catalogue['stale']
}

type ReplayInput = Pick<PlanInput, 'names' | 'request' | 'metadata' | 'job'>

/**
 * What was planned from the ledger holds for as long as nobody else publishes: who did so before the leases were taken may
 * have rewound the cursor, or brought rows that an older whole copy would take away. Then the plan is made again.
 */
const refuseOvertaken = async (
  warehouse: Warehouse,
  { suffix, cursors }: Planned,
  { targets, epochs }: { targets: Target[]; epochs: number[] },
): Promise<void> => {
  const now = await readCursorsAgain(warehouse, { suffix, tables: targets.map(({ table }) => table) }, cursors)
  const overtaken = targets.filter(({ table }, i) => {
    const [before, after] = [cursors.get(table), now.get(table)]
    // a Plan that is twice there may find that its own run has published; a sweep and its window have one epoch
    return after?.epoch !== epochs[i] && (before?.epoch !== after?.epoch || before?.high !== after?.high)
  })
  if (overtaken.length)
    throw new UnavailableError(
      `${overtaken.map(targetName).join(', ')}: another run published to it while this one was being planned. Nothing was moved; start a new run: npm run -s firn -- run`,
    )
}

/** Leases are taken last, so that a refusal holds nothing. */
const leased = async (input: ReplayInput, warehouse: Warehouse, planned: Planned): Promise<Plan> => {
  const { request, metadata, job, names } = input
  const { suffix, tables, cursors, stale, filesOf, resting = [] } = planned
  await dropStale(warehouse, stale)
  const moving = tables.filter(({ refused }) => refused === undefined)
  const targets = moving.map(({ target }) => target)
  const floors = targets.map(({ table }) => cursors.get(table)?.epoch ?? 0)
  const epochs = await takeLeases(targets, names.runId, floors)
  try {
    await refuseOvertaken(warehouse, planned, { targets, epochs })
  } catch (error) {
    await releaseLeases(targets, names.runId)
    throw error
  }
  const epochOf = new Map(moving.map(({ table }, i) => [table, epochs[i]!]))
  const asked = new Set(tables.map(({ table }) => table))
  return {
    ...names,
    request,
    codeVersion: codeVersion(),
    metadataDigest: metadata.digest,
    plannedAt: new Date().toISOString(),
    schemaSuffix: suffix,
    ...(filesOf ? { filesOf } : {}),
    transform: job.transform,
    neverLoaded: metadata.tables
      .map(({ table }) => table)
      .filter((table) => !asked.has(table) && !cursors.has(foldName(table))),
    tables: tables.map((table) => ({ ...table, epoch: epochOf.get(table.table) ?? table.epoch })),
    ...(resting.length ? { resting } : {}),
  }
}

/** Plans a run that reads MySQL. Throws RefusedError with every finding, LeaseHeldError, UnavailableError as above. */
export const planRun = async (input: PlanInput, sides: Sides): Promise<Plan> =>
  leased(input, sides.warehouse, await planTables(input, sides))

/** Plans a run that loads the files of `request.replayOf`. Throws as replayTables, and LeaseHeldError. */
export const planReplay = async (input: ReplayInput, warehouse: Warehouse): Promise<Plan> => {
  const { request, metadata, job } = input
  return leased(input, warehouse, await replayTables(job.job, request, warehouse, metadata.tables))
}
