/** Finds a MariaDB or MySQL server to stand in for MySQL; only this one thing may come from the system's package manager. */

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { RefusedError } from '../lib/errors.ts'

/** A server program on this machine, or an image for Docker. `version` is `10.11.6` and the like. */
export type DatabaseServer =
  | { via: 'program'; kind: 'mariadb' | 'mysql'; version: string; server: string; install: string | null }
  | { via: 'docker'; kind: 'mysql'; version: string; image: string; docker: string }

const IMAGE = 'mysql:8.4'

/** Debian's server without anything that starts it, and the package that has `my_print_defaults`. */
const APT_PACKAGES = ['mariadb-server-core', 'mariadb-client-core']

/** Where servers live that are not on the PATH. */
const FOLDERS = [
  '/usr/sbin',
  '/usr/libexec',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/local/mysql/bin',
  '/opt/homebrew/bin',
  ...['mariadb', 'mysql', 'mysql@8.4'].flatMap((name) => [
    `/opt/homebrew/opt/${name}/bin`,
    `/usr/local/opt/${name}/bin`,
  ]),
]

/** The folders a program is looked for in: the PATH's, then the usual others. */
export function searchFolders(path = process.env.PATH ?? ''): string[] {
  return [...path.split(delimiter).filter(Boolean), ...FOLDERS]
}

/** The first executable of that name in the folders, or null. */
export function findProgram(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {}
  }
  return null
}

/** A server program in the folders that answers to `--version`; null when there is none. */
export function findServer(folders: readonly string[]): DatabaseServer | null {
  for (const name of ['mariadbd', 'mysqld']) {
    const server = findProgram(name, folders)
    if (!server) continue
    const { status, stdout } = spawnSync(server, ['--no-defaults', '--version'], { encoding: 'utf8' })
    const version = /Ver (\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1]
    if (status !== 0 || !version) continue
    if (!/mariadb/i.test(stdout)) return { via: 'program', kind: 'mysql', version, server, install: null }
    // MariaDB's data folder is made by a script, which lies beside the server or in the bin folder next to it.
    const home = dirname(dirname(realpathSync(server)))
    const near = [dirname(server), join(home, 'bin'), join(home, 'scripts'), ...folders]
    const install = findProgram('mariadb-install-db', near) ?? findProgram('mysql_install_db', near)
    if (install && findProgram('my_print_defaults', near))
      return { via: 'program', kind: 'mariadb', version, server, install }
  }
  return null
}

/** Docker, when its daemon answers. */
function findDocker(folders: readonly string[]): DatabaseServer | null {
  const docker = findProgram('docker', folders)
  if (!docker || spawnSync(docker, ['info'], { stdio: 'ignore', timeout: 15_000 }).status !== 0) return null
  return { via: 'docker', kind: 'mysql', version: '8.4', image: IMAGE, docker }
}

/** The words before `apt-get` that let it install: none as root, `sudo -n` where sudo asks no password; null otherwise. */
function aptPrefix(folders: readonly string[]): string[] | null {
  if (!existsSync('/etc/debian_version') || !findProgram('apt-get', folders)) return null
  if (process.getuid?.() === 0) return []
  const sudo = findProgram('sudo', folders)
  return sudo && spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? [sudo, '-n'] : null
}

function installByApt(prefix: string[], log: (line: string) => void): void {
  const steps = [
    ['apt-get', 'update'],
    ['apt-get', 'install', '-y', '--no-install-recommends', ...APT_PACKAGES],
  ]
  for (const step of steps) {
    const [program = '', ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...step]
    log(`installing a database server: ${[...prefix, ...step].join(' ')}`)
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 })
    if (status === 0) continue
    const tail = `${stdout}\n${stderr}`.trimEnd().split('\n').slice(-6).join('\n')
    throw new RefusedError(
      `${step.join(' ')} failed:\n${tail}\nInstall MariaDB or MySQL yourself, then run the command again`,
    )
  }
}

/**
 * A database server: a program that is there, else Docker's, else one that apt installs as root or by a sudo that asks
 * nothing. Says each step in `log` before it is taken. Throws RefusedError telling how to get one.
 */
export function prepareServer(
  log: (line: string) => void,
  folders: readonly string[] = searchFolders(),
): DatabaseServer {
  const here = findServer(folders)
  if (here) return here
  const docker = findDocker(folders)
  if (docker) {
    log(`no MariaDB or MySQL server is installed: Docker will run ${IMAGE}`)
    return docker
  }
  const prefix = aptPrefix(folders)
  if (prefix) {
    installByApt(prefix, log)
    const installed = findServer(folders)
    if (installed) return installed
  }
  throw new RefusedError(
    'a MariaDB or MySQL server is needed and none was found on the PATH or in the usual folders, nor a running Docker. ' +
      'Get one: brew install mariadb (macOS), sudo apt-get install mariadb-server-core mariadb-client-core (Debian, Ubuntu), ' +
      'sudo dnf install mariadb-server (Fedora, RHEL), or start Docker',
  )
}
