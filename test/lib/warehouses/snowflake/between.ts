/** A server between the driver and the twin, which sees every request and may answer in the twin's place. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'

/** A request as the driver sent it: its path, and its JSON. */
export type Asked = { path: string; body: Record<string, unknown> }

type Between = { accessUrl: string; asked: Asked[] }

const read = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

const jsonOf = (bytes: Buffer, encoding: string | undefined): Record<string, unknown> => {
  const text = (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  return text ? (JSON.parse(text) as Record<string, unknown>) : {}
}

/** Passes everything on to `to`, but for what `instead` answers. Gone when the test is over. */
export const openBetween = async (
  t: TestContext,
  to: string,
  instead: (asked: Asked) => object | undefined | Promise<object | undefined>,
): Promise<Between> => {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const bytes = await read(request)
    const path = request.url ?? ''
    const one = { path, body: jsonOf(bytes, request.headers['content-encoding']) }
    asked.push(one)
    response.setHeader('content-type', 'application/json')
    const own = await instead(one)
    if (own) return response.end(JSON.stringify(own))
    const { host, connection, 'content-length': length, ...headers } = request.headers
    const answer = await fetch(to + path, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(bytes.length ? { body: new Uint8Array(bytes) } : {}),
    })
    response.statusCode = answer.status
    response.end(Buffer.from(await answer.arrayBuffer()))
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { accessUrl: `http://127.0.0.1:${port}`, asked }
}
