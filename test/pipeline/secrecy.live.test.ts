/**
 * Secrets and cells stay where they belong. The whole line is run over planted ones, with tables that fail for their values, a dbt
 * project that fails, and logins that are refused; then everything it left, but the data files, is searched for them. What is
 * there by design is not planted: the cursor's bounds and the chunks' (plan, ledger), and literals of a `where` (metadata).
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { readDeployment } from '../../bin/deployment.ts'
import { connectSnowflake, type Warehouse } from '../../lib/warehouses/snowflake/connect.ts'
import { uploadDbtProject } from '../../lib/warehouses/snowflake/dbt-project.ts'
import { stackEnvironment } from '../../local/stack.ts'
import { commandEnvironment } from '../command-line.ts'
import { ownServer } from '../lib/sources/mysql/own-server.ts'
import { ROOT, stackForTests } from '../stack.ts'
import { found, keyPair, linesOfKey } from './planted.ts'
import { histories, logGroups, objectsIn } from './remains.ts'

const SECRETS = {
  mysqlPassword: 'planted-mysql-password-1871',
  snowflakePassword: 'planted-snowflake-password-1872',
  passphrase: 'planted-passphrase-1873',
  s3User: 'planted-s3-key-id-1874',
  s3Password: 'planted-s3-secret-1875',
  maskSalt: 'planted-mask-salt-1876',
  wrongPassword: 'planted-wrong-password-1877',
}
/** One for each kind of column, each a value that nothing else can come to by chance. */
const CELLS: Record<string, string> = {
  varchar: 'planted-varchar-é-2001',
  char: 'planted-char-2002',
  text: 'planted-text-2003 \'quoted\' "twice"',
  binary: 'planted-binary-2004',
  blob: 'planted-blob-2005',
  bigint: '7391850264183',
  int: '739185026',
  decimal: '73918502.64',
  double: '-7391850.26418',
  date: '1871-03-29',
  datetime: '1871-04-30 07:39:18',
  timestamp: '1987-05-31 07:39:18',
  time: '739:18:50',
  json: 'planted-json-2006',
  masked: 'planted-masked-2007',
  badDate: '1871-00-29',
  badJson: 'planted-json-key-2008',
  badKey: 'planted-key-twice-2009',
  nullCursor: 'planted-no-cursor-2010',
  oversize: 'planted-oversize-2011',
  differingKey: 'planted-key-that-differs-2012',
  goneKey: "planted-key-that's-gone-2013",
}
const KEYS = keyPair(SECRETS.passphrase)
const planted = new Map([
  ...Object.entries(SECRETS),
  ...Object.entries(CELLS),
  ...linesOfKey(KEYS.privateKey, SECRETS.passphrase).map((line, i): [string, string] => [`key line ${i}`, line]),
])

const places = new Map<string, string>()
const server = await ownServer(['--max-allowed-packet=128M'])
const source = server.settings
const stack = stackForTests()
const parent = mkdtempSync(join(tmpdir(), 'firn-secrecy-'))
after(() => rmSync(parent, { recursive: true }))
const FILES = 'secrecy-files'

const environment: Record<string, string> = {
  FIRN_METADATA: join(parent, 'metadata'),
  MYSQL_HOST: source.host,
  MYSQL_PORT: String(source.port),
  MYSQL_USER: 'planted',
  MYSQL_PASSWORD: SECRETS.mysqlPassword,
  MYSQL_DATABASE: source.database,
  MYSQL_MASK_SALT: SECRETS.maskSalt,
  SNOWFLAKE_ACCOUNT: stack.snowflake.account,
  SNOWFLAKE_USER: stack.snowflake.user,
  SNOWFLAKE_PASSWORD: SECRETS.snowflakePassword,
  SNOWFLAKE_PRIVATE_KEY: KEYS.privateKey,
  SNOWFLAKE_PRIVATE_KEY_PASSPHRASE: SECRETS.passphrase,
  SNOWFLAKE_DATABASE: 'SECRECY',
  SNOWFLAKE_ACCESS_URL: stack.snowflake.accessUrl,
  MINIO_ENDPOINT: stack.s3.endpoint,
  MINIO_BUCKET: FILES,
  MINIO_ROOT_USER: SECRETS.s3User,
  MINIO_ROOT_PASSWORD: SECRETS.s3Password,
}

let commands = 0
/** Runs a command as a user would, and keeps all it said as a place to be searched. */
const firn = async (args: string[], more: Record<string, string> = {}): Promise<number> => {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'firn.ts'), ...args], {
    cwd: ROOT,
    env: commandEnvironment({ ...environment, ...more }),
  })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes))
  child.stderr.on('data', (bytes: Buffer) => (said += bytes))
  const status = await new Promise<number>((done, failed) =>
    child.on('error', failed).on('close', (code) => done(code ?? -1)),
  )
  places.set(`${++commands}. firn ${args.join(' ')} (${status})`, said)
  return status
}

const LARGE = 67_108_864
const c = CELLS as Record<keyof typeof CELLS, string>
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

const TABLES = `
  CREATE TABLE good (id INT PRIMARY KEY, a VARCHAR(60), b CHAR(40), c TEXT, d BINARY(30), e BLOB, f BIGINT, g INT, h DECIMAL(12,2),
    i DOUBLE, j DATE, k DATETIME, l TIMESTAMP NULL, m TIME, n JSON, o VARCHAR(60));
  INSERT INTO good VALUES (1, ${[c.varchar, c.char, c.text, c.binary, c.blob].map((text) => quoted(text!)).join(', ')},
    ${c.bigint}, ${c.int}, ${c.decimal}, ${c.double}, '${c.date}', '${c.datetime}', '${c.timestamp}', '${c.time}',
    '{"is": "${c.json}"}', ${quoted(c.masked!)});
  CREATE TABLE bad_date (id INT PRIMARY KEY, a VARCHAR(60), j DATE);
  INSERT INTO bad_date VALUES (1, ${quoted(c.varchar!)}, '${c.badDate}');
  CREATE TABLE bad_json (id INT PRIMARY KEY, n JSON);
  INSERT INTO bad_json VALUES (1, '{"${c.badJson}": 1, "${c.badJson}": 2}');
  CREATE TABLE bad_key (id VARCHAR(60));
  INSERT INTO bad_key VALUES (${quoted(c.badKey!)}), (${quoted(c.badKey!)});
  CREATE TABLE no_cursor (id INT PRIMARY KEY, a VARCHAR(60), at DATETIME NULL, KEY (at));
  INSERT INTO no_cursor VALUES (1, ${quoted(c.nullCursor!)}, NULL), (2, 'x', '2024-01-01');
  CREATE TABLE keyed (code VARCHAR(60) PRIMARY KEY, a VARCHAR(60));
  INSERT INTO keyed VALUES (${quoted(c.differingKey!)}, 'x'), (${quoted(c.goneKey!)}, 'x'), ('z', 'x');
  CREATE VIEW oversize AS SELECT 1 AS id, CONCAT(${quoted(c.oversize!)}, REPEAT('x', ${LARGE})) AS b`

const METADATA = {
  good: { load_strategy: 'full', column_policies: { o: { mask: 'sha256' } }, description: 'Every kind of column' },
  bad_date: { load_strategy: 'full', zero_date: 'error', description: 'A date that is none' },
  bad_json: { load_strategy: 'full', description: 'JSON that PARSE_JSON refuses' },
  bad_key: { load_strategy: 'full', unique_key: ['id'], description: 'A key that is none' },
  no_cursor: {
    ...{ load_strategy: 'incremental', incremental_column: 'at', null_cursor: 'error' },
    description: 'A row without a cursor',
  },
  keyed: { load_strategy: 'full', description: 'Keys that say something' },
  oversize: { load_strategy: 'full', unique_key: ['id'], description: 'More bytes than Snowflake has room for' },
}

/** A dbt project of models that Snowflake refuses by quoting a cell: a text that is no number, a number that is too large (without quotes). */
const failingProject = (): string => {
  const folder = mkdtempSync(join(parent, 'dbt-'))
  writeFileSync(join(folder, 'dbt_project.yml'), 'name: firn\nversion: "1.0.0"\nprofile: firn\nmodel-paths: ["."]\n')
  writeFileSync(
    join(folder, 'number.sql'),
    `{{ config(materialized='table') }} SELECT TO_NUMBER(A) AS N FROM SECRECY.RAW.GOOD`,
  )
  writeFileSync(
    join(folder, 'narrow.sql'),
    `{{ config(materialized='table') }} SELECT H::NUMBER(3, 0) AS N FROM SECRECY.RAW.GOOD`,
  )
  return folder
}

let warehouse: Warehouse | undefined
before(async () => {
  Object.assign(process.env, stackEnvironment(stack))
  mkdirSync(environment.FIRN_METADATA!)
  const write = (name: string, value: object) =>
    writeFileSync(join(environment.FIRN_METADATA!, name), JSON.stringify(value))
  write('table_metadata.json', METADATA)
  write('jobs.json', {
    default: 'all',
    jobs: { all: { description: 'All of it', tables: '*', lag_seconds: 0, transform: true } },
  })
  await server.run(
    "SET sql_mode = ''",
    TABLES,
    `CREATE USER planted@'%' IDENTIFIED BY '${SECRETS.mysqlPassword}'`,
    `GRANT SELECT ON ${source.database}.* TO planted@'%'`,
  )
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: FILES }))
  const { accessUrl, account, user, password } = stack.snowflake
  warehouse = await connectSnowflake({ accessUrl, account, user, password, database: 'FIRN', schema: 'RAW' })
  await warehouse.query(`ALTER USER ${user} SET RSA_PUBLIC_KEY = '${KEYS.publicKey}'`)
})
after(() => warehouse?.close())

/** What Snowflake itself said of its refusals: its history is where the data are, and it quotes cells. */
const refusals = async (): Promise<string> =>
  JSON.stringify(
    await warehouse!.query(
      'SELECT DISTINCT ERROR_MESSAGE FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY WHERE ERROR_MESSAGE IS NOT NULL',
    ),
  )

/** Everything a run leaves, beside what the commands have said. */
const gather = async () => {
  const { stateMachineArn, bucket } = await readDeployment()
  const rows = async (sql: string): Promise<[string, string]> => [sql, JSON.stringify(await warehouse!.query(sql))]
  const all = await Promise.all([
    objectsIn(FILES),
    objectsIn(bucket),
    logGroups(),
    histories(stateMachineArn),
    Promise.all([
      rows('SELECT * FROM SECRECY._FIRN.LOADS'),
      // setup's one statement that must hold a MinIO's keys; Snowflake itself hides them in its history, and the twin does not
      rows(`SELECT QUERY_TEXT, QUERY_TAG FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY
        WHERE NOT STARTSWITH(QUERY_TEXT, 'CREATE OR REPLACE STAGE "SECRECY"."_FIRN"."LAKE"')`),
    ]),
  ])
  for (const [place, text] of all.flat()) places.set(place, text)
}

/** One row differs and one is extra: their keys are what both sides are asked for. */
const reconcile = async () => {
  await server.run(
    `UPDATE keyed SET a = 'changed' WHERE code = ${quoted(c.differingKey!)}`,
    `DELETE FROM keyed WHERE code = ${quoted(c.goneKey!)}`,
  )
  for (const [args, status] of [
    [['keyed'], 1],
    [['keyed', '--repair', '--json'], 0],
    [['keyed', '--fetch', '--json'], 0],
  ] as const)
    assert.equal(await firn(['reconcile', ...args]), status, [...places.values()].at(-1))
  const rows = await warehouse!.query(
    'SELECT COUNT(*) AS ALL_ROWS, COUNT_IF(A = ?) AS CHANGED FROM SECRECY.RAW.KEYED',
    ['changed'],
  )
  assert.deepEqual(rows, [{ ALL_ROWS: '2', CHANGED: '1' }])
}

test('whatever is run, and however it fails, no secret and no cell is left anywhere but in the data', async () => {
  assert.equal(await firn(['deploy']), 0, [...places.values()].at(-1))
  const settings = { database: 'SECRECY', role: undefined, warehouse: undefined }
  await uploadDbtProject({ ...warehouse!, database: 'SECRECY' }, failingProject(), settings)
  assert.equal(await firn(['plan', '--sql']), 0, [...places.values()].at(-1))
  assert.equal(await firn(['run']), 1, [...places.values()].at(-1))
  const said = [...places.values()].at(-1)!
  for (const table of ['bad_date', 'bad_json', 'bad_key', 'no_cursor', 'oversize', 'number', 'narrow'])
    assert.match(said, new RegExp(`\\b${table}\\b`), `${table} failed, or was not tried:\n${said}`)
  assert.match(said, /^good +replaced/m)
  await reconcile()
  for (const args of [['report'], ['doctor'], ['setup', 'snowflake']])
    for (const json of [[], ['--json']]) await firn([...args, ...json])
  for (const args of [['plan'], ['runs'], ['leases'], ['cost'], ['state', 'show']]) await firn([...args, '--json'])

  const wrong = {
    MYSQL_PASSWORD: SECRETS.wrongPassword,
    SNOWFLAKE_PRIVATE_KEY: '',
    SNOWFLAKE_PASSWORD: SECRETS.wrongPassword,
  }
  for (const json of [[], ['--json']]) {
    assert.equal(await firn(['doctor', ...json], wrong), 2)
    assert.equal(await firn(['plan', ...json], wrong), 2)
    const locked = { SNOWFLAKE_PRIVATE_KEY_PASSPHRASE: SECRETS.wrongPassword }
    assert.equal(await firn(['sql', 'SELECT 1', ...json], locked), 2)
  }
  assert.equal(await firn(['secrets', 'put'], wrong), 0)
  assert.equal(await firn(['run', '--json']), 2, 'the deployed logins are refused')
  assert.equal(await firn(['secrets', 'put']), 0)

  await gather()
  const [row] = await warehouse!.query('SELECT * FROM SECRECY.RAW.GOOD')
  assert.ok(JSON.stringify(row).includes(CELLS.varchar!), 'the data is there')
  for (const cell of [c.varchar!, c.decimal!])
    assert.ok((await refusals()).includes(cell), `Snowflake quoted no ${cell}, so nothing had to be masked`)
  for (const kind of [
    /\/plan\.json$/,
    /\/report\.json$/,
    /\/failure\.json$/,
    /^log .*-load$/,
    /^history /,
    /LOADS/,
    /QUERY_HISTORY/,
  ])
    assert.ok(
      [...places].some(([place, text]) => kind.test(place) && text.length > 100),
      `nothing of ${kind} was searched`,
    )
  assert.deepEqual(found(planted, places), [])
})

test('nor where rows travel with statements, nor where they are replayed', async () => {
  const insert = { SNOWFLAKE_LOAD_MODE: 'insert' }
  assert.equal(await firn(['secrets', 'put'], insert), 0)
  assert.equal(await firn(['run', '--full-refresh'], insert), 1, 'dbt fails as before')
  await firn(['runs', '--json'])
  const [, runId] = /"runId": ?"([^"]+)"/.exec([...places.values()].at(-1)!)!
  assert.equal(await firn(['replay', runId!, '--tables', 'good'], insert), 1, 'dbt fails as before')
  await gather()
  const routes = [...places].filter(
    ([place, text]) => place.endsWith('/good/load.json') && /"route": ?"insert"/.test(text),
  )
  assert.equal(routes.length, 2, 'a run and a replay by insert')
  assert.deepEqual(found(planted, places), [])
})
