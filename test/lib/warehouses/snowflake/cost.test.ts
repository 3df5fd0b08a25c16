import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusedError, WarehouseError } from '../../../../lib/errors.ts'
import type { Row, Warehouse } from '../../../../lib/warehouses/snowflake/connect.ts'
import { readCosts } from '../../../../lib/warehouses/snowflake/cost.ts'
import { queryTag } from '../../../../lib/warehouses/snowflake/query-tag.ts'

const tag = (names: Record<string, string>) => queryTag(names)
const grantee = { role: 'FIRN_ROLE', user: 'LOADER' }

/** Answers by what the statement reads; an Error is thrown. */
const account = (views: Record<string, Row[] | Error>) => {
  const asked: string[] = []
  const query = async (sql: string) => {
    asked.push(sql)
    const found = Object.entries(views).find(([name]) => sql.includes(name))?.[1]
    if (!found) throw new Error(`nobody expected ${sql}`)
    if (found instanceof Error) throw found
    return found
  }
  return { warehouse: { database: 'FIRN', query } as unknown as Warehouse, asked }
}
const missing = new WarehouseError('002003', { cause: Object.assign(new Error('no'), { code: '002003' }) })
const refused = new RefusedError('003001', { cause: Object.assign(new Error('no'), { code: '003001' }) })
const ORDERS = { job: 'daily', run: 'r1', table: 'orders' }

test('attempts of a table are one line, with the credits of each; other runs are left out when one is asked for', async () => {
  const { warehouse, asked } = account({
    QUERY_ATTRIBUTION_HISTORY: [
      { TAG: tag({ ...ORDERS, attempt: 'a' }), CREDITS: '0.001' },
      { TAG: tag({ ...ORDERS, attempt: 'b' }), CREDITS: '0.002' },
    ],
    QUERY_HISTORY_BY_USER: [
      { TAG: tag({ ...ORDERS, attempt: 'a' }), STATEMENTS: '3', MILLISECONDS: '1500' },
      { TAG: tag({ ...ORDERS, attempt: 'b' }), STATEMENTS: '9', MILLISECONDS: '2500' },
      { TAG: tag({ job: 'daily', run: 'r1', stage: 'dbt' }), STATEMENTS: '40', MILLISECONDS: '9000' },
      { TAG: tag({ job: 'daily', run: 'r10', stage: 'plan' }), STATEMENTS: '1', MILLISECONDS: '1' },
    ],
  })
  const { lines, notes } = await readCosts(warehouse, grantee, { days: 7, run: 'r1' })
  const r1 = { job: 'daily', run: 'r1' }
  assert.deepEqual(lines, [
    { ...r1, what: 'dbt', statements: 40, seconds: 9, credits: null },
    { ...r1, what: 'orders', statements: 12, seconds: 4, credits: 0.003 },
  ])
  assert.match(notes.join(), /8 hours later/)
  assert.equal(asked.length, 2)
  for (const sql of asked) assert.match(sql, /STARTSWITH\(\w+, '\{"app":"firn"'\) AND CONTAINS\(\w+, '"r1"'\)/)
})

test('what is not granted is told with the grant that mends it, and the rest is shown', async () => {
  const { warehouse } = account({
    QUERY_ATTRIBUTION_HISTORY: missing,
    QUERY_HISTORY_BY_USER: [{ TAG: tag({ command: 'sql' }), STATEMENTS: '1', MILLISECONDS: '100' }],
    'ACCOUNT_USAGE.QUERY_HISTORY': refused,
  })
  const { lines, notes } = await readCosts(warehouse, grantee, { days: 30 })
  assert.deepEqual(lines, [{ job: null, run: null, what: 'sql', statements: 1, seconds: 0.1, credits: null }])
  assert.match(notes[0]!, /No credits.*GRANT DATABASE ROLE SNOWFLAKE\.USAGE_VIEWER TO ROLE FIRN_ROLE/)
  assert.match(notes[1]!, /LOADER itself.*7 days.*GRANT DATABASE ROLE SNOWFLAKE\.GOVERNANCE_VIEWER TO ROLE FIRN_ROLE/)
})

test('of more statements than Snowflake gives of the user, the others are looked for in the history of the account', async () => {
  const [cut, late] = ['a', 'b'].map((attempt) => tag({ ...ORDERS, attempt }))
  const own = [
    { TAG: cut, STATEMENTS: '4', MILLISECONDS: '400', SEEN: '10000' },
    { TAG: late, STATEMENTS: '9', MILLISECONDS: '900', SEEN: '10000' },
  ]
  const all = [
    { TAG: cut, STATEMENTS: '12', MILLISECONDS: '1200' },
    { TAG: late, STATEMENTS: '1', MILLISECONDS: '100' },
  ]
  const of = async (history: Row[] | Error, mine = own) => {
    const views = { QUERY_ATTRIBUTION_HISTORY: [], QUERY_HISTORY_BY_USER: mine, 'ACCOUNT_USAGE.QUERY_HISTORY': history }
    const { warehouse, asked } = account(views)
    const { lines, notes } = await readCosts(warehouse, grantee, { days: 7, run: 'r1' })
    return {
      statements: lines[0]!.statements,
      seconds: lines[0]!.seconds,
      notes: notes.join('\n'),
      asked: asked.length,
    }
  }
  const whole = await of(all)
  // what came before the 10,000 from the account, and what the account is too late for from the user's own
  assert.deepEqual([whole.statements, whole.seconds, whole.asked], [21, 2.1, 3])
  assert.match(whole.notes, /45 minutes/)
  const partly = await of(refused)
  assert.equal(partly.statements, 13)
  assert.match(partly.notes, /newest 10,000 statements.*GRANT DATABASE ROLE SNOWFLAKE\.GOVERNANCE_VIEWER/)
  const fewer = await of(
    all,
    own.map((row) => ({ ...row, SEEN: '9999' })),
  )
  assert.deepEqual([fewer.statements, fewer.asked], [13, 2])
})

test('what another user ran, or longer ago, is looked for in the history of the account', async () => {
  const rows = [{ TAG: tag(ORDERS), STATEMENTS: '2', MILLISECONDS: '1' }]
  for (const days of [7, 30]) {
    const { warehouse } = account({
      QUERY_ATTRIBUTION_HISTORY: [],
      QUERY_HISTORY_BY_USER: [],
      'ACCOUNT_USAGE.QUERY_HISTORY': rows,
    })
    const { lines, notes } = await readCosts(warehouse, grantee, { days })
    assert.equal(lines[0]!.statements, 2)
    assert.match(notes.join(), /45 minutes/)
  }
})
