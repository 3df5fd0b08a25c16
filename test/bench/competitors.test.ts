import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { casesAt } from '../../bench/cases.ts'
import { type Ground, startOf } from '../../bench/competitors.ts'

const root = join(import.meta.dirname, '..', '..')
const ground: Ground = {
  root,
  mysql: { host: '127.0.0.1', port: 1, user: 'u', password: 'p', database: 'd' },
  python: '/venv/bin/python',
  noPython: '',
  bundles: { toFiles: '/bundles/files.mjs', toS3: '/bundles/s3.mjs' },
  storage: { FIRN_BUCKET: 'bucket' },
}
const entries = casesAt(1).flatMap((each) => each.entries)

describe('competitors', () => {
  test('without their Python none is left out silently', () => {
    for (const entry of entries) {
      const start = startOf({ ...ground, python: null, noPython: 'no Python' }, entry, '/out')
      const ofOurs = entry.competitor.startsWith('firn') || entry.competitor === 'wire'
      if (!ofOurs) assert.deepEqual(start, { notRun: 'no Python' }, entry.id)
      else if (entry.competitor !== 'wire') assert.ok('command' in start, entry.id)
    }
  })

  test('every script that is started is there, and told its tables', () => {
    for (const entry of entries) {
      const start = startOf(ground, entry, '/out')
      if (!('command' in start) || start.command[0] !== ground.python) continue
      assert.ok(existsSync(start.command[1]!), start.command[1])
      assert.deepEqual(JSON.parse(start.command[2]!).tables, entry.tables)
    }
  })

  test('a Sling that has no wheel here is told', () => {
    const entry = entries.find(({ competitor }) => competitor === 'sling')!
    assert.match((startOf(ground, entry, '/out') as { notRun: string }).notRun, /no wheel of sling/)
  })

  test('passwords are for those who need them: not on the command line of ours', () => {
    for (const entry of entries.filter(({ competitor }) => competitor.startsWith('firn'))) {
      const start = startOf({ ...ground, mysql: { ...ground.mysql, password: 'secret-word' } }, entry, '/out')
      assert.ok('command' in start && !start.command.join(' ').includes('secret-word'))
    }
  })
})
