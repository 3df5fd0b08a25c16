import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskValues } from '../../../../lib/warehouses/snowflake/mask.ts'
import { type DriverError, translate } from '../../../../lib/warehouses/snowflake/translate.ts'

const settings = { account: 'org-acc', user: 'LOADER', password: 'secret!', database: 'FIRN', schema: 'RAW' }
const error = (message: string, more: Partial<DriverError>): Error =>
  translate(Object.assign(new Error(message), more), settings)

test('a refused login names account, user and remedy, and no password', () => {
  const found = error('Incorrect username or password was specified.', { code: '390100' })
  assert.equal(found.name, 'RefusedError')
  assert.match(found.message, /account org-acc refuses user LOADER with this password.*SNOWFLAKE_PASSWORD.*secrets put/)
  assert.doesNotMatch(found.message, /secret!/)
  const key = translate(Object.assign(new Error('JWT token is invalid.'), { code: '390144' }), {
    ...settings,
    privateKey: 'PEM',
  })
  assert.match(key.message, /with this key pair.*SNOWFLAKE_PRIVATE_KEY/)
})

test('what may heal is unavailable, and names the host', () => {
  const cases: [string, Partial<DriverError>, RegExp][] = [
    [
      'connect',
      { name: 'NetworkError', code: 401001, cause: { code: 'ECONNREFUSED' } },
      /org-acc\.snowflakecomputing\.com \(ECONNREFUSED\)/,
    ],
    ['503', { name: 'RequestFailedError', code: 401002, response: { statusCode: 503 } }, /HTTP 503/],
    ['Authentication token has expired.', { code: '390114' }, /session.*ended \(390114\)/],
    ['Statement has locked table', { code: '000625' }, /000625/],
  ]
  for (const [message, more, expected] of cases) {
    const found = error(message, more)
    assert.equal(found.name, 'UnavailableError', message)
    assert.match(found.message, expected)
  }
})

test('an account that is not there, a role, a warehouse: refused with the setting that names it', () => {
  assert.match(
    error('x', { name: 'RequestFailedError', code: 401002, response: { statusCode: 403 } }).message,
    /no Snowflake account.*SNOWFLAKE_ACCOUNT/,
  )
  assert.match(error('x', { code: '390189' }).message, /SNOWFLAKE_ROLE/)
  assert.match(error('x', { code: 606 as never }).message, /SNOWFLAKE_WAREHOUSE/)
})

test('other errors keep code and message, without the values they quote', () => {
  const found = error(
    "Numeric value 'Ana's card 4111' is not recognized\n  File 'runs/x.parquet', line 3\n  Column 5",
    { code: '100038' },
  )
  assert.equal(found.name, 'WarehouseError')
  assert.equal(
    found.message,
    "Snowflake, 100038: Numeric value '…' is not recognized\n  File 'runs/x.parquet', line 3\n  Column 5",
  )
  assert.match(error("Object 'FIRN.RAW.X' does not exist", { code: '002003' }).message, /'FIRN\.RAW\.X'/)
  assert.ok(error('x'.repeat(10_000), { code: '001003' }).message.length < 1000)
})

test('values are cut from the first quote to the last', () => {
  assert.equal(maskValues("String 'a'b\nc' is too long"), "String '…' is too long")
  assert.equal(maskValues('Error parsing JSON: {"name": 1'), 'Error parsing JSON: …')
  assert.equal(maskValues('no quotes'), 'no quotes')
  const lying = "Numeric value 'a\n  File 'x' b' is not recognized\n  File 'runs/x.parquet', line 3, character 1"
  assert.equal(maskValues(lying), "Numeric value '…' is not recognized\n  File 'runs/x.parquet', line 3, character 1")
})

test('values without quotes around them are cut too, and what names no value is kept', () => {
  for (const [code, said, kept] of [
    [
      '100046',
      'Number out of representable range: type FIXED[SB16](26,0){nullable}, value nan',
      'Number out of representable range: type FIXED[SB16](26,0){nullable}, value …',
    ],
    ['100071', 'Failed to cast variant value 5 to DATE', 'Failed to cast variant value …'],
    ['100071', 'Failed to cast variant value {"a": "x", "b": 7} to FIXED', 'Failed to cast variant value …'],
    ['100071', 'Failed to cast variant value "Ana" to FIXED', 'Failed to cast variant value "…" to FIXED'],
    [
      '100090',
      'Duplicate row detected during DML action\nRow Values: [1, "a", 2]',
      'Duplicate row detected during DML action\nRow Values: …',
    ],
    [
      '100072',
      'NULL result in a non-nullable column\n  File \'runs/x.parquet\', line 3, character 1\n  Row 3, column "T"["PRICE":3]',
      'NULL result in a non-nullable column\n  File \'runs/x.parquet\', line 3, character 1\n  Row 3, column "T"["PRICE":3]',
    ],
    ['002003', "Object 'VALUES' with value 5 does not exist", "Object 'VALUES' with value 5 does not exist"],
  ] as const)
    assert.ok(error(said, { code }).message.startsWith(`Snowflake, ${code}: ${kept}`), error(said, { code }).message)
  const lying = "Numeric value 'a\n  File 'x', line 3\n secret' is not recognized"
  assert.doesNotMatch(maskValues(lying), /secret/)
})

test('errors of ours pass as they are', () => {
  const ours = error('x', { code: '390100' })
  assert.equal(translate(ours, settings), ours)
})

test('what the role or its warehouse lacks is refused, with who lacks it and what mends it', () => {
  const granted = { ...settings, role: 'FIRN_ROLE', warehouse: 'FIRN_WH' }
  const of = (code: string, message: string) =>
    translate(Object.assign(new Error(message), { code }), granted) as Error & { name: string }
  const cases: [string, string, RegExp][] = [
    [
      '003001',
      "SQL access control error:\nInsufficient privileges to operate on table 'ORDERS'",
      /role FIRN_ROLE.*003001[\s\S]*'ORDERS'.*setup snowflake[\s\S]*GRANT/,
    ],
    [
      '000606',
      'No active warehouse selected in the current session.',
      /FIRN_WH does not exist, or role FIRN_ROLE may not use it.*setup snowflake/,
    ],
    [
      '090073',
      "Warehouse 'FIRN_WH' cannot be resumed because resource monitor 'M' has exceeded its quota.",
      /FIRN_WH sleeps.*resource monitor/s,
    ],
    ['000607', "Warehouse 'FIRN_WH' is suspended.", /FIRN_WH sleeps.*GRANT OPERATE ON WAREHOUSE/s],
    ['390189', 'Role is not granted', /role FIRN_ROLE does not exist.*SNOWFLAKE_ROLE/],
  ]
  for (const [code, message, expected] of cases) {
    const found = of(code, message)
    assert.equal(found.name, 'RefusedError', code)
    assert.match(found.message, expected)
  }
  assert.match(
    of('002003', "Object 'FIRN.RAW.X' does not exist or not authorized.").message,
    /'FIRN\.RAW\.X'.*not granted.*setup snowflake/,
  )
})

test('a key that is refused while the clock is right is looked for at the user, else the clock is named', () => {
  const refused = () => Object.assign(new Error('JWT token is invalid.'), { code: '390144' })
  const keyed = { ...settings, privateKey: 'PEM' }
  assert.match(translate(refused(), keyed, 3).message, /key pair.*RSA_PUBLIC_KEY_2_FP/)
  const behind = translate(refused(), keyed, 2 * 3600 + 300)
  assert.equal(behind.name, 'RefusedError')
  assert.match(behind.message, /this machine's is 2 h 5 min behind Snowflake's\. Set it right/)
  assert.match(translate(refused(), keyed, -7200).message, /2 h ahead of Snowflake's/)
})
