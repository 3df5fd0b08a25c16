/** A way to the store of the tests that answers some requests itself, as a store that has no room left does. */
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { stackForTests } from '../../stack.ts'

/** A store's refusal in S3's words. */
type Refusal = { status: number; code: string; message: string }

/** As MinIO and Ceph say it, and a store over a disk that is full. */
export const FULL: Refusal[] = [
  { status: 507, code: 'XMinioStorageFull', message: 'Storage backend has reached its minimum free drive threshold.' },
  { status: 400, code: 'XMinioAdminBucketQuotaExceeded', message: 'Bucket quota exceeded' },
  { status: 403, code: 'QuotaExceeded', message: '' },
  { status: 500, code: 'InternalError', message: 'cause(no space left on device)' },
]

type RefusingStore = {
  /** From now on requests like these (`PUT /bucket/key`) are answered so; null: none any more. */
  refuse: (which: RegExp, refusal: Refusal | null) => void
  /** Those that were. */
  refused: string[]
  /** From now on answers to requests like these have such headers beside their own. */
  add: (which: RegExp, headers: Record<string, string>) => void
}

/** Puts it between this process and the store, which is passed everything but what is refused. Gone when the test is over. */
export const refusingStore = async (t: TestContext, bucket: string): Promise<RefusingStore> => {
  const target = new URL(stackForTests().s3.endpoint)
  const refused: string[] = []
  let added: { which: RegExp; headers: Record<string, string> } | null = null
  let rule: { which: RegExp; refusal: Refusal } | null = null
  const server = createServer((asked, answer) => {
    const what = `${asked.method} ${decodeURIComponent(asked.url ?? '')}`
    if (rule?.which.test(what)) {
      refused.push(what)
      const { status, code, message } = rule.refusal
      asked.resume()
      answer.writeHead(status, { 'content-type': 'application/xml' })
      return answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
    }
    const { hostname, port } = target
    const passed = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers })
    passed.on('response', (came) => {
      answer.writeHead(came.statusCode!, { ...came.headers, ...(added?.which.test(what) ? added.headers : {}) })
      came.pipe(answer)
    })
    passed.on('error', () => answer.destroy())
    return asked.pipe(passed)
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  Object.assign(process.env, {
    MINIO_ENDPOINT: `http://127.0.0.1:${port}`,
    MINIO_ROOT_USER: 'test',
    MINIO_ROOT_PASSWORD: 'test',
    MINIO_BUCKET: bucket,
  })
  t.after(() => {
    for (const name of ['ENDPOINT', 'ROOT_USER', 'ROOT_PASSWORD', 'BUCKET']) delete process.env[`MINIO_${name}`]
    server.close()
    server.closeAllConnections()
  })
  return {
    refuse: (which, refusal) => {
      rule = refusal && { which, refusal }
    },
    refused,
    add: (which, headers) => {
      added = { which, headers }
    },
  }
}
