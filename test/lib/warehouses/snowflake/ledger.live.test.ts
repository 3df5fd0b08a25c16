import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LoadKind } from '../../../../lib/model.ts'
import { readCatalogue } from '../../../../lib/warehouses/snowflake/catalogue.ts'
import { connectSnowflake } from '../../../../lib/warehouses/snowflake/connect.ts'
import { createTargetSql } from '../../../../lib/warehouses/snowflake/ddl.ts'
import { readNewestLoads } from '../../../../lib/warehouses/snowflake/ledger-history.ts'
import { sealOf } from '../../../../lib/warehouses/snowflake/seal.ts'
import { setupSql } from '../../../../lib/warehouses/snowflake/setup.ts'
import { readCursors } from '../../../../lib/warehouses/snowflake/standing.ts'
import { COLUMNS, type Lab, openLab } from './lab.ts'

let lab: Lab
before(async () => {
  lab = await openLab('LEDGER_TESTS')
})
after(() => lab.warehouse.close())

const write = (
  target: string,
  kind: LoadKind,
  epoch: number,
  high: string | null,
  cursorColumn: string | null = null,
) => {
  const row = {
    runId: `r${epoch}`,
    name: target,
    kind,
    publish: 'merge',
    attempt: 'a',
    epoch,
    low: null,
    high,
    cursorColumn,
    terms: null,
  } as const
  return lab.warehouse.query(
    `INSERT INTO _FIRN.LOADS (RUN_ID, TARGET, KIND, MODE, ATTEMPT, EPOCH, HIGH, CURSOR_COLUMN, SEAL, PUBLISHED_AT)
     VALUES (?, ?, ?, 'merge', 'a', ?, ?, ?, ?, '2026-01-01'::TIMESTAMP_NTZ)`,
    [row.runId, target, kind, epoch, high, cursorColumn, sealOf(row)],
  )
}
const cursor = async (table: string) => (await readCursors(lab.warehouse, { suffix: '', tables: [table] })).get(table)

test('an empty ledger knows no cursor', async () => {
  assert.deepEqual(await readCursors(lab.warehouse, { suffix: '', tables: ['A', 'B'] }), new Map())
  assert.deepEqual(await readCursors(lab.warehouse, { suffix: '_TEST', tables: ['A'] }), new Map())
  assert.deepEqual(await readCursors(lab.warehouse, { suffix: '', tables: [] }), new Map())
})

test('the newest window counts, whatever was replayed after it; an empty one moves nothing', async () => {
  await write('RAW.A', 'window', 1, '2018-01-01')
  await write('RAW.A', 'window', 2, '2018-01-02')
  await write('RAW.A', 'replay', 3, '2017-01-01')
  await write('RAW.A', 'full', 4, null)
  assert.deepEqual(await cursor('A'), {
    high: '2018-01-02',
    column: null,
    epoch: 4,
    sweptSecondsAgo: null,
    copy: null,
    lastTerms: null,
    terms: null,
    since: 1,
  })
  await write('RAW.A', 'window', 5, null)
  assert.deepEqual(await cursor('A'), {
    high: '2018-01-02',
    column: null,
    epoch: 5,
    sweptSecondsAgo: null,
    copy: null,
    lastTerms: null,
    terms: null,
    since: 1,
  })
  await write('RAW.A', 'rewind', 6, '2017-06-01')
  assert.equal((await cursor('A'))?.high, '2017-06-01')
  await write('RAW.A', 'reset', 7, null)
  assert.equal((await cursor('A'))?.high, null)
})

test("the epoch is the target's own, and other schemas and tables are not mixed up with it", async () => {
  await write('RAW.B', 'full', 9, null)
  await write('OTHER.C', 'window', 8, 'x')
  assert.deepEqual(
    await readCursors(lab.warehouse, { suffix: '', tables: ['B', 'C'] }),
    new Map([
      [
        'B',
        {
          high: null,
          column: null,
          epoch: 9,
          sweptSecondsAgo: null,
          copy: null,
          lastTerms: null,
          terms: null,
          since: 9,
        },
      ],
    ]),
  )
})

test('the last sweep is known by its age; a replay after it makes one due', async () => {
  await write('RAW.E', 'window', 1, '2018-01-01')
  assert.equal((await cursor('E'))?.sweptSecondsAgo, null)
  await write('RAW.E', 'sweep', 2, null)
  const age = (await cursor('E'))!.sweptSecondsAgo!
  const since = (Date.now() - Date.parse('2026-01-01T00:00:00Z')) / 1000
  assert.ok(Math.abs(age - since) < 600, `${age} s, and ${since} s have passed`)
  assert.equal((await cursor('E'))?.high, '2018-01-01')
  await write('RAW.E', 'replay', 3, null)
  await lab.warehouse.query(
    "UPDATE _FIRN.LOADS SET PUBLISHED_AT = '2026-01-02' WHERE TARGET = 'RAW.E' AND KIND = 'replay'",
  )
  assert.equal((await cursor('E'))?.sweptSecondsAgo, null)
})

test('a row that somebody changed is refused by run and table, until it is as it was', async () => {
  await write('RAW.D', 'window', 3, '2018-01-01')
  const change = (high: string) => lab.warehouse.query(`UPDATE _FIRN.LOADS SET HIGH = '${high}' WHERE TARGET = 'RAW.D'`)
  await change('2018-01-02')
  await assert.rejects(cursor('D'), {
    name: 'RefusedError',
    message:
      /LOADS was changed by hand: its row of run r3 for RAW\.D \(window, up to 2018-01-02\).*state rewind\|reset for D/,
  })
  await change('2018-01-01')
  assert.equal((await cursor('D'))?.high, '2018-01-01')
})

/** What somebody's UPDATE of one row brings about; the row is put back as it was. */
const changed = async (where: string, set: string, read: () => Promise<unknown>) => {
  const update = (of: string) => lab.warehouse.query(`UPDATE _FIRN.LOADS SET ${of} WHERE ${where}`)
  const names = ['KIND', 'MODE', 'EPOCH', 'HIGH']
  const [row] = await lab.warehouse.query(`SELECT ${names.join(', ')} FROM _FIRN.LOADS WHERE ${where}`)
  await update(set)
  try {
    return await read()
  } finally {
    await update(names.map((name) => `${name} = ${row![name] === null ? 'NULL' : `'${row![name]}'`}`).join(', '))
  }
}

test('a row that somebody took out of the way is refused, rather than the one before it believed', async () => {
  for (const epoch of [1, 2]) await write('RAW.F', 'window', epoch, `2018-01-0${epoch}`)
  // written in the order of their epochs
  await lab.warehouse.query(
    "UPDATE _FIRN.LOADS SET PUBLISHED_AT = DATEADD('day', EPOCH, PUBLISHED_AT) WHERE TARGET = 'RAW.F'",
  )
  const isRefused = { name: 'RefusedError', message: /LOADS was changed by hand: its row of run r2 for RAW\.F/ }
  const edits = ['HIGH = NULL', "KIND = 'replay'", "KIND = 'full'", "MODE = 'none'", 'EPOCH = 0', 'EPOCH = 9']
  for (const set of edits) {
    await assert.rejects(
      changed("TARGET = 'RAW.F' AND RUN_ID = 'r2'", set, () => cursor('F')),
      isRefused,
      set,
    )
    assert.equal((await cursor('F'))?.high, '2018-01-02')
  }
})

test('a changed row is refused as well when other loads have come after it', async () => {
  for (const epoch of [1, 2]) await write('RAW.G', 'window', epoch, `2018-01-0${epoch}`, 'at')
  await write('RAW.G', 'replay', 3, '2018-01-01', 'at')
  await write('RAW.G', 'sweep', 4, null)
  for (const set of ['HIGH = NULL', "KIND = 'replay'", "KIND = 'full'"])
    await assert.rejects(
      changed("TARGET = 'RAW.G' AND RUN_ID = 'r2'", set, () => cursor('G')),
      { name: 'RefusedError', message: /its row of run r2 for RAW\.G/ },
      set,
    )
  assert.equal((await cursor('G'))?.high, '2018-01-02')
})

test('a load whose epoch was set back, or that is no copy any more, lets no older copy be replayed', async () => {
  const newest = async () => (await readNewestLoads(lab.warehouse, '', ['RAW.H', 'RAW.NEVER'])).get('RAW.H')
  for (const epoch of [1, 2]) await write('RAW.H', 'full', epoch, null)
  await write('RAW.H', 'replay', 3, null)
  await lab.warehouse.query(
    "UPDATE _FIRN.LOADS SET PUBLISHED_AT = DATEADD('day', EPOCH, PUBLISHED_AT) WHERE TARGET = 'RAW.H'",
  )
  for (const set of ['EPOCH = 0', "KIND = 'replay'", "MODE = 'none'"])
    await assert.rejects(
      changed("TARGET = 'RAW.H' AND RUN_ID = 'r2'", set, newest),
      { name: 'RefusedError', message: /its row of run r2 for RAW\.H \((full|replay), up to no cursor\)/ },
      set,
    )
  assert.deepEqual([(await newest())?.runId, (await newest())?.epoch], ['r2', 2])
})

/** A cursor of four columns whose names are as long as MySQL's can be. */
const LONGEST = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64)).join()

test('a cursor of several columns with long names is kept whole', async () => {
  await write('RAW.J', 'window', 1, '2018-01-01', LONGEST)
  assert.equal((await cursor('J'))?.column, LONGEST)
})

test('a ledger of an earlier release is refused with the command that gives it its columns, and keeps its rows', async () => {
  await write('RAW.I', 'window', 1, '2018-01-01')
  for (const name of ['CONTENT', 'TARGET_HASH', 'TERMS'])
    await lab.warehouse.query(`ALTER TABLE _FIRN.LOADS DROP COLUMN ${name}`)
  await lab.warehouse.query('ALTER TABLE _FIRN.LOADS DROP COLUMN CURSOR_COLUMN')
  await lab.warehouse.query('ALTER TABLE _FIRN.LOADS ADD COLUMN CURSOR_COLUMN VARCHAR(255)')
  await assert.rejects(cursor('I'), {
    name: 'RefusedError',
    message: /LOADS was made by an earlier release.*setup snowflake --run/,
  })
  const credentials = { endpoint: 'http://127.0.0.1:9', accessKeyId: 'test', secretAccessKey: 'test' }
  for (const { sql } of setupSql({ settings: lab.settings, bucket: lab.bucket, credentials }))
    await lab.warehouse.query(sql)
  const found = (await cursor('I'))!
  assert.deepEqual([found.high, found.terms], ['2018-01-01', null])
  await write('RAW.I', 'window', 2, '2018-01-02', LONGEST)
  assert.equal((await cursor('I'))?.column, LONGEST)
})

test('a database without a ledger is refused with the command that makes one', async () => {
  await lab.warehouse.query('CREATE DATABASE IF NOT EXISTS LEDGERLESS_TESTS')
  const bare = await connectSnowflake({ ...lab.settings, database: 'LEDGERLESS_TESTS' })
  try {
    await assert.rejects(readCursors(bare, { suffix: '', tables: ['A'] }), {
      name: 'RefusedError',
      message: /no ledger LEDGERLESS_TESTS\._FIRN\.LOADS.*setup snowflake/,
    })
  } finally {
    await bare.close()
  }
})

test('the columns of all targets come in one read, in order', async () => {
  const target = (table: string) => ({ database: lab.settings.database, schema: 'RAW', table })
  await lab.warehouse.query(createTargetSql(target('ONE'), COLUMNS))
  await lab.warehouse.query(createTargetSql(target('TWO'), COLUMNS.slice(0, 1)))
  const { targets: found } = await readCatalogue(lab.warehouse, '')
  assert.deepEqual([...found.keys()].sort(), ['ONE', 'TWO'])
  assert.deepEqual(
    found.get('ONE')!.map(({ name }) => name),
    ['ORDER_ID', 'NOTE', 'PRICE', 'UPDATED_AT', '_FIRN_RUN_ID', '_FIRN_LOADED_AT', '_FIRN_DELETED_AT'],
  )
  assert.deepEqual(found.get('ONE')!.slice(0, 3), [
    { name: 'ORDER_ID', type: 'VARCHAR(32)' },
    { name: 'NOTE', type: 'VARCHAR(16777216)' },
    { name: 'PRICE', type: 'NUMBER(10,2)' },
  ])
})
