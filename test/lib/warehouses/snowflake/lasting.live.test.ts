/** Statements that go on without who began them, through the real driver. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Countdown, deadlineIn, noDeadline } from '../../../../lib/deadline.ts'
import { connectSnowflake } from '../../../../lib/warehouses/snowflake/connect.ts'
import { type HeldTwin, heldTwin } from './held-twin.ts'
import { type Lab, openLab } from './lab.ts'

let twin: HeldTwin
let lab: Lab
before(async () => {
  twin = await heldTwin()
  lab = await openLab('LASTING', twin.stack)
  await lab.warehouse.query('CREATE TABLE RAW.T (N NUMBER(38,0))')
})
after(async () => {
  await lab.warehouse.close()
  await twin.down()
})

/** A deadline that is as far as it says until the test says that it is due. */
const due = (left: number) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const deadline: Countdown = { ...noDeadline(), left: () => left, due: promise }
  return { deadline, isNow: resolve }
}

const rows = async () => (await lab.warehouse.query('SELECT N FROM RAW.T ORDER BY N')).map(({ N }) => N)

test('what ends in time is as a query, and fails as a query', async () => {
  for (const deadline of [noDeadline(), deadlineIn(30_000)]) {
    assert.deepEqual(await lab.warehouse.start('SELECT 1::NUMBER(3,0) AS N', deadline), { rows: [{ N: '1' }] })
    await assert.rejects(lab.warehouse.start('SELECT * FROM RAW.NONE', deadline), {
      name: 'WarehouseError',
      message: /^Snowflake, 002003/,
    })
    await assert.rejects(lab.warehouse.start(['INSERT INTO RAW.T VALUES (1)', 'SELECT 1/0'], deadline), {
      name: 'WarehouseError',
    })
    deadline.clear()
  }
  assert.deepEqual(await rows(), [])
})

/** With much time left the id comes with the first answer; with little it is asked for first. */
for (const [much, left] of [
  ['much', 600_000],
  ['little', 0],
] as const)
  test(`a statement that outlives its time, begun with ${much} of it left, is followed from another session`, async () => {
    const held = twin.hold(`${left} + 1`)
    const { deadline, isNow } = due(left)
    const begun = lab.warehouse.start(`SELECT ${left} + 1 AS N`, deadline)
    await held.held()
    isNow()
    const outcome = await begun
    assert.ok('queryId' in outcome)
    const other = await connectSnowflake({ ...lab.settings, schema: 'RAW', warehouse: 'OTHER' })
    const soon = due(0)
    const waiting = other.follow(outcome.queryId, soon.deadline)
    soon.isNow()
    assert.deepEqual(await waiting, { queryId: outcome.queryId })
    held.release()
    assert.deepEqual(await other.follow(outcome.queryId, noDeadline()), { rows: [{ N: String(left + 1) }] })
    assert.deepEqual(await lab.warehouse.follow(outcome.queryId, noDeadline()), { rows: [{ N: String(left + 1) }] })
    await other.close()
  })

for (const left of [600_000, 0])
  test(`a transaction that goes on (${left}) is nobody else's: what the worker asks next is not part of it`, async () => {
    await lab.warehouse.query('TRUNCATE TABLE RAW.T')
    const held = twin.hold('VALUES (22)')
    const { deadline, isNow } = due(left)
    const begun = lab.warehouse.start(['INSERT INTO RAW.T VALUES (11)', 'INSERT INTO RAW.T VALUES (22)'], deadline)
    await held.held()
    isNow()
    const outcome = await begun
    assert.ok('queryId' in outcome)
    // DDL would commit what the transaction has done so far, and a session of its own does not wait for it
    await lab.warehouse.query('CREATE OR REPLACE TABLE RAW.OTHER (N NUMBER(38,0))')
    assert.deepEqual(await rows(), [])
    held.release()
    assert.ok('rows' in (await lab.warehouse.follow(outcome.queryId, noDeadline())))
    assert.deepEqual(await rows(), ['11', '22'])
  })

/** Begun, and failing after two rows; whoever began it waits for that later. */
const transactionThatFails = (...numbers: [number, number]): Promise<void> => {
  const inserts = numbers.map((number) => `INSERT INTO RAW.T VALUES (${number})`)
  const failing = lab.warehouse.transaction([...inserts, 'SELECT 1/0'])
  failing.catch(() => {})
  return failing
}

test("a transaction is nobody else's while it runs: another, and DDL, go on beside it", async () => {
  await lab.warehouse.query('TRUNCATE TABLE RAW.T')
  const held = twin.hold('VALUES (45)')
  const failing = transactionThatFails(44, 45)
  await held.held()
  await lab.warehouse.query('CREATE OR REPLACE TABLE RAW.OTHER (N NUMBER(38,0))')
  await lab.warehouse.transaction(['INSERT INTO RAW.T VALUES (46)'])
  assert.deepEqual(await rows(), ['46'])
  held.release()
  await assert.rejects(failing, { name: 'WarehouseError', message: /Division by zero/ })
  assert.deepEqual(await rows(), ['46'])
})

test('a transaction begins in no session that somebody else is still at work in', async () => {
  await lab.warehouse.query('TRUNCATE TABLE RAW.T')
  const script = twin.hold('SELECT 50')
  const transaction = twin.hold('VALUES (52)')
  const made = lab.warehouse.script(['SELECT 50', 'CREATE OR REPLACE TABLE RAW.OTHER (N NUMBER(38,0))'])
  await script.held()
  const failing = transactionThatFails(51, 52)
  await transaction.held()
  script.release()
  await made
  transaction.release()
  await assert.rejects(failing, { name: 'WarehouseError', message: /Division by zero/ })
  assert.deepEqual(await rows(), [])
})

test('a transaction that failed while nobody waited tells with what, and leaves nothing', async () => {
  await lab.warehouse.query('TRUNCATE TABLE RAW.T')
  const held = twin.hold('VALUES (33)')
  const { deadline, isNow } = due(0)
  const begun = lab.warehouse.start(
    ['INSERT INTO RAW.T VALUES (33)', "INSERT INTO RAW.T SELECT TO_NUMBER('counts differ')"],
    deadline,
  )
  await held.held()
  isNow()
  const outcome = await begun
  assert.ok('queryId' in outcome)
  held.release()
  await assert.rejects(lab.warehouse.follow(outcome.queryId, noDeadline()), {
    name: 'WarehouseError',
    message: /^Snowflake, 100038/,
  })
  assert.deepEqual(await rows(), [])
})

test('a statement that nobody knows is no failure of a load: it is tried again', async () => {
  await assert.rejects(lab.warehouse.follow('01b2c3d4-0000-0000-0000-000000000000', noDeadline()), {
    name: 'UnavailableError',
    message: /no word of the statement 01b2c3d4/,
  })
})
