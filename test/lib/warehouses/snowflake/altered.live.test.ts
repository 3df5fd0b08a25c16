/** A target that somebody alters between plan and load: named, with the remedy, and nothing is published. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadTable } from '../../../../lib/warehouses/snowflake/load-table.ts'
import { type Lab, later, loadOrders, lookedAt, moment, openLab, orders, stageChunk, stagesLeft } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('ALTERED_TESTS')
})
after(() => lab.warehouse.close())

const ledger = async (table: string) =>
  (await lab.warehouse.query(`SELECT RUN_ID FROM _FIRN.LOADS WHERE TARGET = 'RAW.${table}'`)).map(
    ({ RUN_ID }) => RUN_ID,
  )

for (const [what, alterations] of Object.entries({
  dropped: ['DROP TABLE RAW.DROPPED'],
  renamed: ['ALTER TABLE RAW.RENAMED RENAME TO RAW.RENAMED_BY_HAND'],
  lacking: ['ALTER TABLE RAW.LACKING DROP COLUMN PRICE'],
  seen: ['ALTER TABLE RAW.SEEN RENAME TO RAW.SEEN_BY_HAND', 'CREATE VIEW RAW.SEEN AS SELECT * FROM RAW.SEEN_BY_HAND'],
  required: ['ALTER TABLE RAW.REQUIRED ALTER COLUMN PRICE SET NOT NULL'],
  shortened: ['ALTER TABLE RAW.SHORTENED DROP COLUMN NOTE', 'ALTER TABLE RAW.SHORTENED ADD COLUMN NOTE VARCHAR(1)'],
  fenceless: ['DROP TABLE _FIRN."FENCE_RAW/FENCELESS"'],
}))
  for (const publish of ['merge', 'replace'] as const)
    test(`altered since it was planned (${what}), when a ${publish} comes`, async () => {
      const table = publish === 'merge' ? what : `${what}_2`
      const named = (sql: string) => sql.replaceAll(what.toUpperCase(), table.toUpperCase())
      await loadOrders(lab, orders(lab, table), [['o1', 'a', '1.00', 1]], { runId: 'r1' })
      const plan = await lookedAt(lab, publish === 'merge' ? later(lab, table, 1) : orders(lab, table, { epoch: 2 }))
      for (const sql of alterations) await lab.warehouse.query(named(sql))
      const chunks = [await stageChunk('r2', plan, [['o2', 'two characters', null, moment(2)]])]
      const load = { job: 'daily', runId: 'r2', attempt: 'a2', suffix: '', chunks, plan, renew: async () => {} }
      await assert.rejects(loadTable(lab.warehouse, load), (error: Error) => {
        assert.equal(error.name, 'DriftError', error.message)
        assert.match(
          error.message,
          new RegExp(`^${table}: RAW\\.${table.toUpperCase()}, or what belongs to it, is not as`),
        )
        assert.match(error.message, /Nothing was published; start a new run/)
        return true
      })
      assert.deepEqual(await ledger(table.toUpperCase()), ['r1'])
      assert.deepEqual(await stagesLeft(lab), [])
    })
