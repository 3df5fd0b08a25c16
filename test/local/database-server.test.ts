import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findServer, prepareServer } from '../../local/database-server.ts'
import { emptyFolder, program } from './folder.ts'

const MARIADB = `echo "mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)"`
const MYSQL = `echo "mysqld  Ver 8.4.3 for Linux on x86_64 (MySQL Community Server - GPL)"`

test('a MariaDB server counts when what makes its data folder is there as well', (t) => {
  const folder = emptyFolder(t)
  const server = program(folder, 'mariadbd', MARIADB)
  assert.equal(findServer([folder]), null)
  const install = program(folder, 'mariadb-install-db')
  assert.equal(findServer([folder]), null)
  program(folder, 'my_print_defaults')
  assert.deepEqual(findServer(['/no/such/folder', folder]), {
    via: 'program',
    kind: 'mariadb',
    version: '10.11.6',
    server,
    install,
  })
})

test('a MySQL server makes its data folder itself', (t) => {
  const folder = emptyFolder(t)
  const server = program(folder, 'mysqld', MYSQL)
  assert.deepEqual(findServer([folder]), { via: 'program', kind: 'mysql', version: '8.4.3', server, install: null })
})

test('a server that does not run is none', (t) => {
  const folder = emptyFolder(t)
  program(folder, 'mysqld', 'exit 1')
  assert.equal(findServer([folder]), null)
})

test('Docker stands in when its daemon answers, and that is said', (t) => {
  const folder = emptyFolder(t)
  const docker = program(folder, 'docker', '[ "$1" = info ]')
  const lines: string[] = []
  const server = prepareServer((line) => lines.push(line), [folder])
  assert.deepEqual(server, { via: 'docker', kind: 'mysql', version: '8.4', image: 'mysql:8.4', docker })
  assert.deepEqual(lines, ['no MariaDB or MySQL server is installed: Docker will run mysql:8.4'])
})

test('without server, Docker or a package manager the message says how to get one', (t) => {
  const folder = emptyFolder(t)
  program(folder, 'docker', 'exit 1')
  assert.throws(() => prepareServer(() => {}, [folder]), {
    name: 'RefusedError',
    message: /brew install mariadb .*apt-get install .*dnf install .*start Docker/,
  })
})
