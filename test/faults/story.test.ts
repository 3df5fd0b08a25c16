import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chained, equation, type LedgerRow, type Rebuild } from './story.ts'

const row = (more: Record<string, string | number>): LedgerRow =>
  Object.fromEntries(
    Object.entries({
      ...{ TARGET: 'RAW.A', RUN_ID: 'r1', KIND: 'window', MODE: 'append', ROWS_READ: 2, ROWS_STAGED: 2, DUPLICATES: 0 },
      ...{ ROWS_BEFORE: 10, INSERTED: 2, UPDATED: 0, KEPT: 0, REMOVED: 1, ROWS_IN_TARGET: 11, ...more },
    }).map(([name, value]) => [name, String(value)]),
  )

test('rows that were there, that came and that went make those that are there', () => {
  assert.deepEqual(equation(row({}), false), [])
  assert.equal(equation(row({ REMOVED: 2 }), false).length, 1)
  assert.equal(equation(row({ ROWS_IN_TARGET: 12 }), false).length, 1)
  assert.deepEqual(equation(row({ MODE: 'replace', REMOVED: 0, ROWS_IN_TARGET: 2 }), false), [])
  assert.equal(equation(row({ MODE: 'replace', ROWS_IN_TARGET: 3 }), false).length, 1)
})

test('a soft sweep leaves as many rows as it found, a hard one takes away what it says', () => {
  const sweep = { KIND: 'sweep', MODE: 'merge', INSERTED: 0, KEPT: 2, REMOVED: 3 }
  assert.deepEqual(equation(row({ ...sweep, ROWS_IN_TARGET: 10 }), true), [])
  assert.equal(equation(row({ ...sweep, ROWS_IN_TARGET: 10 }), false).length, 1)
  assert.deepEqual(equation(row({ ...sweep, ROWS_IN_TARGET: 7 }), false), [])
})

test('each publication finds what the one before it left', () => {
  const [older, newer] = [row({ EPOCH: 1 }), row({ RUN_ID: 'r2', EPOCH: 2, ROWS_BEFORE: 11, ROWS_IN_TARGET: 12 })]
  const at = (epoch: number, runId = `r${epoch}`): Rebuild => ({ runId, epoch })
  assert.deepEqual(chained([newer, older]), [])
  const odd = row({ RUN_ID: 'r3', EPOCH: 3, ROWS_BEFORE: 9 })
  assert.match(chained([odd, older]).join(), /run r3.*found other rows/)
  assert.deepEqual(chained([odd, older], [at(2)]), [], 'a rebuilding of which no row tells came between')
  const rebuilt = row({ RUN_ID: 'r3', EPOCH: 3, MODE: 'rebuild', ROWS_BEFORE: 9, INSERTED: 9, ROWS_IN_TARGET: 9 })
  assert.deepEqual(chained([rebuilt, older], [at(3)]), [], 'its own earlier attempt had swapped')
  assert.equal(chained([rebuilt, older]).length, 1, 'a run that was not to rebuild')
  assert.equal(chained([{ ...rebuilt, ROWS_BEFORE: '8' }, older], [at(3)]).length, 1, 'nobody of its run left 8 rows')
  assert.equal(chained([odd, older], [at(0), at(4)]).length, 1, 'earlier and later ones did not')
  assert.equal(
    chained([odd, row({ RUN_ID: 'r2', EPOCH: 2 }), older], [at(2)]).length,
    2,
    'one that has its row explains nothing',
  )
  assert.deepEqual(chained([odd, older], [at(2, 'r9')]), [], 'of one second, whose ids are in no order')
})
