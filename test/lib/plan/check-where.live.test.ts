import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TableMetadata } from '../../../lib/model.ts'
import { whereProblems } from '../../../lib/plan/check-where.ts'
import { makeDatabase } from '../sources/mysql/database.ts'

const { reader, run, ask, table } = await makeDatabase('where')
await run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO t VALUES (1, 'a'), (2, 'b')")
const live = new Map([['t', await table('t')]])

const problems = (where: string | undefined, name = 't') => {
  const meta: TableMetadata = { table: name, load_strategy: 'full', description: 'x', ...(where ? { where } : {}) }
  return whereProblems(reader, [meta], live)
}

test('a condition that MySQL takes has no finding, and none has none', async () => {
  for (const where of [undefined, "name <> 'x' AND id IN (SELECT id FROM t)", "name = 'it''s -- #; \\')'", '`id` > 1'])
    assert.deepEqual(await problems(where), [])
})

test("one that MySQL does not take is refused in MySQL's words, with its place", async () => {
  const [unknown] = await problems('nmae = 1')
  assert.match(unknown!, /^table_metadata\.json: t: "where" is none that MySQL takes: Unknown column 'nmae'/)
  assert.match((await problems('id ='))[0]!, /error in your SQL syntax/)
  assert.match((await problems('COUNT(*) > 1'))[0]!, /Invalid use of group function/i)
})

test('it can neither end the statement nor reach around it', async () => {
  for (const where of ['1=1; DROP TABLE t', '1=1) OR (1=1', '1=1 -- ', '1=1 #', '1=1 /*', "name = 'x"])
    assert.equal((await problems(where)).length, 1, where)
  assert.deepEqual(await ask('SELECT COUNT(*) FROM t'), [['2']])
})

test('a condition is tried, not run', async () => {
  const before = performance.now()
  assert.deepEqual(await problems('SLEEP(3) = 0 OR id = (SELECT SLEEP(3))'), [])
  assert.ok(performance.now() - before < 2900)
})

test('a table that is not there is told of elsewhere', async () =>
  assert.deepEqual(await problems('a = 1', 'gone'), []))
