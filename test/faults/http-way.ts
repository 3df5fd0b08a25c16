/** A way to an HTTP server that can break at every request. Requests and answers are small here, so each is held whole. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Asked } from './boundary.ts'
import type { Gate, Step } from './gate.ts'
import { type Worker, workerAt } from './workers.ts'

type Given = { method: string; url: string; headers: NodeJS.Dict<string | string[]>; body: Buffer }
type Answer = { status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }

/** What a kind of server needs: how its requests are called (null: no boundary), and how the first statements of one are sent alone. */
export type Dialect = {
  asked(given: Given, worker: Worker): Asked | null
  shortened?(given: Given, statements: number): Given
}

export type Way = { port: number; close(): Promise<void> }

const whole = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const forward = (port: number, { method, url, headers, body }: Given): Promise<Answer> =>
  new Promise((done, failed) => {
    const { 'transfer-encoding': _, ...kept } = headers
    const sent = request(
      { host: '127.0.0.1', port, method, path: url, headers: { ...kept, 'content-length': String(body.length) } },
      (answer) =>
        whole(answer).then((text) => done({ status: answer.statusCode!, headers: answer.headers, body: text }), failed),
    )
    sent.on('error', failed)
    sent.end(body)
  })

/** A socket that is reset has no answer; one that hangs is left to whoever waits on it. */
const refuse = (step: Exclude<Step, 'pass'>, answer: ServerResponse, socket: Socket) => {
  if (step === 'cut') socket.resetAndDestroy()
  else if (typeof step === 'object' && 'status' in step) {
    answer.writeHead(step.status, { 'content-type': step.contentType ?? 'application/xml' })
    answer.end(step.body)
  }
}

const pass = ({ status, headers, body }: Answer, to: ServerResponse, half: boolean) => {
  const { 'transfer-encoding': _, connection: __, ...kept } = headers
  to.writeHead(status, { ...kept, 'content-length': String(body.length) })
  if (!half) to.end(body)
  else to.write(body.subarray(0, body.length >> 1), () => to.socket?.resetAndDestroy())
}

/** Listens on a port of its own for the server at `port`. */
export const httpWay = async (port: number, dialect: Dialect, gate: Gate): Promise<Way> => {
  const workers = new WeakMap<Socket, Worker | undefined>()
  const workerOf = (socket: Socket) => {
    if (!workers.has(socket)) workers.set(socket, workerAt(socket.remotePort!, socket.localPort!))
    return workers.get(socket)
  }
  const serve = async (asking: IncomingMessage, answer: ServerResponse) => {
    const { socket } = asking
    const worker = workerOf(socket)
    const body = await whole(asking)
    const given: Given = { method: asking.method!, url: asking.url!, headers: asking.headers, body }
    const asked = worker ? dialect.asked(given, worker) : null
    if (!asked) return pass(await forward(port, given), answer, false)
    const step = await gate.before(asked)
    const isPart = typeof step === 'object' && 'first' in step
    if (step !== 'pass' && !isPart) return refuse(step, answer, socket)
    const came = await forward(port, isPart ? dialect.shortened!(given, step.first) : given)
    const then = await gate.after(asked)
    if (then === 'pass' || then === 'half') pass(came, answer, then === 'half')
    else refuse(then, answer, socket)
  }
  const server = createServer((asking, answer) => {
    answer.on('error', () => {})
    serve(asking, answer).catch(() => asking.socket.destroy())
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket) => socket.on('error', () => {}))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
