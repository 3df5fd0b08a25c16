import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TablePlan, Window } from '../../../../lib/model.ts'
import { openMysql } from '../../../../lib/sources/mysql/connect.ts'
import { readChunk } from '../../../../lib/sources/mysql/read.ts'
import { windowWarnings } from '../../../../lib/sources/mysql/window-gaps.ts'
import { makeDatabase } from './database.ts'

const { reader, run, settings, table } = await makeDatabase('null_cursors')
await run(`
  CREATE TABLE notes (id INT PRIMARY KEY, kind CHAR(1) NOT NULL, changed DATETIME NULL, made DATETIME NULL);
  INSERT INTO notes VALUES (1, 'a', NULL, NULL), (2, 'a', NULL, '2018-01-01'), (3, 'b', NULL, NULL), (4, 'b', '2018-01-02', NULL)
`)

const planOf = async (nullCursor: Window['nullCursor'], columns = ['changed', 'made'], where: string | null = null) => {
  const window = { columns, low: null, from: null, high: '2019-01-01 00:00:00', nullCursor }
  const rest = { window, where, publish: 'merge', chunkColumns: ['id'], sampleSql: null }
  return { ...(await table('notes')), ...rest } as unknown as TablePlan
}

const read = async (plan: TablePlan, from: string[] | null = null) => {
  const connection = await openMysql(settings)
  try {
    return await readChunk(connection, plan, { id: '0', from, to: null, rows: null }, { row: () => null })
  } finally {
    connection.destroy()
  }
}

test('included rows are read, excluded ones are counted in words, refused ones fail their table with their number (C21)', async () => {
  assert.equal(await read(await planOf('include')), 4)
  assert.equal(await read(await planOf('exclude')), 2)
  assert.deepEqual(await windowWarnings(reader, await planOf('exclude')), [
    '2 rows without a cursor (changed, made is NULL) left out: "null_cursor" is "exclude"',
  ])
  assert.deepEqual(await windowWarnings(reader, await planOf('exclude', ['changed'], "kind = 'b'")), [
    '1 row without a cursor (changed is NULL) left out: "null_cursor" is "exclude"',
  ])
  assert.deepEqual(await windowWarnings(reader, await planOf('exclude', ['changed'], 'id = 4')), [])
  assert.deepEqual(await windowWarnings(reader, await planOf('include')), [])
  await assert.rejects(read(await planOf('error')), {
    name: 'ValueError',
    message:
      /^notes: 2 rows have no cursor \(changed, made is NULL\).*Nothing of the table was published.*table_metadata\.json/,
  })
  assert.equal(await read(await planOf('error', ['changed'], 'id = 4')), 1, 'rows that are none of the table’s')
  assert.equal(await read(await planOf('error'), ['2']), 1, 'the first chunk counts for all')
})
