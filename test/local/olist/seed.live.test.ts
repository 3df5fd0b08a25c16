import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMetadata } from '../../../lib/metadata.ts'
import { checkTable } from '../../../lib/plan/check-table.ts'
import { seededAs, seedOlist } from '../../../local/olist/seed.ts'
import { shapeAt } from '../../../local/olist/shape.ts'
import { TABLE_NAMES } from '../../../local/olist/tables.ts'
import { makeDatabase } from '../../lib/sources/mysql/database.ts'
import { ROOT } from '../../stack.ts'
import { digestsOf } from './digest.ts'

const SCALE = 0.02
const database = await makeDatabase('olist_seed')
const { settings, ask, run, table } = database
const quiet = () => {}

const number = async (sql: string) => Number((await ask(sql))[0]![0])
const tablesThere = async () => (await ask('SHOW TABLES')).map(([name]) => name).sort()
const NINE = [...TABLE_NAMES].sort()

const SEED_SCRIPT = `
import { seedOlist } from ${JSON.stringify(join(ROOT, 'local/olist/seed.ts'))}
const [settings, dies] = JSON.parse(process.argv[1])
await seedOlist(settings, { scale: ${SCALE}, seed: 1, log: (line) => { if (line.startsWith(dies)) process.kill(process.pid, 'SIGKILL') } })
`

test('a database that nobody seeded is told as such', async () => assert.equal(await seededAs(settings), null))

test('a killed seed leaves nothing that looks seeded, and the next one finishes', async () => {
  const { signal, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', SEED_SCRIPT, JSON.stringify([settings, 'orders: '])],
    { encoding: 'utf8' },
  )
  assert.equal(signal, 'SIGKILL', stderr)
  assert.equal(await seededAs(settings), null)
  await seedOlist(settings, { scale: SCALE, seed: 42, log: quiet })
  assert.deepEqual(await seededAs(settings), { scale: SCALE, seed: 42, version: 1, source: 'generated' })
  assert.deepEqual(await tablesThere(), NINE)
})

test('rows as planned, and as told', async () => {
  const { rows } = await seedOlist(settings, { scale: SCALE, seed: 42, log: quiet })
  assert.deepEqual(rows, { ...shapeAt(SCALE).rows })
  for (const name of TABLE_NAMES) assert.equal(await number(`SELECT COUNT(*) FROM ${name}`), rows[name], name)
})

/** Made by MariaDB 10.11 and by MySQL 9.7. Where the generator is to give other rows, VERSION grows with this. */
const DIGESTS: Record<string, string> = {
  customers: '1989 rows, 70327281982346519191',
  geolocation: '20003 rows, 725027179035912428494',
  sellers: '62 rows, 2442474537228540476',
  products: '659 rows, 23843902593089142868',
  product_category_name_translation: '71 rows, 2634269993024390848',
  orders: '1989 rows, 72956524505629997433',
  order_items: '2250 rows, 79613274031420362562',
  order_payments: '2076 rows, 74338439596583276136',
  order_reviews: '1985 rows, 71956470669786726347',
}

test('the same seed gives the same rows, byte for byte, on every server; another seed others', async () => {
  assert.deepEqual(await digestsOf(database), DIGESTS)
  await seedOlist(settings, { scale: SCALE, seed: 43, log: quiet })
  const others = await digestsOf(database)
  for (const name of TABLE_NAMES)
    if (name !== 'product_category_name_translation') assert.notEqual(others[name], DIGESTS[name], name)
  await seedOlist(settings, { scale: SCALE, seed: 42, log: quiet })
  assert.deepEqual(await digestsOf(database), DIGESTS)
})

test('a seed that fails on the way leaves the tables as they were', async () => {
  const failing = (line: string) => {
    if (line.startsWith('order_items')) throw new Error('the disk is full')
  }
  await assert.rejects(seedOlist(settings, { scale: SCALE, seed: 7, log: failing }), /the disk is full/)
  assert.equal((await seededAs(settings))!.seed, 42)
  assert.deepEqual(await digestsOf(database), DIGESTS)
  assert.deepEqual(await tablesThere(), NINE)
})

test('a table that is gone is told, a scale or seed that makes no sense is refused', async () => {
  await run('RENAME TABLE sellers TO elsewhere')
  assert.equal(await seededAs(settings), null)
  await run('RENAME TABLE elsewhere TO sellers')
  assert.equal((await seededAs(settings))!.seed, 42)
  await assert.rejects(async () => seedOlist(settings, { scale: 0, seed: 1, log: quiet }), { name: 'RefusedError' })
  await assert.rejects(async () => seedOlist(settings, { scale: 1, seed: 1.5, log: quiet }), { name: 'RefusedError' })
})

test('the metadata of the project fit the tables', async () => {
  const { tables, schemas } = readMetadata(join(ROOT, 'metadata'))
  assert.deepEqual(tables.map((each) => each.table).sort(), NINE)
  for (const each of tables) {
    const findings = checkTable(each, await table(each.table), schemas[each.table])
    assert.deepEqual(findings, { problems: [], drift: [] }, each.table)
    assert.ok(schemas[each.table], `metadata/schema/${each.table}.json is missing`)
  }
})

test('keys and foreign keys are declared, cursors indexed, geolocation has none of it', async () => {
  const keys: Record<string, [key: number, parents: string[]]> = {}
  for (const name of TABLE_NAMES) {
    const { key, foreignKeys, indexes } = await table(name)
    keys[name] = [key.length, foreignKeys.map(({ parent }) => parent).sort()]
    if (['orders', 'order_items', 'order_payments', 'order_reviews'].includes(name))
      assert.ok(
        indexes.some(({ columns }) => columns[0] === 'updated_at'),
        name,
      )
  }
  assert.deepEqual(keys, {
    customers: [1, []],
    geolocation: [0, []],
    sellers: [1, []],
    products: [1, []],
    product_category_name_translation: [1, []],
    orders: [1, ['customers']],
    order_items: [2, ['orders', 'products', 'sellers']],
    order_payments: [2, ['orders']],
    order_reviews: [2, ['orders']],
  })
})

const REFERENCES = [
  ['orders', 'customer_id', 'customers'],
  ['order_items', 'order_id', 'orders'],
  ['order_items', 'product_id', 'products'],
  ['order_items', 'seller_id', 'sellers'],
  ['order_payments', 'order_id', 'orders'],
  ['order_reviews', 'order_id', 'orders'],
]
for (const [child, column, parent] of REFERENCES)
  test(`every ${child}.${column} has its row in ${parent}`, async () =>
    assert.equal(
      await number(
        `SELECT COUNT(*) FROM ${child} AS c LEFT JOIN ${parent} AS p USING (${column}) WHERE p.${column} IS NULL`,
      ),
      0,
    ))

test('the server holds the foreign keys from now on', () =>
  assert.rejects(run("UPDATE orders SET customer_id = REPEAT('0', 32) LIMIT 1"), /foreign key constraint fails/))
