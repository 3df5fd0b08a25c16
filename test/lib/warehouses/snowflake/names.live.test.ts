/** Tables and columns called anything at all: made, copied into, merged, widened, added to, rebuilt, and read by dbt (C37, C38). */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { dbtSourcesYaml } from '../../../../lib/dbt-sources.ts'
import type { Column, Metadata, TablePlan } from '../../../../lib/model.ts'
import { loadTable } from '../../../../lib/warehouses/snowflake/load-table.ts'
import {
  dbtName,
  foldColumns,
  foldName,
  quoteSnowflake,
  tableNameProblems,
} from '../../../../lib/warehouses/snowflake/quote.ts'
import { dbt, unhappy } from '../../../dbt/dbt.ts'
import { ROOT } from '../../../stack.ts'
import { type Lab, lookedAt, openLab, orders, stageChunk } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('NAMES_TESTS')
})
after(() => lab.warehouse.close())

/** In other scripts than Latin, of one length each: nothing but their letters tells them apart. */
const OTHER_SCRIPTS = ['姓名', '地址', 'заказы', 'товары', 'мой', 'мои', '数'.repeat(64)]

const HAND_PICKED = [
  ...OTHER_SCRIPTS,
  'order',
  'group',
  'Group By',
  'select',
  `order "items" of it's`,
  '2024 sales',
  'a.b.c',
  'a/b\\c',
  '..',
  '.',
  '-- no comment; DROP TABLE x',
  "'); --",
  '%00%2F',
  'größe',
  '日本語',
  'emoji 🎁',
  '$money',
  'tab\tand\nline',
  ' ',
  'n'.repeat(64),
  'é'.repeat(64),
  'ß'.repeat(64),
]

/** As MySQL takes them: 1 to 64 characters of the basic plane and beyond, none of them NUL. */
const anyName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((name) => !name.includes('\0') && name.length <= 64)

const apart = (names: string[]): string[] => {
  const seen = new Set<string>()
  return names.filter((name) => !seen.has(foldName(name)) && seen.add(foldName(name)))
}
const NAMES = apart([...HAND_PICKED, ...fc.sample(anyName, { numRuns: 8, seed: 20240229 })])

/** Every table has columns that are called like the other tables; the first two are key and value. */
const columnsFor = (at: number): Column[] => {
  const turned = [...NAMES.slice(at), ...NAMES.slice(0, at)].slice(0, 6)
  return turned.map((name, i) => ({ name, type: i === 0 ? 'int' : 'varchar(10)', nullable: i > 0 }))
}

const load = async (plan: TablePlan, runId: string, rows: (string | null)[][]) => {
  const looked = await lookedAt(lab, plan)
  const chunks = [await stageChunk(`${runId}-${foldName(plan.table)}`, looked, rows)]
  return loadTable(lab.warehouse, {
    job: 'daily',
    runId,
    attempt: 'a1',
    suffix: '',
    chunks,
    plan: looked,
    renew: async () => {},
  })
}

const planOf = (table: string, columns: Column[], changes: Partial<TablePlan>): TablePlan =>
  orders(lab, table, {
    ...{ columns, key: [columns[0]!.name], kind: 'full', window: null },
    target: { database: lab.settings.database, schema: 'RAW', table: foldName(table) },
    ...changes,
  })

const rowsIn = async (table: string, columns: Column[]): Promise<string[]> => {
  const folded = foldColumns(
    table,
    columns.map(({ name }) => name),
  )
  const names = columns.map(({ name }) => quoteSnowflake(folded.get(name)!))
  const rows = await lab.warehouse.query(
    `SELECT ${names.map((name, i) => `${name} AS C${i}`).join(', ')} FROM RAW.${quoteSnowflake(foldName(table))} ORDER BY 1`,
  )
  return rows.map((row) => Object.values(row).join('|'))
}

const filler = (columns: Column[], value: string) => columns.slice(1).map(() => value)

test('made and copied, merged, added to and widened, rebuilt', async () => {
  assert.deepEqual(tableNameProblems(NAMES), [])
  // all of them are loaded, the first two columns of one table among them
  assert.deepEqual(NAMES.slice(0, OTHER_SCRIPTS.length), OTHER_SCRIPTS)
  for (const [at, table] of NAMES.entries()) {
    const columns = columnsFor(at)
    await load(planOf(table, columns, { epoch: 1 }), 'r1', [
      ['1', ...filler(columns, 'one')],
      ['2', ...filler(columns, 'two')],
    ])
    const wider = [
      ...columns.map((each, i) => (i === 1 ? { ...each, type: 'varchar(20)' } : each)),
      { name: 'one "more"', type: 'int', nullable: true },
    ]
    await load(planOf(table, wider, { epoch: 2, publish: 'merge' }), 'r2', [['2', ...filler(columns, 'zwei'), '7']])
    const expected = [
      ['1', ...filler(columns, 'one'), ''],
      ['2', ...filler(columns, 'zwei'), '7'],
    ]
    assert.deepEqual(
      await rowsIn(table, wider),
      expected.map((row) => row.join('|')),
      table,
    )
    const retyped = wider.map((each, i) => (i === 2 ? { ...each, type: 'int' } : each))
    const row = ['3', 'drei', '3', ...filler(columns, 'drei').slice(2), '8']
    await load(planOf(table, retyped, { epoch: 3, publish: 'rebuild' }), 'r3', [row])
    assert.deepEqual(await rowsIn(table, retyped), [row.join('|')], table)
  }
})

test('dbt reads every one of them by the sources file that is written for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'names-'))
  after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'models'))
  cpSync(join(ROOT, 'dbt/profiles.yml'), join(folder, 'profiles.yml'))
  const project = {
    name: 'names',
    version: '1.0.0',
    'config-version': 2,
    profile: 'firn',
    vars: { raw_database: lab.settings.database },
  }
  writeFileSync(join(folder, 'dbt_project.yml'), JSON.stringify(project))
  const tables = NAMES.map((table) => ({ table, load_strategy: 'full' as const, description: `Table ${table}` }))
  const schemas = Object.fromEntries(
    NAMES.map((table, at) => [
      table,
      {
        title: table,
        properties: Object.fromEntries(columnsFor(at).map(({ name }) => [name, { type: 'string', description: name }])),
      },
    ]),
  )
  const metadata: Metadata = { folder, tables, jobs: [], defaultJob: 'daily', schemas, digest: '' }
  writeFileSync(join(folder, 'models/_sources.yml'), dbtSourcesYaml(metadata))
  for (const [at, table] of NAMES.entries())
    writeFileSync(
      join(folder, `models/m${at}.sql`),
      `select count(*) as n from {{ source('raw', ${JSON.stringify(dbtName(table))}) }}`,
    )
  const ran = await dbt(folder, lab.settings.database, [
    'run',
    '--project-dir',
    folder,
    '--exclude',
    `source:raw.${dbtName(NAMES[0]!)}+`,
  ])
  assert.equal(ran.code, 0, ran.log.slice(-2000))
  assert.deepEqual(unhappy(ran), [])
  assert.equal(ran.nodes.length, NAMES.length - 1, 'what is left out by its name is left out')
})
