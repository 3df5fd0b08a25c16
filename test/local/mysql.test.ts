import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { containerName, greets, makeData, mysqlTwin } from '../../local/mysql.ts'
import { choosePort } from '../../local/ports.ts'
import { emptyFolder, program } from './folder.ts'

async function listener(t: TestContext, greet: (socket: Socket) => void): Promise<number> {
  const server = createServer(greet).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('a MySQL server is known by its greeting', async (t) => {
  const handshake = Buffer.from([5, 0, 0, 0, 10, 56, 46, 52, 0])
  assert.equal(await greets(await listener(t, (socket) => socket.write(handshake))), true)
  assert.equal(await greets(await listener(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))), false)
  assert.equal(await greets(await listener(t, (socket) => socket.end())), false)
  assert.equal(await greets(await choosePort(undefined, new Set())), false)
})

test('a data folder is whole or not there', (t) => {
  const home = emptyFolder(t)
  const bin = join(home, 'bin')
  mkdirSync(bin)
  mkdirSync(join(home, 'mysql'))
  const make =
    'for a in "$@"; do case $a in --datadir=*) mkdir "${a#--datadir=}"; echo half > "${a#--datadir=}/f";; esac; done'
  const server = program(bin, 'mariadbd')
  const data = join(home, 'mysql', 'mariadb-10.11')
  const database = (install: string) =>
    ({ via: 'program', kind: 'mariadb', version: '10.11.6', server, install }) as const

  const failing = database(program(bin, 'failing', make, 'echo "cannot do it" >&2; exit 1'))
  assert.throws(() => makeData(home, failing, () => {}), {
    name: 'RefusedError',
    message: /failing could not make .*\n.*cannot do it/,
  })
  assert.deepEqual(readdirSync(join(home, 'mysql')), [])

  // As an attempt that was killed leaves it.
  mkdirSync(`${data}.1.half`)
  const working = database(program(bin, 'working', 'set -e', make))
  const lines: string[] = []
  makeData(home, working, (line) => lines.push(line))
  assert.deepEqual(lines, [`making a data folder for mariadb 10.11.6: ${data}`])
  writeFileSync(join(data, 'table'), '')
  makeData(home, failing, () => assert.fail('the folder is there'))
  assert.deepEqual(readdirSync(join(home, 'mysql')), ['mariadb-10.11'])
  assert.ok(existsSync(join(data, 'table')))
})

test('by Docker the container and its volume carry the name of their home', (t) => {
  const home = emptyFolder(t)
  const docker = program(home, 'docker')
  const tools = {
    python: 'python',
    dbt: 'dbt',
    nodeFolder: home,
    database: { via: 'docker', kind: 'mysql', version: '8.4', image: 'mysql:8.4', docker },
  } as const
  const twin = mysqlTwin({ home, root: home, tools, ports: { mysql: 3311, aws: 1, snowflake: 2 }, log: () => {} })
  const name = containerName(home)
  assert.notEqual(name, containerName(`${home}2`))
  const text = twin.command.join(' ')
  assert.ok(text.startsWith(`${docker} run --rm --name ${name} --publish 127.0.0.1:3311:3306 `))
  assert.ok(text.includes(` --volume ${name}:/var/lib/mysql `))
  assert.match(text, / mysql:8\.4 --init-file=\/firn\/init\.sql .*--max-connections=100/)
})
