import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disguises, found, keyPair, linesOfKey } from './planted.ts'

const planted = new Map([['note', 'PLANTED é "cell"']])
const seen = (content: string) => found(planted, new Map([['log', content]])).length > 0

test('what was planted is seen however it was written down', () => {
  const text = 'PLANTED é "cell"'
  for (const before of ['', 'x', 'xy', 'xyz'])
    assert.ok(seen(Buffer.from(before + text + before).toString('base64')), before)
  assert.ok(seen(`reason: ${text}.`))
  assert.ok(seen(JSON.stringify({ said: text })))
  assert.ok(seen(JSON.stringify({ cause: JSON.stringify({ said: text }) })))
  assert.ok(seen(Buffer.from(text).toString('hex')))
  assert.ok(seen(`?q=${encodeURIComponent(text)}`))
  assert.ok(!seen('PLANTED e "cell"'))
})

test('a key is known by its lines, locked or open', () => {
  const { privateKey } = keyPair('open sesame')
  const lines = linesOfKey(privateKey, 'open sesame')
  assert.equal(lines.length, 12)
  assert.ok(lines.every((line) => line.length === 64 && disguises(line).includes(line)))
})
