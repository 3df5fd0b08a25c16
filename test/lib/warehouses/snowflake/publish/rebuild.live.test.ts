/** A target rebuilt beside: killed between any two statements, woken up late, or twice at once, it is old or new, and whole. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TablePlan } from '../../../../../lib/model.ts'
import { dropStale, foundTarget, readCatalogue } from '../../../../../lib/warehouses/snowflake/catalogue.ts'
import { connectSnowflake, type Warehouse } from '../../../../../lib/warehouses/snowflake/connect.ts'
import { loadTable } from '../../../../../lib/warehouses/snowflake/load-table.ts'
import {
  COLUMNS,
  type Lab,
  later,
  loadOrders,
  lookedAt,
  moment,
  type Order,
  openLab,
  orders,
  stageChunk,
} from '../lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('REBUILD_TESTS')
})
after(() => lab.warehouse.close())

const OLD: Order[] = [
  ['o1', 'as it was', '1.00', 10],
  ['o2', 'as it was', '2.00', 20],
]
const NEW: Order[] = [
  ['o1', 'anew', 'one', 10],
  ['o3', 'anew', 'three', 30],
]
/** Another type for the price, and no column LEGACY. */
const RETYPED = COLUMNS.map((column) => (column.name === 'price' ? { ...column, type: 'varchar(20)' } : column))

/** A session of its own: settings are told apart by the order they are written in. */
const anotherSession = (): Promise<Warehouse> =>
  connectSnowflake(Object.fromEntries(Object.entries(lab.settings).reverse()) as typeof lab.settings)

const loaded = async (table: string): Promise<void> => {
  await loadOrders(lab, orders(lab, table), OLD, { runId: 'r1' })
  await lab.warehouse.query(`ALTER TABLE RAW.${table} ADD COLUMN LEGACY DATE`)
}

const accepted = (table: string, epoch: number, changes: Partial<TablePlan> = {}): Promise<TablePlan> =>
  lookedAt(lab, orders(lab, table, { columns: RETYPED, publish: 'rebuild', epoch, ...changes }))

const load = async (warehouse: Warehouse, plan: TablePlan, runId: string, attempt: string, rows = NEW) => {
  const cells = rows.map(([id, note, price, second]) => [id, note, price, moment(second)])
  const chunks = [await stageChunk(`${plan.table}-${runId}-${attempt}`, plan, cells)]
  return loadTable(warehouse, { job: 'daily', runId, attempt, suffix: '', chunks, plan, renew: async () => {} })
}

/** Type of the price, whether LEGACY is there, and every row, of one moment. */
const standing = async (table: string): Promise<string> => {
  const { targets } = await readCatalogue(lab.warehouse, '')
  const columns = targets.get(table.toUpperCase())!
  const type = columns.find(({ name }) => name === 'PRICE')!.type
  const legacy = columns.some(({ name }) => name === 'LEGACY') ? ' LEGACY' : ''
  const rows = await lab.warehouse.query(
    `SELECT ORDER_ID, NOTE, TO_VARCHAR(PRICE) AS P, _FIRN_RUN_ID AS R FROM RAW.${table} ORDER BY 1`,
  )
  return [`${type}${legacy}`, ...rows.map(({ ORDER_ID, NOTE, P, R }) => `${ORDER_ID} ${NOTE} ${P} ${R}`)].join(', ')
}
const AS_IT_WAS = 'NUMBER(10,2) LEGACY, o1 as it was 1.00 r1, o2 as it was 2.00 r1'
const anew = (run: string) => `VARCHAR(20), o1 anew one ${run}, o3 anew three ${run}`

const besides = async (table: string): Promise<string[]> =>
  (await lab.warehouse.query(`SELECT TABLE_NAME AS N FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW'`))
    .map(({ N }) => String(N))
    .filter((name) => name.startsWith(`_FIRN_REBUILD_${table.toUpperCase()}_`))

const ledger = async (table: string): Promise<string[]> =>
  (
    await lab.warehouse.query(
      `SELECT RUN_ID, MODE FROM _FIRN.LOADS WHERE TARGET = 'RAW.${table.toUpperCase()}' ORDER BY EPOCH`,
    )
  ).map(({ RUN_ID, MODE }) => `${RUN_ID} ${MODE}`)

/** Everything as an attempt does it, but of the publication only the first statements; then nobody is there to tidy up. */
const killedAfter = (statements: number, session: Warehouse): Warehouse => {
  let dead = false
  return {
    ...session,
    query: (sql, binds) => (dead ? Promise.reject(new Error('dead')) : session.query(sql, binds)),
    start: async (sql, deadline) => {
      if (typeof sql === 'string') return session.start(sql, deadline)
      dead = true
      const some = ['BEGIN TRANSACTION', ...sql, 'COMMIT'].slice(0, statements)
      if (some.length) await session.script(some)
      throw new Error('killed')
    },
  }
}

/** BEGIN, take, claim, rows, check, mark, COMMIT, SWAP, BEGIN, mark taken away, ledger, COMMIT. */
const STATEMENTS = 12
const SWAPPED = 8

test('the target is rebuilt: its columns as MySQL has them, its rows, its ledger row, nothing left beside', async () => {
  await loaded('whole')
  const result = await load(lab.warehouse, await accepted('whole', 2), 'r2', 'a1')
  assert.deepEqual([result.publish, result.inserted, result.rowsInTarget], ['rebuild', 2, 2])
  assert.equal(await standing('whole'), anew('r2'))
  assert.deepEqual(await besides('whole'), [])
  assert.deepEqual(await ledger('whole'), ['r1 replace', 'r2 rebuild'])
  const next = later(lab, 'whole', 30, { columns: RETYPED, epoch: 3 })
  await load(lab.warehouse, await lookedAt(lab, next), 'r3', 'b1', [['o4', 'anew', 'four', 40]])
  assert.equal(await standing('whole'), `${anew('r2')}, o4 anew four r3`)
})

for (let killed = 0; killed <= STATEMENTS; killed++)
  test(`killed after ${killed} of its ${STATEMENTS} statements: old or new, and the next attempt, or the next run, ends it`, async () => {
    for (const heir of ['the same run', 'another run'] as const) {
      const table = `k${killed}_${heir === 'the same run' ? 's' : 'a'}`
      await loaded(table)
      const plan = await accepted(table, 2)
      const session = await anotherSession()
      await assert.rejects(load(killedAfter(killed, session), plan, 'r2', 'a1'), /killed/)
      await session.close()
      assert.equal(await standing(table), killed < SWAPPED ? AS_IT_WAS : anew('r2'), heir)
      assert.equal((await ledger(table)).length, killed < STATEMENTS ? 1 : 2)
      if (heir === 'the same run') await load(lab.warehouse, plan, 'r2', 'a2')
      else await load(lab.warehouse, await accepted(table, 3), 'r3', 'b1')
      assert.equal(await standing(table), anew(heir === 'the same run' ? 'r2' : 'r3'))
      const once =
        heir === 'the same run'
          ? ['r1 replace', 'r2 rebuild']
          : ['r1 replace', ...(killed < STATEMENTS ? [] : ['r2 rebuild']), 'r3 rebuild']
      assert.deepEqual(await ledger(table), once)
      await dropStale(lab.warehouse, (await readCatalogue(lab.warehouse, '', 0)).stale)
      assert.deepEqual(await besides(table), [], 'what was left is stale one day')
    }
  })

/** An attempt that sleeps after so many statements, and what it does when it wakes up. */
const asleepAfter = async (table: string, statements: number): Promise<() => Promise<void>> => {
  const session = await anotherSession()
  let rest: string[] = []
  const plan = await accepted(table, 2)
  const sleeping: Warehouse = {
    ...session,
    query: (sql, binds) => (rest.length ? Promise.reject(new Error('asleep')) : session.query(sql, binds)),
    start: async (sql, deadline) => {
      if (typeof sql === 'string') return session.start(sql, deadline)
      const every = ['BEGIN TRANSACTION', ...sql, 'COMMIT']
      rest = every.slice(statements)
      if (statements) await session.script(every.slice(0, statements))
      throw new Error('asleep')
    },
  }
  await assert.rejects(load(sleeping, plan, 'r2', 'a1'), /asleep/)
  return async () => {
    await session.script(rest).catch(() => session.query('ROLLBACK'))
    await session.close()
  }
}

const SUCCESSORS = {
  'another rebuilding': async (table: string) => {
    await load(lab.warehouse, await accepted(table, 3), 'r3', 'b1', NEW)
    return anew('r3')
  },
  // somebody has changed MySQL back, and the run is an ordinary one
  'a merge': async (table: string) => {
    const now = foundTarget(await readCatalogue(lab.warehouse, ''), orders(lab, table).target)
    const isNew = now.columns!.find(({ name }) => name === 'PRICE')!.type.startsWith('VARCHAR')
    const columns = isNew ? RETYPED : COLUMNS
    const plan = await lookedAt(lab, later(lab, table, 10, { epoch: 3, columns }))
    const was = await standing(table)
    await load(lab.warehouse, plan, 'r3', 'b1', [['o9', 'late', '9.00', 50]])
    return `${was}, o9 late 9.00 r3`
  },
}

for (const [successor, succeed] of Object.entries(SUCCESSORS))
  for (const [moments, statements] of [
    ['before it began', 0],
    ['between its check and the change of names', 7],
    ['after the change of names', 8],
  ] as const)
    test(`it sleeps ${moments}, and ${successor} publishes: waking up changes nothing`, async () => {
      const table = `z${statements}_${successor === 'a merge' ? 'm' : 'r'}`
      await loaded(table)
      const wakeUp = await asleepAfter(table, statements)
      const then = await succeed(table)
      assert.equal(await standing(table), then)
      await wakeUp()
      assert.equal(await standing(table), then)
      assert.equal((await ledger(table)).length, 2)
      assert.deepEqual(
        (await ledger(table)).map((row) => row.split(' ')[0]),
        ['r1', 'r3'],
      )
    })

test('two attempts of one run at once rebuild once', async () => {
  await loaded('raced')
  const plan = await accepted('raced', 2)
  const other = await anotherSession()
  const results = await Promise.all([load(lab.warehouse, plan, 'r2', 'a1'), load(other, plan, 'r2', 'a2')])
  await other.close()
  assert.equal(results[0].attempt, results[1].attempt)
  assert.equal(await standing('raced'), anew('r2'))
  assert.deepEqual(await ledger('raced'), ['r1 replace', 'r2 rebuild'])
  assert.deepEqual(await besides('raced'), [])
})

test('an earlier run is fenced: it rebuilds nothing', async () => {
  await loaded('fenced')
  const plan = await accepted('fenced', 2)
  await load(lab.warehouse, await accepted('fenced', 5), 'r5', 'a1')
  await assert.rejects(load(lab.warehouse, plan, 'r2', 'a1'), {
    name: 'LeaseLostError',
    message: /taken over by a later run/,
  })
  assert.equal(await standing('fenced'), anew('r5'))
  assert.deepEqual(await besides('fenced'), [])
})

test('a fence that somebody wrote into drops no table', async () => {
  await loaded('written')
  await lab.warehouse.query(`UPDATE _FIRN."FENCE_RAW/WRITTEN" SET REBUILDING = 'WRITTEN'`)
  await assert.rejects(load(lab.warehouse, await accepted('written', 2), 'r2', 'a1'), {
    name: 'WarehouseError',
    message: /none of the tables that are made for that/,
  })
  assert.equal(await standing('written'), AS_IT_WAS)
})

test('an empty source leaves an empty table with the new columns', async () => {
  await loaded('emptied')
  await load(lab.warehouse, await accepted('emptied', 2), 'r2', 'a1', [])
  assert.equal(await standing('emptied'), 'VARCHAR(20)')
})
