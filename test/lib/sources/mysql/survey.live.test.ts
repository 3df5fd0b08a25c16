import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'
import { estimateRows } from '../../../../lib/sources/mysql/estimate.ts'
import { surveyTables, ZERO_DATES_COUNTED } from '../../../../lib/sources/mysql/survey.ts'
import { makeDatabase } from './database.ts'

const { reader, run, settings } = await makeDatabase('survey')
/** As many rows, on either server. */
const numbers = (count: number) =>
  `(WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n) AS n`

await run(`
  CREATE TABLE items (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'The key', twice INT AS (YEAR(made) * 2) VIRTUAL,
    made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)) COMMENT 'Items';
  CREATE TABLE items_2 (
    day DATE NOT NULL, at DATETIME NOT NULL, stamp TIMESTAMP NULL, other DATE, KEY (day), KEY (at, day), KEY (stamp));
  INSERT INTO items_2 VALUES ('0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00'), ('0000-12-19', '2024-01-01', NULL, NULL),
    ('2024-02-29', '2024-00-15', '2024-01-01', NULL);
  CREATE TABLE \`items%\` (id INT);
  CREATE TABLE many (n INT NOT NULL, KEY (n));
  INSERT INTO many SELECT i FROM ${numbers(900)};
  CREATE VIEW item_view AS SELECT id FROM items`)

test('tables by LIKE, views by their whole name alone', async () => {
  const names = async (...patterns: string[]) =>
    (await surveyTables(reader, patterns)).tables.map(({ source }) => source.table).sort()
  assert.deepEqual(await names('%'), ['items', 'items%', 'items_2', 'many'])
  assert.deepEqual(await names('item_'), ['items'])
  assert.deepEqual(await names('items\\%', 'item_view'), ['item_view', 'items%'])
  assert.deepEqual(await names("no'such"), [])
})

test('what the server does to columns, and what people said of them', async () => {
  const { tables, database } = await surveyTables(reader, ['items'])
  assert.equal(database, settings.database)
  const { facts } = tables[0]!
  assert.deepEqual([facts.kind, facts.comment, facts.hasRows], ['table', 'Items', false])
  const of = (name: string) => facts.columns.get(name)!
  assert.deepEqual(of('id'), { onUpdate: false, autoIncrement: true, generated: false, comment: 'The key' })
  assert.deepEqual([of('made').onUpdate, of('updated').onUpdate], [false, true])
  assert.deepEqual([of('made').generated, of('twice').generated], [false, true])
})

test('zero dates are counted where an index begins with the column, and nowhere else', async () => {
  const { zeroDates, hasRows } = (await surveyTables(reader, ['items\\_2'])).tables[0]!.facts
  assert.deepEqual(Object.fromEntries(zeroDates), { day: 2, at: 1, stamp: 1 })
  assert.equal(hasRows, true)
  await run(`INSERT INTO items_2 (day, at) SELECT '0000-00-00', '2024-01-01' FROM ${numbers(999)}`)
  const again = (await surveyTables(reader, ['items\\_2'])).tables[0]!
  assert.equal(again.facts.zeroDates.get('day'), ZERO_DATES_COUNTED, 'counting ends where there are enough')
})

test('whether the server takes zero dates is asked of the server, not of this session', async () => {
  const [[mode]] = (await textRows(reader, 'SELECT @@GLOBAL.sql_mode')) as [[string]]
  const strict = /STRICT_/.test(mode) && /NO_ZERO_DATE/.test(mode) && /NO_ZERO_IN_DATE/.test(mode)
  assert.equal((await surveyTables(reader, ['items'])).zeroDatesAllowed, !strict)
})

test('rows of a query are guessed from the index, without reading them', async () => {
  await run('ANALYZE TABLE many')
  const rows = await estimateRows(reader, 'SELECT n FROM many WHERE n BETWEEN 500 AND 599')
  assert.ok(rows !== null && rows >= 50 && rows <= 200, String(rows))
})
