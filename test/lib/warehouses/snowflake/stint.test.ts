import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Countdown, noDeadline } from '../../../../lib/deadline.ts'
import { TimeIsOver } from '../../../../lib/errors.ts'
import type { Row, Warehouse } from '../../../../lib/warehouses/snowflake/connect.ts'
import { firstPlace, Stint } from '../../../../lib/warehouses/snowflake/stint.ts'

/** A warehouse that gives what comes next, and notes what it was asked. */
const answering = (...answers: ({ rows: Row[] } | { queryId: string })[]) => {
  const asked: string[] = []
  const warehouse = {
    start: async (sql: string | string[]) => {
      asked.push(`start ${sql}`)
      return answers.shift()!
    },
    follow: async (queryId: string) => {
      asked.push(`follow ${queryId}`)
      return answers.shift()!
    },
  } as unknown as Warehouse
  return { warehouse, asked }
}

const due = (isDue: boolean): Countdown => ({ ...noDeadline(), isDue: () => isDue })

test('a statement that goes on is in the place, and is followed instead of being sent again', async () => {
  const { warehouse, asked } = answering({ queryId: 'q1' }, { queryId: 'q1' }, { rows: [{ N: 1 }] })
  const place = firstPlace('a1')
  const again = async (kept: unknown) => new Stint(warehouse, JSON.parse(JSON.stringify(kept)))
  await assert.rejects(new Stint(warehouse, place).run('copy', 'COPY'), TimeIsOver)
  assert.deepEqual(place.running, { doing: 'copy', queryId: 'q1' })
  const second = await again(place)
  assert.ok(second.isRunning('copy') && !second.isRunning('audit'))
  await assert.rejects(second.run('copy', 'COPY'), TimeIsOver)
  const third = await again(second.place)
  assert.deepEqual(await third.run('copy', 'COPY'), [{ N: 1 }])
  assert.equal(third.place.running, null)
  assert.deepEqual(asked, ['start COPY', 'follow q1', 'follow q1'])
})

test('who audits and who publishes go through it', async () => {
  const { warehouse, asked } = answering({ rows: [{ N: 1 }] }, { queryId: 'q2' })
  const stint = new Stint(warehouse, firstPlace('a1'))
  assert.deepEqual(await stint.auditor().query('SELECT'), [{ N: 1 }])
  await assert.rejects(stint.publisher().transaction(['UPDATE', 'INSERT']), TimeIsOver)
  assert.deepEqual(stint.place.running, { doing: 'publish', queryId: 'q2' })
  assert.deepEqual(asked, ['start SELECT', 'start UPDATE,INSERT'])
})

test('one step is done whatever the time; then there is a rest when the time is over', async () => {
  const { warehouse } = answering({ rows: [] })
  const late = new Stint(warehouse, firstPlace('a1'), due(true))
  late.rest()
  await late.run('copy', 'COPY')
  assert.throws(() => late.rest(), TimeIsOver)
  const early = new Stint(warehouse, firstPlace('a1'), due(false))
  early.done()
  early.rest()
})
