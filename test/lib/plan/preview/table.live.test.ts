/** What a preview shows is what a load sends: statement for statement, but for what only a run knows. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TablePlan } from '../../../../lib/model.ts'
import { previewTable } from '../../../../lib/plan/preview/table.ts'
import type { Warehouse } from '../../../../lib/warehouses/snowflake/connect.ts'
import { type Lab, later, loadOrders, lookedAt, type Order, openLab, orders } from '../../warehouses/snowflake/lab.ts'

let lab: Lab
const sent: string[] = []
before(async () => {
  lab = await openLab('PREVIEW')
})
after(() => lab.warehouse.close())

/** The same warehouse, and what it was told. */
const listening = (warehouse: Warehouse): Warehouse => ({
  ...warehouse,
  query: (sql, binds) => {
    sent.push(sql)
    return warehouse.query(sql, binds)
  },
  script: (statements) => {
    sent.push(...statements)
    return warehouse.script(statements)
  },
  start: (sql, deadline) => {
    sent.push(typeof sql === 'string' ? sql : ['BEGIN TRANSACTION', ...sql, 'COMMIT'].join(';\n'))
    return warehouse.start(sql, deadline)
  },
})

const RUN = 'run-of-the-preview'
const ATTEMPT = 'attempt'

/** Without what only a run knows: its names, its files, its clock, every number. */
const spelled = (sql: string): string =>
  sql
    .replaceAll(RUN, '<run>')
    .replaceAll(`'${ATTEMPT}'`, "'<attempt>'")
    .replace(new RegExp(`_${ATTEMPT.toUpperCase()}(["'])`, 'g'), '__ATTEMPT_$1')
    .replace(/'[0-9a-f]{32,64}'/g, "'<seal>'")
    .replace(/FILES = \([^)]*\)/, 'FILES = (…)')
    .replace(/'(<started>|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)'::TIMESTAMP_NTZ\(6\)\n?/g, '<started>')
    .replace(/\d+/g, 'N')

/** Looks at where things stand, which a preview does before it is shown. */
const isLook = (sql: string) => /^SELECT (L\.MODE|'column' AS WHAT)/.test(sql)

const ROWS: Order[] = [
  ['a', 'x', '1.00', 1],
  ['b', null, null, 2],
]

const sameAsShown = async (plan: TablePlan, runId: string, rows: Order[]) => {
  const previewed = {
    plan: await lookedAt(lab, plan),
    job: 'daily',
    suffix: '',
    prefix: 'runs/daily/<run>/',
    rows: rows.length,
  }
  const shown = previewTable(previewed).snowflake.map(({ sql }) => spelled(sql))
  sent.length = 0
  await loadOrders({ ...lab, warehouse: listening(lab.warehouse) }, plan, rows, { runId, attempt: ATTEMPT })
  const told = sent.filter((sql) => !isLook(sql)).map(spelled)
  assert.ok(told.length >= 5)
  return { shown, told }
}

test('a first load, into a target that is not there', async () => {
  const { shown, told } = await sameAsShown(orders(lab, 'orders'), RUN, ROWS)
  assert.deepEqual(shown, told)
})

test('a merge, into a target that lacks a column', async () => {
  const columns = [...orders(lab, 'orders').columns, { name: 'added', type: 'int', nullable: true }]
  const plan = later(lab, 'orders', 2, { columns, epoch: Date.now() })
  const previewed = { job: 'daily', suffix: '', prefix: 'runs/daily/<run>/', rows: 1 }
  const preview = previewTable({ ...previewed, plan: await lookedAt(lab, plan) })
  const said = preview.snowflake.map(({ sql }) => sql).join('\n')
  assert.match(said, /ALTER TABLE .*"ORDERS" ADD COLUMN IF NOT EXISTS "ADDED" NUMBER\(10,0\)/)
  assert.match(said, /MERGE INTO .*"RAW"\."ORDERS"/)
})

test('a merge, into a target that is as it should be', async () => {
  const plan = later(lab, 'orders', 2, { epoch: 3 })
  const { shown, told } = await sameAsShown(plan, `${RUN}-again`, [['b', 'new', '2.00', 3]])
  assert.deepEqual(
    shown,
    told.map((sql) => sql.replaceAll('<run>-again', '<run>')),
  )
})

test('a rebuilding: the table beside, its publication, and what is dropped', async () => {
  const columns = orders(lab, 'orders').columns.map((each) => (each.name === 'note' ? { ...each, type: 'int' } : each))
  const plan = orders(lab, 'orders', { columns, publish: 'rebuild', epoch: Date.now() + 1 })
  const { shown, told } = await sameAsShown(plan, `${RUN}-rebuilt`, [['b', '7', '2.00', 3]])
  assert.deepEqual(
    shown,
    told.map((sql) => sql.replaceAll('<run>-rebuilt', '<run>')),
  )
})

test('a table that is refused is a problem and no statement', () => {
  const plan = later(lab, 'orders', 2, { refused: 'for a reason', publish: 'none', window: null, chunks: [] })
  const shown = previewTable({ plan, job: 'daily', suffix: '', prefix: '', rows: 0 })
  assert.deepEqual(shown.problems, ['for a reason'])
  assert.deepEqual([shown.snowflake, shown.mysql], [[], []])
})
