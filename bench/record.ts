/** Puts results where they stay: bench/results/extract-<date>.json and the tables in docs/benchmarks.md. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CaseResult, withCase } from './report.ts'

/** Cases measured later on one day take the place of the earlier ones. */
const merged = (before: CaseResult[], now: CaseResult[]): CaseResult[] => [
  ...before.filter(({ name }) => !now.some((each) => each.name === name)),
  ...now,
]

/** Formatted as the repository wants its files. Throws what the formatter says. */
export const formatted = (json: string): string => {
  const repository = join(import.meta.dirname, '..')
  const biome = join(repository, 'node_modules', '.bin', 'biome')
  const { status, stdout, stderr, error } = spawnSync(
    biome,
    ['format', '--stdin-file-path=bench/results/extract.json'],
    {
      ...{ cwd: repository, input: json, encoding: 'utf8', maxBuffer: 64 << 20 },
    },
  )
  if (status !== 0) throw new Error(`biome format failed: ${error?.message ?? stderr}`)
  return stdout
}

/** Writes both. Gives the paths. `date` is the day, YYYY-MM-DD. */
export const record = (root: string, date: string, results: CaseResult[]): string[] => {
  const folder = join(root, 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `extract-${date}.json`)
  const before: CaseResult[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : []
  writeFileSync(file, formatted(JSON.stringify({ cases: merged(before, results) }, null, 2)))
  const page = join(root, 'docs', 'benchmarks.md')
  writeFileSync(page, results.reduce(withCase, readFileSync(page, 'utf8')))
  return [file, page]
}
