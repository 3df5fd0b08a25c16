/** Loads over a Snowflake whose statements can be held up, by a Load that has little time. */
import assert from 'node:assert/strict'
import { after, afterEach } from 'node:test'
import { handler } from '../../functions/load.ts'
import { takeLease } from '../../lib/lease.ts'
import type { LoadPlace, Plan, TablePlan } from '../../lib/model.ts'
import { type RunFolder, runFolder } from '../../lib/run-folder.ts'
import { logger } from '../../lib/stage.ts'
import { loadTable } from '../../lib/warehouses/snowflake/load-table.ts'
import { type HeldTwin, heldTwin } from '../lib/warehouses/snowflake/held-twin.ts'
import { lookedAt, moment, openLab, orders, stageChunk } from '../lib/warehouses/snowflake/lab.ts'

const names = (table: string) => ({ job: 'daily', runId: `run-${table}`, table })

/** Three orders, as Extract stages them. */
export const CELLS = ['o1', 'o2', 'o3'].map((id, i) => [id, null, `${i}.00`, moment(i + 1)])

/** Milliseconds that a Lambda has left; a third of it is kept back. */
export const SHORT = 3000
export const LONG = 60_000

/** As Lambda calls it with so much time left. */
export const load = async (table: string, milliseconds: number): Promise<{ done: boolean }> =>
  handler(names(table), { getRemainingTimeInMillis: () => milliseconds } as never)

/** Where a Load has left off. */
export const placeOf = async (folder: RunFolder, table: string): Promise<LoadPlace> => {
  const place = await folder.loadPlace(table)
  assert.ok(place, `${table} has left no place`)
  return place
}

/** How the ledger calls it, as a text of SQL. */
export const ledgerOf = (table: string): string => `'RAW.${table.toUpperCase()}'`

/** A twin of the file's own, with a database of that name; gone when its tests are over. What a test holds is let go after it. */
export const heldLoads = async (purpose: string) => {
  logger.setLogLevel('SILENT')
  const twin = await heldTwin()
  const lab = await openLab(purpose, twin.stack)
  after(async () => {
    await lab.warehouse.close()
    await twin.down()
  })
  const holds: ReturnType<HeldTwin['hold']>[] = []
  afterEach(() => {
    for (const held of holds.splice(0)) held.release()
  })
  const hold = (text: string) => {
    const held = twin.hold(text)
    holds.push(held)
    return held
  }

  /** A run folder as Plan and Extract leave it, the lease taken. */
  const planned = async (table: string, changes: Partial<TablePlan> = {}): Promise<RunFolder> => {
    const folder = runFolder(names(table))
    const { epoch } = await takeLease(orders(lab, table).target, names(table).runId, changes.epoch)
    const plan: Plan = {
      ...names(table),
      request: {},
      codeVersion: 'test',
      metadataDigest: '',
      plannedAt: '2026-01-01T00:00:00Z',
      schemaSuffix: '',
      transform: true,
      neverLoaded: [],
      tables: [orders(lab, table, { ...changes, epoch })],
    }
    await folder.putPlan(plan)
    await folder.putChunk(await stageChunk(names(table).runId, plan.tables[0]!, CELLS))
    return folder
  }

  /** An earlier run's load of the same table, done. Gives what it loaded, and how the target stands since. */
  const loadedBefore = async (table: string, changes: Partial<TablePlan> = {}, cells = CELLS) => {
    const before = { job: 'daily', runId: 'before', attempt: 'before', suffix: '', renew: async () => {} }
    const plan = orders(lab, table, changes)
    const chunks = [await stageChunk('before', plan, cells)]
    await loadTable(lab.warehouse, { ...before, plan, chunks })
    return { plan, chunks, found: (await lookedAt(lab, plan)).found }
  }

  return { lab, hold, planned, loadedBefore }
}
