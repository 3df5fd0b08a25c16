/** A whole set of twins in a home of its own: up, killed, up again, spoilt, down. Each test leaves off where the next begins. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { began, running } from '../../local/processes.ts'
import { readStack, type Stack, stackFile } from '../../local/stack.ts'
import { down, status, up } from '../../local/twins.ts'
import { ROOT } from '../stack.ts'

let home = ''
let lines: string[] = []
const log = (line: string) => lines.push(line)
const bring = (root = ROOT) => {
  lines = []
  return up({ home, root, log })
}
const states = async () => Object.fromEntries((await status({ home })).map((twin) => [twin.name, twin.state]))
const pids = () => ['mysql', 'aws', 'snowflake'].map((name) => running(home, name)?.pid)

async function query(stack: Stack, sql: string): Promise<unknown> {
  const connection = await createConnection(stack.mysql)
  try {
    return (await connection.query(sql))[0]
  } finally {
    await connection.end()
  }
}

/** Kills a twin as an impatient person would, and waits until it is gone. */
async function kill(name: string): Promise<void> {
  process.kill(running(home, name)!.pid, 'SIGKILL')
  while (running(home, name)) await pause(10)
}

describe('a set of twins', () => {
  let stack: Stack

  before(() => {
    home = mkdtempSync(join(tmpdir(), 'firn-home-'))
  })
  after(async () => {
    await down({ home, log, wipe: true })
    rmSync(home, { recursive: true, force: true })
  })

  test('comes up from nothing and is written down', async () => {
    stack = await bring()
    assert.deepEqual(readStack(home), stack)
    assert.deepEqual(await states(), { mysql: 'up', aws: 'up', snowflake: 'up' })
    for (const what of ['MariaDB|MySQL', 'AWS', 'Snowflake'])
      assert.match(lines.join('\n'), new RegExp(`starting (${what}) `))
  })

  test('MySQL takes the user of the stack, with the settings that loading needs', async () => {
    await query(stack, 'CREATE TABLE kept (id INT PRIMARY KEY, word VARCHAR(20))')
    await query(stack, "INSERT INTO kept VALUES (1, 'geada ❄')")
    assert.deepEqual(await query(stack, 'SELECT * FROM kept'), [{ id: 1, word: 'geada ❄' }])
    const settings = await query(
      stack,
      'SELECT @@max_connections AS connections, @@local_infile AS files, @@max_allowed_packet AS packet, @@port AS port',
    )
    assert.deepEqual(settings, [{ connections: 100, files: 1, packet: 64 << 20, port: stack.mysql.port }])
  })

  test('a second up changes nothing', async () => {
    const before = pids()
    assert.deepEqual(await bring(), stack)
    assert.deepEqual(pids(), before)
    assert.deepEqual(
      lines.map((line) => line.split(':')[0]),
      ['running', 'running', 'running'],
    )
  })

  test('what was killed comes up again where it was; the rest is not touched', async () => {
    const [mysql, , snowflake] = pids()
    await kill('aws')
    assert.deepEqual(await states(), { mysql: 'up', aws: 'down', snowflake: 'up' })
    assert.deepEqual(await bring(), stack)
    assert.deepEqual([running(home, 'mysql')?.pid, running(home, 'snowflake')?.pid], [mysql, snowflake])

    await query(stack, "INSERT INTO kept VALUES (2, 'a moment ago')")
    await kill('mysql')
    assert.deepEqual(await bring(), stack)
    assert.deepEqual(await query(stack, 'SELECT id FROM kept'), [{ id: 1 }, { id: 2 }])
  })

  test('a port that another program took is left to it, and whoever was told of it is started anew', async () => {
    const snowflake = running(home, 'snowflake')?.pid
    const port = Number(new URL(stack.aws.endpoint).port)
    await kill('aws')
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    try {
      stack = await bring()
    } finally {
      other.close()
    }
    assert.notEqual(Number(new URL(stack.aws.endpoint).port), port)
    assert.notEqual(running(home, 'snowflake')?.pid, snowflake)
    assert.ok(running(home, 'snowflake')?.command.includes(stack.aws.endpoint))
  })

  test('a server that hangs is started anew', async () => {
    const { pid } = running(home, 'aws')!
    process.kill(pid, 'SIGSTOP')
    assert.equal((await states()).aws, 'silent')
    assert.deepEqual(await bring(), stack)
    assert.notEqual(running(home, 'aws')?.pid, pid)
  })

  test('a half-written stack.json is refused by up; down mends it', async () => {
    writeFileSync(stackFile(home), readFileSync(stackFile(home), 'utf8').slice(0, 40))
    await assert.rejects(bring(), { name: 'RefusedError', message: /stack\.json is not JSON .*firn -- down/ })
    await down({ home, log })
    assert.equal(existsSync(stackFile(home)), false)
    assert.deepEqual(await states(), { mysql: 'down', aws: 'down', snowflake: 'down' })
  })

  test('an up that was killed while it made the data folder does not spoil the next', async () => {
    const [data] = readdirSync(join(home, 'mysql')).filter((name) => /^(mariadb|mysql)-/.test(name))
    mkdirSync(join(home, 'mysql', `${data}.half`, 'mysql'), { recursive: true })
    stack = await bring()
    assert.deepEqual(await query(stack, 'SELECT word FROM kept WHERE id = 1'), [{ word: 'geada ❄' }])
    assert.equal(existsSync(join(home, 'mysql', `${data}.half`)), false)
  })

  test('a twin that cannot start is told with the end of its log; the others stay', async () => {
    await down({ home, log })
    const root = mkdtempSync(join(tmpdir(), 'firn-root-'))
    mkdirSync(join(root, 'local', 'aws'), { recursive: true })
    for (const path of ['.firn', 'node_modules', 'local/requirements.txt', 'local/snowflake']) {
      symlinkSync(join(ROOT, path), join(root, path))
    }
    writeFileSync(join(root, 'local', 'aws', 'twin.py'), "raise SystemExit('no such moon')\n")
    try {
      await assert.rejects(bring(root), {
        name: 'UnavailableError',
        message: /^AWS on .* ended while starting; the end of .*aws\.log:\nno such moon$/,
      })
      assert.deepEqual(await states(), { mysql: 'up', aws: 'down', snowflake: 'up' })
    } finally {
      rmSync(root, { recursive: true })
    }
  })

  test('down ends every process; what it wipes is gone', async () => {
    stack = await bring()
    const processes = pids()
    await down({ home, log, wipe: true })
    assert.deepEqual(
      processes.map((pid) => began(pid!)),
      [null, null, null],
    )
    assert.deepEqual(readdirSync(home), [])
  })
})
