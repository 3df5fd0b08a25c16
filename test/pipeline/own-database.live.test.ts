/** A database of another shape than Olist: described by `firn init`, shown by `firn plan`, moved untouched, row for row. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ShownPlan } from '../../bin/plan-text.ts'
import { snowflakeType } from '../../lib/columns/types.ts'
import { readMetadata } from '../../lib/metadata.ts'
import type { Column, RunReport } from '../../lib/model.ts'
import { plannedTable } from '../../lib/plan/policies.ts'
import type { Proposal } from '../../lib/plan/propose/tables.ts'
import { quoteMysql } from '../../lib/sources/mysql/quote.ts'
import { foldName } from '../../lib/warehouses/snowflake/quote.ts'
import { firn } from '../command-line.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { deployForTests, warehouse } from './deployed.ts'

const { settings, run, ask, table } = await makeDatabase('own')
const parent = mkdtempSync(join(tmpdir(), 'own-'))
const folder = join(parent, 'metadata')
after(() => rmSync(parent, { recursive: true }))

const ENVIRONMENT = { FIRN_METADATA: folder, MYSQL_DATABASE: settings.database }
const own = <T = unknown>(...args: string[]) => firn<T>(args, ENVIRONMENT)

before(async () => {
  await deployForTests()
  // the workers have spoken to another database before
  const { status, said } = await firn(['run', 'load', '--tables', 'sellers'])
  if (status !== 0) throw new Error(said)
  await run(`
    CREATE TABLE \`order\` (
      id BIGINT UNSIGNED NOT NULL PRIMARY KEY, \`group\` VARCHAR(20), price DECIMAL(38,9) NOT NULL,
      updated_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (updated_at));
    INSERT INTO \`order\` (id, \`group\`, price) VALUES (18446744073709551615, 'NULL', 12345678901234567890123456789.123456789),
      (0, '', -0.000000001), (7, NULL, 0);
    CREATE TABLE \`order "items" of it's\` (
      \`order id\` INT NOT NULL, \`größe\` CHAR(4) CHARACTER SET latin1 NOT NULL, note TEXT, at DATETIME(3),
      last_modified DATETIME(6) NOT NULL, PRIMARY KEY (\`größe\`, \`order id\`), KEY by_change (last_modified, \`order id\`))
      COMMENT 'Two columns tell rows apart';
    INSERT INTO \`order "items" of it's\` VALUES (1, 'é', 'a\tb\n"c"', '2024-02-29 23:59:59.999', '2024-01-01 00:00:00.000001'),
      (1, 'f', '😀', NULL, '2024-01-01 00:00:00.000001'), (2, 'é', '', '9999-12-31 00:00:00', '2024-01-02 00:00:00');
    CREATE TABLE keyless (a INT, b DOUBLE, c VARBINARY(8));
    INSERT INTO keyless VALUES (1, 0.1, x'00FF'), (1, 0.1, x'00FF'), (NULL, -1e300, NULL);
    CREATE TABLE told_by_index (
      code CHAR(3) NOT NULL, region INT NOT NULL, long_one VARCHAR(10) NOT NULL, UNIQUE three (code, region, long_one),
      UNIQUE two (code, region));
    INSERT INTO told_by_index VALUES ('abc', 1, 'x'), ('abc', 2, 'x');
    CREATE TABLE nothing_in_it (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, changed DATETIME NOT NULL, KEY (changed));
    CREATE TABLE \`día\` (id INT NOT NULL PRIMARY KEY, day DATE, took TIME(3), flag TINYINT(1));
    INSERT INTO \`día\` VALUES (1, '2024-02-29', '-838:59:59.000', 2), (2, NULL, '00:00:00.001', NULL);
    CREATE TABLE documents (
      id INT NOT NULL PRIMARY KEY, body JSON, bits BIT(12), place POINT, digits DECIMAL(65,30), \`a b\` INT, \`a_b\` INT);
    INSERT INTO documents VALUES 
      (1, '{"a": [1, 2.50, null], "b": "é"}', b'101010101010', ST_GeomFromText('POINT(1 2)'),
        12345678901234567890123456789012345.123456789012345678901234567890, 1, 2),
      (2, NULL, NULL, NULL, NULL, NULL, NULL);
    CREATE VIEW summed AS SELECT code, COUNT(*) AS number FROM told_by_index GROUP BY code;
    CREATE VIEW unseen AS SELECT 1 AS one`)
})

type Init = { folder: string; files: string[]; tables: Proposal[] }

/** A column's exact text, the same from both: on MySQL, in Snowflake, and what is left to do to either text. */
const spelled = (column: Column): [here: string, there: string, of: (text: string) => string] => {
  const [here, there] = [quoteMysql(column.name), `"${foldName(column.name)}"`]
  const type = snowflakeType(column)
  const as = (text: string) => text
  if (column.type === 'point') return [`HEX(ST_AsBinary(${here}))`, `HEX_ENCODE(${there})`, as]
  if (type.startsWith('BINARY')) return [`HEX(${here})`, `HEX_ENCODE(${there})`, as]
  // the twin writes no more fractional digits than there are
  if (type.startsWith('TIMESTAMP'))
    return [
      `CAST(${here} AS CHAR)`,
      `TO_VARCHAR(${there})`,
      (text) => text.replace(/\.(\d*?)0*$/, (_, digits) => (digits ? `.${digits}` : '')),
    ]
  if (type === 'DATE') return [`CAST(${here} AS CHAR)`, `TO_VARCHAR(${there})`, as]
  if (type === 'FLOAT') return [`CAST(${here} AS DOUBLE)`, there, (text) => String(Number(text))]
  if (type === 'VARIANT')
    return [`CAST(${here} AS CHAR)`, `TO_JSON(${there})`, (text) => JSON.stringify(JSON.parse(text))]
  if (column.type.startsWith('bit')) return [`CAST(${here} + 0 AS CHAR)`, there, as]
  return [`CAST(${here} AS CHAR)`, there, as]
}

const lines = (rows: unknown[][], columns: ReturnType<typeof spelled>[]): string[] =>
  rows.map((row) => JSON.stringify(row.map((cell, i) => (cell === null ? null : columns[i]![2](String(cell)))))).sort()

/** Every row of a table on both sides, as sorted lines of exact text. */
const bothSides = async (name: string): Promise<[here: string[], there: string[]]> => {
  const meta = readMetadata(folder).tables.find((each) => each.table === name)!
  const columns = plannedTable(meta, await table(name)).columns.map(spelled)
  const here = await ask(`SELECT ${columns.map(([sql]) => sql).join(', ')} FROM ${quoteMysql(name)}`)
  const there = await warehouse(
    `SELECT ${columns.map(([, sql], i) => `${sql} AS "${i}"`).join(', ')} FROM RAW."${foldName(name)}"`,
  )
  return [
    lines(here, columns),
    lines(
      there.map((row) => columns.map((_, i) => row[i] as unknown)),
      columns,
    ),
  ]
}

const MOVED = [
  'documents',
  'día',
  'keyless',
  'nothing_in_it',
  'order',
  'order "items" of it\'s',
  'summed',
  'told_by_index',
]

test('init writes a folder that reads, with a reason for every table', async () => {
  const { status, document, said } = await own<Init>('init', '--tables', '%,summed')
  assert.equal(status, 0, said)
  assert.deepEqual(document.tables.map(({ table }) => table).sort(), MOVED)
  const metadata = readMetadata(folder)
  const meta = new Map(metadata.tables.map((each) => [each.table, each]))
  assert.deepEqual(
    MOVED.map((name) => [name, meta.get(name)!.load_strategy, meta.get(name)!.incremental_column ?? null]),
    [
      ['documents', 'full', null],
      ['día', 'full', null],
      ['keyless', 'full', null],
      ['nothing_in_it', 'incremental', 'changed'],
      ['order', 'incremental', 'updated_at'],
      ['order "items" of it\'s', 'incremental', 'last_modified'],
      ['summed', 'full', null],
      ['told_by_index', 'full', null],
    ],
  )
  assert.deepEqual(meta.get('told_by_index')!.unique_key, ['code', 'region'])
  const documents = meta.get('documents')!
  assert.deepEqual(documents.exclude, ['a_b'])
  assert.deepEqual(documents.column_policies, { digits: { decimal_overflow: 'string' } })
  assert.deepEqual(Object.keys(metadata.schemas).sort(), MOVED)
  for (const each of document.tables) assert.ok(each.reason.length > 10, each.table)
})

test('its $schema lines resolve to the schemas beside', () => {
  for (const name of ['table_metadata.json', 'jobs.json']) {
    const { $schema } = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    assert.equal(JSON.parse(readFileSync(join(folder, $schema), 'utf8')).type, 'object')
  }
})

test('a folder that has metadata is not overwritten, and its files are named', async () => {
  const before = readMetadata(folder).digest
  const { status, said } = await own('init', '--tables', 'keyless')
  assert.equal(status, 2)
  assert.match(said, /table_metadata\.json.*Nothing was written/)
  assert.equal(readMetadata(folder).digest, before)
})

test('no table by that name', async () => {
  const { status, said } = await own('init', '--tables', 'uns%', '--metadata', join(parent, 'none'))
  assert.equal(status, 2)
  assert.match(said, /no table like "uns%".*--tables VIEW/)
  assert.throws(() => readFileSync(join(parent, 'none', 'table_metadata.json')))
})

test('plan takes it as it is', async () => {
  const { status, document, said } = await own<ShownPlan>('plan')
  assert.equal(status, 0, said)
  assert.deepEqual(document.tables.map(({ table }) => table).sort(), MOVED)
})

test('the whole line runs on it untouched, and every row is in the warehouse', async () => {
  const deployed = await own('deploy')
  assert.equal(deployed.status, 0, deployed.said)
  const { status, document: report, said } = await own<RunReport>('run', '--lag', '0')
  assert.equal(status, 0, said)
  assert.equal(report.status, 'succeeded')
  for (const name of MOVED) {
    const [here, there] = await bothSides(name)
    assert.deepEqual(there, here, name)
  }
})

test('what changed moves, by the proposed cursor', async () => {
  await run(`
    UPDATE \`order\` SET price = 1 WHERE id = 7;
    INSERT INTO \`order\` (id, price) VALUES (8, 8);
    INSERT INTO nothing_in_it (changed) VALUES ('2024-01-01')`)
  const { status, document: report, said } = await own<RunReport>('run', '--lag', '0')
  assert.equal(status, 0, said)
  const load = report.tables.find((each) => each.table === 'order')!.load!
  assert.deepEqual([load.publish, load.inserted, load.updated - load.boundaryRows], ['merge', 1, 1])
  for (const name of MOVED) {
    const [here, there] = await bothSides(name)
    assert.deepEqual(there, here, name)
  }
})
