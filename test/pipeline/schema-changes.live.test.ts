/** What MySQL's tables become while they are loaded, through the deployed line: followed, refused by name, or accepted. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { ShownPlan } from '../../bin/plan-text.ts'
import type { RunReport, TableReport } from '../../lib/model.ts'
import { list } from '../../lib/store/objects.ts'
import { makeDatabase } from '../lib/sources/mysql/database.ts'
import { deployForTests, warehouse } from './deployed.ts'
import { ownLine } from './own-line.ts'

const { settings, run } = await makeDatabase('schema_changes')
const incremental = { load_strategy: 'incremental', incremental_column: 'changed' } as const
const { own } = ownLine(
  settings,
  {
    sc_bills: incremental,
    sc_goods: {},
    sc_frozen: { schema_changes: 'freeze' },
    sc_strict: { ...incremental, schema_changes: 'discard' },
    sc_keyed: incremental,
  },
  { changes: '*' },
)

before(async () => {
  await deployForTests()
  for (const table of ['sc_bills', 'sc_goods', 'sc_frozen', 'sc_strict', 'sc_keyed'])
    await run(`
      CREATE TABLE ${table} (
        id INT NOT NULL PRIMARY KEY, name VARCHAR(10), price DECIMAL(8,2), note TEXT,
        changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (changed));
      INSERT INTO ${table} (id, name, price, note) VALUES (1, 'one', 1.50, 'first');
      INSERT INTO ${table} VALUES (2, 'two', 2.50, 'second', '2024-01-01')`)
  const deployed = await own('deploy')
  assert.equal(deployed.status, 0, deployed.said)
  const first = await own<RunReport>('run', '--lag', '0')
  assert.equal(first.status, 0, first.said)
})

const go = async (status: number, ...args: string[]): Promise<(table: string) => TableReport> => {
  const ended = await own<RunReport>(...args)
  assert.equal(ended.status, status, ended.said)
  return (name) => ended.document.tables.find(({ table }) => table === name)!
}
const drift = ({ drift: found }: TableReport) => found.map(({ column, change }) => `${column} ${change}`).sort()
const rows = async (table: string, columns: string) =>
  (await warehouse(`SELECT ${columns} FROM RAW.${table} ORDER BY ID`)).map((row) => Object.values(row).join(' '))
const types = async (table: string) =>
  Object.fromEntries(
    (
      await warehouse(
        `SELECT COLUMN_NAME AS C, DATA_TYPE AS T, NUMERIC_PRECISION AS P, CHARACTER_MAXIMUM_LENGTH AS L FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'RAW' AND TABLE_NAME = '${table.toUpperCase()}' ORDER BY ORDINAL_POSITION`,
      )
    ).map(({ C, T, P, L }) => [C, `${T} ${P ?? L ?? ''}`.trim()]),
  )

test('C33: added, widened, renamed: followed, told by the plan and the report, nothing dropped', async () => {
  for (const table of ['sc_bills', 'sc_goods'])
    await run(`
      ALTER TABLE ${table} ADD COLUMN vat INT NOT NULL DEFAULT 19, MODIFY name VARCHAR(30), MODIFY price DECIMAL(12,2),
        CHANGE note remark TEXT;
      UPDATE ${table} SET name = 'one, and rather longer', price = 1234567890.25 WHERE id = 1`)
  const expected = ['NOTE removed', 'name widened', 'price widened', 'remark added', 'vat added']
  const plan = await own<ShownPlan>('plan', '--tables', 'sc_bills')
  assert.deepEqual(drift(plan.document.tables[0] as unknown as TableReport), expected)
  const report = await go(0, 'run', '--lag', '0', '--tables', 'sc_bills,sc_goods')
  assert.deepEqual(drift(report('sc_bills')), expected)
  assert.deepEqual(drift(report('sc_goods')), expected)
  const hint = report('sc_bills').drift.find(({ column }) => column === 'NOTE')!.detail
  assert.match(hint, /kept in RAW\.SC_BILLS.*Renamed to remark\?/)
  const now = await types('sc_bills')
  assert.deepEqual([now.NAME, now.PRICE, now.VAT, now.NOTE], ['TEXT 30', 'NUMBER 12', 'NUMBER 10', 'TEXT 16777216'])
  // a merge writes the row that changed; a full copy writes all
  assert.deepEqual(await rows('SC_BILLS', 'ID, NAME, PRICE, VAT, REMARK, NOTE'), [
    '1 one, and rather longer 1234567890.25 19 first ',
    '2 two 2.50   second',
  ])
  assert.deepEqual(await rows('SC_GOODS', 'ID, VAT, REMARK, NOTE'), ['1 19 first ', '2 19 second '])
})

test('what is not sent any more says since which run; filled again on a full refresh', async () => {
  const report = await go(0, 'run', '--lag', '0', '--full-refresh', '--tables', 'sc_bills')
  const [note] = report('sc_bills').drift
  assert.match(note!.detail, /^not sent since run 20\d{6}T/)
  assert.deepEqual(await rows('SC_BILLS', 'ID, VAT, REMARK'), ['1 19 first', '2 19 second'])
})

test('narrowed: kept wider, told by plan and report each time, and no failure; frozen, refused; accepted, as MySQL has it', async () => {
  for (const table of ['sc_goods', 'sc_frozen'])
    await run(`UPDATE ${table} SET name = 'one', price = 1 WHERE id = 1; ALTER TABLE ${table} MODIFY name VARCHAR(5)`)
  const plan = await own<ShownPlan>('plan', '--tables', 'sc_goods')
  const told = plan.document.tables[0]!.drift.find(({ change }) => change === 'narrowed')!
  assert.match(told.detail, /^VARCHAR\(5\) in MySQL, and kept wider in RAW\.SC_GOODS, VARCHAR\(30\)/)
  for (const times of [1, 2]) {
    const report = await go(0, 'run', '--tables', 'sc_goods')
    assert.ok(drift(report('sc_goods')).includes('name narrowed'), `time ${times}`)
  }
  assert.equal((await types('sc_goods')).NAME, 'TEXT 30')
  const frozen = await go(1, 'run', '--tables', 'sc_frozen')
  assert.match(frozen('sc_frozen').failure!.message, /column name is narrowed.*firn -- accept sc_frozen/)
  await go(0, 'accept', 'sc_frozen', '--yes')
  assert.equal((await types('sc_frozen')).NAME, 'TEXT 5')
  assert.deepEqual(await rows('SC_FROZEN', 'ID, NAME'), ['1 one', '2 two'])
  assert.deepEqual(drift((await go(0, 'run', '--tables', 'sc_frozen'))('sc_frozen')), [])
})

test('C35: a type that cannot be followed stops its table alone, red and named; nothing of it is read', async () => {
  await run('ALTER TABLE sc_bills MODIFY price VARCHAR(20); ALTER TABLE sc_frozen ADD COLUMN more INT')
  const before = await rows('SC_BILLS', 'ID, PRICE')
  const ended = await own<RunReport>('run', '--lag', '0')
  assert.equal(ended.status, 1)
  const report = (name: string) => ended.document.tables.find(({ table }) => table === name)!
  assert.deepEqual(ended.document.tables.map(({ table, status }) => `${table} ${status}`).sort(), [
    'sc_bills failed',
    'sc_frozen failed',
    'sc_goods published',
    'sc_keyed published',
    'sc_strict published',
  ])
  assert.equal(report('sc_bills').failure!.name, 'DriftError')
  assert.match(
    report('sc_bills').failure!.message,
    /PRICE is NUMBER\(12,2\), and price is VARCHAR\(20\).*firn -- accept sc_bills/,
  )
  assert.match(report('sc_frozen').failure!.message, /column more is added, and "schema_changes" is "freeze"/)
  assert.deepEqual(drift(report('sc_bills')), ['NOTE removed', 'price retyped'])
  assert.deepEqual(await rows('SC_BILLS', 'ID, PRICE'), before)
  const { keys } = await list(`runs/changes/${ended.document.runId}/sc_bills/`)
  assert.deepEqual(
    keys.map((key) => key.split('/').at(-1)),
    ['failure.json'],
  )
  const plan = await own<ShownPlan>('plan', '--tables', 'sc_bills')
  assert.equal(plan.status, 2)
  assert.match(plan.document.tables[0]!.problems.join(), /firn -- accept sc_bills/)
})

let refusedRun = ''
test('a run of refused tables only ends as well, and its retry looks at them anew', async () => {
  const ended = await own<RunReport>('run', '--tables', 'sc_bills,sc_frozen')
  refusedRun = ended.document.runId
  const retried = await own<RunReport>('retry', refusedRun)
  for (const { status, said, document } of [ended, retried]) {
    assert.equal(status, 1, said)
    assert.deepEqual(
      document.tables.map(({ table, failure }) => `${table} ${failure?.name}`),
      ['sc_bills DriftError', 'sc_frozen DriftError'],
    )
  }
})

test('C36: discard: the new column and the retyped one are left out, and named', async () => {
  await run(
    `ALTER TABLE sc_strict ADD COLUMN more INT, MODIFY price VARCHAR(20); UPDATE sc_strict SET name = 'uno' WHERE id = 1`,
  )
  const report = await go(0, 'run', '--lag', '0', '--tables', 'sc_strict')
  assert.deepEqual(drift(report('sc_strict')), ['more discarded', 'price discarded'])
  assert.deepEqual(await rows('SC_STRICT', 'ID, NAME, PRICE'), ['1 uno ', '2 two 2.50'])
})

test('C34: accept asks first', async () => {
  const { status, said } = await own('accept', 'sc_bills')
  assert.equal(status, 2)
  assert.match(said, /sc_bills: RAW\.SC_BILLS is rebuilt beside/)
  assert.match(said, /NOTE removed: TEXT|NOTE removed: VARCHAR/)
  assert.match(said, /price retyped: NUMBER\(12,2\) becomes VARCHAR\(20\)/)
  assert.match(said, /Nothing was rebuilt: .*--yes/)
})

test('accepted: rebuilt as MySQL has it, grants kept, the cursor moved, the next run follows on', async () => {
  await warehouse('CREATE ROLE IF NOT EXISTS SC_READER')
  await warehouse('GRANT SELECT ON TABLE RAW.SC_BILLS TO ROLE SC_READER')
  const report = await go(0, 'accept', 'sc_bills', 'sc_frozen', '--yes')
  assert.deepEqual([report('sc_bills').load!.publish, report('sc_bills').load!.kind], ['rebuild', 'window'])
  assert.match(report('sc_bills').warnings.join(), /UNDROP TABLE/)
  const now = await types('sc_bills')
  assert.deepEqual([now.PRICE, now.NOTE], ['TEXT 20', undefined])
  assert.deepEqual(await rows('SC_BILLS', 'ID, PRICE, VAT, REMARK'), ['1 1234567890.25 19 first', '2 2.50 19 second'])
  const grants = await warehouse('SHOW GRANTS ON TABLE RAW.SC_BILLS')
  assert.ok(
    grants.some((row) => row.privilege === 'SELECT' && row.grantee_name === 'SC_READER'),
    JSON.stringify(grants),
  )
  assert.deepEqual(
    await warehouse(`SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE STARTSWITH(TABLE_NAME, '_FIRN_REBUILD_')`),
    [],
  )
  await run(`INSERT INTO sc_bills (id, name, price) VALUES (3, 'three', 'on request')`)
  const next = await go(0, 'run', '--lag', '0', '--tables', 'sc_bills,sc_frozen')
  assert.deepEqual(
    [next('sc_bills').load!.publish, next('sc_bills').load!.inserted, drift(next('sc_bills'))],
    ['merge', 1, []],
  )
  assert.deepEqual((await rows('SC_BILLS', 'ID, PRICE')).at(-1), '3 on request')
  const retried = await go(0, 'retry', refusedRun)
  assert.deepEqual([retried('sc_bills').load!.publish, retried('sc_frozen').status], ['merge', 'published'])
})

test('a key that becomes a new column: refused by name, with every row there once; accepted, it goes on by the new key', async () => {
  const before = await rows('SC_KEYED', 'ID, NAME')
  await run('ALTER TABLE sc_keyed ADD COLUMN no INT NOT NULL AUTO_INCREMENT, DROP PRIMARY KEY, ADD PRIMARY KEY (no)')
  const report = await go(1, 'run', '--lag', '0', '--tables', 'sc_keyed')
  const { name, message } = report('sc_keyed').failure!
  assert.equal(name, 'DriftError')
  assert.match(message, /column "no" of its key is not in RAW\.SC_KEYED yet.*firn -- accept sc_keyed/)
  assert.deepEqual(await rows('SC_KEYED', 'ID, NAME'), before)
  await go(0, 'accept', 'sc_keyed', '--yes')
  await run(`UPDATE sc_keyed SET name = 'uno' WHERE id = 1`)
  const next = await go(0, 'run', '--lag', '0', '--tables', 'sc_keyed')
  assert.deepEqual([next('sc_keyed').load!.publish, next('sc_keyed').load!.inserted], ['merge', 0])
  assert.deepEqual(await rows('SC_KEYED', 'NO, ID, NAME'), ['1 1 uno', '2 2 two'])
})

test('a sample that no longer fits is rebuilt: it is nobody’s history', async () => {
  await go(0, 'run', '--test-mode', '--tables', 'sc_goods')
  await run('ALTER TABLE sc_goods MODIFY price VARCHAR(20)')
  const report = await go(0, 'run', '--test-mode', '--tables', 'sc_goods')
  assert.equal(report('sc_goods').load!.publish, 'rebuild')
  await go(1, 'run', '--tables', 'sc_goods')
})
