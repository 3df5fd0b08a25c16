import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceTable } from '../../../../lib/model.ts'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'
import { discoverTables } from '../../../../lib/sources/mysql/discover.ts'
import { makeDatabase } from './database.ts'

const { reader, run, table } = await makeDatabase('discover')
const [[version]] = (await textRows(reader, 'SELECT VERSION()')) as [[string]]
const mariadb = /mariadb/i.test(version)

await run(`
  CREATE TABLE parent (a INT NOT NULL, b VARCHAR(8) NOT NULL, PRIMARY KEY (b, a), KEY by_a (a));
  CREATE TABLE child (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY, pb VARCHAR(8), pa INT, price DECIMAL(10,2) NOT NULL, note TEXT,
    total DECIMAL(12,2) AS (price * 2) STORED, KEY by_note (note(10)), KEY by_price (price, id),
    FOREIGN KEY (pb, pa) REFERENCES parent (b, a), self BIGINT UNSIGNED, FOREIGN KEY (self) REFERENCES child (id));
  CREATE TABLE prefixed (name VARCHAR(100) NOT NULL, PRIMARY KEY (name(5)));
  CREATE TABLE hidden (id INT NOT NULL PRIMARY KEY, secret INT INVISIBLE, shown INT);
  CREATE TABLE documents (
    id INT PRIMARY KEY, doc JSON, \`o\`\`dd\` LONGTEXT, some LONGTEXT, small VARCHAR(20), plain LONGTEXT,
    CHECK (json_valid(\`o\`\`dd\`)), CHECK (json_valid(some) OR id > 3), CHECK (json_valid(small)));
  CREATE TABLE \`order \`\` "x"\` (\`group\` INT PRIMARY KEY);
  CREATE VIEW seen AS SELECT id, CAST(price AS CHAR(20)) AS price FROM child;
  CREATE TABLE nothing_of_note (x INT);
  INSERT INTO nothing_of_note VALUES (1), (2), (3)
`)

test('columns as declared, in order, generated ones among them', async () => {
  const { columns, key, rows } = await table('child')
  assert.deepEqual(key, ['id'])
  assert.equal(rows, 0)
  assert.deepEqual(
    columns.map(({ name, nullable }) => [name, nullable]),
    [
      ['id', false],
      ['pb', true],
      ['pa', true],
      ['price', false],
      ['note', true],
      ['total', true],
      ['self', true],
    ],
  )
  assert.match(columns[0]!.type, /^bigint(\(20\))? unsigned$/)
  assert.deepEqual(columns[3], { name: 'price', type: 'decimal(10,2)', nullable: false })
  assert.equal(columns[4]!.charset, 'utf8mb4')
})

test('a key keeps its own order, and foreign keys their pairs', async () => {
  assert.deepEqual((await table('parent')).key, ['b', 'a'])
  const { foreignKeys } = await table('child')
  assert.equal(foreignKeys.length, 2)
  assert.deepEqual(
    foreignKeys.find(({ parent }) => parent === 'parent'),
    { columns: ['pb', 'pa'], parent: 'parent', parentColumns: ['b', 'a'] },
  )
  assert.deepEqual(
    foreignKeys.find(({ parent }) => parent === 'child'),
    { columns: ['self'], parent: 'child', parentColumns: ['id'] },
  )
})

const leading = ({ indexes }: SourceTable) => [...new Set(indexes.map(({ columns }) => columns[0]!))].sort()

test('an index counts when it can be walked by its whole leading column', async () => {
  assert.deepEqual(leading(await table('parent')), ['a', 'b'])
  assert.deepEqual(leading(await table('child')), ['id', 'pb', 'price', 'self'])
  const prefixed = await table('prefixed')
  assert.deepEqual([prefixed.key, prefixed.indexes], [['name'], []])
})

test('an index that the optimizer is kept from cannot be walked: FORCE INDEX does not find it', async () => {
  const hide = mariadb ? 'IGNORED' : 'INVISIBLE'
  await run(`CREATE TABLE kept_from (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, UNIQUE by_a (a), KEY by_b (b), KEY by_ba (b, a));
    ALTER TABLE kept_from ALTER INDEX by_a ${hide}, ALTER INDEX by_b ${hide}`)
  const names = (await table('kept_from')).indexes.map(({ name }) => name)
  assert.deepEqual(names.sort(), ['PRIMARY', 'by_ba'])
})

test('an invisible column is a column', async () =>
  assert.deepEqual(
    (await table('hidden')).columns.map(({ name }) => name),
    ['id', 'secret', 'shown'],
  ))

test('JSON is known as such, also where the server keeps it as text with a check', async () => {
  const { columns } = await table('documents')
  assert.deepEqual(
    columns.map(({ name, type }) => [name, type]),
    [
      ['id', columns[0]!.type],
      ['doc', 'json'],
      ['o`dd', mariadb ? 'json' : 'longtext'],
      ['some', 'longtext'],
      ['small', 'varchar(20)'],
      ['plain', 'longtext'],
    ],
  )
})

test('the number of queries does not grow with the number of tables', async () => {
  const asked = async (names: string[]) => {
    let queries = 0
    const counting = Object.create(reader, {
      query: {
        value: (...args: unknown[]) => {
          queries++
          return (reader.query as (...all: unknown[]) => unknown).apply(reader, args)
        },
      },
    })
    assert.equal((await discoverTables(counting, names)).size, names.length)
    return queries
  }
  assert.equal(await asked(['child']), await asked(['child', 'parent', 'documents', 'hidden', 'prefixed', 'seen']))
})

test('a view is a table without a key', async () => {
  const seen = await table('seen')
  assert.deepEqual([seen.key, seen.indexes, seen.foreignKeys, seen.rows], [[], [], [], 0])
  assert.deepEqual(
    seen.columns.map(({ name, type }) => [name, type]),
    [
      ['id', (await table('child')).columns[0]!.type],
      ['price', 'varchar(20)'],
    ],
  )
})

test('names that need quoting are found, what is not there is not, and names are not folded', async () => {
  const found = await discoverTables(reader, ['order ` "x"', 'gone', 'CHILD', 'nothing_of_note'])
  assert.deepEqual([...found.keys()], ['order ` "x"', 'nothing_of_note'], `on ${version}`)
  assert.deepEqual(found.get('order ` "x"')!.key, ['group'])
  assert.deepEqual(await discoverTables(reader, []), new Map())
})

test('sizes are estimated once the server has counted', async () => {
  await run('ANALYZE TABLE nothing_of_note')
  const { rows, bytes } = await table('nothing_of_note')
  assert.equal(rows, 3)
  assert.ok(bytes > 0)
})
