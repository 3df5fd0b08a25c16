/** A sweep takes away what is gone from MySQL, once, or nothing: whatever is missing, whoever dies, sleeps, or is in the way. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LeaseLostError } from '../../../../lib/errors.ts'
import type { Chunk, ChunkResult, Sweep, TablePlan } from '../../../../lib/model.ts'
import { sweepPlan } from '../../../../lib/sweep.ts'
import { connectSnowflake, type Warehouse } from '../../../../lib/warehouses/snowflake/connect.ts'
import { loadTable } from '../../../../lib/warehouses/snowflake/load-table.ts'
import {
  COLUMNS,
  killedAfter,
  type Lab,
  later,
  loadOrders,
  lookedAt,
  type Order,
  openLab,
  orders,
  stageChunk,
  stagesLeft,
} from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('SWEEP_TESTS')
})
after(() => lab.warehouse.close())

const FIRST: Order[] = [
  ['o1', 'gone', '1.00', 10],
  ['o2', 'there', '2.00', 20],
  ['o3', 'there', '3.00', 30],
]
/** What MySQL has since. */
const KEYS = ['o2', 'o3']
const WHOLE: Chunk[] = [{ id: 's0', from: null, to: null, rows: null }]
const HALVES: Chunk[] = [
  { id: 's0', from: null, to: ['o2'], rows: null },
  { id: 's1', from: ['o2'], to: null, rows: null },
]

/** A session of its own: settings are told apart by the order they are written in. */
const anotherSession = (): Promise<Warehouse> =>
  connectSnowflake(Object.fromEntries(Object.entries(lab.settings).reverse()) as typeof lab.settings)

/** How a later run sweeps the table. */
const swept = async (table: string, epoch: number, changes: Partial<Sweep> = {}): Promise<TablePlan> => {
  const sweep: Sweep = { how: 'soft', chunks: WHOLE, chunkColumns: ['order_id'], cap: 60, ...changes }
  return sweepPlan(await lookedAt(lab, later(lab, table, 30, { epoch, sweep })))
}

const staged = async (plan: TablePlan, runId: string, keys: string[], chunk = 's0'): Promise<ChunkResult> => ({
  ...(await stageChunk(
    `${plan.table}-${runId}-${chunk}`,
    plan,
    keys.map((key) => [key]),
  )),
  chunk,
})

type Sweeping = {
  warehouse?: Warehouse
  runId?: string
  attempt?: string
  chunks?: ChunkResult[]
  renew?: () => Promise<void>
}

const sweep = async (plan: TablePlan, options: Sweeping = {}) => {
  const { warehouse = lab.warehouse, runId = 'r2', attempt = 'a1', renew = async () => {} } = options
  const chunks = options.chunks ?? [await staged(plan, runId, KEYS)]
  return loadTable(warehouse, { job: 'daily', runId, attempt, suffix: '', plan, chunks, renew })
}

const loaded = (table: string) => loadOrders(lab, orders(lab, table), FIRST, { runId: 'r1' })

/** `key run`, and whether the row is marked. */
const standing = async (table: string): Promise<string> =>
  (
    await lab.warehouse.query(
      `SELECT ORDER_ID AS O, _FIRN_RUN_ID AS R, IFF(_FIRN_DELETED_AT IS NULL, '', ' gone') AS D FROM RAW.${table} ORDER BY 1`,
    )
  )
    .map(({ O, R, D }) => `${O} ${R}${D}`)
    .join(', ')
const AS_IT_WAS = 'o1 r1, o2 r1, o3 r1'
const marked = (run: string) => `o1 ${run} gone, o2 r1, o3 r1`
const AFTER = { soft: marked, hard: () => 'o2 r1, o3 r1' }

const ledger = async (table: string): Promise<string[]> =>
  (
    await lab.warehouse.query(
      `SELECT RUN_ID, KIND, REMOVED FROM _FIRN.LOADS WHERE TARGET = 'RAW.${table.toUpperCase()}' ORDER BY PUBLISHED_AT`,
    )
  ).map(({ RUN_ID, KIND, REMOVED }) => `${RUN_ID} ${KIND} ${REMOVED}`)

const isUntouched = async (table: string) => {
  assert.equal(await standing(table), AS_IT_WAS)
  assert.deepEqual(await ledger(table), ['r1 window 0'])
  assert.deepEqual(
    (await stagesLeft(lab)).filter((name) => name.startsWith(`STAGE_${table.toUpperCase()}_`)),
    [],
  )
}

test('without every chunk of the keys, each once, and each beginning where the last one ended, nothing is taken away', async () => {
  await loaded('pieces')
  const halves = await swept('pieces', 2, { chunks: HALVES })
  const [low, high] = [await staged(halves, 'r2', ['o2']), await staged(halves, 'r2', ['o3'], 's1')]
  const refused = (plan: TablePlan, chunks: ChunkResult[], message: RegExp) =>
    assert.rejects(sweep(plan, { chunks }), { name: 'AuditError', message })
  await refused(halves, [low], /of the 2 chunks of its keys 1 were read, and s1 is not among them/)
  await refused(halves, [], /0 were read, and s0 is not among them/)
  const again = await staged(halves, 'again', ['o2'])
  await refused(halves, [low, again], /nobody can say which rows are deleted/)
  await refused(halves, [low, high, again], /nobody can say which rows are deleted/)
  const gap = await swept('pieces', 2, { chunks: [HALVES[0]!, { ...HALVES[1]!, from: ['o3'] }] })
  await refused(gap, [low, high], /leave keys out between them/)
  const open = await swept('pieces', 2, { chunks: [HALVES[0]!, { ...HALVES[1]!, to: ['o9'] }] })
  await refused(open, [low, high], /leave keys out between them/)
  await isUntouched('pieces')
  assert.equal((await sweep(halves, { chunks: [low, high] })).removed, 1)
  assert.equal(await standing('pieces'), marked('r2'))
})

test('files with fewer keys than were read take nothing away', async () => {
  await loaded('fewer')
  const plan = await swept('fewer', 2)
  const chunk = await staged(plan, 'r2', KEYS)
  const lie = { ...chunk, rows: 3, parts: chunk.parts.map((part) => ({ ...part, rows: 3 })) }
  await assert.rejects(sweep(plan, { chunks: [lie] }), { name: 'AuditError' })
  await isUntouched('fewer')
})

/** Stage table, COPY, audit; BEGIN, fence, attempt, ledger, COMMIT; found published; stage dropped. */
const STATEMENTS = 10

test('a sweep costs ten statements, and one more for rows that go, or that are there again', async () => {
  await loaded('counted')
  const count = async (epoch: number, keys: string[]): Promise<number> => {
    const plan = await swept('counted', epoch)
    const chunks = [await staged(plan, `r${epoch}`, keys)]
    const before = lab.warehouse.used().statements
    await sweep(plan, { runId: `r${epoch}`, chunks })
    return lab.warehouse.used().statements - before
  }
  assert.equal(await count(2, ['o1', ...KEYS]), STATEMENTS)
  assert.equal(await count(3, KEYS), STATEMENTS + 1)
  assert.equal(await count(4, ['o1', 'o3']), STATEMENTS + 2)
  assert.equal(await standing('counted'), 'o1 r4, o2 r4 gone, o3 r1')
})

/** BEGIN, fence, attempt, rows, ledger, COMMIT. */
const TRANSACTION = 6

for (const how of ['soft', 'hard'] as const)
  for (let killed = 0; killed <= TRANSACTION; killed++)
    test(`${how}, killed after ${killed} of its ${TRANSACTION} statements: all or nothing, and the next ${how === 'soft' ? 'attempt' : 'run'} ends it`, async () => {
      const table = `k_${how}_${killed}`
      await loaded(table)
      const plan = await swept(table, 2, { how })
      const session = await anotherSession()
      await assert.rejects(sweep(plan, { warehouse: killedAfter(killed, session) }), /killed/)
      await session.close()
      const isDone = killed === TRANSACTION
      assert.equal(await standing(table), isDone ? AFTER[how]('r2') : AS_IT_WAS)
      if (how === 'soft') await sweep(plan, { attempt: 'a2' })
      else await sweep(await swept(table, 3, { how }), { runId: 'r3', attempt: 'b1' })
      assert.equal(await standing(table), AFTER[how](how === 'soft' || isDone ? 'r2' : 'r3'))
      const others = how === 'soft' ? ['r2 sweep 1'] : isDone ? ['r2 sweep 1', 'r3 sweep 0'] : ['r3 sweep 1']
      assert.deepEqual(await ledger(table), ['r1 window 0', ...others])
    })

test('a run that died between its sweep and its window: it goes on with the window, or the next run does both', async () => {
  const NEW: Order[] = [['o4', 'new', '4.00', 40]]
  for (const heir of ['same', 'other'] as const) {
    const table = `between_${heir}`
    await loaded(table)
    await sweep(await swept(table, 2))
    assert.equal(await standing(table), marked('r2'))
    const [run, epoch] = heir === 'same' ? ['r2', 2] : ['r3', 3]
    // o1 came back meanwhile, with the window of the next run
    const back: Order[] = heir === 'same' ? [] : [['o1', 'back', '1.00', 50]]
    await sweep(await swept(table, epoch), {
      ...{ runId: run, attempt: 'a2' },
      ...(heir === 'same' ? {} : { chunks: [await staged(await swept(table, epoch), run, ['o1', ...KEYS])] }),
    })
    await loadOrders(lab, later(lab, table, 30, { epoch }), [...NEW, ...back], { runId: run, attempt: 'a2' })
    assert.equal(
      await standing(table),
      heir === 'same' ? 'o1 r2 gone, o2 r1, o3 r1, o4 r2' : 'o1 r3, o2 r1, o3 r1, o4 r3',
    )
    const own = [`${run} sweep ${heir === 'same' ? 1 : 0}`, `${run} window 0`]
    assert.deepEqual(await ledger(table), ['r1 window 0', ...(heir === 'same' ? [] : ['r2 sweep 1']), ...own])
  }
})

test('a later run holds the fence, or the lease: nothing is taken away', async () => {
  await loaded('held')
  const plan = await swept('held', 2)
  await assert.rejects(sweep(plan, { renew: () => Promise.reject(new LeaseLostError('it is held by another run')) }), {
    name: 'LeaseLostError',
  })
  await isUntouched('held')
  await loadOrders(lab, later(lab, 'held', 30, { epoch: 7 }), [['o4', 'new', '4.00', 40]], { runId: 'r7' })
  await assert.rejects(sweep(plan), {
    name: 'LeaseLostError',
    message: /RAW\.HELD has been taken over.*run r2 published nothing/,
  })
  assert.equal(await standing('held'), `${AS_IT_WAS}, o4 r7`)
  assert.deepEqual(await ledger('held'), ['r1 window 0', 'r7 window 0'])
})

/** An attempt that sleeps after so many statements of its transaction, and what it does when it wakes up. */
const asleepAfter = async (load: (warehouse: Warehouse) => Promise<unknown>, statements: number) => {
  const session = await anotherSession()
  let rest: string[] = []
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
  await assert.rejects(load(sleeping), /asleep/)
  return async () => {
    await session.script(rest).catch(() => session.query('ROLLBACK'))
    await session.close()
  }
}

test('a sweep that sleeps while the key comes back with a later run takes nothing away when it wakes up', async () => {
  await loaded('woken')
  const plan = await swept('woken', 2)
  const wakeUp = await asleepAfter((warehouse) => sweep(plan, { warehouse, attempt: 'z1' }), 0)
  await loadOrders(lab, later(lab, 'woken', 30, { epoch: 3 }), [['o1', 'back', '1.00', 40]], { runId: 'r3' })
  await wakeUp()
  assert.equal(await standing('woken'), 'o1 r3, o2 r1, o3 r1')
  assert.deepEqual(await ledger('woken'), ['r1 window 0', 'r3 window 0'])
})

/** Price as text, so that the target must be rebuilt; o1 is in MySQL then, and gone when it is swept. */
const RETYPED = COLUMNS.map((column) => (column.name === 'price' ? { ...column, type: 'varchar(20)' } : column))

for (const [moment, statements] of [
  ['its check and the change of names', 7],
  ['the change of names and its ledger row', 8],
] as const)
  test(`a sweep after a rebuilding that stopped between ${moment} ends it, and sweeps what stands then`, async () => {
    const table = `rebuilt_${statements}`
    await loaded(table)
    const plan = await lookedAt(lab, orders(lab, table, { columns: RETYPED, publish: 'rebuild', epoch: 2 }))
    const chunks = [
      await stageChunk(
        `${table}-r2`,
        plan,
        FIRST.map(([id, note, price]) => [id, note, price, '2018-01-01 00:00:10']),
      ),
    ]
    const rebuild = { job: 'daily', runId: 'r2', attempt: 'z1', suffix: '', chunks, plan, renew: async () => {} }
    const wakeUp = await asleepAfter((warehouse) => loadTable(warehouse, rebuild), statements)
    assert.equal((await sweep(await swept(table, 3), { runId: 'r3' })).removed, 1)
    const run = statements === 7 ? 'r1' : 'r2'
    const then = `o1 r3 gone, o2 ${run}, o3 ${run}`
    assert.equal(await standing(table), then)
    await wakeUp()
    assert.equal(await standing(table), then)
    assert.deepEqual(await ledger(table), ['r1 window 0', 'r3 sweep 1'])
  })
