import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { checkedMysql, type GivenMysql, readFrom } from '../../lib/mysql-settings.ts'

const GIVEN = { host: 'db.example', port: '3307', user: 'reader', password: 'pw', database: 'olist' }
const CA = rootCertificates[0]!
const checked = (more: Partial<GivenMysql> = {}) => checkedMysql({ ...GIVEN, ...more })

for (const [what, more, mode] of [
  ['what leaves the machine is encrypted', {}, 'required'],
  ['this machine needs nothing', { host: '127.0.0.1' }, 'off'],
  ['nor does localhost', { host: 'localhost' }, 'off'],
  ['a reader elsewhere counts, not the primary here', { host: 'localhost', readerHost: 'replica.example' }, 'required'],
  ['a CA is there to be used', { sslCa: CA }, 'verify'],
  ['also on this machine', { host: '127.0.0.1', sslCa: CA }, 'verify'],
  ['what is said wins', { ssl: 'off' }, 'off'],
  ['with a CA, too', { ssl: 'required', sslCa: CA }, 'required'],
] as const)
  test(`TLS: ${what}: ${mode}`, () => assert.equal(checked(more).ssl, mode))

test('ports may be text; the reader has the port of the primary unless it has its own', () => {
  assert.deepEqual(readFrom(checked()), { host: 'db.example', port: 3307 })
  assert.deepEqual(readFrom(checked({ readerHost: 'r' })), { host: 'r', port: 3307 })
  assert.deepEqual(readFrom(checked({ readerHost: 'r', readerPort: '3308' })), { host: 'r', port: 3308 })
  assert.equal(checkedMysql({ ...GIVEN, port: undefined }).port, 3306)
})

test('checked twice is checked once: what is put into the secret is what is read from it', () => {
  const once = checked({ readerHost: 'r', sslCa: CA, maskSalt: 'sixteen or more characters' })
  assert.deepEqual(checkedMysql(JSON.parse(JSON.stringify(once))), once)
})

for (const [more, said] of [
  [{ port: '33O6' }, /^MYSQL_PORT is "33O6": a whole number from 1 to 65535/],
  [{ readerHost: 'r', readerPort: '0' }, /^MYSQL_READER_PORT is "0"/],
  [{ ssl: 'on' }, /^MYSQL_SSL is "on": off, required, verify are known/],
  [{ ssl: 'off', sslCa: CA }, /^MYSQL_SSL_CA is set, and MYSQL_SSL is "off"/],
  [{ ssl: 'verify', host: '10.0.0.1' }, /"10\.0\.0\.1" is an address.*MYSQL_SSL_CA/],
  [{ sslCa: 'db-ca' }, /^MYSQL_SSL_CA holds no certificate/],
  [{ sslCa: `${CA}\n${CA.slice(0, 200)}\n-----END CERTIFICATE-----` }, /certificate 2 of 2/],
  [{ maskSalt: 'fifteen chars !' }, /^MYSQL_MASK_SALT is too short: at least 16/],
] as [Partial<GivenMysql>, RegExp][])
  test(`refused: ${said}`, () =>
    assert.throws(
      () => checked(more),
      (error: Error) => {
        assert.equal(error.name, 'RefusedError')
        assert.match(error.message, said)
        assert.doesNotMatch(error.message, /fifteen|pw/)
        return true
      },
    ))
