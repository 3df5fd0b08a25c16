/**
 * Rows by INSERT: for development against anything that takes neither stage. Values are bound, so that none stands in the
 * text of a statement, which Snowflake keeps for a year. Slow, and a statement for every thousand rows.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { stagedType } from '../../../columns/types.ts'
import type { Column, Target } from '../../../model.ts'
import { quoteSnowflake, quoteTarget } from '../quote.ts'
import { fileRows } from './file-rows.ts'
import type { Copying, Loaded, Route } from './route.ts'
import { download, makeFolder } from './staged-files.ts'

type Row = (string | null)[]

/** What one statement carries at most, unless one row alone is more. */
const MOST = { rows: 1000, binds: 10_000, characters: 4_000_000 }

/** A bound text as a value of the stage table's column. A VARCHAR is left as it is: a cast would cut it, silently. */
const valueSql = (column: Column, name: string): string => {
  const type = stagedType(column)
  if (type.startsWith('VARCHAR')) return name
  return type.startsWith('BINARY') ? `TO_BINARY(${name}, 'HEX')` : `${name}::${type}`
}

/** INSERT of so many rows, each value a bind. */
export const insertSql = (stage: Target, columns: Column[], rows: number): string => {
  const names = columns.map((_, i) => `C${i + 1}`)
  const marks = `(${names.map(() => '?').join(', ')})`
  return `INSERT INTO ${quoteTarget(stage)} (${columns.map(({ name }) => quoteSnowflake(name)).join(', ')})
SELECT ${columns.map((column, i) => valueSql(column, `V.${names[i]}`)).join(', ')}
FROM (VALUES ${Array(rows).fill(marks).join(', ')}) AS V (${names.join(', ')})`
}

const charactersOf = (row: Row) => row.reduce((sum, value) => sum + (value?.length ?? 0), 0)

/** Rows cut into what one statement may carry. */
export const batches = (rows: Row[]): Row[][] => {
  const found: Row[][] = []
  let characters = 0
  for (const row of rows) {
    const own = charactersOf(row)
    const last = found.at(-1)
    const fits =
      last &&
      last.length < MOST.rows &&
      (last.length + 1) * row.length <= MOST.binds &&
      characters + own <= MOST.characters
    if (fits) last.push(row)
    else found.push([row])
    characters = own + (fits ? characters : 0)
  }
  return found
}

/** The file's rows but for those that an earlier invocation has inserted. Gives how many the file has. */
const insertFile = async ({ warehouse, stage, columns, stint }: Copying, path: string): Promise<number> => {
  const names = columns.map(({ name }) => name)
  const { place } = stint
  let passed = 0
  for await (const group of fileRows(path, names)) {
    for (const batch of batches(group.slice(Math.max(0, place.rowsOfNext - passed)))) {
      stint.rest()
      await warehouse.query(insertSql(stage, columns, batch.length), batch.flat())
      place.rowsOfNext += batch.length
      stint.done()
    }
    passed += group.length
  }
  return passed
}

export const insert: Route = {
  name: 'insert',
  copy: async (load, at): Promise<Loaded> => {
    const folder = makeFolder(load)
    try {
      const path = join(folder, 'part.parquet')
      await download(load, load.parts[at]!, path)
      return [await insertFile(load, path)]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  end: async () => {},
}
