import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ValueError } from '../../../../lib/errors.ts'
import { translateMysql } from '../../../../lib/sources/mysql/errors.ts'

const PLACE = { host: 'db.example', port: 3307, user: 'reader', database: 'olist' }
const given = (properties: { errno?: number; code?: string }) =>
  translateMysql(Object.assign(new Error('as the server said'), properties), PLACE)

for (const properties of [
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'PROTOCOL_CONNECTION_LOST'].map((code) => ({
    code,
  })),
  ...[1040, 1053, 1203, 1205, 1213, 1226, 1317, 1927, 1969, 3024].map((errno) => ({ errno, code: 'ER_X' })),
])
  test(`${JSON.stringify(properties)} may heal`, () => {
    const error = given(properties)
    assert.equal(error.name, 'UnavailableError')
    assert.match(error.message, /db\.example:3307/)
    assert.match(
      error.message,
      new RegExp(`\\(${properties.code === 'ER_X' ? Object.values(properties)[0] : properties.code}\\)`),
    )
  })

for (const errno of [1044, 1045, 1049, 1130, 1142, 1143, 3159])
  test(`${errno} is refused, naming who asked where and what to run`, () => {
    const error = given({ errno, code: 'ER_X' })
    assert.equal(error.name, 'RefusedError')
    assert.match(error.message, /reader@db\.example:3307|at db\.example:3307.*asked as reader@db\.example:3307/)
    assert.match(error.message, /npm run -s firn -- doctor/)
  })

for (const errno of [1054, 1146])
  test(`${errno}: the table is not as it was planned`, () => assert.equal(given({ errno }).name, 'DriftError'))

test('a connection lost while encryption is agreed on may heal; one that is not trusted does not', () => {
  const tls = (message: string) =>
    translateMysql(Object.assign(new Error(message), { code: 'HANDSHAKE_SSL_ERROR' }), PLACE).name
  assert.equal(
    tls('Client network socket disconnected before secure TLS connection was established'),
    'UnavailableError',
  )
  assert.equal(tls('read ECONNRESET'), 'UnavailableError')
  assert.equal(tls('self-signed certificate'), 'RefusedError')
})

test('the statement, which holds values and perhaps the salt, is on no error', () => {
  const cause = Object.assign(new Error('lost'), { code: 'ECONNRESET', sql: "SET @firn_salt = 'x'" })
  const { cause: kept } = translateMysql(cause, PLACE)
  assert.ok(!('sql' in (kept as object)))
})

test('any other error stays what it is', () => {
  assert.equal(given({ errno: 1064 }).message, 'as the server said')
  const ours = new ValueError('x')
  assert.equal(translateMysql(ours, PLACE), ours)
})
