/** Differences of every kind are planted in the warehouse, or made in MySQL: found exactly, repaired exactly, and equal then. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Compared } from '../../../lib/reconcile/compare.ts'
import { numbers, openReconcileLab } from './lab.ts'

const lab = await openReconcileLab('RECONCILE')
const { warehouse } = lab.sides

const ROWS = 400

/** The counts, and in how many rows each column differs. */
const told = ({ missing, extra, different, repeated, newer, columns }: Compared) => ({
  ...{ missing, extra, different, repeated, newer },
  columns: Object.fromEntries(columns.map(({ column, rows }) => [column, rows])),
})
const EQUAL = { missing: 0, extra: 0, different: 0, repeated: 0, newer: 0, columns: {} }

const makeTable = (name: string) =>
  lab.database.run(`CREATE TABLE ${name} (id INT PRIMARY KEY, note VARCHAR(200), fixed CHAR(10), price DECIMAL(20,6), born DATETIME(6),
      raw VARBINARY(40), changed TIMESTAMP(6) NOT NULL);
    INSERT INTO ${name} SELECT seq, CONCAT('note ', seq), 'a', seq / 7, '2020-01-01 00:00:00.123456' + INTERVAL seq SECOND,
      UNHEX(SUBSTR(SHA2(seq, 256), 1, 40)), '2021-01-01 00:00:00.5' + INTERVAL seq SECOND FROM ${numbers(ROWS)}`)

/** What stands in the warehouse, as text; and the same from MySQL. */
const there = async (name: string) =>
  (
    await warehouse.query(
      `SELECT ID, NOTE, FIXED, TO_VARCHAR(PRICE) AS P, TO_VARCHAR(BORN, 'YYYY-MM-DD HH24:MI:SS.FF6') AS B, HEX_ENCODE(RAW) AS R FROM RAW.${name} ORDER BY ID, NOTE`,
    )
  ).map(({ ID, NOTE, FIXED, P, B, R }) => [ID, NOTE, FIXED, P, B, R])
const here = async (name: string) =>
  (await lab.database.ask(`SELECT CONCAT(id), note, fixed, price, born, HEX(raw) FROM ${name} ORDER BY id`)).map(
    (row) => [...row],
  )

const PLANTED = [
  "UPDATE RAW.PLANTED SET NOTE = NOTE || ' ' WHERE ID = 1",
  'UPDATE RAW.PLANTED SET PRICE = PRICE + 0.000001 WHERE ID = 2',
  "UPDATE RAW.PLANTED SET BORN = DATEADD('microsecond', 1, BORN) WHERE ID = 3",
  "UPDATE RAW.PLANTED SET NOTE = '' WHERE ID = 4",
  'UPDATE RAW.PLANTED SET NOTE = NULL WHERE ID = 5',
  "UPDATE RAW.PLANTED SET NOTE = 'NULL' WHERE ID = 6",
  // two rows that have changed places: all sums of single columns stay as they were
  "UPDATE RAW.PLANTED SET NOTE = IFF(ID = 7, 'note 8', 'note 7') WHERE ID IN (7, 8)",
  "UPDATE RAW.PLANTED SET NOTE = '🎂' WHERE ID = 9",
  "UPDATE RAW.PLANTED SET FIXED = 'a         ' WHERE ID = 10",
  "UPDATE RAW.PLANTED SET RAW = TO_BINARY('00', 'HEX') WHERE ID = 11",
  'UPDATE RAW.PLANTED SET PRICE = -PRICE WHERE ID = 12',
  'DELETE FROM RAW.PLANTED WHERE ID IN (20, 21)',
  'INSERT INTO RAW.PLANTED SELECT ID + 1000, NOTE, FIXED, PRICE, BORN, RAW, CHANGED, _FIRN_RUN_ID, _FIRN_LOADED_AT, NULL FROM RAW.PLANTED WHERE ID IN (30, 31, 32)',
  'INSERT INTO RAW.PLANTED SELECT * FROM RAW.PLANTED WHERE ID = 40',
]

test('each kind of difference is found, with its columns, and nothing else', async () => {
  await makeTable('planted')
  await lab.database.run(
    "UPDATE planted SET note = '' WHERE id = 5; UPDATE planted SET note = NULL WHERE id IN (4, 6); UPDATE planted SET note = '🎁' WHERE id = 9",
  )
  const meta = { table: 'planted' }
  await lab.load(meta)
  assert.deepEqual(told((await lab.reconcile(meta)).compared!), EQUAL)
  for (const sql of PLANTED) await warehouse.query(sql)
  const { compared, differs } = await lab.reconcile(meta)
  const columns = { note: 7, fixed: 1, price: 2, born: 1, raw: 1 }
  assert.deepEqual(told(compared!), { missing: 2, extra: 3, different: 12, repeated: 1, newer: 0, columns })
  assert.equal(differs, true)
  assert.deepEqual(compared!.rows, { mysql: ROWS, warehouse: ROWS + 2 })
  const keys = (verdict: string) =>
    compared!.differences
      .filter((each) => each.verdict === verdict)
      .map(({ key }) => Number(key[0]))
      .sort((a, b) => a - b)
  assert.deepEqual(keys('different'), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  assert.deepEqual([keys('missing'), keys('extra'), keys('repeated')], [[20, 21], [1030, 1031, 1032], [40]])
})

test('and repaired: just those rows are read, and both sides are equal then', async () => {
  const meta = { table: 'planted' }
  const { repaired, refused } = await lab.reconcile(meta, { repair: { capPercent: null } })
  assert.equal(refused, null)
  const { runId, ...counts } = repaired!
  assert.deepEqual(counts, { rows: 15, inserted: 2, updated: 13, removed: 4 })
  const { compared, differs } = await lab.reconcile(meta)
  assert.deepEqual([told(compared!), differs], [EQUAL, false])
  assert.deepEqual(await there('PLANTED'), await here('planted'))
  const loads = await warehouse.query(
    `SELECT KIND, MODE, HIGH, ROWS_READ, REMOVED, ROWS_IN_TARGET FROM _FIRN.LOADS WHERE TARGET = 'RAW.PLANTED' AND RUN_ID = '${runId}'`,
  )
  assert.deepEqual(loads, [
    { KIND: 'repair', MODE: 'merge', HIGH: null, ROWS_READ: '15', REMOVED: '4', ROWS_IN_TARGET: String(ROWS) },
  ])
  const [marked] = await warehouse.query(`SELECT COUNT(*) AS N FROM RAW.PLANTED WHERE _FIRN_RUN_ID = '${runId}'`)
  assert.equal(marked!.N, '15')
  const left = await warehouse.query(
    "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = '_FIRN' AND TABLE_NAME LIKE 'STAGE%'",
  )
  assert.deepEqual(left, [])
})
