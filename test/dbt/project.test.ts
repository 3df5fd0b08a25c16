/** The dbt project as it lies in its folder, read without dbt: what every model owes its readers. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'

const DBT = join(import.meta.dirname, '../../dbt')
const LAYERS = ['staging', 'intermediate', 'marts']

type Tested = { data_tests?: unknown[] }
type Described = { name: string; description?: string }
type Model = Described & Tested & { columns?: (Described & Tested)[] }
type Properties = {
  models?: Model[]
  snapshots?: Model[]
  unit_tests?: Described[]
  data_tests?: Described[]
  macros?: Described[]
}

const paths = globSync('**/*.{sql,yml}', { cwd: DBT, exclude: ['target/**', 'logs/**'] }).sort()
const text = (path: string) => readFileSync(join(DBT, path), 'utf8')
const properties = (path: string) => parse(text(path)) as Properties

const models = LAYERS.flatMap((layer) =>
  paths
    .filter((path) => path.startsWith(`models/${layer}/`) && path.endsWith('.sql'))
    .map((path) => {
      const beside = path.replace(/\.sql$/, '.yml')
      const model = existsSync(join(DBT, beside)) ? properties(beside).models?.[0] : undefined
      return { layer, path, name: basename(path, '.sql'), model }
    }),
)

const isDescribed = ({ description }: Described) => (description ?? '').trim().length > 0
const undescribed = (of: string, all: Described[]) =>
  all.filter((each) => !isDescribed(each)).map(({ name }) => `${of}.${name}`)
const testsOf = (model: Model) => [model, ...(model.columns ?? [])].flatMap(({ data_tests }) => data_tests ?? [])

/** The columns a staging model, or another whose last CTE spells them out, hands on: `as name`, or the bare name. */
const selectedColumns = (sql: string): string[] => {
  const [, list = ''] = /(?:renamed|joined) as \(\s+select\s+(.*?)\n\s+from /s.exec(sql) ?? []
  return list
    .replaceAll(/--.*$/gm, '')
    .split(/,\s*\n/)
    .map((column) => /(\w+)\s*$/.exec(column)?.[1] ?? '')
    .filter((name) => name !== '')
}

test('there are the models the pipeline promises', () => {
  const names = models.map(({ name }) => name)
  assert.equal(models.filter(({ layer }) => layer === 'staging').length, 9)
  for (const name of [
    ...['int_orders_enriched', 'int_order_payments_pivoted', 'int_customer_history'],
    ...['fct_orders', 'fct_order_items', 'dim_customers', 'dim_products', 'dim_sellers'],
    ...['mart_monthly_sales', 'mart_delivery_performance'],
  ])
    assert.ok(names.includes(name), name)
})

test('every model has its description, and that of its columns, beside it', () => {
  for (const { path, name, model } of models) {
    assert.equal(model?.name, name, `${path} has no .yml beside it`)
    assert.deepEqual(undescribed('model', [model!]), [])
    assert.ok(model!.columns?.length, `${name} has no columns`)
    assert.deepEqual(undescribed(name, model!.columns!), [])
  }
})

test('the columns that are described are those that are there', () => {
  const read = models
    .map(({ path, name, model }) => ({ name, selected: selectedColumns(text(path)), model }))
    .filter(({ selected }) => selected.length > 0)
  assert.ok(read.length >= 12, 'the reader of columns has gone blind')
  for (const { name, selected, model } of read.filter(({ name }) => name !== 'int_customer_history'))
    assert.deepEqual(
      model!.columns!.map((column) => column.name),
      selected,
      name,
    )
})

test('every model is tested', () => {
  for (const { name, model } of models) assert.ok(testsOf(model!).length > 0, name)
})

test('staging models are named after their tables and read nothing but them', () => {
  for (const { path, name } of models.filter(({ layer }) => layer === 'staging')) {
    const read = [...text(path).matchAll(/source\('raw', '(\w+)'\)/g)].map(([, table]) => `stg_${table}`)
    assert.deepEqual(read, [name])
    assert.ok(!text(path).includes('ref('), name)
  }
})

test('rows that are marked as gone stop at staging, in every model that reads a source', () => {
  const reading = paths.filter((path) => path.endsWith('.sql') && text(path).includes('source('))
  assert.equal(reading.length, 9)
  const LIVING = /from \{\{ source\('raw', '\w+'\) \}\}\s+(?:--.*\s+)*where _firn_deleted_at is null\s+\)/
  for (const path of reading) {
    assert.match(text(path), LIVING, path)
    assert.equal(text(path).match(/source\(/g)!.length, 1, path)
  }
})

test('only staging reads sources, and no layer reads one above it', () => {
  const layerOf = new Map(models.map(({ name, layer }) => [name, LAYERS.indexOf(layer)]))
  for (const { path, name, layer } of models) {
    if (layer !== 'staging') assert.ok(!text(path).includes('source('), name)
    for (const [, parent] of text(path).matchAll(/ref\('(\w+)'\)/g))
      assert.ok(layerOf.get(parent!)! <= LAYERS.indexOf(layer), `${name} reads ${parent}`)
  }
})

test('rules, snapshots, unit tests and macros are described', () => {
  const rules = paths.filter((path) => /^tests\/.*\.sql$/.test(path)).map((path) => basename(path, '.sql'))
  const described = properties('tests/_tests.yml').data_tests!
  assert.ok(rules.length >= 4)
  assert.deepEqual(described.map(({ name }) => name).sort(), rules.sort())
  const all = paths.filter((path) => path.endsWith('.yml') && path.includes('/')).map(properties)
  const unitTests = all.flatMap((each) => each.unit_tests ?? [])
  assert.ok(unitTests.length >= 3)
  const snapshots = all.flatMap((each) => each.snapshots ?? [])
  assert.ok(snapshots.length > 0)
  const macros = properties('macros/_macros.yml').macros!
  assert.deepEqual(
    macros.map(({ name }) => name).sort(),
    paths
      .filter((path) => /^macros\/.*\.sql$/.test(path))
      .map((path) => /{% (macro|test) (\w+)/.exec(text(path))!)
      .map(([, kind, name]) => (kind === 'test' ? `test_${name}` : name))
      .sort(),
  )
  for (const each of [...described, ...unitTests, ...snapshots, ...macros]) assert.ok(isDescribed(each), each.name)
})

test('dbt Projects on Snowflake can run it: no env_var() but in profiles.yml, nothing to fetch', () => {
  const CALL = /\benv_var\s*\(\s*['"]/
  assert.deepEqual(
    paths.filter((path) => CALL.test(text(path))),
    ['profiles.yml'],
  )
  for (const name of ['packages.yml', 'dependencies.yml', 'package-lock.yml'])
    assert.ok(!existsSync(join(DBT, name)), name)
})

test('one SQL for Snowflake: no switch between adapters', () => {
  assert.deepEqual(
    paths.filter((path) => /target\.type|adapter\.dispatch|\btarget\.name\b/.test(text(path))),
    [],
  )
})

test('money is never a float', () => {
  assert.deepEqual(
    paths.filter((path) => path.endsWith('.sql') && /(::\s*|\bas\s+|\bto_)(float|double|real)\b/i.test(text(path))),
    [],
  )
})
