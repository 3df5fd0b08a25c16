import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicationOf } from '../../../../lib/sources/mysql/replica.ts'

const healthy = {
  Replica_IO_Running: 'Yes',
  Replica_SQL_Running: 'Yes',
  Last_IO_Errno: 0,
  Last_SQL_Errno: 0,
  Last_SQL_Error: '',
}
const stopped = {
  ...{ Slave_IO_Running: 'Yes', Slave_SQL_Running: 'No', Seconds_Behind_Master: null },
  ...{ Last_IO_Errno: 0, Last_SQL_Errno: 1062, Last_SQL_Error: "Duplicate entry 'a@b.c' for key 'email'" },
}

test('who replicates from nobody is a primary', () => assert.deepEqual(replicationOf([]), { role: 'primary' }))

test('of several sources the one furthest behind counts, in the words of MySQL 8.4 and of MariaDB', () => {
  const found = replicationOf([
    { ...healthy, Seconds_Behind_Source: 3 },
    { ...healthy, Seconds_Behind_Master: '40' },
  ])
  assert.deepEqual(found, { role: 'replica', behindSeconds: 40, state: 'receiving: Yes, applying: Yes' })
})

test('one that stands still is told with its error’s number, not its text, which quotes values', () =>
  assert.deepEqual(replicationOf([{ ...healthy, Seconds_Behind_Source: 0 }, stopped]), {
    role: 'replica',
    behindSeconds: null,
    state: 'receiving: Yes, applying: No, error 1062',
  }))
