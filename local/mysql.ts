/**
 * The twin of MySQL: a MariaDB or MySQL server with a data folder, socket and port of its own, tuned to be thrown away:
 * it survives being killed, not a power cut. By Docker it is the same server in a container whose life is that of the
 * `docker run` that started it.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { RefusedError } from '../lib/errors.ts'
import type { DatabaseServer } from './database-server.ts'
import { refuseFullDisk } from './disk.ts'
import { serverEnvironment, type Twin, type TwinPlace } from './twin.ts'

export const MYSQL_USER = 'firn'
export const MYSQL_PASSWORD = 'firn'
export const MYSQL_DATABASE = 'olist'

/** Run at every start, before the first connection: one statement a line. */
const INIT_SQL = [
  `CREATE DATABASE IF NOT EXISTS ${MYSQL_DATABASE} CHARACTER SET utf8mb4;`,
  `CREATE USER IF NOT EXISTS '${MYSQL_USER}'@'%' IDENTIFIED BY '${MYSQL_PASSWORD}';`,
  `GRANT ALL PRIVILEGES ON *.* TO '${MYSQL_USER}'@'%';`,
]

const TUNING = [
  '--skip-name-resolve',
  '--skip-log-bin',
  // 2 leaves a commit with the system, which keeps it when the server is killed; 0 would lose the last second.
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-doublewrite=0',
  '--innodb-buffer-pool-size=512M',
  '--performance-schema=OFF',
  '--max-connections=100',
  '--max-allowed-packet=64M',
  '--local-infile=1',
  '--character-set-server=utf8mb4',
]

type Program = Extract<DatabaseServer, { via: 'program' }>

/** A server started by root must be told that this is meant. */
const asRoot = () => (process.getuid?.() === 0 ? ['--user=root'] : [])

/** Each kind and version keeps a data folder of its own: none reads another's. */
function dataFolder(home: string, server: Program): string {
  return join(home, 'mysql', `${server.kind}-${server.version.split('.').slice(0, 2).join('.')}`)
}

/** The twin on its port, to be started or asked. */
export function mysqlTwin(place: TwinPlace): Twin {
  const { home, tools, ports } = place
  const server = tools.database
  const port = ports.mysql
  const init = join(home, 'mysql', 'init.sql')
  const name = server.kind === 'mariadb' ? 'MariaDB' : 'MySQL'
  return {
    name: 'mysql',
    port,
    title: `${name} ${server.version} on 127.0.0.1:${port}`,
    command: server.via === 'docker' ? dockerCommand(home, server, port) : programCommand(home, server, port),
    environment: serverEnvironment(tools),
    makeReady: () => {
      mkdirSync(join(home, 'mysql', 'tmp'), { recursive: true })
      writeFileSync(init, `${INIT_SQL.join('\n')}\n`)
      if (server.via === 'docker') spawnSync(server.docker, ['rm', '--force', containerName(home)], { stdio: 'ignore' })
      else makeData(home, server, place.log)
    },
    answers: () => greets(port),
    // Docker may have to fetch the image first.
    patienceSeconds: server.via === 'docker' ? 600 : 60,
  }
}

function programCommand(home: string, server: Program, port: number): string[] {
  const data = dataFolder(home, server)
  const base = dirname(dirname(realpathSync(server.server)))
  // A socket's path may have about 100 characters: these names are relative to the data folder.
  const files = [
    `--datadir=${data}`,
    `--tmpdir=${join(home, 'mysql', 'tmp')}`,
    '--socket=mysql.sock',
    '--pid-file=mysql.pid',
  ]
  const own =
    server.kind === 'mysql' ? ['--mysqlx=OFF', '--secure-file-priv=NULL'] : [`--basedir=${base}`, '--log-warnings=1']
  const net = ['--bind-address=127.0.0.1', `--port=${port}`]
  const init = `--init-file=${join(home, 'mysql', 'init.sql')}`
  return [server.server, '--no-defaults', ...files, ...own, ...net, init, ...TUNING, ...asRoot()]
}

/** The name of the container, and of the volume, that belong to a home folder. */
export function containerName(home: string): string {
  return `firn-mysql-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`
}

function dockerCommand(home: string, server: Extract<DatabaseServer, { via: 'docker' }>, port: number): string[] {
  const name = containerName(home)
  const options = [
    '--rm',
    '--name',
    name,
    '--publish',
    `127.0.0.1:${port}:3306`,
    '--env',
    'MYSQL_ALLOW_EMPTY_PASSWORD=yes',
  ]
  const volumes = ['--volume', `${name}:/var/lib/mysql`, '--volume', `${join(home, 'mysql')}:/firn:ro`]
  return [server.docker, 'run', ...options, ...volumes, server.image, '--init-file=/firn/init.sql', ...TUNING]
}

/**
 * Makes the data folder unless it is there: under another name first, since one that was half made looks like a whole.
 * Throws RefusedError with the end of the installer's output.
 */
export function makeData(home: string, server: Program, log: (line: string) => void): void {
  const data = dataFolder(home, server)
  const folder = dirname(data)
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.half')) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 10 })
  }
  if (existsSync(data)) return
  // A name of its own: the installer of a command that was killed may still be writing to the last one.
  const half = `${data}.${process.pid}.half`
  log(`making a data folder for ${server.kind} ${server.version}: ${data}`)
  const base = dirname(dirname(realpathSync(server.server)))
  const [program = '', ...args] = server.install
    ? [
        server.install,
        '--no-defaults',
        `--basedir=${base}`,
        `--datadir=${half}`,
        '--skip-test-db',
        '--skip-name-resolve',
        '--innodb-flush-log-at-trx-commit=0',
        '--innodb-doublewrite=0',
        ...asRoot(),
      ]
    : [server.server, '--no-defaults', '--initialize-insecure', `--datadir=${half}`, ...asRoot()]
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', cwd: folder })
  if (status !== 0) {
    const said = error?.message ?? `${stdout}\n${stderr}`.trim()
    rmSync(half, { recursive: true, force: true, maxRetries: 10 })
    refuseFullDisk(said, folder)
    throw new RefusedError(`${program} could not make ${half}:\n${said.split('\n').slice(-12).join('\n')}`)
  }
  renameSync(half, data)
}

/** Deletes the tables, however the server was run. The server must be stopped. */
export function wipeMysql(home: string, docker: string | null): void {
  if (docker) spawnSync(docker, ['volume', 'rm', '--force', containerName(home)], { stdio: 'ignore' })
  rmSync(join(home, 'mysql'), { recursive: true, force: true })
}

/** Whether a MySQL server greets on the port: its first packet names protocol 10, or an error such as too many connections. */
export function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(2000, () => end(false))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
    socket.once('data', (packet) => end(packet[4] === 10 || packet[4] === 255))
  })
}
