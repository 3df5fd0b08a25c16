import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Start } from '../../bench/competitors.ts'
import { measure } from '../../bench/measure.ts'
import { findPython } from '../../local/python.ts'

const work = mkdtempSync(join(tmpdir(), 'firn-bench-'))
after(() => rmSync(work, { recursive: true }))
const bench = { root: join(import.meta.dirname, '..', '..'), launcher: findPython(), work }

const node = (script: string, more: Partial<Start> = {}): Start => ({
  ...{ command: [process.execPath, '-e', script], environment: {}, quiet: false, files: () => [] },
  ...more,
})
const run = (start: Start, signal = new AbortController().signal) => measure(bench, start, signal)

/** The same in a process below. */
const below = (script: string) =>
  `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: 'inherit' })`
const BUSY = 'for (const end = performance.now() + 300; performance.now() < end; );'
const LARGE = 'Buffer.alloc(200 << 20, 1)'

describe('a run is measured', () => {
  for (const [where, wrapped] of [
    ['of its own', (script: string) => script],
    ['of a process below it', below],
  ] as const)
    test(`CPU seconds and memory ${where}`, async () => {
      const found = await run(node(wrapped(`${LARGE}; ${BUSY}`)))
      assert.ok('sample' in found)
      const { seconds, cpuSeconds, maxRssMb } = found.sample
      assert.ok(seconds >= 0.3, `${seconds} s`)
      assert.ok(cpuSeconds >= 0.25, `${cpuSeconds} CPU s`)
      assert.ok(maxRssMb >= 200 && maxRssMb < 500, `${maxRssMb} MB`)
    })

  test('memory is its own, not that of who started it', async () => {
    const held = Buffer.alloc(300 << 20, 1)
    const found = await run(node('0'))
    assert.ok('sample' in found && found.sample.maxRssMb < 150)
    assert.equal(held.length, 300 << 20)
  })

  test('seconds of the work are those it says in its last line; what says nothing has none', async () => {
    const found = await run(node(`console.log('one'); console.log(JSON.stringify({ rows: 1, seconds: 0.25 }))`))
    assert.ok('sample' in found)
    assert.equal(found.sample.workSeconds, 0.25)
    const quiet = await run(node(`console.log('{"seconds": 1}')`, { quiet: true }))
    assert.ok('sample' in quiet)
    assert.equal(quiet.sample.workSeconds, null)
  })

  test('its environment is what is given, and little else', async () => {
    const script = `console.log(process.env.GIVEN, process.env.npm_config_user_agent, process.env.TZ)`
    process.env.npm_config_user_agent = 'a caller'
    const found = await run(node(script, { environment: { GIVEN: 'yes' } }))
    assert.ok('said' in found)
    assert.equal(found.said, 'yes undefined UTC')
  })

  test('one that fails is told with its status and the last it said', async () => {
    const found = await run(node(`console.error('first'); console.error('last'); process.exit(3)`))
    assert.deepEqual(found, { failed: 'status 3: last' })
  })

  test('a program that is not there', async () => {
    const found = await run({ ...node(''), command: ['/no/such/program'] })
    assert.deepEqual(found, { failed: 'it could not be started' })
  })
})
