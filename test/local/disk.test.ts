import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseFullDisk } from '../../local/disk.ts'

test('a full disk is told as one, whoever says so', () => {
  const says = [
    Object.assign(new Error('write'), { code: 'ENOSPC' }),
    new Error("ENOSPC: no space left on device, mkdir '/h'"),
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    'mariadbd: Error writing file \'./x\' (Errcode: 28 "No space left on device")',
  ]
  for (const said of says) {
    assert.throws(() => refuseFullDisk(said, '/h'), { name: 'RefusedError', message: /the disk is full: \/h cannot/ })
  }
  refuseFullDisk(new Error('ECONNREFUSED'), '/h')
  refuseFullDisk('Errcode: 2 "No such file"', '/h')
})
