import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TablePlan, Window } from '../../../../lib/model.ts'
import { textRows } from '../../../../lib/sources/mysql/connect.ts'
import { chunkSelectSql } from '../../../../lib/sources/mysql/select.ts'
import { type WindowRequest, windowFor } from '../../../../lib/sources/mysql/window.ts'
import { makeDatabase } from './database.ts'

const { reader, run, table } = await makeDatabase('window')

await run(`
  CREATE TABLE moments (id INT PRIMARY KEY, at6 TIMESTAMP(6) NULL, at3 DATETIME(3) NOT NULL, at0 DATETIME NOT NULL,
    day DATE NOT NULL, n BIGINT UNSIGNED NOT NULL, amount DECIMAL(10,3) NOT NULL, made6 TIMESTAMP(6) NULL, name VARCHAR(9) NOT NULL, KEY (at6));
  INSERT INTO moments VALUES
    (1, '2017-01-01 00:00:00.000001', '2017-01-01 00:00:00.001', '2017-01-01 00:00:00', '2017-01-01', 0, 0.001, '2017-01-01 00:00:01', 'a'),
    (2, '2017-01-01 00:00:00.000002', '2017-01-01 00:00:00.002', '2017-01-01 00:00:01', '2017-01-02', 18446744073709551615, 9999999.999, NULL, 'b'),
    (3, '2017-01-01 00:00:00.000002', '2017-01-01 00:00:00.002', '2017-01-01 00:00:01', '2017-01-02', 7, 2.5, NULL, 'c'),
    (4, NULL, '2017-01-01 00:00:00.000', '2017-01-01 00:00:00', '2017-01-01', 8, 2.5, '2017-01-01 00:00:00.000009', 'd');
  CREATE TABLE nothing (id INT PRIMARY KEY, at6 TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6));
  CREATE TABLE future (id INT PRIMARY KEY, at6 DATETIME(6) NOT NULL, day DATE NOT NULL)
`)

const ask = (name: string, columns: string | string[], request: Partial<WindowRequest> = {}) =>
  windowFor(reader, name, {
    columns: [columns].flat(),
    low: null,
    overlap: 0,
    lagSeconds: 0,
    nullCursor: 'exclude',
    ...request,
  })

const idsIn = async (name: string, window: Window): Promise<string[]> => {
  const found = await table(name)
  const plan = { ...found, chunkColumns: [], window, sampleSql: null } as unknown as TablePlan
  const rows = await textRows(reader, chunkSelectSql(plan, { id: '0', from: null, to: null, rows: null }))
  return rows.map(([id]) => id!).sort()
}

test('a first window is open below and ends at the largest cursor, to its last digit', async () => {
  const window = await ask('moments', 'at6')
  assert.deepEqual(window, {
    columns: ['at6'],
    low: null,
    from: null,
    high: '2017-01-01 00:00:00.000002',
    nullCursor: 'exclude',
  })
  assert.deepEqual(await idsIn('moments', window), ['1', '2', '3'])
})

test('the next one begins where it ended, both rows of that moment included, or as much before as the overlap', async () => {
  const low = '2017-01-01 00:00:00.000002'
  const next = await ask('moments', 'at6', { low })
  assert.deepEqual([next.low, next.from, next.high], [low, low, low])
  assert.deepEqual(await idsIn('moments', next), ['2', '3'])
  assert.equal((await ask('moments', 'at6', { low, overlap: 1.5 })).from, '2016-12-31 23:59:58.500002')
  assert.equal((await ask('moments', 'at6', { low, overlap: 86_400 })).from, '2016-12-31 00:00:00.000002')
})

test('fractions finer than the column are compared, not cut', async () => {
  const at = (high: string): Window => ({ columns: ['at0'], low: null, from: null, high, nullCursor: null })
  assert.deepEqual(await idsIn('moments', at('2017-01-01 00:00:00.999999')), ['1', '4'])
  const from = (text: string): Window => ({
    columns: ['at0'],
    low: text,
    from: text,
    high: '2018-01-01 00:00:00',
    nullCursor: null,
  })
  assert.deepEqual(await idsIn('moments', from('2017-01-01 00:00:00.000001')), ['2', '3'])
  assert.equal((await ask('moments', 'at3')).high, '2017-01-01 00:00:00.002000')
})

test('a number has no lag, and its overlap is in units, below zero even', async () => {
  const first = await ask('moments', 'n', { lagSeconds: 999_999_999 })
  assert.equal(first.high, '18446744073709551615')
  const next = await ask('moments', 'n', { low: '3', overlap: 10 })
  assert.deepEqual([next.from, next.high], ['-7', '18446744073709551615'])
  assert.deepEqual(await idsIn('moments', next), ['1', '2', '3', '4'])
  assert.equal((await ask('moments', 'amount')).high, '9999999.999')
  assert.equal((await ask('moments', 'amount', { low: '2.500', overlap: 1 })).from, '1.500')
})

test('a date goes by days', async () => {
  const next = await ask('moments', 'day', { low: '2017-01-02', overlap: 86_400 })
  assert.deepEqual([next.from, next.high], ['2017-01-01', '2017-01-02'])
  assert.deepEqual(await idsIn('moments', await ask('moments', 'day', { low: '2017-01-02' })), ['2', '3'])
})

test("rows younger than the lag, and those of the future, stay out, by the source's own clock in UTC", async () => {
  await run(`INSERT INTO future VALUES (1, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, '2017-01-01'),
    (2, UTC_TIMESTAMP(6), '2017-01-01'), (3, '9999-01-01 00:00:00', '9999-01-01')`)
  const none = await ask('future', 'at6')
  assert.deepEqual(await idsIn('future', none), ['1', '2'])
  assert.equal(none.isAhead, true)
  assert.equal((await ask('moments', 'at6')).isAhead, undefined)
  const lagging = await ask('future', 'at6', { lagSeconds: 600 })
  assert.deepEqual(await idsIn('future', lagging), ['1'])
  const [[seconds]] = (await textRows(reader, `SELECT TIMESTAMPDIFF(SECOND, '${lagging.high}', '${none.high}')`)) as [
    [string],
  ]
  assert.ok(Number(seconds) >= 595 && Number(seconds) <= 600, `${seconds} seconds apart`)
  assert.deepEqual(await idsIn('future', await ask('future', 'day')), ['1', '2'])
})

test('a window never goes back: not by a raised lag, deleted rows or an emptied table', async () => {
  const low = '2018-06-01 00:00:00.000000'
  const window = await ask('moments', 'at6', { low, lagSeconds: 999_999 })
  assert.deepEqual([window.from, window.high], [low, low])
  assert.deepEqual((await ask('nothing', 'at6', { low })).high, low)
})

test('a table without a cursor yet has no end, and nothing of it is read', async () => {
  const window = await ask('nothing', 'at6')
  assert.equal(window.high, null)
  await run('INSERT INTO nothing VALUES (1, NOW(6))')
  assert.deepEqual(await idsIn('nothing', window), [])
})

test('NULL cursors are included or left out; without a policy they are refused', async () => {
  assert.deepEqual(await idsIn('moments', await ask('moments', 'at6', { nullCursor: 'include' })), ['1', '2', '3', '4'])
  await assert.rejects(ask('moments', 'at6', { nullCursor: null }), {
    name: 'RefusedError',
    message: /"at6" may be NULL.*null_cursor/,
  })
  assert.ok(await ask('moments', 'at3', { nullCursor: null }), 'a column that is never NULL needs no policy')
})

test('a cursor of several columns is the first that is not NULL, row by row', async () => {
  const window = await ask('moments', ['at6', 'made6'], { low: '2017-01-01 00:00:00.000002', nullCursor: 'error' })
  assert.deepEqual([window.columns, window.high], [['at6', 'made6'], '2017-01-01 00:00:00.000009'])
  assert.deepEqual(await idsIn('moments', window), ['2', '3', '4'])
  assert.equal((await ask('moments', ['amount', 'n'])).high, '9999999.999')
  await assert.rejects(ask('moments', ['at6', 'at3']), {
    name: 'RefusedError',
    message: /"at3" is datetime\(3\): it has no order with "at6", which is timestamp\(6\)/,
  })
})

test('a cursor that is missing, or has no exact order, is refused by name', async () => {
  await assert.rejects(ask('moments', 'gone'), { name: 'RefusedError', message: /moments.*"gone"/ })
  await assert.rejects(ask('moments', 'name'), { name: 'RefusedError', message: /"name" is varchar\(9\)/ })
  await assert.rejects(ask('moments', 'at3', { overlap: -1 }), { name: 'RefusedError', message: /overlap is -1/ })
})
