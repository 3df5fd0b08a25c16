/** Tables that are loaded window by window: what a window has not reached, rows that are gone, rows that change meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseLease, takeLease, targetName } from '../../../lib/lease.ts'
import type { TableMetadata } from '../../../lib/model.ts'
import type { Reconciled } from '../../../lib/reconcile/reconcile.ts'
import { correctCursor } from '../../../lib/warehouses/snowflake/correct-cursor.ts'
import { numbers, openReconcileLab } from './lab.ts'

const lab = await openReconcileLab('INCREMENTAL')
const { warehouse } = lab.sides
const REPAIR = { repair: { capPercent: null } }

type Meta = Partial<TableMetadata> & { table: string }
const incremental = (table: string, more: Partial<TableMetadata> = {}): Meta => ({
  ...{ table, load_strategy: 'incremental', incremental_column: 'changed' },
  ...more,
})

const counts = ({ compared, differs, refused }: Reconciled) => {
  assert.equal(refused, null)
  const { missing, extra, different, repeated, newer } = compared!
  return { missing, extra, different, repeated, newer, differs }
}
const EQUAL = { missing: 0, extra: 0, different: 0, repeated: 0, newer: 0, differs: false }

const makeTable = (name: string) =>
  lab.database.run(`CREATE TABLE ${name} (id INT PRIMARY KEY, note VARCHAR(20), changed DATETIME(6) NOT NULL);
    INSERT INTO ${name} SELECT seq, CONCAT('n', seq), '2021-01-01' + INTERVAL seq SECOND FROM ${numbers(50)}`)

test('rows that the last window has not reached are neither missing nor different', async () => {
  await makeTable('young')
  await lab.load(incremental('young'))
  await lab.database.run(`INSERT INTO young VALUES (60, 'new', NOW(6)), (61, 'new', NOW(6));
    UPDATE young SET note = 'changed', changed = NOW(6) WHERE id IN (1, 2, 3)`)
  const found = await lab.reconcile(incremental('young'))
  assert.deepEqual(counts(found), { ...EQUAL, newer: 3 })
  assert.equal(found.compared!.upTo, '2021-01-01 00:00:50.000000')
  await lab.load(incremental('young'))
  assert.deepEqual(counts(await lab.reconcile(incremental('young'))), EQUAL)
})

test('rows that a window missed, or that changed without their cursor, are found and repaired; the cursor stays', async () => {
  const meta = incremental('late')
  await makeTable('late')
  await lab.load(meta)
  await lab.database.run(`INSERT INTO late VALUES (70, 'late', '2021-01-01 00:00:10'); UPDATE late SET note = 'quietly' WHERE id = 5;
    UPDATE late SET changed = '2020-01-01' WHERE id = 6; INSERT INTO late VALUES (80, 'young', NOW(6))`)
  const found = await lab.reconcile(meta, REPAIR)
  assert.deepEqual(counts(found), { ...EQUAL, missing: 1, different: 2, differs: true })
  assert.deepEqual([found.repaired!.inserted, found.repaired!.updated, found.repaired!.removed], [1, 2, 0])
  const after = await lab.reconcile(meta)
  assert.deepEqual([counts(after), after.compared!.upTo], [EQUAL, '2021-01-01 00:00:50.000000'])
  const [row] = await warehouse.query("SELECT TO_VARCHAR(CHANGED, 'YYYY-MM-DD') AS C FROM RAW.LATE WHERE ID = 6")
  assert.equal(row!.C, '2020-01-01', "MySQL's row counts, though its cursor is older")
})

test('a list of columns as the cursor, NULL among them', async () => {
  const meta = incremental('coalesced', { incremental_column: ['changed', 'made'], null_cursor: 'include' })
  await lab.database.run(`CREATE TABLE coalesced (id INT PRIMARY KEY, changed DATETIME(6), made DATETIME(6));
    INSERT INTO coalesced VALUES (1, NULL, '2021-01-01'), (2, '2021-01-02', '2020-01-01'), (3, NULL, NULL)`)
  await lab.load(meta)
  assert.deepEqual(counts(await lab.reconcile(meta)), EQUAL)
  await lab.database.run(
    "INSERT INTO coalesced VALUES (4, NULL, '2020-06-01'), (5, NULL, NULL), (6, NULL, '2030-01-01')",
  )
  await warehouse.query('DELETE FROM RAW.COALESCED WHERE ID = 2')
  assert.deepEqual(counts(await lab.reconcile(meta)), { ...EQUAL, missing: 3, differs: true })
})

test('rows deleted in MySQL are told, and stay as the metadata says', async () => {
  for (const deletes of ['ignore', 'hard', 'soft'] as const) {
    const meta = incremental(`gone_${deletes}`, { deletes })
    await makeTable(meta.table)
    await lab.load(meta)
    await lab.database.run(`DELETE FROM ${meta.table} WHERE id IN (7, 8)`)
    const found = await lab.reconcile(meta, REPAIR)
    assert.deepEqual(counts(found), { ...EQUAL, extra: 2, differs: deletes !== 'ignore' })
    assert.equal(found.repaired?.removed, deletes === 'ignore' ? undefined : 2)
    assert.deepEqual(counts(await lab.reconcile(meta)), deletes === 'ignore' ? { ...EQUAL, extra: 2 } : EQUAL)
    const [rows] = await warehouse.query(`SELECT COUNT(*) AS N FROM RAW.${meta.table.toUpperCase()}`)
    assert.equal(rows!.N, deletes === 'hard' ? '48' : '50')
  }
  const marked = await warehouse.query('SELECT ID FROM RAW.GONE_SOFT WHERE _FIRN_DELETED_AT IS NOT NULL ORDER BY ID')
  assert.deepEqual(
    marked.map(({ ID }) => ID),
    ['7', '8'],
  )
})

test('a row that is marked as deleted and came back is missing, and once there when repaired', async () => {
  const meta = incremental('gone_soft', { deletes: 'soft' })
  await lab.database.run("INSERT INTO gone_soft VALUES (7, 'back', '2021-01-01 00:00:07')")
  const found = await lab.reconcile(meta, REPAIR)
  assert.deepEqual(counts(found), { ...EQUAL, missing: 1, differs: true })
  const rows = await warehouse.query('SELECT NOTE, _FIRN_DELETED_AT AS D FROM RAW.GONE_SOFT WHERE ID = 7')
  assert.deepEqual(rows, [{ NOTE: 'back', D: null }])
  assert.deepEqual(counts(await lab.reconcile(meta)), EQUAL)
})

test('a row that only looked different for a moment is not told', async () => {
  const meta = incremental('moving')
  await makeTable('moving')
  await lab.load(meta)
  await lab.database.run(
    "UPDATE moving SET note = 'for a moment' WHERE id = 9; UPDATE moving SET note = 'to stay' WHERE id = 10",
  )
  let looks = 0
  // while hashes are asked for: either they are equal already, or the second look finds that they are
  const found = await lab.reconcile(meta, undefined, async (sql) => {
    if (/ AS R, /.test(sql) && looks++ === 0) await lab.database.run("UPDATE moving SET note = 'n9' WHERE id = 9")
  })
  assert.equal(looks, 1)
  assert.deepEqual(counts(found), { ...EQUAL, different: 1, differs: true })
})

test('keys that MySQL takes for equal are told apart by their bytes', async () => {
  await lab.database.run(`CREATE TABLE cased (code VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT);
    INSERT INTO cased VALUES ('abc', 1), ('é', 2), ('x ', 3), ('\\\\''"', 4)`)
  await lab.load({ table: 'cased' })
  assert.deepEqual(counts(await lab.reconcile({ table: 'cased' })), EQUAL)
  await lab.database.run("UPDATE cased SET code = 'ABC' WHERE code = 'abc'; UPDATE cased SET v = 5 WHERE v = 4")
  const found = await lab.reconcile({ table: 'cased' }, REPAIR)
  assert.deepEqual(counts(found), { ...EQUAL, missing: 1, extra: 1, different: 1, differs: true })
  const rows = await warehouse.query('SELECT CODE, V FROM RAW.CASED ORDER BY V')
  assert.deepEqual(
    rows.map(({ CODE, V }) => `${CODE}=${V}`),
    ['ABC=1', 'é=2', 'x =3', '\\\'"=5'],
  )
})

test('rows that are none of the table by its condition are extra; columns that were not chosen are no matter', async () => {
  const meta = { table: 'chosen', where: "note <> 'out' OR note IS NULL", exclude: ['changed'] }
  await makeTable('chosen')
  await lab.load(meta)
  await lab.database.run("UPDATE chosen SET note = 'out' WHERE id = 3; UPDATE chosen SET changed = NOW(6)")
  const found = await lab.reconcile(meta, REPAIR)
  assert.deepEqual(counts(found), { ...EQUAL, extra: 1, differs: true })
  assert.deepEqual(counts(await lab.reconcile(meta)), EQUAL)
})

test('what cannot be compared or repaired is refused by name', async () => {
  await makeTable('never')
  assert.match(
    (await lab.reconcile({ table: 'never' })).refused!,
    /never: RAW\.NEVER has not been loaded yet.*run --tables never/,
  )
  await lab.database.run('CREATE TABLE alike (v INT); INSERT INTO alike VALUES (1), (1)')
  await lab.load({ table: 'alike' })
  await warehouse.query('DELETE FROM RAW.ALIKE')
  assert.match(
    (await lab.reconcile({ table: 'alike' }, REPAIR)).refused!,
    /alike: without a key .* --full-refresh --tables alike/,
  )
  await lab.database.run(
    `CREATE TABLE many (id INT PRIMARY KEY, v INT); INSERT INTO many SELECT seq, seq FROM ${numbers(3000)}`,
  )
  await lab.load({ table: 'many' })
  await warehouse.query('UPDATE RAW.MANY SET V = V + 1 WHERE ID <= 1200')
  const tooMany = await lab.reconcile({ table: 'many' }, REPAIR)
  assert.match(
    tooMany.refused!,
    /many: 1200 rows differ, which is more than 10 per cent of it: say --cap with a higher share/,
  )
  assert.equal((await lab.reconcile({ table: 'many' }, { repair: { capPercent: 39 } })).repaired, null)
  assert.equal((await lab.reconcile({ table: 'many' }, { repair: { capPercent: 40 } })).repaired!.updated, 1200)
  assert.deepEqual(counts(await lab.reconcile({ table: 'many' })), EQUAL)
})

/** As `firn state reset` does. */
const reset = (table: string) =>
  correctCursor(warehouse, {
    ...{
      kind: 'reset',
      runId: `reset-${table}`,
      epoch: Date.now(),
      suffix: '',
      high: null,
      columns: null,
      terms: null,
    },
    target: { database: lab.sides.settings.database, schema: 'RAW', table: table.toUpperCase() },
  })

test('a table of which no cursor says how far it is loaded is not called equal', async () => {
  await makeTable('begun_anew')
  await lab.load(incremental('begun_anew'))
  await reset('begun_anew')
  await warehouse.query('DELETE FROM RAW.BEGUN_ANEW WHERE ID = 1')
  const found = await lab.reconcile(incremental('begun_anew'), REPAIR)
  assert.deepEqual([found.compared, found.repaired], [null, null])
  assert.match(
    found.refused!,
    /begun_anew: nothing says how far RAW\.BEGUN_ANEW is loaded by "changed".*firn -- run --tables begun_anew/,
  )
  await lab.load(incremental('begun_anew'))
  assert.deepEqual(counts(await lab.reconcile(incremental('begun_anew'))), EQUAL)

  await makeTable('once_full')
  await lab.load({ table: 'once_full' })
  assert.match((await lab.reconcile(incremental('once_full'))).refused!, /once_full: nothing says how far/)
})

test('a table without a row in MySQL has no cursor: equal while the warehouse has none, else all of it is extra', async () => {
  const meta = incremental('bare', { deletes: 'hard' })
  await lab.database.run('CREATE TABLE bare (id INT PRIMARY KEY, changed DATETIME(6) NOT NULL)')
  await lab.load(meta)
  assert.deepEqual(counts(await lab.reconcile(meta)), EQUAL)
  await lab.database.run("INSERT INTO bare VALUES (1, '2021-01-01'), (2, '2021-01-02')")
  await lab.load(meta)
  await reset('bare')
  await lab.database.run('DELETE FROM bare')
  assert.deepEqual(counts(await lab.reconcile(meta)), { ...EQUAL, extra: 2, differs: true })
})

test('while a run has the target nothing is repaired', async () => {
  const target = { database: lab.sides.settings.database, schema: 'RAW', table: 'MANY' }
  await warehouse.query('UPDATE RAW.MANY SET V = 0 WHERE ID = 1')
  await takeLease(target, 'another-run', Date.now())
  assert.match((await lab.reconcile({ table: 'many' }, REPAIR)).refused!, /is being loaded by run another-run/)
  await releaseLease(targetName(target), 'another-run')
  assert.equal((await lab.reconcile({ table: 'many' }, REPAIR)).repaired!.updated, 1)
})
