import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { record } from '../../bench/record.ts'
import type { CaseResult } from '../../bench/report.ts'

const root = mkdtempSync(join(tmpdir(), 'firn-bench-'))
after(() => rmSync(root, { recursive: true }))
mkdirSync(join(root, 'docs'))
writeFileSync(join(root, 'docs', 'benchmarks.md'), '# Benchmarks\n')

const machine = { cpu: 'c', cores: 2, memoryGb: 8, kernel: 'k', node: 'n', server: 's', peers: 'p' }
const sample = { seconds: 1.5, cpuSeconds: 1, maxRssMb: 99.5, workSeconds: null }
const of = (name: string, title: string): CaseResult => ({
  ...{ name, title, date: '2026-01-31', repetitions: 5, machine, verdicts: [] },
  outcomes: [
    ...[{ wrong: [] }, { wrong: ['lat', 'lng'] }, null].map((exact, i) => ({
      ...{ id: `${i}`, label: `${i}`, rows: 1, notRun: null, bytes: 1, exact, samples: [sample, sample] },
    })),
  ],
})

test('results are kept by day; a case measured again takes the place of the earlier one, there and on the page', () => {
  const [file, page] = record(root, '2026-01-31', [of('wide', 'first'), of('text', 'kept')]) as [string, string]
  assert.equal(file, join(root, 'bench', 'results', 'extract-2026-01-31.json'))
  record(root, '2026-01-31', [of('wide', 'second')])
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: CaseResult[] }
  assert.deepEqual(cases.map(({ title }) => title).sort(), ['kept', 'second'])
  assert.deepEqual(
    [...readFileSync(page, 'utf8').matchAll(/^### (.*)$/gm)].map(([, title]) => title),
    ['second', 'kept'],
  )
})

test('what is written is formatted as the repository wants it', () => {
  const [file] = record(root, '2026-02-01', [of('wide', 'wide')]) as [string]
  const repository = join(import.meta.dirname, '..', '..')
  const { status, stdout, stderr } = spawnSync(
    join(repository, 'node_modules', '.bin', 'biome'),
    ['format', '--stdin-file-path=bench/results/extract.json'],
    { cwd: repository, input: readFileSync(file), encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  assert.equal(readFileSync(file, 'utf8'), stdout)
})
