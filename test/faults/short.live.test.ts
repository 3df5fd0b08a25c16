/** The fault matrix in short: each kind of fault once, where it hurts most. All of it: `npm run test:faults`. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { stackForTests, TEST_HOME } from '../stack.ts'
import type { Boundary } from './boundary.ts'
import { allCases, type Case } from './cases.ts'
import { type Line, openLine } from './line.ts'
import { outcomeText } from './matrix.ts'
import { play } from './play.ts'
import { recordedRuns } from './recorded.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let line: Line
let boundaries: Boundary[]

before(async () => {
  const stack = stackForTests()
  shop = await openShop(stack.mysql, 'firn_faults', 1)
  line = await openLine(stack, TEST_HOME, shop)
  boundaries = await recordedRuns(line, shop)
})

after(async () => {
  await line?.close()
  await shop?.close()
})

/** What a run passes is found, not listed: these are only told apart by what they must be. */
const PUBLISHES = /^load Snowflake BEGIN\+.*MERGE.*COMMIT/
const SWEEPS = /^load Snowflake BEGIN\+UPDATE\+UPDATE\+UPDATE.*BASKETS/
const COPIES = /^load Snowflake COPY INTO .*STAGE_ITEMS/
const CASES: [boundary: RegExp, fault: string, at: Case['at']][] = [
  [PUBLISHES, 'killed', 'after'],
  [PUBLISHES, 'connection lost', 'after'],
  [PUBLISHES, 'stale attempt', 'before'],
  [SWEEPS, 'killed', 'after'],
  [/^load AWS PUT orders\/load\.json/, 'timeout', 'before'],
  [/^extract AWS PUT items\/0\.json/, 'invoked twice', 'before'],
  [/^extract AWS PUT visits\/.*parquet/, 'disk full', 'before'],
  [COPIES, 'lease expired', 'before'],
  [COPIES, 'throttled', 'before'],
]

test('a run passes boundaries of every kind', () => {
  for (const service of ['AWS', 'MySQL', 'Snowflake'])
    assert.ok(boundaries.filter((each) => each.service === service).length > 10, service)
  assert.ok(allCases(boundaries).length >= 150)
})

for (const [boundary, fault, at] of CASES)
  test(`${fault}, ${at}: ${boundary.source.replaceAll('\\', '')}`, async () => {
    const found = allCases(boundaries).find(
      (each) => boundary.test(each.name) && each.fault.name === fault && each.at === at,
    )
    assert.ok(found, 'the run has such a boundary')
    const outcome = await play(line, shop, found)
    assert.ok(outcome.recovered, outcomeText(outcome))
  })
