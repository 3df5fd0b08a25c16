/** TLS against a server with a certificate of a CA made for this test. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkedMysql, type GivenMysql } from '../../../../lib/mysql-settings.ts'
import { openMysql, textRows } from '../../../../lib/sources/mysql/connect.ts'
import { ownServer } from './own-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'firn-tls-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })

const makeCa = (name: string) => {
  const subject = ['-subj', `/CN=${name}`, '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE']
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, ...subject)
  return readFileSync(at(`${name}.pem`), 'utf8')
}

/** A certificate for a host name, signed by the CA. */
const makeCertificate = (name: string, host: string) => {
  writeFileSync(at(`${name}.ext`), `subjectAltName=DNS:${host}\n`)
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${host}`,
  )
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`]
  openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signed)
  return [`--ssl-ca=${at('ca.pem')}`, `--ssl-cert=${at(`${name}.pem`)}`, `--ssl-key=${at(`${name}.key`)}`]
}

const ca = makeCa('ca')
const otherCa = makeCa('other')
const server = await ownServer(makeCertificate('server', 'localhost'))

const given = (more: Partial<GivenMysql>) => checkedMysql({ ...server.settings, ...more })

const cipher = async (more: Partial<GivenMysql>): Promise<string> => {
  const connection = await openMysql(given(more))
  try {
    return (await textRows(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'"))[0]![1]!
  } finally {
    await connection.end()
  }
}

for (const [what, more] of [
  ['its CA, by name', { host: 'localhost', sslCa: ca }],
  ['its CA, by address', { sslCa: ca }],
  ['its CA among others', { host: 'localhost', sslCa: otherCa + ca }],
  ['no CA, whoever answers', { ssl: 'required' }],
] as const)
  test(`with ${what}, the session is encrypted`, async () => assert.match(await cipher(more), /AES|CHACHA/))

test('without TLS it is not', async () => assert.equal(await cipher({ ssl: 'off' }), ''))

const refused = (more: Partial<GivenMysql>, message: RegExp) =>
  assert.rejects(openMysql(given(more)), (error: Error) => {
    assert.equal(error.name, 'RefusedError', `${error.name}: ${error.message}`)
    assert.match(error.message, message)
    assert.match(error.message, /npm run -s firn -- doctor/)
    return true
  })

test('another CA is refused, and so are the public ones', async () => {
  const untrusted = /certificate of MySQL at localhost:\d+ is not trusted \((self-signed|unable to).*MYSQL_SSL_CA/
  await refused({ host: 'localhost', sslCa: otherCa }, untrusted)
  await refused({ host: 'localhost', ssl: 'verify' }, untrusted)
  await refused({ sslCa: otherCa }, /127\.0\.0\.1:\d+ is not trusted/)
})

test('a user who must be encrypted is told so', async () => {
  await server.run("CREATE USER 'careful'@'%' IDENTIFIED BY 'pw' REQUIRE SSL; GRANT SELECT ON *.* TO 'careful'@'%'")
  const careful = { user: 'careful', password: 'pw' }
  await refused({ ...careful, ssl: 'off' }, /careful@127\.0\.0\.1.*may only connect encrypted.*MYSQL_SSL/)
  assert.match(await cipher({ ...careful, ssl: 'required' }), /./)
})

test('a certificate for another host is refused', async () => {
  await server.kill()
  await server.start(makeCertificate('stranger', 'db.example'))
  await refused({ host: 'localhost', sslCa: ca }, /is for another name: .*DNS:db\.example.*MYSQL_HOST/)
})

test('a server without TLS is refused when TLS is asked for, with what to do', async () => {
  await server.kill()
  await server.start(server.kind === 'mariadb' ? ['--skip-ssl'] : ['--tls-version='])
  for (const more of [{ ssl: 'required' }, { host: 'localhost', sslCa: ca }] as const)
    await refused(more, /offers no encrypted connection.*MYSQL_SSL=off/)
})
