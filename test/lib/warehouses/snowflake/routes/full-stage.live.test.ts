/** An internal stage that has no room: the driver's own upload meets a storage that says so. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connectSnowflake } from '../../../../../lib/warehouses/snowflake/connect.ts'
import { openBetween } from '../between.ts'
import { type Lab, later, loadOrders, openLab, orders, rowsIn, stagesLeft } from '../lab.ts'

const folder = mkdtempSync(join(tmpdir(), 'firn-stage-'))
let lab: Lab
before(async () => {
  lab = await openLab('FULL_STAGE')
  await loadOrders(lab, orders(lab, 'orders'), [['o1', 'a', '1.00', 1]], { runId: 'r1' })
})
after(async () => {
  await lab.warehouse.close()
  rmSync(folder, { recursive: true })
})

/** What a stage's storage answers to whatever is put into it. The driver speaks https with it. */
const storage = async (status: number, code: string) => {
  const at = (name: string) => join(folder, name)
  const subject = ['-subj', '/CN=127.0.0.1', '-days', '2', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('key'), '-out', at('pem'), ...subject],
    { stdio: 'pipe' },
  )
  const asked: string[] = []
  const server = createServer({ key: readFileSync(at('key')), cert: readFileSync(at('pem')) }, (request, answer) => {
    asked.push(`${request.method} ${request.url}`)
    request.resume()
    answer.writeHead(status, { 'content-type': 'application/xml' })
    answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}

/** As Snowflake answers a PUT: where to, with which credentials. */
const uploadTo = (address: string, sql: string) => ({
  success: true,
  code: null,
  message: null,
  data: {
    stageInfo: {
      ...{ locationType: 'S3', location: 'stages/files/', region: 'us-east-1', endPoint: address },
      ...{ isClientSideEncrypted: false, creds: { AWS_KEY_ID: 'a', AWS_SECRET_KEY: 'b', AWS_TOKEN: 'c' } },
    },
    src_locations: [/file:\/\/([^']+)/.exec(sql)![1]!],
    ...{ parallel: 4, autoCompress: false, sourceCompression: 'auto_detect', overwrite: true, command: 'UPLOAD' },
    ...{ queryId: '00000000-0000-0000-0000-000000000001', rowtype: [], rowset: [] },
  },
})

const loadThrough = async (accessUrl: string) => {
  const settings = { ...lab.settings, accessUrl }
  const warehouse = await connectSnowflake(settings)
  try {
    const options = { runId: 'r2', mode: 'internal' } as const
    return await loadOrders({ ...lab, warehouse, settings }, later(lab, 'orders', 1), [['o2', 'b', '2.00', 2]], options)
  } finally {
    await warehouse.close()
  }
}

for (const [status, code, name, message] of [
  [
    507,
    'InsufficientStorage',
    'RefusedError',
    /^orders: 1 files could not be uploaded.*_FIRN\.FILES, or this machine's disk, is full.*REMOVE.*retry RUN/,
  ],
  [403, 'QuotaExceeded', 'RefusedError', /is full.*SNOWFLAKE_LOAD_MODE=external/],
  [403, 'AccessDenied', 'UnavailableError', /^orders: 1 files could not be uploaded to Snowflake$/],
] as const)
  test(`a stage whose storage answers ${code}: ${name}, and nothing is published`, async (t) => {
    const strict = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const { address, asked, close } = await storage(status, code)
    t.after(() => {
      close()
      if (strict === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = strict
    })
    const between = await openBetween(t, lab.settings.accessUrl!, ({ body }) => {
      const sql = String(body.sqlText ?? '')
      return sql.startsWith('PUT ') ? uploadTo(address, sql) : undefined
    })
    await assert.rejects(loadThrough(between.accessUrl), { name, message })
    assert.ok(
      asked.some((each) => each.startsWith('PUT /stages/files/0.parquet')),
      asked.join(),
    )
    assert.deepEqual(await rowsIn(lab, 'orders'), ['o1 a 1.00 1 r1'])
    assert.deepEqual(await stagesLeft(lab), [])
  })
