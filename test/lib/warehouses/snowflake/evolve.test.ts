import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column, TargetColumn } from '../../../../lib/model.ts'
import { besideSql } from '../../../../lib/warehouses/snowflake/beside.ts'
import {
  evolutionOf,
  evolveSql,
  keptColumns,
  marksSql,
  notSentSince,
} from '../../../../lib/warehouses/snowflake/evolve.ts'

const target = { database: 'FIRN', schema: 'RAW', table: 'T' }
const audit: TargetColumn[] = [
  { name: '_FIRN_RUN_ID', type: 'VARCHAR(255)' },
  { name: '_FIRN_LOADED_AT', type: 'TIMESTAMP_NTZ(6)' },
  { name: '_FIRN_DELETED_AT', type: 'TIMESTAMP_NTZ(6)' },
]
const a: Column = { name: 'a', type: 'int', nullable: false }
const there: TargetColumn[] = [{ name: 'A', type: 'NUMBER(10,0)' }, ...audit]
const sql = (columns: Column[], found: TargetColumn[] | null) =>
  evolveSql({ table: 't', target, columns, found: { columns: found, fence: true } })
const marks = (columns: Column[], found: TargetColumn[], runId: string) =>
  marksSql({ target, columns, found: { columns: found, fence: true } }, runId)

test('a target that is as it should be, or wider, is left alone; columns of ours are no drift', () => {
  assert.deepEqual(evolutionOf(target, [a], there).narrowed, [])
  assert.deepEqual(sql([a], there), [])
  const wide = [{ name: 'A', type: 'NUMBER(38,0)' }, ...audit, { name: '_FIRN_DELETED_AT', type: 'TIMESTAMP_NTZ(6)' }]
  assert.deepEqual(sql([a], wide), [])
  const { narrowed, widened, misfits } = evolutionOf(target, [a], wide)
  assert.deepEqual(
    narrowed.map(({ there: is, needed }) => `${is.type} ${needed.type}`),
    ['NUMBER(38,0) NUMBER(10,0)'],
  )
  assert.deepEqual([widened, misfits], [[], []])
  const notNull = evolutionOf(target, [{ ...a, nullable: true }], [{ ...wide[0]!, notNull: true }, ...audit])
  assert.deepEqual([notNull.narrowed.length, notNull.misfits.length], [0, 1], 'what does not fit is no narrowing')
})

test('one of before rows could be marked as deleted gets the column for it, and is no drift', () => {
  const before = there.filter(({ name }) => name !== '_FIRN_DELETED_AT')
  assert.deepEqual(sql([a], before), [
    'ALTER TABLE "FIRN"."RAW"."T" ADD COLUMN IF NOT EXISTS "_FIRN_DELETED_AT" TIMESTAMP_NTZ(6)',
  ])
})

test('one that is not there is made; columns that it lacks are added, others made wide enough, in order', () => {
  assert.match(sql([a], null).join(), /^CREATE TABLE IF NOT EXISTS "FIRN"\."RAW"\."T" \(\n {2}"A" NUMBER\(10,0\)/)
  const columns = [
    { ...a, type: 'bigint(20)' },
    { name: 'big b', type: 'varchar(20)', nullable: true },
    { name: 'c', type: 'date', nullable: true },
  ]
  assert.deepEqual(sql(columns, [...there, { name: 'BIG_B', type: 'VARCHAR(10)' }]), [
    'ALTER TABLE "FIRN"."RAW"."T" ADD COLUMN IF NOT EXISTS "C" DATE',
    'ALTER TABLE "FIRN"."RAW"."T" ALTER COLUMN "A" SET DATA TYPE NUMBER(19,0)',
    'ALTER TABLE "FIRN"."RAW"."T" ALTER COLUMN "BIG_B" SET DATA TYPE VARCHAR(20)',
  ])
})

test('a column that is not sent any more stays, and says since when; people’s words on it stay too', () => {
  const found = [...there, { name: 'OLD', type: 'DATE', comment: 'when it was' }]
  const marked = marks([a], found, 'r7')
  assert.deepEqual(sql([a], found), [], 'before it has published, a run says nothing')
  assert.deepEqual(marked, [
    `ALTER TABLE "FIRN"."RAW"."T" ALTER COLUMN "OLD" COMMENT 'when it was firn: not sent since run r7'`,
  ])
  assert.deepEqual(keptColumns(target, [a], { columns: found, fence: true }), ['OLD'])
  const old = { name: 'OLD', type: 'DATE', comment: 'when it was firn: not sent since run r7' }
  assert.equal(notSentSince(old), 'r7')
  assert.deepEqual(marks([a], [...there, old], 'r8'), [], 'since the first run, not the last')
  const again = marks([a, { name: 'old', type: 'date', nullable: true }], [...there, old], 'r9')
  assert.deepEqual(again, [`ALTER TABLE "FIRN"."RAW"."T" ALTER COLUMN "OLD" COMMENT 'when it was'`])
})

test('what cannot be followed is refused, all of it at once, with the command that accepts it', () => {
  const found: TargetColumn[] = [
    { name: 'A', type: 'VARCHAR(10)' },
    { name: 'B', type: 'NUMBER(12,4)' },
    { name: 'C', type: 'DATE', notNull: true },
    { name: 'GONE', type: 'DATE', notNull: true },
    audit[0]!,
  ]
  const columns = [a, { ...a, name: 'b', type: 'decimal(12,2)' }, { name: 'c', type: 'date', nullable: true }]
  assert.throws(() => sql(columns, found), {
    name: 'DriftError',
    message:
      't: RAW.T and MySQL no longer agree, so nothing of it was loaded: column A is VARCHAR(10), and a is NUMBER(10,0) in MySQL; column B is NUMBER(12,4), and b is NUMBER(12,2) in MySQL; column C is NOT NULL, and c may be NULL in MySQL; column GONE is NOT NULL, and nothing is sent to it any more; column _FIRN_LOADED_AT, which every table has that was made here, is missing. Change it back, or let RAW.T be rebuilt as MySQL has it: npm run -s firn -- accept t',
  })
})

test('the table beside it: what fits stays as it is, what does not, or is wider, is made anew, what nobody sends goes', () => {
  const found: TargetColumn[] = [
    ...[...there, { name: 'B', type: 'DATE' }],
    ...[
      { name: 'OLD', type: 'DATE' },
      { name: 'W', type: 'VARCHAR(50)' },
    ],
  ]
  const columns: Column[] = [
    { ...a, type: 'bigint(20)' },
    { name: 'b', type: 'datetime', nullable: true },
    { name: 'c', type: 'date', nullable: true },
    { name: 'w', type: 'varchar(20)', nullable: true },
  ]
  const beside = { ...target, table: '_FIRN_REBUILD_T_A1' }
  const name = '"FIRN"."RAW"."_FIRN_REBUILD_T_A1"'
  assert.deepEqual(besideSql({ target, columns, found: { columns: found, fence: true } }, beside), [
    `CREATE TABLE ${name} CLONE "FIRN"."RAW"."T" COPY GRANTS`,
    `TRUNCATE TABLE ${name}`,
    `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS "_FIRN_RUN_ID" VARCHAR(255)`,
    `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS "_FIRN_LOADED_AT" TIMESTAMP_NTZ(6)`,
    `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS "_FIRN_DELETED_AT" TIMESTAMP_NTZ(6)`,
    `ALTER TABLE ${name} DROP COLUMN IF EXISTS "B"`,
    `ALTER TABLE ${name} DROP COLUMN IF EXISTS "W"`,
    `ALTER TABLE ${name} DROP COLUMN IF EXISTS "OLD"`,
    `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS "B" TIMESTAMP_NTZ(0)`,
    `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS "W" VARCHAR(20)`,
    `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS "C" DATE`,
    `ALTER TABLE ${name} ALTER COLUMN "A" SET DATA TYPE NUMBER(19,0)`,
  ])
})

test('a column that was dropped from MySQL and came back under another case is the same one', () => {
  const { kept, added } = evolutionOf(
    target,
    [a, { name: 'Ünit Price', type: 'date', nullable: true }],
    [...there, { name: 'UNIT_PRICE', type: 'DATE' }],
  )
  assert.deepEqual([kept, added], [[], []])
})
