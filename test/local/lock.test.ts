import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { takeLock } from '../../local/lock.ts'
import { began } from '../../local/processes.ts'
import { emptyFolder } from './folder.ts'

const LOCK = join(import.meta.dirname, '..', '..', 'local', 'lock.ts')

/** Another process that runs the code, which has `takeLock` and `home`. */
function other(t: TestContext, home: string, code: string): ChildProcess {
  const text = `import { takeLock } from ${JSON.stringify(LOCK)}\nconst home = ${JSON.stringify(home)}\n${code}`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', text], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** Another process that holds the lock as `demo` until it is ended. */
async function holder(t: TestContext, home: string): Promise<ChildProcess> {
  const child = other(t, home, `takeLock(home, 'demo'); console.log('taken'); process.stdin.resume()`)
  await once(child.stdout!, 'data')
  return child
}

test('a second command is refused by name while the first one lives', async (t) => {
  const home = emptyFolder(t)
  const first = await holder(t, home)
  assert.throws(() => takeLock(home, 'up'), {
    name: 'RefusedError',
    message: new RegExp(`^another \`firn demo\` \\(process ${first.pid}\\) is running in ${home}`),
  })
})

test('the lock of a killed command is taken over', async (t) => {
  const home = emptyFolder(t)
  const first = await holder(t, home)
  first.kill('SIGKILL')
  await once(first, 'exit')
  const release = takeLock(home, 'up')
  assert.throws(() => takeLock(home, 'demo'), { message: /another `firn up`/ })
  release()
  assert.deepEqual(readdirSync(home), [])
})

test('a lock whose process id was given to another program is stale', (t) => {
  const home = emptyFolder(t)
  const stale = { pid: process.pid, began: `not ${began(process.pid)}`, what: 'demo' }
  writeFileSync(join(home, 'lock'), JSON.stringify(stale))
  takeLock(home, 'up')()
})

test('a lock that names nobody is stale', (t) => {
  const home = emptyFolder(t)
  for (const text of ['', '{"pid":', '[]', 'null', '{"pid":"1","began":"x"}']) {
    writeFileSync(join(home, 'lock'), text)
    takeLock(home, 'up')()
  }
})

test('giving back leaves a lock that is another one by now', (t) => {
  const home = emptyFolder(t)
  const release = takeLock(home, 'up')
  writeFileSync(join(home, 'lock'), 'of another')
  release()
  assert.deepEqual(readdirSync(home), ['lock'])
})

test('of many commands at once over a stale lock, one at a time holds it', async (t) => {
  const home = emptyFolder(t)
  // Each tries until it has held the lock five times; a second holder could not make the folder.
  const code = `
    import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
    for (let held = 0; held < 5; ) {
      let release
      try { release = takeLock(home, 'race') } catch (error) {
        if (error.name !== 'RefusedError') throw error
        continue
      }
      mkdirSync(home + '/only-one')
      rmdirSync(home + '/only-one')
      held++
      if (held < 5) writeFileSync(home + '/lock', 'stale')
      else release()
    }`
  const racers = [1, 2, 3].map(() => other(t, home, code))
  const codes = await Promise.all(racers.map(async (racer) => (await once(racer, 'exit'))[0]))
  assert.deepEqual(codes, [0, 0, 0])
  assert.deepEqual(readdirSync(home), [])
})
