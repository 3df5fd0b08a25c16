/** Columns that checksums do not reach, compared by fetching them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { numbers, openReconcileLab } from './lab.ts'

const lab = await openReconcileLab('FETCHED')
const { warehouse } = lab.sides

const SHAPE = `(id VARCHAR(10) PRIMARY KEY, f FLOAT, d DOUBLE, j JSON, note VARCHAR(10), changed DATETIME(6) NOT NULL)`

test('floating numbers and JSON that differ are found, told by column, and repaired', async () => {
  await lab.database.run(`CREATE TABLE floating ${SHAPE}; INSERT INTO floating
    SELECT CONCAT('k', seq), seq / 3, seq / 7e-300, CONCAT('{"a": [', seq, ', 2.50], "b": null}'), 'x', '2021-01-01' + INTERVAL seq SECOND FROM ${numbers(900)};
    INSERT INTO floating VALUES ('none', NULL, NULL, NULL, NULL, '2021-01-01'), ('null', 0, -0.0, 'null', '', '2021-01-01')`)
  const meta = { table: 'floating', chunk_rows: 300 }
  await lab.load(meta)
  const wishes = { fetch: true, repair: { capPercent: null } }
  const equal = await lab.reconcile(meta, wishes)
  assert.deepEqual([equal.differs, equal.refused, equal.compared!.notCompared], [false, null, []])

  await warehouse.query("UPDATE RAW.FLOATING SET D = D * 1.0000000000000003 WHERE ID = 'k3'")
  await warehouse.query("UPDATE RAW.FLOATING SET F = 0.1 WHERE ID IN ('k4', 'none')")
  await warehouse.query(
    `UPDATE RAW.FLOATING SET J = (SELECT PARSE_JSON('{"a": [5, 2.51], "b": null}')) WHERE ID = 'k5'`,
  )
  await warehouse.query("UPDATE RAW.FLOATING SET J = NULL, NOTE = 'both' WHERE ID = 'null'")
  const without = await lab.reconcile(meta)
  assert.deepEqual([without.compared!.different, without.compared!.notCompared.length], [1, 3])
  const { compared, repaired } = await lab.reconcile(meta, wishes)
  assert.deepEqual([compared!.different, compared!.missing, compared!.extra], [5, 0, 0])
  assert.deepEqual(compared!.columns, [
    { column: 'note', rows: 1 },
    { column: 'f', rows: 2 },
    { column: 'd', rows: 1 },
    { column: 'j', rows: 2 },
  ])
  assert.deepEqual([repaired!.rows, repaired!.updated, repaired!.inserted, repaired!.removed], [5, 5, 0, 0])
  assert.equal((await lab.reconcile(meta, wishes)).differs, false)
})

test('of a window only what it reached is fetched', async () => {
  await lab.database.run(
    `CREATE TABLE windowed ${SHAPE}; INSERT INTO windowed VALUES ('a', 1, 1, '1', 'x', '2021-01-01'), ('b', 1, 1, '1', 'x', '2021-01-02')`,
  )
  const meta = { table: 'windowed', load_strategy: 'incremental' as const, incremental_column: 'changed' }
  await lab.load(meta)
  await lab.database.run(
    "UPDATE windowed SET d = 2, changed = NOW(6) WHERE id = 'a'; UPDATE windowed SET d = 3 WHERE id = 'b'",
  )
  const { compared } = await lab.reconcile(meta, { fetch: true })
  assert.deepEqual([compared!.different, compared!.newer, compared!.columns], [1, 1, [{ column: 'd', rows: 1 }]])
  const left = await warehouse.query("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE 'STAGE%'")
  assert.deepEqual(left, [])
})
