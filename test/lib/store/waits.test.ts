/** A store that hangs is given up, whenever it begins to; one that is slow is not. */
import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { storeClient } from '../../../lib/store/client.ts'

const MB = 1024 * 1024
const SHORT_MS = 300

const servers: { close: () => void }[] = []
after(() => {
  for (const server of servers) server.close()
})

/** A store in whose place each connection is given to `answer`. */
const store = async (answer: (socket: Socket) => void, silenceMs = SHORT_MS) => {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    answer(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  servers.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  const { port } = server.address() as { port: number }
  const settings = { bucket: 'b', region: 'us-east-1', endpoint: `http://127.0.0.1:${port}` }
  const s3 = storeClient({ ...settings, accessKeyId: 'a', secretAccessKey: 's' }, { connectMs: 5_000, silenceMs })
  return { s3, connections: () => connections }
}

/** A body of some size is sent when the store has asked for it. */
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

const OBJECT = { Bucket: 'b', Key: 'k' }

test('a socket that accepts and never answers is given up after its last try', async () => {
  const { s3, connections } = await store((socket) => socket.resume())
  await assert.rejects(s3.send(new GetObjectCommand(OBJECT)), { name: 'TimeoutError' })
  assert.equal(connections(), 5)
})

test('so is one that takes nothing of an upload', async () => {
  const { s3 } = await store((socket) =>
    socket.once('data', () => {
      socket.pause()
      socket.write(CONTINUE)
    }),
  )
  await assert.rejects(s3.send(new PutObjectCommand({ ...OBJECT, Body: Buffer.alloc(32 * MB) })), {
    name: 'TimeoutError',
  })
})

test('so is one that falls silent within its answer', async () => {
  const { s3 } = await store((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly so much')),
  )
  const { Body } = await s3.send(new GetObjectCommand(OBJECT))
  await assert.rejects(Body!.transformToString(), { name: 'TimeoutError' })
})

test('an upload that is slow and moves is not cut, however long it takes', async () => {
  // the kernel tells of room in its buffers, some MB, by and by: meanwhile nothing moves for who sends
  const [bytes, silenceMs] = [48 * MB, 2_000]
  let taken = 0
  const began = Date.now()
  const { s3, connections } = await store((socket) => {
    socket.once('data', () => socket.write(CONTINUE))
    socket.on('data', (chunk) => {
      taken += chunk.length
      if (taken >= bytes) return socket.end('HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n')
      socket.pause()
      return setTimeout(() => socket.resume(), 5)
    })
  }, silenceMs)
  const { ETag } = await s3.send(new PutObjectCommand({ ...OBJECT, Body: Buffer.alloc(bytes) }))
  assert.equal(ETag, '"e"')
  assert.equal(connections(), 1, 'at the first try')
  assert.ok(Date.now() - began > silenceMs, 'it was slow indeed')
})
