/** What another release writes otherwise must not be held against what this one wrote. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import type { TablePlan } from '../../lib/model.ts'
import { BUNDLING, ROOT } from '../../lib/stacks/bundling.ts'

const PLAN = { kind: 'full', publish: 'replace', columns: [{ name: 'id', type: 'int', nullable: false }] } as TablePlan

test('the seed of digests is another when the bundle is, and the same when it is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'firn-seed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const seedOf = async (name: string, constant: string): Promise<string> => {
    const outfile = join(folder, `${name}.mjs`)
    const { outdir: _, sourcemap: __, ...bundling } = BUNDLING
    const code = `export { copyingOf } from './lib/copied-files.ts'; export const made = '${constant}'`
    const stdin = { contents: code, resolveDir: ROOT, loader: 'ts' as const }
    buildSync({ ...bundling, outExtension: {}, stdin, outfile, write: true })
    const { copyingOf } = (await import(pathToFileURL(outfile).href)) as typeof import('../../lib/copied-files.ts')
    return (await copyingOf(PLAN, { runId: 'r', chunk: '0', isBegun: false }))!.seed
  }
  const [one, same, another] = [await seedOf('one', '1'), await seedOf('same', '1'), await seedOf('another', '2')]
  assert.equal(one, same)
  assert.notEqual(one, another)
})
