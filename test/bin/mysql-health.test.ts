import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readsOnly } from '../../bin/mysql-health.ts'

test('a user who may read, replicate and look around reads only, whatever things are named', () =>
  assert.ok(
    readsOnly([
      "GRANT USAGE ON *.* TO `delete`@`%` IDENTIFIED BY PASSWORD '*DROP'",
      'GRANT REPLICATION CLIENT, SHOW DATABASES, PROCESS ON *.* TO `firn`@`%`',
      'GRANT SELECT, SHOW VIEW ON `insert`.* TO `firn`@`%`',
    ]),
  ))

for (const grant of [
  'GRANT ALL PRIVILEGES ON *.* TO `firn`@`%`',
  'GRANT SELECT, INSERT (`a`) ON `d`.`t` TO `firn`@`%`',
])
  test(`not so: ${grant}`, () => assert.ok(!readsOnly(['GRANT SELECT ON `d`.* TO `firn`@`%`', grant])))
