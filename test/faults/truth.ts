/** After a case: whether the warehouse is MySQL's equal, and whether the ledger, the leases and the run folders tell the true story. */
import { listLeases } from '../../lib/lease.ts'
import { dropStale, readCatalogue } from '../../lib/warehouses/snowflake/catalogue.ts'
import type { Line } from './line.ts'
import { type Difference, difference, type Rows } from './rows.ts'
import { type Shop, TABLES } from './shop.ts'
import { backwards, chained, equation, type LedgerRow, number, type Rebuild, twice } from './story.ts'

/** `lies`: sentences about what is said and is not so. */
type Truth = Omit<Difference, 'strange'> & { lies: string[] }

const plainMoment = (text: string | null) =>
  text?.replace(/\.(\d*?)0*$/, (_, digits) => (digits ? `.${digits}` : '')) ?? null
const isMoment = (name: string) => name === 'at' || name.endsWith('_at')

const inWarehouse = async ({ warehouse, schema }: Line, table: string): Promise<Rows> => {
  const { columns } = TABLES[table]!
  const names = columns.map((name, i) => `TO_VARCHAR("${name.toUpperCase()}") AS "${i}"`).join(', ')
  const from = `"${schema}"."${table.toUpperCase()}" WHERE _FIRN_DELETED_AT IS NULL`
  const rows = await warehouse.query(`SELECT ${names} FROM ${from}`)
  return rows.map((row) => columns.map((_, i) => (row[i] === null || row[i] === undefined ? null : String(row[i]))))
}

const plain = (table: string, rows: Rows): Rows =>
  rows.map((row) => row.map((cell, i) => (isMoment(TABLES[table]!.columns[i]!) ? plainMoment(cell) : cell)))

/** The last ledger rows of a table, newest epoch first. */
const ledgerOf = async ({ warehouse, schema }: Line, table: string): Promise<LedgerRow[]> =>
  (await warehouse.query(
    `SELECT * FROM "_FIRN"."LOADS" WHERE TARGET = ? ORDER BY EPOCH DESC, PUBLISHED_AT DESC LIMIT 12`,
    [`${schema}.${table.toUpperCase()}`],
  )) as LedgerRow[]

/** What the newest row says of the target, against the target. */
const standing = async ({ warehouse, schema }: Line, table: string, newest: LedgerRow): Promise<string[]> => {
  const [found] = await warehouse.query(
    `SELECT COUNT(*) AS N, COUNT_IF(_FIRN_RUN_ID = ? AND _FIRN_LOADED_AT = TO_TIMESTAMP_NTZ(?)) AS OURS FROM "${schema}"."${table.toUpperCase()}"`,
    [newest.RUN_ID!, newest.PUBLISHED_AT!],
  )
  const ours = number(newest, 'INSERTED') + number(newest, 'UPDATED')
  return [
    ...(Number(found!.N) === number(newest, 'ROWS_IN_TARGET')
      ? []
      : [`${table}: the ledger says ${newest.ROWS_IN_TARGET} rows, the table has ${found!.N}`]),
    ...(Number(found!.OURS) === ours
      ? []
      : [`${table}: run ${newest.RUN_ID} wrote ${ours} rows, ${found!.OURS} carry its mark`]),
  ]
}

/** `load.json` and the report of a run against its ledger row. */
const told = async (line: Line, table: string, runId: string, rows: LedgerRow[]): Promise<string[]> => {
  const folder = line.folder(runId)
  const [load, report] = [await folder.load(table), await folder.report()]
  const row = rows.find((each) => each.RUN_ID === runId && each.KIND !== 'sweep')
  const sweep = rows.find((each) => each.RUN_ID === runId && each.KIND === 'sweep')
  const of = `${table}, run ${runId}`
  const said = report?.tables.find((each) => each.table === table)?.status === 'published'
  const numbers: [name: string, there: number][] = load
    ? [
        ['EPOCH', load.epoch],
        ['ROWS_READ', load.rowsRead],
        ['INSERTED', load.inserted],
        ['UPDATED', load.updated],
        ['REMOVED', load.removed - (load.swept?.removed ?? 0)],
        ['ROWS_IN_TARGET', load.rowsInTarget],
      ]
    : []
  return [
    ...(load && !row ? [`${of}: load.json says published, the ledger does not`] : []),
    ...(said && !row ? [`${of}: the report says published, the ledger does not`] : []),
    ...(load?.swept && load.swept.removed !== (sweep ? number(sweep, 'REMOVED') : undefined)
      ? [
          `${of}: load.json says that ${load.swept.removed} rows were swept away, the ledger ${sweep?.REMOVED ?? 'nothing'}`,
        ]
      : []),
    ...(load && row && load.attempt !== row.ATTEMPT ? [`${of}: load.json names another attempt than the ledger`] : []),
    ...(row ? numbers : [])
      .filter(([name, there]) => number(row!, name) !== there)
      .map(([name, there]) => `${of}: load.json says ${name} ${there}, the ledger ${row![name]}`),
  ]
}

/** What the newest sweep says that it marked, against the marks: what it marked stays so until the next run. */
const marked = async ({ warehouse, schema }: Line, table: string, rows: LedgerRow[]): Promise<string[]> => {
  const sweep = rows.find(({ KIND }) => KIND === 'sweep')
  if (!sweep || sweep.EPOCH !== rows[0]!.EPOCH) return []
  const [found] = await warehouse.query(
    `SELECT COUNT(*) AS N FROM "${schema}"."${table.toUpperCase()}" WHERE _FIRN_DELETED_AT = TO_TIMESTAMP_NTZ(?)`,
    [sweep.PUBLISHED_AT!],
  )
  const removed = number(sweep, 'REMOVED')
  return Number(found!.N) === removed
    ? []
    : [`${table}: the sweep of run ${sweep.RUN_ID} says that it marked ${removed} rows, ${found!.N} are`]
}

/** Runs, of all cases so far, that were to rebuild a target, by table: ledger rows of earlier cases are looked at again. */
const rebuilds = new Map<string, Rebuild[]>()

const noteRebuilds = async (line: Line, runId: string): Promise<void> => {
  const plan = await line.folder(runId).planIfAny()
  for (const { table, publish, epoch } of plan?.tables ?? [])
    if (publish === 'rebuild') rebuilds.set(table, [...(rebuilds.get(table) ?? []), { runId, epoch }])
}

/** What of a table the runs of a case say that is not so. */
const liesOf = async (line: Line, table: string, runs: string[]): Promise<string[]> => {
  const rows = await ledgerOf(line, table)
  const [newest] = rows
  return [
    ...twice(rows),
    ...backwards(rows),
    ...chained(rows, rebuilds.get(table)),
    ...rows.flatMap((row) => equation(row, TABLES[table]!.metadata.deletes === 'soft')),
    ...(newest ? await marked(line, table, rows) : []),
    ...(newest ? await standing(line, table, newest) : [`${table}: the ledger has no row`]),
    ...(await Promise.all(runs.map((runId) => told(line, table, runId, rows)))).flat(),
  ]
}

/**
 * Files in the internal stage. Those of an attempt that was killed go when they are old, by their folder; here at once. A run
 * that ended well leaves none: `last` is one.
 */
const uploaded = async ({ warehouse }: Line, last: string | undefined): Promise<string[]> => {
  const stage = `@"${warehouse.database}"."_FIRN".FILES`
  const folders = async () => [
    ...new Set(
      (await warehouse.query(`LIST ${stage}`)).map(({ name }) => String(name).split('/').slice(1, -1).join('/')),
    ),
  ]
  const found = await folders()
  for (const folder of found) await warehouse.query(`REMOVE ${stage}/${folder}/`)
  return [
    ...found
      .filter((folder) => folder.startsWith(`${last}/`))
      .map((folder) => `${folder}: its load left files in the stage`),
    ...(await folders()).map((folder) => `${folder}: files in the stage that cannot be swept`),
  ]
}

/** Leases that somebody still holds, and stage tables that the next sweep would not take away. */
const left = async ({ warehouse }: Line): Promise<string[]> => {
  const held = (await listLeases()).filter(({ holder }) => holder !== null)
  // those of killed attempts are swept when they are a day old: here at once
  await dropStale(warehouse, (await readCatalogue(warehouse, '', 0)).stale)
  const { stale } = await readCatalogue(warehouse, '', 0)
  return [
    ...held.map(({ target, holder }) => `${target}: run ${holder} still holds its lease`),
    ...stale.map(({ table }) => `${table}: a stage table that cannot be swept`),
  ]
}

/** Looks at everything. `runs` are the ids of the case's runs. */
export const truth = async (line: Line, shop: Shop, runs: string[]): Promise<Truth> => {
  for (const runId of runs) await noteRebuilds(line, runId)
  const found: Truth = { lost: 0, doubled: 0, lies: [...(await left(line)), ...(await uploaded(line, runs.at(-1)))] }
  for (const [table, { columns, key }] of Object.entries(TABLES)) {
    const places = key.map((name) => columns.indexOf(name))
    const [here, there] = [await shop.rows(table), await inWarehouse(line, table)]
    const { lost, doubled, strange } = difference(plain(table, here), plain(table, there), places)
    found.lost += lost
    found.doubled += doubled
    if (strange) found.lies.push(`${table}: ${strange} rows are in the warehouse and not in MySQL`)
    found.lies.push(...(await liesOf(line, table, runs)))
  }
  return found
}
