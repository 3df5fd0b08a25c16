import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ROOT, writeBundle } from '../../../lib/stacks/bundling.ts'
import { STAGES, type StageName } from '../../../lib/stacks/stages.ts'

const made: string[] = []
const folder = () => {
  made.push(mkdtempSync(join(tmpdir(), 'firn-bundle-')))
  return made.at(-1)!
}
after(() => {
  for (const each of made) rmSync(each, { recursive: true })
})

const metadata = folder()
writeFileSync(join(metadata, 'jobs.json'), '{}')
writeFileSync(join(metadata, 'notes.txt'), 'not for the bundle')

const bundle = (stage: StageName) => {
  const at = folder()
  writeBundle(stage, metadata, at)
  return at
}

test('every stage has a function, and every function is a stage', () => {
  const files = readdirSync(join(ROOT, 'functions'), { withFileTypes: true }).filter((each) => each.isFile())
  assert.deepEqual(files.map(({ name }) => name).sort(), STAGES.map((stage) => `${stage}.ts`).sort())
})

for (const stage of STAGES)
  test(`the bundle of ${stage} loads on its own and has a handler`, async () => {
    const at = bundle(stage)
    assert.equal(typeof (await import(pathToFileURL(join(at, 'index.mjs')).href)).handler, 'function')
  })

test('beside the bundles lie what they read: metadata for plan', () => {
  const files = (stage: StageName) => readdirSync(bundle(stage), { recursive: true }).sort()
  assert.deepEqual(files('plan'), ['index.mjs', 'index.mjs.map', 'metadata', 'metadata/jobs.json'])
  assert.deepEqual(files('extract'), ['index.mjs', 'index.mjs.map'])
  assert.deepEqual(files('load'), ['index.mjs', 'index.mjs.map'])
})

test('a source map names the file in the checkout', () => {
  const { sources } = JSON.parse(readFileSync(join(bundle('fail'), 'index.mjs.map'), 'utf8')) as { sources: string[] }
  assert.ok(sources.includes('../../functions/fail.ts'), sources.slice(-3).join(', '))
})
