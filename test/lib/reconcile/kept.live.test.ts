/** Rows that "deletes": "ignore" keeps are no differences, however many they are: they neither end a comparison nor forbid a repair. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TableMetadata } from '../../../lib/model.ts'
import { planTables } from '../../../lib/plan/plan-tables.ts'
import { compareTable, differs } from '../../../lib/reconcile/compare.ts'
import { comparisonOf } from '../../../lib/reconcile/comparison.ts'
import { numbers, openReconcileLab } from './lab.ts'

const lab = await openReconcileLab('KEPT')
const MOST = 10

const metaOf = (deletes: 'ignore' | 'hard') =>
  ({ table: `kept_${deletes}`, load_strategy: 'incremental', incremental_column: 'changed', deletes }) as const

/** 200 rows, of which MySQL then deletes 30; 3 more have changed since. One is lost in the warehouse, one is other there. */
const makeTable = async (meta: Partial<TableMetadata> & { table: string }) => {
  await lab.database.run(`CREATE TABLE ${meta.table} (id INT PRIMARY KEY, note VARCHAR(20), changed DATETIME(6) NOT NULL);
    INSERT INTO ${meta.table} SELECT seq, CONCAT('n', seq), '2021-01-01' + INTERVAL seq SECOND FROM ${numbers(200)}`)
  await lab.load(meta)
  await lab.database.run(
    `DELETE FROM ${meta.table} WHERE id <= 30; UPDATE ${meta.table} SET changed = NOW(6) WHERE id IN (41, 42, 43)`,
  )
  const target = `RAW.${meta.table.toUpperCase()}`
  await lab.sides.warehouse.query(`DELETE FROM ${target} WHERE ID = 50`)
  await lab.sides.warehouse.query(`UPDATE ${target} SET NOTE = 'other' WHERE ID = 51`)
}

/** With another limit than what is worth looking for in a real table. */
const compare = async (meta: Partial<TableMetadata> & { table: string }, most?: number) => {
  const input = lab.input(meta, { fullRefresh: true })
  const { tables, cursors } = await planTables(input, lab.sides)
  const [plan] = tables
  const comparing = comparisonOf(plan!, cursors.get(plan!.target.table))
  return compareTable(lab.sides, input.tables[0]!, comparing, most)
}

test('above the limit they are counted, and what differs is found all the same', async () => {
  const meta = metaOf('ignore')
  await makeTable(meta)
  const found = await compare(meta, MOST)
  assert.deepEqual([found.missing, found.different, found.isWhole, differs(found)], [1, 1, true, true])
  // rows that changed since are told from them by a second look, which so many do not get
  assert.equal(found.extra + found.newer, 33)
  assert.ok(found.differences.length <= MOST + 2)
})

test('below it those that changed since are told apart, and their keys are known', async () => {
  const found = await compare(metaOf('ignore'))
  assert.deepEqual([found.extra, found.newer, found.isWhole], [30, 3, true])
  assert.equal(found.differences.filter(({ verdict }) => verdict === 'extra').length, 30)
})

test('they are no part of what a repair may touch', async () => {
  const meta = metaOf('ignore')
  const { repaired, refused } = await lab.reconcile(meta, { repair: { capPercent: 2 } })
  assert.equal(refused, null)
  assert.deepEqual([repaired!.inserted, repaired!.updated, repaired!.removed], [1, 1, 0])
  const equal = await compare(meta, MOST)
  assert.deepEqual([equal.missing, equal.different, differs(equal)], [0, 0, false])
})

test('rows that are to go are differences, and count', async () => {
  const meta = metaOf('hard')
  await makeTable(meta)
  assert.equal((await compare(meta, MOST)).isWhole, false)
  const { refused } = await lab.reconcile(meta, { repair: { capPercent: 2 } })
  assert.match(refused!, /32 rows differ, which is more than 2 per cent/)
})
