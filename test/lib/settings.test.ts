import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { mysqlSettings } from '../../lib/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'firn-settings-'))
const kept = { ...process.env }
after(() => {
  process.env = kept
  rmSync(folder, { recursive: true })
})
const CA = rootCertificates[0]!

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^(MYSQL_|FIRN_)/.test(name)) delete process.env[name]
  Object.assign(process.env, { MYSQL_HOST: 'db.example', MYSQL_USER: 'reader', MYSQL_DATABASE: 'olist' })
})

test('every setting of MySQL is read from the environment', async () => {
  Object.assign(process.env, {
    MYSQL_READER_HOST: 'replica.example',
    MYSQL_READER_PORT: '3308',
    MYSQL_SSL: 'required',
    MYSQL_MASK_SALT: 'sixteen or more characters',
  })
  assert.deepEqual(await mysqlSettings(), {
    ...{ host: 'db.example', port: 3306, user: 'reader', password: '', database: 'olist' },
    ...{ readerHost: 'replica.example', readerPort: 3308, ssl: 'required', maskSalt: 'sixteen or more characters' },
  })
})

test('a CA is PEM text, its line breaks as they are or as \\n, or the path of its file', async () => {
  const file = join(folder, 'ca.pem')
  writeFileSync(file, CA)
  for (const given of [CA, CA.replaceAll('\n', '\\n'), file]) {
    process.env.MYSQL_SSL_CA = given
    const { ssl, sslCa } = await mysqlSettings()
    assert.deepEqual([ssl, sslCa], ['verify', CA])
  }
})

test('a CA that is not there is refused by setting and path', async () => {
  process.env.MYSQL_SSL_CA = join(folder, 'none.pem')
  await assert.rejects(mysqlSettings(), {
    name: 'RefusedError',
    message: /^MYSQL_SSL_CA is ".*none\.pem", which cannot be read/,
  })
})
