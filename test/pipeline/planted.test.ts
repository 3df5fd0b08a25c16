import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disguises, found, keyPair, linesOfKey } from './planted.ts'

const TEXT = `PLANTED é "cell" that's kept`
const planted = new Map([['note', TEXT]])
const seen = (content: string) => found(planted, new Map([['log', content]])).length > 0

test('what was planted is seen however it was written down', () => {
  for (const before of ['', 'x', 'xy', 'xyz'])
    assert.ok(seen(Buffer.from(before + TEXT + before).toString('base64')), before)
  assert.ok(seen(`reason: ${TEXT}.`))
  assert.ok(seen(JSON.stringify({ said: TEXT })))
  assert.ok(seen(JSON.stringify({ cause: JSON.stringify({ said: TEXT }) })))
  assert.ok(seen(Buffer.from(TEXT).toString('hex')))
  assert.ok(seen(`?q=${encodeURIComponent(TEXT)}`))
  assert.ok(seen(`INSERT INTO t VALUES ('${TEXT.replaceAll("'", "''")}')`))
  assert.ok(!seen(`PLANTED e "cell" that's kept`))
})

test('a key is known by its lines, locked or open', () => {
  const { privateKey } = keyPair('open sesame')
  const lines = linesOfKey(privateKey, 'open sesame')
  assert.equal(lines.length, 12)
  assert.ok(lines.every((line) => line.length === 64 && disguises(line).includes(line)))
})
