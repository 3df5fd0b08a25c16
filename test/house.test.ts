/** The rules of the house, read from the imports: who may know whom, and where each package is at home. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')
const files = globSync('{bin,lib,functions,local}/**/*.ts', { cwd: ROOT })
const IMPORT = /(?:from|import\()\s*'([^']+)'/g

const imports = files.flatMap((file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)].map(([, name]) => ({
    file,
    to: name!.startsWith('.') ? normalize(join(dirname(file), name!)) : name!,
  })),
)
const from = (pattern: RegExp, to: RegExp) =>
  imports.filter((each) => pattern.test(each.file) && to.test(each.to)).map(({ file, to }) => `${file} → ${to}`)

test('there is something to read', () => assert.ok(imports.length > 100))

test('lib knows neither functions, nor bin, nor the twins', () => {
  assert.deepEqual(from(/^lib\//, /^(functions|bin|local)\//), [])
  assert.deepEqual(from(/^functions\//, /^(bin|local)\//), [])
})

test('a function never imports a function', () => assert.deepEqual(from(/^functions\//, /^functions\//), []))

test('model.ts and errors.ts import nothing', () => assert.deepEqual(from(/^lib\/(model|errors)\.ts$/, /./), []))

test('sources and warehouses do not know each other', () => {
  assert.deepEqual(from(/^lib\/sources\//, /^lib\/warehouses\//), [])
  assert.deepEqual(from(/^lib\/warehouses\//, /^lib\/sources\//), [])
})

const HOMES: Record<string, RegExp> = {
  mysql2: /^(lib\/sources\/mysql|local\/(mysql\.ts|olist))/,
  hyparquet: /^lib\/warehouses\/snowflake\/routes\/file-rows\.ts$/,
  'snowflake-sdk': /^lib\/warehouses\/snowflake\//,
  '@aws-sdk/client-s3': /^lib\/store\//,
  '@aws-sdk/client-sfn': /^bin\/executions\.ts$/,
  '@middy/core': /^lib\/stage\.ts$/,
  'aws-cdk-lib': /^(bin\/firn-app\.ts|lib\/stacks\/)/,
  'parquetjs-lite': /^lib\/parquet\/quarantine\.ts$/,
}
for (const [name, home] of Object.entries(HOMES))
  test(`${name} is at home in one place`, () => {
    const users = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`)).map(({ file }) => file)
    assert.ok(users.length > 0, `nobody imports ${name}`)
    // a type costs nothing and decides nothing
    const typed = (file: string) =>
      new RegExp(`import type [^;]*from '${name}`).test(readFileSync(join(ROOT, file), 'utf8'))
    assert.deepEqual(
      users.filter((file) => !home.test(file) && !typed(file)),
      [],
    )
  })

test('only settings.ts reads the environment in lib and functions', () => {
  const readers = files.filter(
    (file) => /^(lib|functions)\//.test(file) && /process\.env/.test(readFileSync(join(ROOT, file), 'utf8')),
  )
  assert.deepEqual(
    readers.filter((file) => file !== 'lib/settings.ts' && !file.startsWith('lib/stacks/')),
    [],
  )
})

test('what is exported, another file uses', () => {
  // but for what node's test runner calls by its name, globalSetup and globalTeardown
  const all = globSync('{bin,lib,functions,local,bench,test}/**/*.ts', { cwd: ROOT })
  const words = new Map(all.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]))
  const users = new Map<string, Set<string>>()
  for (const [file, text] of words)
    for (const [word] of text.matchAll(/\w+/g)) users.set(word, (users.get(word) ?? new Set()).add(file))
  const EXPORT = /^export (?:async )?(?:abstract )?(?:const|type|class|function) (\w+)/gm
  const own = [...words].flatMap(([file, text]) =>
    [...text.matchAll(EXPORT)].filter(([, name]) => users.get(name!)!.size === 1).map(([, name]) => `${file}: ${name}`),
  )
  assert.deepEqual(own, [])
})

test('a file over 300 lines is two', () => {
  const all = globSync('{bin,lib,functions,local,bench,test}/**/*.{ts,py}', { cwd: ROOT })
  const long = all.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 301)
  // every shape that files share, in one place
  assert.deepEqual(long, ['lib/model.ts'])
})
