import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { began, logFile, logTail, running, start, stop } from '../../local/processes.ts'
import { emptyFolder } from './folder.ts'

/** Starts a shell command as a server; it is gone with the test. */
function server(t: TestContext, home: string, script: string) {
  t.after(() => stop(home, 'server', 0))
  return start({
    home,
    name: 'server',
    port: 4000,
    command: ['/bin/sh', '-c', script],
    environment: { PATH: process.env.PATH ?? '', WORD: 'hello' },
    folder: home,
  })
}

async function eventually<T>(ask: () => T): Promise<NonNullable<T>> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await pause(10)) {
    const answer = ask()
    if (answer) return answer
  }
  throw new Error('it did not come to be within 10 seconds')
}

test('a server runs in its folder with its environment alone, and its words are in its log', async (t) => {
  const home = emptyFolder(t)
  process.env.FIRN_TEST_SECRET = 'never'
  t.after(() => delete process.env.FIRN_TEST_SECRET)
  const record = server(t, home, 'echo "$WORD $FIRN_TEST_SECRET$PWD" >&2; exec sleep 600')
  assert.deepEqual(running(home, 'server'), record)
  assert.equal(record.port, 4000)
  await eventually(() => logTail(home, 'server') === `hello ${home}`)
})

test('a server is asked to stop, with time to do so', async (t) => {
  const home = emptyFolder(t)
  const record = server(t, home, `trap 'echo bye > done; exit 0' TERM; echo ready; while :; do sleep 0.05; done`)
  await eventually(() => logTail(home, 'server') === 'ready')
  assert.equal(await stop(home, 'server'), true)
  assert.equal(readFileSync(join(home, 'done'), 'utf8'), 'bye\n')
  assert.equal(began(record.pid), null)
  assert.equal(running(home, 'server'), null)
  assert.equal(await stop(home, 'server'), false)
})

test('a server that does not stop is ended with its children', async (t) => {
  const home = emptyFolder(t)
  const record = server(t, home, `trap '' TERM; sleep 600 & echo $! > child; echo ready; wait; wait`)
  await eventually(() => logTail(home, 'server') === 'ready')
  const child = Number(readFileSync(join(home, 'child'), 'utf8'))
  assert.notEqual(began(child), null)
  assert.equal(await stop(home, 'server', 0.2), true)
  assert.equal(began(record.pid), null)
  await eventually(() => began(child) === null)
})

test('a record whose process is another program by now is never acted upon', async (t) => {
  const home = emptyFolder(t)
  mkdirSync(join(home, 'pids'))
  const file = join(home, 'pids', 'server.json')
  const bystander = server(t, emptyFolder(t), 'exec sleep 600')
  writeFileSync(file, JSON.stringify({ ...bystander, began: 'another moment' }))
  assert.equal(running(home, 'server'), null)
  assert.equal(await stop(home, 'server'), false)
  assert.equal(began(bystander.pid), bystander.began)
  assert.equal(existsSync(file), false)
  process.kill(bystander.pid, 'SIGKILL')
})

test('a half-written record names no process', (t) => {
  const home = emptyFolder(t)
  mkdirSync(join(home, 'pids'))
  for (const text of ['', '{"pid":', 'null', '{"pid":"1"}', '7']) {
    writeFileSync(join(home, 'pids', 'server.json'), text)
    assert.equal(running(home, 'server'), null)
  }
})

test('the log of the start before is kept beside', async (t) => {
  const home = emptyFolder(t)
  server(t, home, 'echo first')
  await eventually(() => logTail(home, 'server') === 'first' && !running(home, 'server'))
  server(t, home, 'echo second')
  await eventually(() => logTail(home, 'server') === 'second')
  assert.equal(readFileSync(`${logFile(home, 'server')}.old`, 'utf8'), 'first\n')
})

test('a program that is not there is told in the log', async (t) => {
  const home = emptyFolder(t)
  start({ home, name: 'server', port: 1, command: ['/no/such/program'], environment: {}, folder: home })
  assert.equal(running(home, 'server'), null)
  await eventually(() => /ENOENT/.test(logTail(home, 'server')))
})
