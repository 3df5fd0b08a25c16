/** Files that a competitor wrote, compared with what the server itself says of its tables. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Checksums } from './checksums.ts'
import type { Exactness } from './lines.ts'

type Found = { rows: number; sums: Record<string, [string, string]> }

/** Columns whose count or sum differs, and tables with other rows than the server has; empty when all is exact. */
export const differences = (expected: Map<string, Checksums>, found: Record<string, Found>): string[] =>
  [...expected].flatMap(([table, { rows, sums }]) => {
    const there = found[table]
    const name = (column: string) => (expected.size > 1 ? `${table}.${column}` : column)
    if (!there) return [`${table} (no files)`]
    if (there.rows !== rows) return [`${table} (${there.rows} rows of ${rows})`]
    return Object.entries(sums)
      .filter(([column, sum]) => there.sums[column]?.[0] !== sum[0] || there.sums[column]?.[1] !== sum[1])
      .map(([column]) => name(column))
  })

/** Asks DuckDB for the files' sums. `files`: by table. Throws with the last it said when it fails. */
export const compare = (
  { root, python, work }: { root: string; python: string; work: string },
  expected: Map<string, Checksums>,
  files: (table: string) => string[],
): Exactness => {
  const asked = Object.fromEntries(
    [...expected].flatMap(([table, { columns }]) => {
      const there = files(table)
      return there.length ? [[table, { files: there, columns }]] : []
    }),
  )
  const request = join(work, 'check.json')
  writeFileSync(request, JSON.stringify(asked))
  const { status, stdout, stderr } = spawnSync(python, [join(root, 'bench', 'check.py'), request], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  if (status !== 0) throw new Error(`the files could not be compared: ${stderr.trimEnd().split('\n').at(-1)}`)
  return { wrong: differences(expected, JSON.parse(stdout)) }
}
