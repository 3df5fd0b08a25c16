/** A way to a server that breaks where a test wants it to. */
import { connect, createServer, type Socket } from 'node:net'
import { after } from 'node:test'

/** How a connection ends: with a reset, as a crashed host or a firewall does, or politely, as a proxy that restarts does. */
export type Ending = 'reset' | 'fin'
const END: Record<Ending, (client: Socket) => unknown> = {
  reset: (client) => client.resetAndDestroy(),
  fin: (client) => client.end(),
}

/** Takes what the server sends and gives what may pass: all of it, or less, which is the end. */
export type Gate = (data: Buffer) => Buffer

/**
 * Listens on a port of its own and passes everything on to the server's. `gate` is asked for a gate by every connection;
 * null lets it pass whole. Gone when the file's tests are over.
 */
export const wayTo = async (port: number, ending: Ending, gate: () => Gate | null): Promise<number> => {
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    const pass = gate()
    client.pipe(server)
    server.on('data', (data) => {
      const passed = pass ? pass(data) : data
      client.write(passed)
      if (passed.length === data.length) return
      server.removeAllListeners('data')
      server.destroy()
      END[ending](client)
    })
    server.on('close', () => client.end())
    client.on('close', () => server.destroy())
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  after(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  return (listener.address() as { port: number }).port
}

/** Lets so many bytes through. */
export const afterBytes = (bytes: number): Gate => {
  let left = bytes
  return (data) => {
    const passed = data.subarray(0, left)
    left -= passed.length
    return passed
  }
}

/** Lets so many of the protocol's packets through, whole: what is cut off then looks like the end. */
export const afterPackets = (packets: number): Gate => {
  let left = packets
  let header: number[] = []
  let body = 0
  return (data) => {
    for (let at = 0; at < data.length; ) {
      if (left === 0) return data.subarray(0, at)
      if (header.length < 4) {
        header.push(data[at++]!)
        if (header.length === 4) body = header[0]! | (header[1]! << 8) | (header[2]! << 16)
      } else {
        const step = Math.min(body, data.length - at)
        body -= step
        at += step
      }
      if (header.length === 4 && body === 0) {
        header = []
        left--
      }
    }
    return data
  }
}
