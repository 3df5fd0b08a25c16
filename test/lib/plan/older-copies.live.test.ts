/** No run takes away what a later one has brought: not a retry, not one planned while another published, not by more lag. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseLease, takeLease, targetName } from '../../../lib/lease.ts'
import type { RunRequest, TableMetadata } from '../../../lib/model.ts'
import { planRun } from '../../../lib/plan/plan-run.ts'
import { correctCursor } from '../../../lib/warehouses/snowflake/correct-cursor.ts'
import { readCursors } from '../../../lib/warehouses/snowflake/ledger.ts'
import { openReconcileLab } from '../reconcile/lab.ts'

const lab = await openReconcileLab('OLDER')
const { warehouse } = lab.sides

const orders = (table: string, more: Partial<TableMetadata> = {}): Partial<TableMetadata> & { table: string } => ({
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
const planned = async (meta: ReturnType<typeof orders>, request: RunRequest = {}) => {
  const plan = await planRun(lab.input(meta, request), lab.sides)
  for (const { target } of plan.tables) await releaseLease(targetName(target), plan.runId)
  return plan
}

for (const [what, request] of [
  ['first load', {}],
  ['whole refresh', { fullRefresh: true }],
] as const)
  test(`a ${what} that failed is not retried over what was loaded since`, async () => {
    const table = what.replace(' ', '_')
    await make(table)
    if (request.fullRefresh) await lab.load(orders(table))
    const failed = await planned(orders(table), request)
    await put(table, 3, "'2021-01-03'")
    await lab.load(orders(table))
    const input = { ...lab.input(orders(table), request), retried: failed }
    await assert.rejects(planRun(input, lab.sides), /has been loaded since that run.*Start a new run/)
    assert.deepEqual([await idsIn(table), (await cursorOf(table))!.high], [[1, 2, 3], '2021-01-03 00:00:00.000000'])
  })

test('a first load that failed is retried where nothing was loaded since', async () => {
  await make('again')
  const failed = await planned(orders('again'))
  const retry = await planRun({ ...lab.input(orders('again')), retried: failed }, lab.sides)
  assert.deepEqual(retry.tables[0]!.window, failed.tables[0]!.window)
  await lab.loadPlanned(retry.tables[0]!, retry.runId)
  assert.deepEqual(await idsIn('again'), [1, 2])
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

test('a whole copy that was planned before another run published is planned again, and holds no lease', async () => {
  const meta = orders('overtaken')
  await make('overtaken')
  await lab.load(meta)
  const published = async () => {
    await put('overtaken', 3, "'2021-01-03'")
    await lab.load(meta)
  }
  const input = lab.input(meta, { fullRefresh: true })
  await assert.rejects(planRun(input, meanwhile(published)), OVERTAKEN)
  const [table] = (await planned(meta)).tables
  assert.deepEqual([await idsIn('overtaken'), table!.window!.low], [[1, 2, 3], '2021-01-03 00:00:00.000000'])
})

test('a cursor that was rewound while a run was planned stays rewound', async () => {
  const meta = orders('rewound')
  await make('rewound')
  const { target } = await lab.load(meta)
  const high = '2021-01-01 00:00:00.000000'
  const rewound = async () => {
    const { epoch } = await takeLease(target, 'by-hand')
    await correctCursor(warehouse, {
      ...{ kind: 'rewind', runId: 'by-hand', epoch, target, suffix: '', high, columns: 'at' },
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

test('a whole refresh with more lag than before keeps what is published, and the cursor where it was', async () => {
  const meta = orders('lagged')
  await make('lagged')
  await put('lagged', 3, 'UTC_TIMESTAMP(6)')
  await lab.load(meta)
  const before = (await cursorOf('lagged'))!.high
  await lab.load(meta, { fullRefresh: true, lagSeconds: 3600 })
  assert.deepEqual([await idsIn('lagged'), (await cursorOf('lagged'))!.high], [[1, 2, 3], before])
})
