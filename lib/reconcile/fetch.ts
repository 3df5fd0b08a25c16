/**
 * Columns that have no text which both sides spell alike are fetched: with the key, from MySQL into files, as a load reads
 * them, into a stage table that the warehouse compares with the target. Nothing is written to the target, so no lease is taken.
 */
import { randomBytes } from 'node:crypto'
import type { Chunk, Column, Comparison, Names, Part, TablePlan } from '../model.ts'
import { PartWriter } from '../parquet/parts.ts'
import type { Sides } from '../plan/plan-tables.ts'
import { runFolder } from '../run-folder.ts'
import { keysSql } from '../sources/mysql/canonical.ts'
import { readChunk } from '../sources/mysql/read.ts'
import { whereSql } from '../sources/mysql/where.ts'
import { dropTableSql, stageTable, stageTableSql } from '../warehouses/snowflake/ddl.ts'
import { fetchedSql } from '../warehouses/snowflake/fetched.ts'
import { copyParts, partsWithRows } from '../warehouses/snowflake/routes/copy-parts.ts'
import { firstPlace, Stint } from '../warehouses/snowflake/stint.ts'
import { type Compared, differenceOf } from './compare.ts'
import type { Comparing } from './comparison.ts'

/** A row whose fetched columns differ: its key's canonical texts, and the columns by their place among those fetched. */
type FetchedDifference = { key: string[]; columns: number[] }

type Asked = { comparison: Comparison; fetched: Column[]; names: Names }

const KEYS_AT_ONCE = 500
const WHOLE: Chunk = { id: '0', from: null, to: null, rows: null }

/** Only what is needed: the key, what chunks are cut by, the cursor, and the columns asked for. Read as far as both are compared. */
const planOf = ({ plan, key, window }: Comparison, fetched: Column[]): TablePlan => {
  const needed = new Set([...key, ...fetched].map(({ name }) => name))
  for (const name of [...plan.chunkColumns, ...(window?.columns ?? [])]) needed.add(name)
  // as an appending load reads: all rows of the window, and no more
  return { ...plan, publish: 'append', window, columns: plan.columns.filter(({ name }) => needed.has(name)) }
}

/** What is to be read: all chunks, or only the rows of some keys. */
const readsOf = (
  { key }: Comparison,
  plan: TablePlan,
  keys: string[][] | null,
): { plan: TablePlan; chunk: Chunk }[] => {
  if (keys === null) return plan.chunks.map((chunk) => ({ plan, chunk }))
  const { chunkIndex, ...unforced } = plan
  const batches = Array.from({ length: Math.ceil(keys.length / KEYS_AT_ONCE) }, (_, i) => i * KEYS_AT_ONCE)
  return batches.map((at) => {
    const some = keysSql(key, keys.slice(at, at + KEYS_AT_ONCE))
    const where = plan.where ? `${whereSql(plan.where)} AND ${some}` : some
    return { plan: { ...unforced, chunkColumns: [], where }, chunk: WHOLE }
  })
}

/** One look: reads, stages, compares. `keys` null: the whole table. */
const look = async (
  sides: Sides,
  { comparison, fetched, names }: Asked,
  keys: string[][] | null,
): Promise<FetchedDifference[]> => {
  const { source, warehouse, settings } = sides
  const attempt = randomBytes(4).toString('hex')
  const plan = planOf(comparison, fetched)
  const parts: Part[] = []
  const writer = new PartWriter(plan, runFolder(names).partStore({ table: plan.table, chunk: 'fetched', attempt }))
  try {
    for (const each of readsOf(comparison, plan, keys)) await readChunk(source, each.plan, each.chunk, writer)
    parts.push(...(await writer.finish()))
  } catch (error) {
    await writer.abandon()
    throw error
  }
  if (parts.length === 0) return []
  const stage = stageTable(plan.target, '', `${attempt}_FETCHED`)
  await warehouse.script([stageTableSql(stage, plan.columns)])
  try {
    const load = { warehouse, table: plan.table, columns: plan.columns, runId: names.runId, stage }
    const stint = new Stint(warehouse, firstPlace(attempt))
    await copyParts({ ...load, parts: partsWithRows(parts), stint }, settings.loadMode ?? 'auto')
    const rows = await warehouse.query(fetchedSql(comparison, fetched, stage))
    return rows.map((row) => ({
      key: comparison.key.map((_, i) => String(row[`K${i}`])),
      columns: fetched.flatMap((_, i) => (String(row[`D${i}`]) === '1' ? [i] : [])),
    }))
  } finally {
    await warehouse.query(dropTableSql(stage)).catch(() => {})
  }
}

/** At two looks, the second only at what the first one saw. */
const fetchDifferences = async (sides: Sides, asked: Asked): Promise<FetchedDifference[]> => {
  const first = await look(sides, asked, null)
  return first.length
    ? look(
        sides,
        asked,
        first.map(({ key }) => key),
      )
    : []
}

/**
 * What was found by checksums, and by fetching the columns that those do not reach. Without a key rows cannot be told apart
 * for that, and nothing is fetched. Throws what reading and staging throw.
 */
export const withFetched = async (
  sides: Sides,
  { comparison, fetchable }: Comparing,
  compared: Compared,
  names: Names,
): Promise<Compared> => {
  if (fetchable.length === 0 || comparison.key.length === 0) return compared
  const found = await fetchDifferences(sides, { comparison, fetched: fetchable, names })
  const known = new Set(compared.differences.map(({ key }) => key.join()))
  const more = [...new Map(found.map(({ key }) => [key.join(), key]))].filter(([text]) => !known.has(text))
  const rows = fetchable.map((_, i) => found.filter(({ columns }) => columns.includes(i)).length)
  const fetched = new Set(fetchable.map(({ name }) => name))
  return {
    ...compared,
    different: compared.different + more.length,
    columns: [
      ...compared.columns,
      ...fetchable.flatMap(({ name }, i) => (rows[i] ? [{ column: name, rows: rows[i] }] : [])),
    ],
    differences: [...compared.differences, ...more.map(([, key]) => differenceOf(comparison, 'different', key, 1))],
    notCompared: compared.notCompared.filter(({ column }) => !fetched.has(column)),
  }
}
