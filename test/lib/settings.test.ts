import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { mysqlSettings, snowflakeSettings } from '../../lib/settings.ts'

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

const SNOWFLAKE = { SNOWFLAKE_ACCOUNT: 'a', SNOWFLAKE_USER: 'U', SNOWFLAKE_DATABASE: 'D' }
const snowflake = (more: Record<string, string>) => {
  for (const name of Object.keys(process.env)) if (/^SNOWFLAKE_/.test(name)) delete process.env[name]
  Object.assign(process.env, SNOWFLAKE, more)
  return snowflakeSettings()
}

test('workload identity is named as the driver names it, and needs no secret', async () => {
  const aws = await snowflake({
    SNOWFLAKE_AUTHENTICATOR: 'workload_identity',
    SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: 'aws',
    SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH: 'arn:aws:iam::1:role/a, arn:aws:iam::1:role/b',
  })
  assert.deepEqual(aws.workloadIdentity, {
    provider: 'AWS',
    impersonationPath: ['arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/b'],
  })
  const file = join(folder, 'token')
  writeFileSync(file, 'ey.x.y\n')
  const oidc = { SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: 'OIDC', SNOWFLAKE_TOKEN_FILE_PATH: file }
  assert.deepEqual((await snowflake(oidc)).workloadIdentity, { provider: 'OIDC', token: 'ey.x.y' })
})

test('a login that cannot be is refused by the setting that says so', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{}, /SNOWFLAKE_PRIVATE_KEY.*SNOWFLAKE_PASSWORD.*SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER/],
    [{ SNOWFLAKE_AUTHENTICATOR: 'externalbrowser' }, /^SNOWFLAKE_AUTHENTICATOR is "externalbrowser"/],
    [{ SNOWFLAKE_AUTHENTICATOR: 'WORKLOAD_IDENTITY' }, /^SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER is ""/],
    [{ SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: 'IBM' }, /"IBM", and one of AWS, AZURE, GCP, OIDC/],
    [{ SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: 'OIDC' }, /SNOWFLAKE_TOKEN_FILE_PATH/],
  ]
  for (const [settings, message] of cases) await assert.rejects(snowflake(settings), { name: 'RefusedError', message })
})

test('how files reach Snowflake is one of the known ways, or left out', async () => {
  const password = { SNOWFLAKE_PASSWORD: 'x' }
  assert.equal((await snowflake(password)).loadMode, undefined)
  assert.equal((await snowflake({ ...password, SNOWFLAKE_LOAD_MODE: 'internal' })).loadMode, 'internal')
  await assert.rejects(snowflake({ ...password, SNOWFLAKE_LOAD_MODE: 'copy' }), {
    name: 'RefusedError',
    message: /^SNOWFLAKE_LOAD_MODE is "copy": known are auto, external, internal, insert/,
  })
})
