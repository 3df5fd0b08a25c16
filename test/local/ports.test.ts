import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { choosePort, isFree } from '../../local/ports.ts'

test('a port in use, or meant for another, is not chosen again', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  assert.equal(await isFree(port), false)
  const chosen = await choosePort(port, new Set())
  assert.notEqual(chosen, port)
  assert.equal(await isFree(chosen), true)
  assert.equal(await choosePort(chosen, new Set()), chosen)
  assert.notEqual(await choosePort(chosen, new Set([chosen])), chosen)
})
