import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { MISSED, WATCH_MS, whileAlive } from '../../../../lib/warehouses/snowflake/watch.ts'

const lost = () => new Error('lost')
const looks = async (count: number) => {
  for (let i = 0; i < count; i++) {
    mock.timers.tick(WATCH_MS)
    await setImmediate()
  }
}

test('work that never ends is given up when signs of life are missing in a row', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  const alive = [true, false, true, ...Array.from({ length: MISSED }, () => false)]
  const asked: boolean[] = []
  const isAlive = async () => {
    asked.push(alive[asked.length]!)
    return asked.at(-1)!
  }
  const waiting = assert.rejects(whileAlive(new Promise(() => {}), isAlive, lost), /lost/)
  await looks(alive.length)
  await waiting
  assert.deepEqual(asked, alive)
})

test('work that ends is waited for however long it takes, and nobody looks any more', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  let finish: (value: number) => void = () => {}
  let asked = 0
  const isAlive = async () => ++asked > 0
  const waiting = whileAlive(new Promise<number>((done) => (finish = done)), isAlive, lost)
  await looks(20)
  finish(7)
  assert.equal(await waiting, 7)
  await looks(5)
  assert.equal(asked, 20)
})

test('an error of the work itself passes', async () => {
  await assert.rejects(
    whileAlive(Promise.reject(new Error('its own')), async () => true, lost),
    /its own/,
  )
})
