import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDbtLog } from '../../../../lib/warehouses/snowflake/dbt-log.ts'

/** As dbt 1.11 writes it. */
const GOOD = `16:59:35  Concurrency: 4 threads (target='snowflake')
16:59:35
16:59:35  1 of 7 START sql view model PUBLIC.lonely ...................................... [RUN]
16:59:36  1 of 7 OK created sql view model PUBLIC.lonely ................................ [SUCCESS 1 in 0.24s]
16:59:36  2 of 7 OK created sql incremental model MARTS.fct_orders ...................... [SUCCESS 9 in 0.24s]
16:59:36  3 of 7 PASS not_null_fct_orders_order_id ...................................... [PASS in 0.20s]
16:59:36  4 of 7 OK snapshotted SNAPSHOTS.snap_orders ................................... [SUCCESS 1 in 0.52s]
16:59:36  5 of 7 WARN 3 not_null_orders_price ........................................... [WARN 3 in 0.20s]
16:59:37  6 of 7 PASS dear_orders::leaves_out_what_costs_nothing ........................ [PASS in 0.72s]
16:59:37  7 of 7 PASS a_name_so_long_that_dbt_writes_no_dots_behind_it_at_all_or_it_would_be_too_long [PASS in 0.04s]
16:59:37  Finished running 1 incremental model, 1 snapshot, 3 data tests, 1 unit test, 1 view model in 0 hours 0 minutes and 2.00 seconds (2.00s).
16:59:37  Completed with 1 warning:
16:59:37  Warning in test not_null_orders_price (models/schema.yml)
16:59:37  Got 3 results, configured to warn if != 0
16:59:37  Done. PASS=6 WARN=1 ERROR=0 SKIP=0 NO-OP=0 TOTAL=7`

test('a good log: models and tests apart, warnings counted and no failure', () => {
  assert.deepEqual(parseDbtLog(GOOD), {
    models: { passed: 3, failed: 0, skipped: 0 },
    tests: { passed: 3, failed: 0, warned: 1, skipped: 0 },
    failed: [],
    errors: '',
    complete: true,
    errored: false,
  })
})

const BAD = `16:59:52  1 of 6 OK created sql table model PUBLIC.orders .......... [SUCCESS 1 in 0.16s]
16:59:52  2 of 6 FAIL 2 unique_orders_order_id .......................... [FAIL 2 in 0.10s]
16:59:52  3 of 6 ERROR creating sql table model MARTS.fct_orders ........ [ERROR in 0.29s]
16:59:52  4 of 6 ERROR dear_orders::costs_nothing ....................... [ERROR in 0.29s]
16:59:52  5 of 6 SKIP relation MARTS.dim_orders ......................... [SKIP]
16:59:52  6 of 6 SKIP test not_null_dim_orders_order_id ................. [SKIP]
16:59:52
16:59:52  Finished running 3 table models, 2 data tests, 1 unit test in 0 hours 0 minutes and 1.47 seconds (1.47s).
16:59:52
16:59:52  Completed with 3 errors, 0 partial successes, and 0 warnings:
16:59:52
16:59:52  Failure in test unique_orders_order_id (models/schema.yml)
16:59:52    Got 2 results, configured to fail if != 0
16:59:52  Database Error in model fct_orders (models/fct_orders.sql)
  100038 (22018): Numeric value 'Ana 4111' is not recognized
16:59:52  Failure in unit_test costs_nothing (models/schema.yml)
16:59:52  Done. PASS=1 WARN=0 ERROR=3 SKIP=2 NO-OP=0 TOTAL=6`

test('a bad log: names of what failed, what was skipped for it, and why, without a cell in it', () => {
  const { errors, ...counts } = parseDbtLog(BAD)
  assert.deepEqual(counts, {
    models: { passed: 1, failed: 1, skipped: 1 },
    tests: { passed: 0, failed: 2, warned: 0, skipped: 1 },
    failed: ['unique_orders_order_id', 'fct_orders', 'dear_orders::costs_nothing'],
    complete: true,
    errored: true,
  })
  assert.match(errors, /^Failure in test unique_orders_order_id/)
  assert.match(errors, /Numeric value '…' is not recognized/)
  assert.doesNotMatch(errors, /4111|Done\./)
})

test('a log whose head was cut still adds up, from its closing lines', () => {
  const cut = BAD.slice(BAD.indexOf('16:59:52  5 of 6'))
  assert.deepEqual(parseDbtLog(cut).models, { passed: 1, failed: 1, skipped: 1 })
  assert.deepEqual(parseDbtLog(cut).tests, { passed: 0, failed: 2, warned: 0, skipped: 1 })
  assert.deepEqual(parseDbtLog(cut).failed, ['unique_orders_order_id', 'fct_orders', 'costs_nothing'])
  const warned = GOOD.slice(GOOD.indexOf('16:59:37  7 of 7'))
  assert.deepEqual(parseDbtLog(warned).tests, { passed: 3, failed: 0, warned: 1, skipped: 0 })
  assert.equal(parseDbtLog(warned).models.passed, 3)
})

test('colours and the stamps of dbt.log are no obstacle', () => {
  const log = `\u001b[0m16:59:36.123456 [info ] [Thread-1 (]: 1 of 1 \u001b[31mFAIL 1\u001b[0m unique_x ..... [\u001b[31mFAIL 1\u001b[0m in 0.1s]`
  assert.deepEqual(parseDbtLog(log).failed, ['unique_x'])
})

test('dbt that never began to build says why, and is not complete', () => {
  const { complete, errors } = parseDbtLog(`10:00:00  Running with dbt=1.11.16
10:00:01  Encountered an error:
Compilation Error
  Model 'model.firn.x' depends on a node named 'y' which was not found`)
  assert.equal(complete, false)
  assert.match(errors, /^Encountered an error:\nCompilation Error\n {2}Model/)
  assert.equal(parseDbtLog('').complete, false)
})

test('errors that only the last line counts are errors all the same', () => {
  const { failed, complete, errored } = parseDbtLog('Done. PASS=1 WARN=0 ERROR=3 SKIP=2 TOTAL=6')
  assert.deepEqual({ failed, complete, errored }, { failed: [], complete: true, errored: true })
})

test('a value that goes over several lines is cut whole, and what dbt says after it is kept', () => {
  const { errors } = parseDbtLog(`16:59:52  Completed with 2 errors, 0 partial successes, and 0 warnings:
16:59:52  Database Error in model fct_orders (models/fct_orders.sql)
  100038 (22018): Numeric value 'Ana
  4111
  Rua' is not recognized
  compiled code at target/run/fct_orders.sql
16:59:52  Database Error in model dim (models/dim.sql)
  002003 (42S02): Object 'RAW.NONE' does not exist or not authorized.
16:59:52  Done. PASS=0 WARN=0 ERROR=2 SKIP=0 NO-OP=0 TOTAL=2`)
  assert.deepEqual(errors.split('\n'), [
    'Database Error in model fct_orders (models/fct_orders.sql)',
    "  100038 (22018): Numeric value '…' is not recognized",
    '  compiled code at target/run/fct_orders.sql',
    'Database Error in model dim (models/dim.sql)',
    "  002003 (42S02): Object 'RAW.NONE' does not exist or not authorized.",
  ])
})

test('a value without quotes around it, or beside one that has them, is cut as in every other message', () => {
  const { errors } = parseDbtLog(`16:59:52  Completed with 4 errors, 0 partial successes, and 0 warnings:
16:59:52  Database Error in model a (models/a.sql)
  100046 (22003): 01c-2: Number out of representable range: type FIXED[SB16](26,0){nullable}, value 4111
  compiled code at target/run/a.sql
16:59:52  Database Error in model b (models/b.sql)
  100090 (42P18): Duplicate row detected during DML action
  Row Values: [4112, "Ana"]
16:59:52  Database Error in model c (models/c.sql)
  100038 (22018): Numeric value 'Ana's 4113
  Rua' is not recognized
16:59:52  Database Error in model d (models/d.sql)
  391555 (22018): Cannot read 'Ana 4114'
16:59:52  Done. PASS=0 WARN=0 ERROR=4 SKIP=0 NO-OP=0 TOTAL=4`)
  assert.deepEqual(errors.split('\n'), [
    'Database Error in model a (models/a.sql)',
    '  100046 (22003): 01c-2: Number out of representable range: type FIXED[SB16](26,0){nullable}, value …',
    '  compiled code at target/run/a.sql',
    'Database Error in model b (models/b.sql)',
    '  100090 (42P18): Duplicate row detected during DML action',
    '  Row Values: …',
    'Database Error in model c (models/c.sql)',
    "  100038 (22018): Numeric value '…' is not recognized",
    'Database Error in model d (models/d.sql)',
    "  391555 (22018): Cannot read '…'",
  ])
})
