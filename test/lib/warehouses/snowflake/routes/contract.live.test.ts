/** Every route through the same suite: the same rows in the stage table, and the same refusals, by the same names. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { noDeadline } from '../../../../../lib/deadline.ts'
import { TimeIsOver } from '../../../../../lib/errors.ts'
import type { Column, LoadRoute, Part } from '../../../../../lib/model.ts'
import { putObject, readObject } from '../../../../../lib/store/objects.ts'
import { dropTableSql, stageTable, stageTableSql } from '../../../../../lib/warehouses/snowflake/ddl.ts'
import { quoteSnowflake, quoteTarget } from '../../../../../lib/warehouses/snowflake/quote.ts'
import { copyParts } from '../../../../../lib/warehouses/snowflake/routes/copy-parts.ts'
import { download } from '../../../../../lib/warehouses/snowflake/routes/staged-files.ts'
import { firstPlace, Stint } from '../../../../../lib/warehouses/snowflake/stint.ts'
import { readBack } from '../../../parquet/read-back.ts'
import { type Lab, openLab, stageChunk } from '../lab.ts'
import { column, KINDS } from './kinds.ts'

const ROUTES: LoadRoute[] = ['external', 'internal', 'insert']

let lab: Lab
before(async () => {
  lab = await openLab('ROUTE_TESTS')
})
after(() => lab.warehouse.close())

/** Copies parts by a route into a stage table of its own. Gives the table. */
const copied = async (route: LoadRoute, table: string, columns: Column[], parts: Part[], runId = 'r1') => {
  const { warehouse } = lab
  const stage = stageTable({ database: lab.settings.database, schema: 'RAW', table }, '', route)
  await warehouse.query(dropTableSql(stage))
  await warehouse.query(stageTableSql(stage, columns))
  const place = firstPlace('a1')
  await copyParts({ warehouse, table, columns, runId, stage, parts, stint: new Stint(warehouse, place) }, route)
  if (parts.length) assert.deepEqual([place.route, place.routeReason], [route, `SNOWFLAKE_LOAD_MODE=${route}`])
  assert.equal(place.files, parts.length)
  return { stage, rows: place.rows }
}

const textOf = (column: Column) => {
  const name = quoteSnowflake(column.name)
  if (column.type === 'geometry' || column.type.startsWith('varbinary')) return `HEX_ENCODE(${name})`
  // 0 and -0 are one number, and two texts
  return column.type === 'double' || column.type === 'float' ? `TO_VARCHAR(${name})` : name
}

const rowsOf = async (stage: ReturnType<typeof stageTable>, columns: Column[]) => {
  const names = columns.map((column, i) => `${textOf(column)} AS C${i}`)
  const rows = await lab.warehouse.query(`SELECT ${names.join(', ')} FROM ${quoteTarget(stage)} ORDER BY C0`)
  return rows.map((row) => Object.values(row))
}

const groupsOf = async ({ key }: Part): Promise<number> => (await readBack(await bytesOf(key))).rowGroups

/** What every route makes of the same files, staged with so many rows in each, and row groups of so many bytes. */
const everyKind = async (rowsPerPart: number, rowGroupBytes?: number) => {
  const columns = KINDS.map(([each]) => each)
  const rows = [0, 1, 2, 3].map((i) => KINDS.map(([, cells]) => cells[i]!))
  const runId = `r${rowsPerPart}`
  const { parts } = await stageChunk(runId, { table: 'kinds', columns }, rows, rowsPerPart, rowGroupBytes)
  const found = await Promise.all(
    ROUTES.map(async (route) => {
      const { stage, rows } = await copied(route, 'KINDS', columns, parts, runId)
      assert.equal(rows, 4)
      return rowsOf(stage, columns)
    }),
  )
  const [external, internal, insert] = found
  assert.deepEqual(internal, external)
  assert.deepEqual(insert, external)
  assert.equal(external!.length, 4)
  return { rows: external!, groups: await Promise.all(parts.map(groupsOf)) }
}

test('every route brings the same rows, whatever their types, and whichever row group they are in', async () => {
  const { rows: external, groups } = await everyKind(3)
  assert.deepEqual(groups, [1, 1])
  const several = await everyKind(4, 1)
  assert.deepEqual(several.groups, [4])
  assert.deepEqual(several.rows, external)
  const [big, unsigned] = external.map((row) => [row[1], row[2]])[0]!
  assert.deepEqual([big, unsigned], ['-9223372036854775808', '18446744073709551615'])
  assert.deepEqual([external[0]![13], external[3]![13]], ['', null])
  const from = KINDS.findIndex(([{ name }]) => name === 'minus')
  assert.deepEqual(external[0]!.slice(from), [
    ...['-0', '3.4028234663852886e+38', '00000000-0000-0000-0000-000000000000', '', ''],
    ...['0101000000000000000000F03F0000000000000040', '2026-03-01 02:00:00.000001'],
  ])
})

const ID = column('id', 'int(11)')
const NOTE = column('note', 'varchar(20)')

/** Parts of one row each, staged for a table of any name. */
const ofOneRow = async (table: string, count: number, runId = 'r1') => {
  const rows = Array.from({ length: count }, (_, i) => [String(i), `row ${i}`])
  return (await stageChunk(runId, { table, columns: [ID, NOTE] }, rows, 1)).parts
}

let made: Promise<Part[]> | undefined
/** 1,001 files, made once. */
const many = () => {
  made ??= ofOneRow('many', 1001)
  return made
}

const overwritten = async (part: Part, bytes: Uint8Array) => void (await putObject(part.key, bytes))

const bytesOf = async (key: string): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await readObject(key))!) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('where a store gave no ETag, what passes through here is known by its sha256', async () => {
  for (const route of ['internal', 'insert'] as const) {
    const parts = await ofOneRow(`digest_${route}`, 2)
    await overwritten(parts[1]!, await bytesOf(parts[0]!.key))
    const unnamed = parts.map(({ etag: _, ...part }) => part)
    await assert.rejects(copied(route, 'DIGEST', [ID, NOTE], unnamed), {
      name: 'AuditError',
      message: /x1-0\.parquet is not the one that was written: its sha256 differs/,
    })
  }
})

test('rows that are inserted in several goes are inserted once each', async () => {
  const { warehouse } = lab
  const columns = [ID, NOTE]
  const rows = Array.from({ length: 2500 }, (_, i) => [String(i), null])
  const { parts } = await stageChunk('r1', { table: 'goes', columns }, rows, 2300)
  const stage = stageTable({ database: lab.settings.database, schema: 'RAW', table: 'GOES' }, '', 'a1')
  await warehouse.query(stageTableSql(stage, columns))
  let place = firstPlace('a1')
  let goes = 1
  for (; ; goes++) {
    // what is kept is what the next invocation reads
    place = JSON.parse(JSON.stringify(place))
    const stint = new Stint(warehouse, place, { ...noDeadline(), isDue: () => true })
    const load = { warehouse, table: 'goes', columns, runId: 'r1', stage, parts, stint }
    const left = await copyParts(load, 'insert').then(
      () => false,
      (error) => error instanceof TimeIsOver || Promise.reject(error),
    )
    if (!left) break
  }
  assert.equal(goes, 4)
  assert.deepEqual([place.files, place.rows, place.rowsOfNext], [2, 2500, 0])
  const [found] = await warehouse.query(
    `SELECT COUNT(*) AS N, COUNT(DISTINCT "id") AS APART FROM ${quoteTarget(stage)}`,
  )
  assert.deepEqual([found!.N, found!.APART], ['2500', '2500'])
})

test('a disk that is too small for a file is told with the remedy', async (t) => {
  if (!existsSync('/dev/full')) return t.diagnostic('this system has no disk that is always full')
  const [part] = await ofOneRow('full', 1)
  await assert.rejects(download({ table: 'full', runId: 'r1' }, part!, '/dev/full'), {
    name: 'RefusedError',
    message:
      /^full: the file .*x0-0\.parquet of 1 MB does not fit on this machine's disk.*target_file_mb.*SNOWFLAKE_LOAD_MODE=external/,
  })
})

for (const route of ROUTES)
  describe(`the route ${route}`, () => {
    const refused = async (table: string, parts: Part[], message: RegExp, left = 0) => {
      await assert.rejects(copied(route, table, [ID, NOTE], parts), (error: Error) => {
        assert.equal(error.name, 'AuditError')
        assert.match(error.message, message)
        assert.match(error.message, /retry r1/)
        return true
      })
      const stage = stageTable({ database: lab.settings.database, schema: 'RAW', table }, '', route)
      // who loads drops the stage table then
      assert.equal((await rowsOf(stage, [ID])).length, left)
    }

    test('nothing to bring is brought', async () => {
      const { stage, rows } = await copied(route, 'EMPTY', [ID, NOTE], [])
      assert.equal(rows, 0)
      assert.deepEqual(await rowsOf(stage, [ID]), [])
    })

    test('tables, columns and runs of any name', async () => {
      const table = `it's "a" tåble/ of %20`
      const columns = [
        column('or der', 'int(11)'),
        column(`it's "q" é`, 'varchar(20)'),
        column('select', 'varchar(20)'),
      ]
      const runId = `r "1" it's`
      const { parts } = await stageChunk(
        runId,
        { table, columns },
        [
          ['1', 'a', null],
          ['2', '', 'ü'],
        ],
        1,
      )
      const { stage } = await copied(route, 'NAMED', columns, parts, runId)
      assert.deepEqual(await rowsOf(stage, columns), [
        ['1', 'a', null],
        ['2', '', 'ü'],
      ])
    })

    test('more files than one COPY takes', async () => {
      // a route that takes one file at a time has no such number
      const parts = (await many()).slice(0, route === 'insert' ? 50 : undefined)
      const { stage, rows } = await copied(route, 'MANY', [ID, NOTE], parts)
      assert.equal(rows, parts.length)
      const [found] = await lab.warehouse.query(
        `SELECT COUNT(*) AS N, COUNT(DISTINCT "id") AS APART FROM ${quoteTarget(stage)}`,
      )
      assert.deepEqual([found!.N, found!.APART], [String(rows), String(rows)])
    })

    test('a file that is missing is named', async () => {
      const parts = await ofOneRow(`missing_${route}`, 2)
      const gone = { ...parts[1]!, key: parts[1]!.key.replace('.parquet', '-gone.parquet') }
      await refused('MISSING', [parts[0]!, gone], /-gone\.parquet is not in the staging bucket/)
    })

    test('a file that was cut short is named', async () => {
      const parts = await ofOneRow(`cut_${route}`, 2)
      await overwritten(parts[1]!, (await bytesOf(parts[1]!.key)).subarray(0, -9))
      await refused('CUT', parts, /x1-0\.parquet has \d+ bytes and was written with \d+/)
    })

    test('a file with another’s rows is named, though name, rows and size are right', async () => {
      const parts = await ofOneRow(`swapped_${route}`, 2)
      assert.equal(parts[0]!.bytes, parts[1]!.bytes)
      await overwritten(parts[1]!, await bytesOf(parts[0]!.key))
      await refused('SWAPPED', parts, /x1-0\.parquet is not the one that was written/)
    })

    test('a file with other rows than its manifest says is named', async () => {
      const [part] = await ofOneRow(`counted_${route}`, 1)
      await refused('COUNTED', [{ ...part!, rows: 2 }], /x0-0\.parquet holds 2 rows and 1 were loaded/, 1)
    })

    test('C40: a file that is named twice is named', async () => {
      const parts = await ofOneRow(`twice_${route}`, 2)
      await refused('TWICE', [...parts, parts[0]!], /x0-0\.parquet is named twice/)
    })
  })
