/** Ports of 127.0.0.1. */

import { createServer } from 'node:net'

/** Whether a server could listen on the port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** `preferred` when it is free, else one that the system gives. Free now is not promised for later. */
export async function choosePort(preferred: number | undefined, taken: ReadonlySet<number>): Promise<number> {
  if (preferred && !taken.has(preferred) && (await isFree(preferred))) return preferred
  for (;;) {
    const port = await given()
    if (!taken.has(port)) return port
  }
}

function given(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
