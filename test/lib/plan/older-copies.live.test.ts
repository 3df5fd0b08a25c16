/** No run takes away what a later one has brought, or what a person has said: not a retry, not one that was planned while others published or held the target. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseLease, renewLease, takeLease, targetName } from '../../../lib/lease.ts'
import type { Plan, RunRequest, TableMetadata } from '../../../lib/model.ts'
import { planReplay, planRun } from '../../../lib/plan/plan-run.ts'
import { runFolder } from '../../../lib/run-folder.ts'
import { correctCursor } from '../../../lib/warehouses/snowflake/correct-cursor.ts'
import { readCursors } from '../../../lib/warehouses/snowflake/standing.ts'
import { openReconcileLab } from '../reconcile/lab.ts'

const lab = await openReconcileLab('OLDER')
const { warehouse } = lab.sides

type Meta = Partial<TableMetadata> & { table: string }

const orders = (table: string, more: Partial<TableMetadata> = {}): Meta => ({
  ...{ table, load_strategy: 'incremental', incremental_column: 'at' },
  ...more,
})
const make = (table: string) =>
  lab.database.run(`CREATE TABLE ${table} (id INT PRIMARY KEY, at DATETIME(6) NOT NULL, KEY (at));
    INSERT INTO ${table} VALUES (1, '2021-01-01'), (2, '2021-01-02')`)
const put = (table: string, id: number, at: string) => lab.database.run(`INSERT INTO ${table} VALUES (${id}, ${at})`)

const idsIn = async (table: string) =>
  (await warehouse.query(`SELECT ID FROM RAW.${table} ORDER BY ID`)).map(({ ID }) => Number(ID))
const cursorOf = async (table: string) =>
  (await readCursors(warehouse, { suffix: '', tables: [table.toUpperCase()] })).get(table.toUpperCase())

/** A run, planned with its leases. Its leases are given back, as Report does. */
const planned = async (meta: Meta, request: RunRequest = {}, retried: Plan | null = null) => {
  const plan = await planRun({ ...lab.input(meta, request), retried }, lab.sides)
  for (const { target } of plan.tables) await releaseLease(targetName(target), plan.runId)
  return plan
}

test('a first load that failed is retried as the window that is due by now', async () => {
  await make('first')
  const failed = await planned(orders('first'))
  const again = await planned(orders('first'), {}, failed)
  assert.deepEqual(again.tables[0]!.window, failed.tables[0]!.window)
  await put('first', 3, "'2021-01-03'")
  await lab.load(orders('first'))
  const late = await planned(orders('first'), {}, failed)
  assert.deepEqual([late.tables[0]!.publish, late.tables[0]!.window!.low], ['merge', '2021-01-03 00:00:00.000000'])
})

test('a whole refresh that failed is retried over all there is by now, and the cursor does not go back', async () => {
  const meta = orders('refreshed')
  await make('refreshed')
  await lab.load(meta)
  const failed = await planned(meta, { fullRefresh: true })
  await put('refreshed', 3, "'2021-01-03'")
  await lab.load(meta)
  const retry = await planned(meta, { fullRefresh: true }, failed)
  await lab.loadPlanned(retry.tables[0]!, retry.runId)
  const { high } = (await cursorOf('refreshed'))!
  assert.deepEqual(
    [retry.tables[0]!.publish, await idsIn('refreshed'), high],
    ['replace', [1, 2, 3], '2021-01-03 00:00:00.000000'],
  )
})

/** Sides whose warehouse lets something happen once the ledger has been read, before the catalogue is. */
const meanwhile = (happens: () => Promise<unknown>) => {
  let isOver = false
  const query: typeof warehouse.query = async (sql, binds) => {
    if (!isOver && /INFORMATION_SCHEMA/.test(sql)) {
      isOver = true
      await happens()
    }
    return warehouse.query(sql, binds)
  }
  return { ...lab.sides, warehouse: { ...warehouse, query } }
}

const OVERTAKEN = {
  name: 'UnavailableError',
  message: /another run published to it while this one was being planned/,
}

test('a whole copy is not replayed over what a run published while the replay was planned', async () => {
  const meta = { table: 'copied' }
  await make('copied')
  const old = await planned(meta)
  await runFolder(old).putPlan(old)
  await lab.loadPlanned(old.tables[0]!, old.runId)
  const published = async () => {
    await put('copied', 3, "'2021-01-03'")
    await lab.load(meta)
  }
  const input = lab.input(meta, { replayOf: old.runId })
  await assert.rejects(planReplay(input, meanwhile(published).warehouse), OVERTAKEN)
  await assert.rejects(planReplay(input, warehouse), /copied: run .* has loaded RAW\.COPIED since.*older than/)
  assert.deepEqual(await idsIn('copied'), [1, 2, 3])
})

test('a run and a replay do not interleave: whichever holds the lease, the other is refused, and takes nothing', async () => {
  const meta = { table: 'held' }
  await make('held')
  const old = await planned(meta)
  await runFolder(old).putPlan(old)
  await lab.loadPlanned(old.tables[0]!, old.runId)
  const replay = lab.input(meta, { replayOf: old.runId })
  const heldBy = (runId: string) => ({
    name: 'LeaseHeldError',
    message: new RegExp(`RAW\\.HELD is being loaded by run ${runId} .*leases break`),
  })
  const run = await planRun(lab.input(meta), lab.sides)
  const [{ target, epoch }] = run.tables as [Plan['tables'][0]]
  await assert.rejects(planReplay(replay, warehouse), heldBy(run.runId))
  await renewLease(target, run.runId, epoch)
  await releaseLease(targetName(target), run.runId)
  const replayed = await planReplay(replay, warehouse)
  await assert.rejects(planRun(lab.input(meta), lab.sides), heldBy(replayed.runId))
  await renewLease(target, replayed.runId, replayed.tables[0]!.epoch)
  assert.deepEqual(await idsIn('held'), [1, 2])
})

test('a cursor that was rewound while a run was planned stays rewound', async () => {
  const meta = orders('rewound')
  await make('rewound')
  const { target } = await lab.load(meta)
  const high = '2021-01-01 00:00:00.000000'
  const rewound = async () => {
    const { epoch } = await takeLease(target, 'by-hand')
    await correctCursor(warehouse, {
      ...{ kind: 'rewind', runId: 'by-hand', epoch, target, suffix: '', high, columns: 'at', terms: null },
    })
    await releaseLease(targetName(target), 'by-hand')
  }
  await assert.rejects(planRun(lab.input(meta), meanwhile(rewound)), OVERTAKEN)
  assert.equal((await planned(meta)).tables[0]!.window!.low, high)
})

test('of a first load that two runs plan at once, the second is planned again', async () => {
  const meta = orders('first_twice')
  await make('first_twice')
  await assert.rejects(
    planRun(
      lab.input(meta),
      meanwhile(() => lab.load(meta)),
    ),
    OVERTAKEN,
  )
  assert.equal((await planned(meta)).tables[0]!.publish, 'merge')
})

test('a Plan that is there twice takes no lease from its own run, which has published meanwhile', async () => {
  const meta = orders('twice')
  await make('twice')
  const input = lab.input(meta)
  const published = async () => {
    const first = await planRun(input, lab.sides)
    await lab.loadPlanned(first.tables[0]!, first.runId)
  }
  const again = await planRun(input, meanwhile(published))
  const { target, epoch } = again.tables[0]!
  await renewLease(target, again.runId, epoch)
  assert.deepEqual(await idsIn('twice'), [1, 2])
})
