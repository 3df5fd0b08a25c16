/** How requests to AWS and to Snowflake are called. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { plainKey, sqlName, sqlWrites, statementsOf } from './boundary.ts'
import type { Dialect } from './http-way.ts'

const one = (value: string | string[] | undefined): string => (Array.isArray(value) ? value[0]! : (value ?? ''))

/** The Snowflake driver asks STS where it runs as a session begins, and waits for no answer: it comes when it comes. */
const isIdentity = (headers: NodeJS.Dict<string | string[]>) => one(headers.authorization).includes('/sts/aws4_request')

/** S3 by method and key, every other service by the operation's name. */
export const aws: Dialect = {
  asked: ({ method, url, headers }, worker) => {
    if (isIdentity(headers)) return null
    const target = one(headers['x-amz-target'])
    const ofAws = { service: 'AWS' as const, ...worker, statements: 1 }
    if (target) return { ...ofAws, what: target.split('.').pop()!, writes: false }
    const { pathname, searchParams } = new URL(url, 'http://twin')
    const [, , ...rest] = pathname.split('/')
    const key = decodeURIComponent(rest.join('/'))
    const writes = method !== 'GET' && method !== 'HEAD'
    if (searchParams.has('list-type'))
      return { ...ofAws, what: `LIST ${plainKey(searchParams.get('prefix') ?? '')}`, writes, key: '' }
    const part = searchParams.has('uploads') ? ' begin' : searchParams.has('uploadId') ? ' part' : ''
    return { ...ofAws, what: `${method} ${plainKey(key)}${part}`, writes, key }
  },
}

const isPacked = (headers: NodeJS.Dict<string | string[]>) => one(headers['content-encoding']) === 'gzip'
const unpacked = (headers: NodeJS.Dict<string | string[]>, body: Buffer) =>
  JSON.parse((isPacked(headers) ? gunzipSync(body) : body).toString()) as {
    sqlText: string
    parameters?: Record<string, unknown>
  }

/** Statements by their text; a login by its name. Heartbeats and asking for results again come when they come: they are no boundary. */
export const snowflake: Dialect = {
  asked: ({ url, headers, body }, worker) => {
    const { pathname } = new URL(url, 'http://twin')
    const ofSnowflake = { service: 'Snowflake' as const, ...worker, session: one(headers.authorization) }
    if (pathname.endsWith('/login-request')) return { ...ofSnowflake, what: 'log in', writes: false, statements: 1 }
    if (!pathname.endsWith('/query-request')) return null
    const { sqlText } = unpacked(headers, body)
    const statements = statementsOf(sqlText).length
    return { ...ofSnowflake, what: sqlName(sqlText), writes: sqlWrites(sqlText), statements }
  },
  shortened: (given, statements) => {
    const asked = unpacked(given.headers, given.body)
    const sqlText = statementsOf(asked.sqlText).slice(0, statements).join(';\n')
    const text = Buffer.from(
      JSON.stringify({ ...asked, sqlText, parameters: { ...asked.parameters, MULTI_STATEMENT_COUNT: statements } }),
    )
    return { ...given, body: isPacked(given.headers) ? gzipSync(text) : text }
  },
}
