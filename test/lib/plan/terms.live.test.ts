/** Rows are not laid beside others that were read under another `where`, other masks, another salt or another key. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { releaseLease, targetName } from '../../../lib/lease.ts'
import type { RunRequest, TableMetadata } from '../../../lib/model.ts'
import { planReplay, planRun } from '../../../lib/plan/plan-run.ts'
import { planTables } from '../../../lib/plan/plan-tables.ts'
import { termsWithoutWhere } from '../../../lib/plan/terms.ts'
import { runFolder } from '../../../lib/run-folder.ts'
import { openMysql } from '../../../lib/sources/mysql/connect.ts'
import { correctCursor } from '../../../lib/warehouses/snowflake/correct-cursor.ts'
import { readCursors } from '../../../lib/warehouses/snowflake/standing.ts'
import { openReconcileLab } from '../reconcile/lab.ts'

const lab = await openReconcileLab('TERMS')
const { warehouse } = lab.sides

type Meta = Partial<TableMetadata> & { table: string }

const people = (table: string, more: Partial<TableMetadata> = {}): Meta => ({
  ...{ table, load_strategy: 'incremental', incremental_column: 'at' },
  ...more,
})
const masked = (table: string, mask: 'sha256' | 'null'): Meta => people(table, { column_policies: { email: { mask } } })

const make = async (meta: Meta) => {
  await lab.database.run(`CREATE TABLE ${meta.table} (id INT PRIMARY KEY, part INT NOT NULL, email VARCHAR(64) NOT NULL,
      at DATETIME NOT NULL, KEY (at), UNIQUE KEY (id, part), UNIQUE KEY (email));
    INSERT INTO ${meta.table} VALUES (1, 1, 'a@example.org', '2021-01-01'), (2, 1, 'b@example.org', '2021-01-02')`)
  return lab.load(meta)
}
const planned = async (meta: Meta, request: RunRequest = {}, sides = lab.sides) =>
  (await planTables(lab.input(meta, request), sides)).tables[0]!
const refused = (meta: Meta, message: RegExp, request: RunRequest = {}, sides = lab.sides) =>
  assert.rejects(planned(meta, request, sides), { name: 'RefusedError', message })
const BACKFILL = { backfill: { from: '2021-01-01', to: '2021-01-02' } }

test('another "where" is refused until all is loaded, or a person says from where on; a backfill says so itself', async () => {
  const before = people('conditioned', { where: "email <> 'b@example.org'" })
  const wider = people('conditioned', { where: "email <> 'nobody'" })
  const { terms, target } = await make(before)
  assert.equal((await planned(before)).publish, 'merge')
  const message =
    /conditioned: "where" is not what it was.*--full-refresh --tables conditioned; or .*state rewind conditioned --to/
  await refused(wider, message)
  await refused(people('conditioned'), message)
  assert.ok(!terms!.includes('example'), 'a hash of it is kept')
  assert.equal((await planned(wider, { fullRefresh: true })).publish, 'replace')
  assert.equal((await planned(wider, BACKFILL)).publish, 'merge')
  const found = (await readCursors(warehouse, { suffix: '', tables: ['CONDITIONED'] })).get('CONDITIONED')!
  await correctCursor(warehouse, {
    ...{ kind: 'rewind', runId: 'by-hand', epoch: Date.now(), target, suffix: '', columns: 'at' },
    ...{ high: '2021-01-01 00:00:00.000000', terms: termsWithoutWhere(found.terms) },
  })
  await lab.load(wider)
  const [{ N }] = (await warehouse.query('SELECT COUNT(*) AS N FROM RAW.CONDITIONED')) as [{ N: unknown }]
  assert.equal(Number(N), 2, 'the row that was left out came')
  await refused(before, message)
})

test('a mask that was added, changed or taken away is refused by column, until all is loaded under it', async () => {
  await make(people('addresses'))
  const message = /addresses: "email" is masked by sha256 and was not masked\..*--full-refresh --tables addresses$/
  await refused(masked('addresses', 'sha256'), message)
  await refused(masked('addresses', 'sha256'), message, BACKFILL)
  await lab.load(masked('addresses', 'sha256'), { fullRefresh: true })
  assert.equal((await planned(masked('addresses', 'sha256'))).publish, 'merge')
  await refused(masked('addresses', 'null'), /"email" is masked by null and was masked by sha256\./)
  await refused(people('addresses'), /"email" is not masked and was masked by sha256\./)
})

test('another salt is refused, and in the ledger there is none', async () => {
  const meta = masked('salted', 'sha256')
  const { terms } = await make(meta)
  assert.doesNotMatch(terms!, /a salt of the tests/)
  const salted = { ...lab.database.settings, maskSalt: 'another salt of the tests, as long' }
  const source = await openMysql(salted)
  after(() => source.end())
  await refused(
    meta,
    /salted: MYSQL_MASK_SALT, the salt of masks, is another\..*--full-refresh/,
    {},
    {
      ...lab.sides,
      source,
    },
  )
  await make(masked('unsalted', 'null'))
  assert.equal((await planned(masked('unsalted', 'null'), {}, { ...lab.sides, source })).publish, 'merge')
})

test('a masked column that the target has not yet is no other mask', async () => {
  await make(people('growing'))
  await lab.database.run("ALTER TABLE growing ADD phone VARCHAR(64) NOT NULL DEFAULT '1'")
  const meta = people('growing', { column_policies: { phone: { mask: 'sha256' } } })
  await lab.load(meta)
  assert.equal((await planned(meta)).publish, 'merge')
  await refused(people('growing'), /growing: "phone" is not masked and was masked by sha256/)
})

test('another key is refused with both, and so is append where rows were merged', async () => {
  await make(people('keyed'))
  await refused(
    people('keyed', { unique_key: ['id', 'part'] }),
    /keyed: rows are told apart by \(id, part\) and were by \(id\)\..*--full-refresh/,
  )
  await refused(people('keyed', { load_strategy: 'append' }), /rows are told apart by nothing and were by \(id\)/)
  await lab.load(people('keyed', { unique_key: ['part', 'id'] }), { fullRefresh: true })
  assert.equal((await planned(people('keyed', { unique_key: ['id', 'part'] }))).publish, 'merge')
})

/** A run of a table, whose plan is kept, so that its files can be loaded again. */
const ran = async (meta: Meta) => {
  const plan = await planRun(lab.input(meta), lab.sides)
  for (const { target } of plan.tables) await releaseLease(targetName(target), plan.runId)
  await runFolder(plan).putPlan(plan)
  await lab.loadPlanned(plan.tables[0]!, plan.runId)
  return plan.runId
}
const replayed = async (meta: Meta, replayOf: string) => {
  const plan = await planReplay(lab.input(meta, { replayOf }), warehouse)
  for (const { target } of plan.tables) await releaseLease(targetName(target), plan.runId)
  return plan.tables[0]!.publish
}

test('a replay brings no values that the metadata masks, leaves out or reads otherwise by now', async () => {
  await make(people('again'))
  const runId = await ran(people('again'))
  assert.equal(await replayed(people('again'), runId), 'merge')
  const others: [Partial<TableMetadata>, RegExp][] = [
    [
      { column_policies: { email: { mask: 'sha256' } } },
      /again: run .* "email" is masked by sha256 and was not masked\./,
    ],
    [{ exclude: ['email', 'part'] }, /"part" is left out and was not; "email" is left out and was not\./],
    [{ columns: ['id', 'at'] }, /"part" is left out and was not; "email" is left out and was not\./],
    [{ invalid_utf8: 'replace' }, /"invalid_utf8" of "email" is another\./],
    [{ column_policies: { at: { zero_date: 'sentinel' } } }, /"zero_date" of "at" is another\./],
    [{ unique_key: ['id', 'part'] }, /rows are told apart by \(id, part\) and were by \(id\)\./],
    [{ load_strategy: 'append' }, /rows are told apart by nothing and were by \(id\)\./],
    [{ where: 'id > 1' }, /"where" is not what it was\..*--full-refresh --tables again/],
  ]
  for (const [more, message] of others)
    await assert.rejects(replayed(people('again', more), runId), { name: 'RefusedError', message })
})

test('a replay brings no rows of another primary key or salt than the target was last loaded by', async () => {
  const meta = masked('moved_on', 'sha256')
  await make(meta)
  const runId = await ran(meta)
  await lab.database.run('ALTER TABLE moved_on DROP PRIMARY KEY, ADD PRIMARY KEY (id, part)')
  const source = await openMysql({ ...lab.database.settings, maskSalt: 'another salt of the tests, as long' })
  after(() => source.end())
  const { tables } = await planTables(lab.input(meta, { fullRefresh: true }), { ...lab.sides, source })
  await lab.loadPlanned({ ...tables[0]!, epoch: Date.now() }, 'of-another-salt')
  await assert.rejects(replayed(meta, runId), {
    name: 'RefusedError',
    message: /MYSQL_MASK_SALT, the salt of masks, is another; rows are told apart by \(id, part\) and were by \(id\)\./,
  })
})

test('a whole copy that was read in the clear is not loaded again once a column is masked', async () => {
  const meta: Meta = { table: 'copied' }
  await make(meta)
  const runId = await ran(meta)
  assert.equal(await replayed(meta, runId), 'replace')
  const hidden: Meta = { ...meta, column_policies: { email: { mask: 'null' } } }
  await assert.rejects(replayed(hidden, runId), {
    name: 'RefusedError',
    message: /"email" is masked by null and was not/,
  })
})

test('what a ledger of an earlier release does not remember is accepted', async () => {
  const { terms: _, ...plan } = await make(people('older'))
  await lab.loadPlanned({ ...plan, epoch: Date.now() }, 'of-an-earlier-release')
  const meta = people('older', { where: 'id > 0', column_policies: { email: { mask: 'sha256' } } })
  await lab.load(meta)
  await refused(people('older'), /older: "email" is not masked and was masked by sha256/)
})
