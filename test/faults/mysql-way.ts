/** A way to MySQL that can break at every connection and every statement. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Asked, sqlName } from './boundary.ts'
import type { Gate, Reply, Step } from './gate.ts'
import type { Way } from './http-way.ts'
import { type Worker, workerAt } from './workers.ts'

const HEADER_BYTES = 4
const COM_QUERY = 3

/** "Protocol::ERR_Packet": a header, 0xff, the error's number, a SQL state, the message. */
const errorPacket = ({ status, body }: Reply, sequence: number): Buffer => {
  const payload = Buffer.concat([Buffer.from([0xff, status & 0xff, status >> 8]), Buffer.from(`#HY000${body}`)])
  return Buffer.concat([Buffer.from([payload.length, payload.length >> 8, 0, sequence]), payload])
}

/** The statement in a client's packet; null for every other packet. */
const statementIn = (packet: Buffer): string | null =>
  packet[3] === 0 && packet[HEADER_BYTES] === COM_QUERY ? packet.subarray(HEADER_BYTES + 1).toString() : null

/** One connection. What the client sends is taken packet by packet, one after the other; what the server sends passes as it comes. */
class Line {
  private readonly client: Socket
  private readonly server: Socket
  private readonly worker: Worker
  private readonly gate: Gate
  private waiting = Buffer.alloc(0)
  private taking: Promise<void> = Promise.resolve()
  /** The statement whose answer is to come, until its first bytes are there. */
  private open: Asked | null = null

  constructor(client: Socket, server: Socket, worker: Worker, gate: Gate) {
    this.client = client
    this.server = server
    this.worker = worker
    this.gate = gate
  }

  private asked(what: string): Asked {
    return { service: 'MySQL', ...this.worker, what, writes: false, statements: 1 }
  }

  async start(): Promise<void> {
    const step = await this.gate.before(this.asked('connect'))
    if (step !== 'pass') return this.refuse(step, 0)
    this.client.on('data', (bytes) => {
      this.waiting = Buffer.concat([this.waiting, bytes])
      this.taking = this.taking.then(() => this.take())
    })
    this.server.on('data', (bytes) => {
      const asked = this.open
      this.open = null
      if (asked === null) this.client.write(bytes)
      else this.answer(asked, bytes)
    })
  }

  private async take(): Promise<void> {
    while (this.waiting.length >= HEADER_BYTES) {
      const length = HEADER_BYTES + this.waiting.readUIntLE(0, 3)
      if (this.waiting.length < length) return
      const packet = this.waiting.subarray(0, length)
      this.waiting = this.waiting.subarray(length)
      const sql = statementIn(packet)
      if (sql !== null) {
        const asked = this.asked(sqlName(sql))
        const step = await this.gate.before(asked)
        if (step !== 'pass') return this.refuse(step, 1)
        this.open = asked
      }
      this.server.write(packet)
    }
  }

  private async answer(asked: Asked, bytes: Buffer): Promise<void> {
    this.server.pause()
    const step = await this.gate.after(asked)
    if (step === 'half') this.client.write(bytes.subarray(0, bytes.length >> 1), () => this.client.resetAndDestroy())
    else if (step !== 'pass') this.refuse(step, 1)
    else {
      this.client.write(bytes)
      this.server.resume()
    }
  }

  private refuse(step: Exclude<Step, 'pass'>, sequence: number): void {
    if (step === 'cut') this.client.resetAndDestroy()
    else if (typeof step === 'object' && 'status' in step) this.client.write(errorPacket(step, sequence))
  }
}

/** Listens on a port of its own for the server at `port`. */
export const mysqlWay = async (port: number, gate: Gate): Promise<Way> => {
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    server.on('close', () => client.end())
    client.on('close', () => server.destroy())
    const worker = workerAt(client.remotePort!, client.localPort!)
    if (worker) new Line(client, server, worker, gate).start().catch(() => client.destroy())
    else client.pipe(server).pipe(client)
  })
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
